//! The memory of a node, so that a request costs a signature and a look into memory, and no query.
//!
//! [`Denylist`] holds what was taken back within the life of an access token: sessions that were revoked, tokens that
//! were denied, and subjects whose authority was changed. A token from before is refused at once.
//! [`RecentGenerations`] holds the generations whose delivery is noted already, so that the proof costs one write in all.
//! Both forget what no valid token can bring up again. The way in which changes arrive is not their concern.
//!
//! Clocks are set, and nodes' clocks differ. So an entry goes only when its time has passed since it was *heard*, on
//! the clock that never goes back and on the wall clock, and since the instant that it is stamped with. A wall clock
//! that is set back behind what was forgotten is noticed: [`Denylist::covers`] says no, until all was read again.

mod seen;

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    sync::{
        PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Notify, futures::Notified};

pub(crate) use self::seen::RecentGenerations;
use crate::{
    claims::Claims,
    clock::{Clock, Timestamp},
    id::TokenId,
    principal::{Principal, Subject},
    session::SessionId,
    store::Change,
};

/// The interval between sweeps of what may be forgotten.
const SWEEP: Duration = Duration::from_secs(30);

/// The number of parts in which ids are kept, each with a lock of its own: a sweep of millions keeps no request
/// waiting for longer than one part takes.
const PARTS: usize = 64;

/// An instant on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// The wall clock, which is set now and then.
    pub(crate) wall: Timestamp,
    /// Since a fixed instant, by a clock that never goes back.
    pub(crate) lived: Duration,
}

impl Moment {
    /// Now.
    pub(crate) fn of(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), lived: clock.elapsed() }
    }
}

/// The end of an entry's life: it is kept until both clocks have reached it.
#[derive(Clone, Copy, Debug)]
struct Until {
    wall: Timestamp,
    lived: Duration,
}

impl Until {
    fn new(heard: Moment, stamped: Timestamp, keep: Duration) -> Self {
        Self { wall: heard.wall.max(stamped) + keep, lived: heard.lived.saturating_add(keep) }
    }

    fn is_over(self, now: Moment) -> bool {
        self.wall <= now.wall && self.lived <= now.lived
    }

    fn extend(&mut self, other: Self) {
        self.wall = self.wall.max(other.wall);
        self.lived = self.lived.max(other.lived);
    }
}

/// The standing of what a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClaimsStatus {
    /// It still holds.
    Good,
    /// Its session was revoked.
    Revoked,
    /// The rights of its owner were changed since.
    Outdated,
    /// This very token was denied.
    Denied,
}

/// The tokens of a subject that are worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outdated {
    /// Those of an older version.
    Before(u64),
    /// All: the subject was deleted.
    All,
}

/// An id of 16 random bytes, of a session or a token: both are drawn from so many that none is the other's.
type Id = [u8; 16];

/// The sessions that were revoked, the tokens that were denied, and the subjects whose authority was changed, not long ago.
#[derive(Debug)]
pub(crate) struct Denylist {
    ids: [RwLock<HashMap<Id, Until>>; PARTS],
    subjects: RwLock<HashMap<Subject, (Outdated, Until)>>,
    keep: Duration,
    skew: Duration,
    swept_at: AtomicU64,
    /// Wakes those who wait for the end of a session.
    changed: Notify,
    /// Before this instant of the wall clock, something that was forgotten, or never read, could matter.
    horizon: AtomicI64,
}

impl Denylist {
    /// A list of no revocation; each entry is kept for `ttl`, the life of an access token, and the skew of clocks.
    pub(crate) fn new(ttl: Duration, skew: Duration, now: Moment) -> Self {
        Self {
            ids: std::array::from_fn(|_| RwLock::default()),
            subjects: RwLock::default(),
            keep: ttl + skew,
            skew,
            swept_at: AtomicU64::new(millis(now.lived)),
            changed: Notify::new(),
            horizon: AtomicI64::new(now.wall.millis()),
        }
    }

    /// Returns the time for which an entry is kept at least.
    pub(crate) const fn keep(&self) -> Duration {
        self.keep
    }

    /// Notes a change; one that is known already is kept for longer.
    pub(crate) fn note(&self, change: Change, heard: Moment) {
        match change {
            Change::Revoked { id, at } => self.note_id(*id.as_bytes(), at, heard),
            Change::Token { id, at } => self.note_id(*id.as_bytes(), at, heard),
            Change::Authority { subject, version, at } => {
                self.note_subject(
                    subject,
                    Outdated::Before(version),
                    Until::new(heard, at, self.keep),
                );
            }
            Change::Deleted { subject, at } => {
                self.note_subject(subject, Outdated::All, Until::new(heard, at, self.keep));
            }
            // Kept elsewhere.
            Change::Keys { .. } | Change::Epoch { .. } => {}
        }
        self.tell();
    }

