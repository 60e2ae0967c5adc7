//! Asking the server, and not waiting for ever.
//!
//! All calls share one connection, as the server takes them one by one anyway. A connection that ended, or on which a
//! call was not answered in time, is given up, and the next call makes another: one that was cut without a word would
//! otherwise fail calls for as long as TCP believes in it, a quarter of an hour.

use std::{
    io::{Error, ErrorKind},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{FutureExt as _, future::BoxFuture};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, FromRedisValue, PushInfo, PushKind,
    RedisError, RedisResult, Script, ServerErrorKind, ToRedisArgs, aio::MultiplexedConnection,
};
use tokio::{
    sync::{Mutex, RwLock, watch},
    time::timeout,
};

use super::RedisOptions;
use crate::store::StoreError;

/// The way to a server.
pub(super) struct Wire {
    client: Client,
    options: RedisOptions,
    line: Mutex<Option<Line>>,
    /// Held by each call for as long as it takes, so that closing waits for it.
    calls: RwLock<()>,
    closed: watch::Sender<bool>,
}

/// A connection, and whether it is known to be of no more use.
#[derive(Clone)]
struct Line {
    connection: MultiplexedConnection,
    lost: Arc<AtomicBool>,
}

impl Wire {
    pub(super) fn new(server: ConnectionInfo, options: RedisOptions) -> Result<Self, StoreError> {
        let client = Client::open(server).map_err(store_error)?;
        let closed = watch::Sender::new(false);
        Ok(Self { client, options, line: Mutex::default(), calls: RwLock::default(), closed })
    }

    /// Runs a script, which has the prefix as its only key and the number of the database before the other arguments.
    pub(super) async fn ask<T: FromRedisValue + Send>(
        &self,
        script: &'static LazyLock<Script>,
        arguments: impl ToRedisArgs,
    ) -> Result<T, StoreError> {
        let mut call = script.key(self.options.prefix.as_str());
        call.arg(self.database()).arg(arguments);
        self.call(move |line| async move { call.invoke_async(line).await }.boxed())
            .await
            .map_err(store_error)
    }

    /// Runs a script that says whether it applied.
    pub(super) async fn did(
        &self,
        script: &'static LazyLock<Script>,
        arguments: impl ToRedisArgs,
    ) -> Result<bool, StoreError> {
        self.ask::<Option<u64>>(script, arguments).await.map(|applied| applied.is_some())
    }

    /// Runs a command.
    pub(super) async fn command<T: FromRedisValue + Send>(&self, command: Cmd) -> RedisResult<T> {
        self.call(move |line| async move { command.query_async(line).await }.boxed()).await
    }

    async fn call<T: Send>(
        &self,
        call: impl for<'c> FnOnce(&'c mut MultiplexedConnection) -> BoxFuture<'c, RedisResult<T>>,
    ) -> RedisResult<T> {
        let patience = self.options.patience;
        let _until_answered = self.calls.read().await;
        self.is_open()?;
        let mut line = in_time(patience, self.line()).await?;
        let answer = in_time(patience, call(&mut line.connection)).await;
        if answer.as_ref().is_err_and(is_the_end) {
            line.lost.store(true, Ordering::Relaxed);
        }
        answer
    }

    /// Fails if the store is closed.
    pub(super) fn is_open(&self) -> RedisResult<()> {
        let closed = || Error::new(ErrorKind::NotConnected, "the store is closed").into();
        if *self.closed.borrow() { Err(closed()) } else { Ok(()) }
    }

    /// The connection, or a new one if there is none that is of use.
    async fn line(&self) -> RedisResult<Line> {
        let mut kept = self.line.lock().await;
        if let Some(line) = kept.as_ref().filter(|line| !line.lost.load(Ordering::Relaxed)) {
            return Ok(line.clone());
        }
        *kept = None;
        let lost = Arc::new(AtomicBool::new(false));
        // The server's end of a connection is noticed at once, and not by the next call, which would fail.
        let ended = Arc::clone(&lost);
        let notice = move |push: PushInfo| {
            ended.fetch_or(push.kind == PushKind::Disconnection, Ordering::Relaxed);
            Ok::<(), ()>(())
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_push_sender(notice);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        Ok(kept.insert(Line { connection, lost }).clone())
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    pub(super) const fn options(&self) -> &RedisOptions {
        &self.options
    }

    /// The number of the database on the server.
    fn database(&self) -> i64 {
        self.client.get_connection_info().redis_settings().db()
    }

    /// The channel of the feeds, as the scripts name it.
    pub(super) fn channel(&self) -> String {
        format!("{}feed@{}", self.options.prefix, self.database())
    }

    /// Says when the store is closed.
    pub(super) fn closing(&self) -> watch::Receiver<bool> {
        self.closed.subscribe()
    }

    pub(super) async fn close(&self) {
        self.closed.send_replace(true);
        let _all_answered = self.calls.write().await;
        self.line.lock().await.take();
    }
}

/// Waits for an answer, or fails if it takes too long.
pub(super) async fn in_time<T>(
    limit: Duration,
    call: impl Future<Output = RedisResult<T>>,
) -> RedisResult<T> {
    let late = |_| Err(Error::from(ErrorKind::TimedOut).into());
    timeout(limit, call).await.unwrap_or_else(late)
}

/// Returns true after an error of a connection that can bring no better: it ended, it is silent, or it leads to a
/// server that is no primary any more, and another may have its name by now.
fn is_the_end(error: &RedisError) -> bool {
    let demoted = [ServerErrorKind::ReadOnly, ServerErrorKind::MasterDown].map(Into::into);
    error.is_timeout() || error.is_unrecoverable_error() || demoted.contains(&error.kind())
}

/// Returns an error of the server as one of the store. A function, and no `From`: that would be public, and `redis`
/// with it.
pub(super) fn store_error(error: RedisError) -> StoreError {
    StoreError::Unavailable(error.into())
}
