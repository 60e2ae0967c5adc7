//! A store that writes down what it is asked: which calls, what they found or changed, the session's row before and
//! after. It can also stop answering, as a database does.
//!
//! It adds nothing to what the store within does. What nodes ask on their own account, to follow changes and to open
//! keys, is passed on and not written down.

mod accounts;
mod followers;

use std::{
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use coatroom::{
    clock::Timestamp,
    keyring::KeyRecord,
    principal::{Authority, Subject},
    session::{EndReason, Session, SessionId},
    store::{
        ChangeLog, Cursor, Event, Feed, KeyStore, OnceStore, Page, Rotation, SessionStore, Store,
        StoreError, memory::MemoryStore,
    },
};

use self::followers::Followers;

/// A call to the store, made while a node served one request.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The method of [`Store`].
    pub call: &'static str,
    /// The kind of call: one that writes, or not.
    pub writes: Writes,
    /// Its condition and its change, in words.
    pub text: String,
    /// The session that it is about, if it is about one.
    pub session: Option<SessionId>,
    /// Number of rows that it found or changed; `None` if the store did not answer.
    pub rows: Option<u32>,
}

impl Statement {
    fn read(call: &'static str, text: impl Into<String>) -> Self {
        Self { call, writes: Writes::No, text: text.into(), session: None, rows: None }
    }

    fn write(call: &'static str, text: impl Into<String>) -> Self {
        Self { writes: Writes::Yes, ..Self::read(call, text) }
    }

    fn of(self, session: SessionId) -> Self {
        Self { session: Some(session), ..self }
    }
}

/// The kind of a call: one that writes, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// It only reads.
    No,
    /// It changes rows.
    Yes,
}

/// The store of a world.
#[derive(Debug)]
pub(super) struct Ledger {
    within: MemoryStore,
    down: AtomicBool,
    statements: Mutex<Vec<Statement>>,
    followers: Followers,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self {
            within: MemoryStore::new(),
            down: AtomicBool::new(false),
            statements: Mutex::default(),
            followers: Followers::default(),
        }
    }

    /// Stops it from answering from now on, or lets it answer again.
    pub(super) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Returns true if it does not answer.
    pub(super) fn is_down(&self) -> bool {
        self.down.load(Ordering::SeqCst)
    }

    /// Returns the calls since this was last called.
    pub(super) fn take(&self) -> Vec<Statement> {
        mem::take(&mut *locked(&self.statements))
    }

    /// The store within, for the world itself: never down, never written about.
    pub(super) fn within(&self) -> &MemoryStore {
        &self.within
    }

    /// Waits until every node has followed every change.
    pub(super) async fn settled(&self) {
        self.followers.settled().await;
    }

    fn answer(&self) -> Result<(), StoreError> {
        if self.is_down() {
            return Err(StoreError::Unavailable("the learner switched it off".into()));
        }
        Ok(())
    }

    /// Asks the store within, and writes down what came of it.
    async fn ask<T: Rows>(
        &self,
        statement: Statement,
        asked: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let answer = match self.answer() {
            Ok(()) => asked.await,
            Err(down) => Err(down),
        };
        let rows = answer.as_ref().ok().map(Rows::rows);
        locked(&self.statements).push(Statement { rows, ..statement });
        answer
    }
}

/// An answer that speaks of a number of rows.
trait Rows {
    fn rows(&self) -> u32;
}

impl Rows for () {
    fn rows(&self) -> u32 {
        1
    }
}

/// A number that is read or written is a row.
impl Rows for u64 {
    fn rows(&self) -> u32 {
        1
    }
}

impl Rows for bool {
    fn rows(&self) -> u32 {
        u32::from(*self)
    }
}

impl<T> Rows for Option<T> {
    fn rows(&self) -> u32 {
        u32::from(self.is_some())
    }
}

impl<T> Rows for Vec<T> {
    fn rows(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(u32::MAX)
    }
}

/// The first characters of an id: enough to tell a world's few sessions apart.
pub(super) fn short(id: SessionId) -> String {
    let mut text = id.to_string();
    text.truncate(6);
    text
}

#[async_trait]
impl SessionStore for Ledger {
    async fn add_session(&self, session: &Session, event: &Event) -> Result<(), StoreError> {
        let text = format!("session {}, generation 0", short(session.id));
        let statement = Statement::write("add_session", text).of(session.id);
        self.ask(statement, self.within.add_session(session, event)).await
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let statement = Statement::read("session", format!("session {}", short(id))).of(id);
        self.ask(statement, self.within.session(id)).await
    }

    async fn sessions_of(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        let statement = Statement::read("sessions_of", "the account's sessions");
        self.ask(statement, self.within.sessions_of(subject)).await
    }