    /// Wakes those who wait for a change.
    pub(crate) fn tell(&self) {
        self.changed.notify_waiters();
    }

    /// Waits for the next change.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Returns true if this node heard that the session was revoked, or its owner deleted.
    pub(crate) fn ends(&self, session: SessionId, subject: &Subject) -> bool {
        self.has(session.as_bytes())
            || matches!(read(&self.subjects).get(subject), Some((Outdated::All, _)))
    }

    /// Returns true if this node heard that a token of this owner and session is worth nothing any more.
    pub(crate) fn denies_owner(&self, owner: &Principal) -> bool {
        self.ends(owner.session, &owner.subject)
            || self.standing_of(&owner.subject, owner.authority.version) != ClaimsStatus::Good
    }

    /// Returns true if this node heard that the token was denied.
    pub(crate) fn denies(&self, token: TokenId) -> bool {
        self.has(token.as_bytes())
    }

    fn has(&self, id: &Id) -> bool {
        read(self.part(id)).contains_key(id)
    }

    fn note_id(&self, id: Id, at: Timestamp, heard: Moment) {
        let until = Until::new(heard, at, self.keep);
        match write(self.part(&id)).entry(id) {
            Entry::Occupied(mut known) => known.get_mut().extend(until),
            Entry::Vacant(place) => {
                place.insert(until);
            }
        }
    }

    fn note_subject(&self, subject: Subject, outdated: Outdated, until: Until) {
        let mut subjects = write(&self.subjects);
        let (known, kept) = subjects.entry(subject).or_insert((outdated, until));
        // Changes may overtake each other; a version never goes back.
        *known = (*known).max(outdated);
        kept.extend(until);
    }

    /// Returns whether what these claims say still holds, as far as this node has heard.
    pub(crate) fn standing(&self, claims: &Claims) -> ClaimsStatus {
        if self.has(claims.sid.as_bytes()) {
            return ClaimsStatus::Revoked;
        }
        if claims.token_id().is_some_and(|id| self.denies(id)) {
            return ClaimsStatus::Denied;
        }
        self.standing_of(&claims.sub, claims.authority_version)
    }

    fn standing_of(&self, subject: &Subject, version: u64) -> ClaimsStatus {
        match read(&self.subjects).get(subject) {
            Some((Outdated::All, _)) => ClaimsStatus::Revoked,
            Some((Outdated::Before(newest), _)) if version < *newest => ClaimsStatus::Outdated,
            _ => ClaimsStatus::Good,
        }
    }

    /// Forgets what can no longer matter, every now and then.
    pub(crate) fn sweep(&self, now: Moment) {
        let swept_at = Duration::from_millis(self.swept_at.load(Ordering::Relaxed));
        if now.lived.saturating_sub(swept_at) < SWEEP {
            return;
        }
        self.swept_at.store(millis(now.lived), Ordering::Relaxed);
        for part in &self.ids {
            self.sweep_one(&mut write(part), now, |until| *until);
        }
        self.sweep_one(&mut write(&self.subjects), now, |(_, until)| *until);
    }

    fn sweep_one<K: Eq + Hash, T>(
        &self,
        entries: &mut HashMap<K, T>,
        now: Moment,
        until: impl Fn(&T) -> Until,
    ) {
        entries.retain(|_, entry| {
            let until = until(entry);
            if until.is_over(now) {
                // Before the lock is released, so that no request sees the entry gone and this not.
                self.horizon.fetch_max(until.wall.millis(), Ordering::AcqRel);
            }
            !until.is_over(now)
        });
        // After a mass revocation.
        if entries.len() < entries.capacity() / 4 {
            entries.shrink_to_fit();
        }
    }

    /// Returns true if nothing that was forgotten, or never read, could matter at this instant of the wall clock.
    pub(crate) fn covers(&self, wall: Timestamp) -> bool {
        (wall + self.skew).millis() >= self.horizon.load(Ordering::Acquire)
    }

    /// Notes that everything was read again, beginning at this instant of the wall clock.
    pub(crate) fn read_anew(&self, begun: Timestamp) {
        self.horizon.store(begun.millis(), Ordering::Release);
    }

    /// Ids are random, so each part gets its share.
    fn part(&self, id: &Id) -> &RwLock<HashMap<Id, Until>> {
        &self.ids[usize::from(id[0]) % PARTS]
    }
}

/// No code panics while it holds one of these locks, so a poisoned one holds sound entries.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
