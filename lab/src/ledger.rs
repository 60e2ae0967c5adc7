//! A store that writes down what it is asked: which calls, what they found or changed, the session's row before and
//! after. It can also stop answering, as a database does.
//!
//! It adds nothing to what the store within does. That one decides as a policy does. What nodes ask on their own account,
//! to follow changes and to open keys, is passed on and not written down.

mod followers;
mod forward;
mod ruled;

use std::{
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use coatroom::{
    principal::Authority,
    session::{Session, SessionId},
    store::{ChangeLog, Cursor, Denied, Feed, Page, StoreError, memory::MemoryStore},
};

pub(super) use self::ruled::Presented;
use self::{Ledger as Front, followers::Followers, forward::Call, ruled::Ruled};
use super::policy::Policy;

/// A call to the store, made while a node served one request.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The method of [`Store`](coatroom::Store).
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
    within: Ruled,
    down: AtomicBool,
    latency_ms: AtomicU64,
    statements: Mutex<Vec<Statement>>,
    followers: Followers,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    /// An empty store, on which an engine decides as that policy does.
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            within: Ruled::new(policy),
            down: AtomicBool::new(false),
            latency_ms: AtomicU64::new(0),
            statements: Mutex::default(),
            followers: Followers::default(),
        }
    }

    /// Stops it from answering from now on, or lets it answer again.
    pub(super) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Delays each answer from now on, by the machine's time.
    pub(super) fn set_latency(&self, latency: Duration) {
        let millis = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        self.latency_ms.store(millis, Ordering::SeqCst);
    }

    /// Returns true if it does not answer.
    pub(super) fn is_down(&self) -> bool {
        self.down.load(Ordering::SeqCst)
    }

    /// Returns the calls since this was last called.
    pub(super) fn take(&self) -> Vec<Statement> {
        mem::take(&mut *locked(&self.statements))
    }

    /// Notes the tokens of the request that is served next.
    pub(super) fn present(&self, presented: Presented) {
        self.within.present(presented);
    }

    /// The store in memory, for the world itself: never down, never written about, and under no rule.
    pub(super) fn memory(&self) -> &MemoryStore {
        &self.within
    }

    fn within(&self) -> &Ruled {
        &self.within
    }

    /// Waits until every node has followed every change.
    pub(super) async fn drain(&self) {
        self.followers.drain().await;
    }

    async fn delay(&self) {
        let latency = Duration::from_millis(self.latency_ms.load(Ordering::SeqCst));
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
    }

    /// Fails if it does not answer.
    pub(super) fn answer(&self) -> Result<(), StoreError> {
        if self.is_down() {
            return Err(StoreError::Unavailable("the visitor switched the database off".into()));
        }
        Ok(())
    }

    /// Asks the store within, unless it does not answer, and writes down what came of it. A node is to learn of some
    /// changes, and is waited for.
    async fn pass<T: Rows>(
        &self,
        call: Call<'_>,
        asked: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let answer = match self.answer() {
            Ok(()) => {
                self.delay().await;
                asked.await
            }
            Err(down) => Err(down),
        };
        let rows = answer.as_ref().ok().map(Rows::rows);
        if is_told(call) && rows > Some(0) {
            self.followers.tell();
        }
        if let Some((text, session)) = described(call) {
            let (call, writes) =
                (call.name(), if call.writes() { Writes::Yes } else { Writes::No });
            locked(&self.statements).push(Statement { call, writes, text, session, rows });
        }
        answer
    }
}

/// Returns true if the store tells every node of this call, once it changed a row.
const fn is_told(call: Call<'_>) -> bool {
    matches!(
        call,
        Call::Revoke { .. }
            | Call::Deny { .. }
            | Call::AddEpoch { .. }
            | Call::ReplaceKeys { .. }
            | Call::Outdate { .. }
    )
}

/// Returns the condition and the change of a call in words, and the session that it is about; `None` if it is not
/// written down: what nodes ask on their own account, and what no request of a world asks.
fn described(call: Call<'_>) -> Option<(String, Option<SessionId>)> {
    let of_all = |text: &str| Some((text.to_owned(), None));
    match call {
        Call::AddUser { .. } => of_all("a new account"),
        Call::UserByEmail { email } => of_all(&format!("the account of {}", email.as_str())),
        Call::User { .. } => of_all("the account"),
        Call::PasswordHashNear { .. } => of_all("the hash for who has no account, to take as long"),
        Call::SetPasswordHash { .. } => of_all("the same password, hashed anew"),
        Call::SetRole { role, .. } => of_all(&format!("role = {role}")),
        Call::RenewAuthority { id, authority: Authority { role, version, .. } } => {
            let text = format!(
                "role = {role}, authority_version = {version} where authority_version < {version} and \
                 not revoked"
            );
            Some((text, Some(id)))
        }
        Call::AuthorityVersion { .. } => of_all("the version of what the account may do"),
        Call::Outdate { .. } => of_all("a newer version of what the account may do"),
        Call::SessionsOf { .. } => of_all("the account's sessions"),
        Call::AddSession { session: Session { id, .. }, .. } => {
            Some((format!("session {}, generation 0", short(*id)), Some(*id)))
        }
        Call::Session { id } => Some((format!("session {}", short(id)), Some(id))),
        Call::Rotate { rotation, .. } => {
            let (from, to) = (rotation.from, rotation.from + 1);
            let spacing = rotation.spacing.as_secs_f32();
            let text = format!(
                "generation = {to} where generation = {from} and acknowledged at least {spacing} s ago \
                 and the session lives"
            );
            Some((text, Some(rotation.id)))
        }
        Call::Acknowledge { id, generation, .. } => {
            let text = format!(
                "acknowledged_at = now where generation = {generation} and acknowledged_at is null"
            );
            Some((text, Some(id)))
        }
        Call::Touch { touch } => {
            let spacing = touch.spacing.as_secs_f32();
            let text = format!(
                "last_seen_at = now where last_seen_at is at least {spacing} s ago and the session lives"
            );
            Some((text, Some(touch.id)))
        }
        Call::Deny { denied, .. } => Some(match denied {
            Denied::Session(id) => (format!("session {} on the denylist", short(id)), Some(id)),
            _ => ("one token on the denylist".to_owned(), None),
        }),
        Call::CountReplay { id, generation, .. } => {
            let text = format!("replays + 1 where generation = {generation} and not revoked");
            Some((text, Some(id)))
        }
        Call::Revoke { id, reason, .. } => {
            let text = format!(
                "revoked_at = now, reason = {} where session = {} and not revoked",
                reason.as_str(),
                short(id)
            );
            Some((text, Some(id)))
        }
        Call::Record { id, event } => Some((format!("event {}", event.kind.as_str()), Some(id))),
        Call::Events { id, .. } => Some(("the newest events".to_owned(), Some(id))),
        Call::CountAccountEvents { .. }
        | Call::AccountEvents { .. }
        | Call::AddEpoch { .. }
        | Call::Keys {}
        | Call::ReplaceKeys { .. }
        | Call::Schedule {}
        | Call::RaiseSchedule { .. }
        | Call::Consume { .. }
        | Call::Prune { .. }
        | Call::Ping {} => None,
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