    async fn rotate(
        &self,
        rotation: &Rotation,
        event: &Event,
    ) -> Result<Option<Session>, StoreError> {
        let (from, to) = (rotation.from, rotation.from + 1);
        let spacing = rotation.spacing.as_secs_f32();
        let text = format!(
            "generation = {to} where generation = {from} and acknowledged at least {spacing} s ago \
             and the session lives"
        );
        let statement = Statement::write("rotate", text).of(rotation.id);
        self.ask(statement, self.within.rotate(rotation, event)).await
    }

    async fn acknowledge(
        &self,
        id: SessionId,
        generation: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = format!(
            "acknowledged_at = now where generation = {generation} and acknowledged_at is null"
        );
        let statement = Statement::write("acknowledge", text).of(id);
        self.ask(statement, self.within.acknowledge(id, generation, now)).await
    }

    async fn count_replay(
        &self,
        id: SessionId,
        generation: u64,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let text = format!("replays + 1 where generation = {generation} and not revoked");
        let statement = Statement::write("count_replay", text).of(id);
        self.ask(statement, self.within.count_replay(id, generation, event)).await
    }

    async fn revoke(
        &self,
        id: SessionId,
        reason: EndReason,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let text = format!(
            "revoked_at = now, reason = {} where session = {} and not revoked",
            reason.as_str(),
            short(id)
        );
        let statement = Statement::write("revoke", text).of(id);
        let revoked = self.ask(statement, self.within.revoke(id, reason, event)).await?;
        if revoked {
            self.followers.tell();
        }
        Ok(revoked)
    }

    async fn record(&self, id: SessionId, event: &Event) -> Result<(), StoreError> {
        let statement = Statement::write("record", format!("event {}", event.kind.as_str())).of(id);
        self.ask(statement, self.within.record(id, event)).await
    }

    async fn events(&self, id: SessionId, limit: u32) -> Result<Vec<Event>, StoreError> {
        let statement = Statement::read("events", "the newest events").of(id);
        self.ask(statement, self.within.events(id, limit)).await
    }

    async fn add_epoch(&self, since: Option<Timestamp>, now: Timestamp) -> Result<u64, StoreError> {
        self.answer()?;
        let number = self.within.add_epoch(since, now).await?;
        self.followers.tell();
        Ok(number)
    }

    async fn renew_authority(
        &self,
        id: SessionId,
        authority: &Authority,
    ) -> Result<bool, StoreError> {
        let Authority { role, version, .. } = authority;
        let text = format!(
            "role = {role}, authority_version = {version} where authority_version < {version} and \
             not revoked"
        );
        let statement = Statement::write("renew_authority", text).of(id);
        self.ask(statement, self.within.renew_authority(id, authority)).await
    }

    async fn authority_version(&self, subject: &Subject) -> Result<u64, StoreError> {
        let text = "the version of what the account may do";
        let statement = Statement::read("authority_version", text);
        self.ask(statement, self.within.authority_version(subject)).await
    }

    async fn outdate(&self, subject: &Subject, now: Timestamp) -> Result<u64, StoreError> {
        let text = "a newer version of what the account may do";
        let statement = Statement::write("outdate", text);
        let version = self.ask(statement, self.within.outdate(subject, now)).await?;
        self.followers.tell();
        Ok(version)
    }
}

#[async_trait]
impl KeyStore for Ledger {
    async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        self.answer()?;
        self.within.keys().await
    }

    async fn replace_keys(
        &self,
        seen: &[KeyRecord],
        keys: &[KeyRecord],
    ) -> Result<bool, StoreError> {
        self.answer()?;
        let replaced = self.within.replace_keys(seen, keys).await?;
        if replaced {
            self.followers.tell();
        }
        Ok(replaced)
    }
}

#[async_trait]
impl ChangeLog for Ledger {
    async fn changes(&self, after: Option<&Cursor>, limit: u32) -> Result<Page, StoreError> {
        self.answer()?;
        self.within.changes(after, limit).await
    }

    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        self.answer()?;
        let feed = self.within.feed().await?;
        Ok(feed.map(|feed| self.followers.counted(feed)))
    }
}

#[async_trait]
impl OnceStore for Ledger {
    async fn consume(&self, purpose: &str, id: &str, until: Timestamp) -> Result<bool, StoreError> {
        self.answer()?;
        self.within.consume(purpose, id, until).await
    }
}

#[async_trait]
impl Store for Ledger {
    async fn prune(
        &self,
        now: Timestamp,
        retention: Duration,
        limit: u32,
    ) -> Result<bool, StoreError> {
        self.answer()?;
        self.within.prune(now, retention, limit).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.answer()
    }
}
