//! The store of sessions on a Redis server, or on Valkey: for applications that keep sessions there already. It keeps
//! no accounts; people are the application's own ([`People`](crate::people::People)).
//!
//! Each method is one Lua script, and so one round trip that no other client can come between: the guard, the change,
//! its event, its line in the log and its message to the feeds. Keys begin with [`RedisOptions::prefix`], so that an
//! application's own may stand beside. None of them expires by itself: a clock of the server that is ahead would forget
//! what a node still asks for. [`prune`](Store::prune) deletes what is over.
//!
//! # What a power cut may undo
//! An answered change stays (the [contract](super)) only if the server writes it to the disk before it answers:
//! `appendonly yes` and `appendfsync always`. With `appendfsync everysec`, which is the default of an append-only file,
//! a machine that loses power loses about a second of what was answered; under load, two. Then a session that was
//! rotated in that time has a browser ahead of it, which is signed out at its next refresh (row 4,
//! [`EndReason::Lost`](crate::session::EndReason::Lost)); a session that began then is unknown; and, the worse half, a
//! sign-out, a revocation or an epoch of that time is undone. Other sessions are not affected. Without an append-only
//! file, all of this holds for everything since the last snapshot. [`RedisStore::connect`] warns of either. A replica
//! that takes over may lack the last changes alike, whatever the disk does.
//!
//! # Limits
//! It takes Redis 6.2 or newer, with `maxmemory-policy noeviction`: under another policy a full server would delete
//! sessions to make room, and their owners be signed out. A full server refuses writes instead, and the store is
//! unavailable. Clusters are not supported: a script reaches keys that depend on what it reads. Neither are Sentinels:
//! give the URL an address that follows the primary. Keys that are deleted by hand are no news for other nodes.

mod changes;
mod feed;
mod keys;
mod numbers;
mod once;
mod open;
mod prune;
mod rows;
mod scripts;
mod sessions;
mod wire;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;

use self::wire::Wire;
use super::{Store, StoreError};
use crate::clock::Timestamp;

/// A store of sessions on a Redis server.
#[derive(Clone)]
pub struct RedisStore {
    wire: Arc<Wire>,
}

/// Options of a [`RedisStore`]. Start from the default and change what differs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RedisOptions {
    /// The beginning of each key and channel. Two applications on one server need two.
    pub prefix: String,
    /// The time for which a call waits for a connection, and that for which it waits for its answer.
    pub patience: Duration,
    /// The time without a message after which the feed asks whether the server still lives: a connection that was cut
    /// is as quiet as one on which nothing happens.
    pub heartbeat: Duration,
}

impl Default for RedisOptions {
    /// The prefix `coatroom:`, a patience of 3 seconds, a heartbeat every 30.
    fn default() -> Self {
        Self {
            prefix: "coatroom:".into(),
            patience: Duration::from_secs(3),
            heartbeat: Duration::from_secs(30),
        }
    }
}

impl RedisStore {
    /// Connects to the server of a `redis://` URL, or by TLS of a `rediss://` one: `redis://user:password@host:6379/0`.
    ///
    /// Warns in the log if the server may lose what it answered.
    ///
    /// # Errors
    /// [`StoreError::Settings`] if the URL cannot be read, or the server is too old, part of a cluster, or may evict
    /// keys; [`StoreError::Unavailable`] if it cannot be reached or written.
    ///
    /// # Security
    /// Over a network, use `rediss://`, which trusts the authorities of the system, or of the file that the variable
    /// `SSL_CERT_FILE` names. Give the user of the URL the keys and channels of the prefix alone
    /// (`~coatroom:* &coatroom:* +@all -@dangerous +info`), and no other client those: one that can publish there may
    /// announce revocations that did not happen, and one that can read has the nonces of all sessions.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_with(url, RedisOptions::default()).await
    }

    /// Connects as [`connect`](Self::connect) does, with other options.
    ///
    /// # Errors
    /// As those of [`connect`](Self::connect), and [`StoreError::Settings`] if the prefix is empty.
    pub async fn connect_with(url: &str, options: RedisOptions) -> Result<Self, StoreError> {
        if options.prefix.is_empty() {
            return Err(StoreError::Settings("the prefix of keys is empty".into()));
        }
        let store = Self { wire: Arc::new(Wire::new(open::read(url)?, options)?) };
        open::check(&store.wire).await?;
        // A replica connects like any other; better to be told now than at every sign-in.
        store.ping().await?;
        Ok(store)
    }

    /// Checks that a URL can be read, without connecting.
    ///
    /// # Errors
    /// [`StoreError::Settings`], which names what is wrong and repeats nothing of the URL.
    pub fn check_url(url: &str) -> Result<(), StoreError> {
        open::read(url).map(|_| ())
    }
}

impl fmt::Debug for RedisStore {
    /// Prints nothing of what it connects with, which holds the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("options", self.wire.options()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for RedisStore {
    async fn prune(
        &self,
        now: Timestamp,
        retention: Duration,
        limit: u32,
    ) -> Result<bool, StoreError> {
        prune::prune(&self.wire, now, retention, limit).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.wire.ask::<u64>(&scripts::PING, None::<&str>).await.map(|_| ())
    }

    /// Closes the connection; feeds end, too.
    async fn close(&self) {
        self.wire.close().await;
    }
}
