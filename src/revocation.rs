//! What a node remembers, so that a request costs a signature and a look into memory, and no query.
//!
//! [`Denylist`] holds what was taken back within the life of an access token: sessions that were revoked, and
//! accounts whose authority was changed. Whoever still holds a token from before is refused at once. [`Seen`] holds
//! the generations whose delivery is noted already, so that the proof costs one write in all. Both forget what no
//! valid token can bring up again. How the news arrives is not their concern.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard},
    time::Duration,
};

use crate::{claims::Claims, clock::Timestamp, session::SessionId, store::Change, user::UserId};

/// How often the forgettable is looked for.
const SWEEP: Duration = Duration::from_secs(30);

/// Whether what a token says still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It does.
    Good,
    /// Its session was revoked.
    Revoked,
    /// What its owner may do was changed since.
    Outdated,
}

/// The sessions that were revoked, and the accounts whose authority was changed, not long ago.
#[derive(Debug)]
pub(crate) struct Denylist {
    taken_back: RwLock<TakenBack>,
    keep: Duration,
}

#[derive(Debug)]
struct TakenBack {
    sessions: Swept<SessionId, Timestamp>,
    versions: Swept<UserId, (u32, Timestamp)>,
}

impl Denylist {
    /// Nothing taken back; each entry is kept for `keep`, the life of an access token and the skew of clocks.
    pub(crate) fn new(keep: Duration, now: Timestamp) -> Self {
        let taken_back = TakenBack { sessions: Swept::new(now), versions: Swept::new(now) };
        Self { taken_back: RwLock::new(taken_back), keep }
    }

    /// Notes a change; one that is known already changes nothing.
    pub(crate) fn note(&self, change: Change, now: Timestamp) {
        let mut taken_back = self.write();
        taken_back.sessions.sweep(now, |at| *at + self.keep > now);
        taken_back.versions.sweep(now, |(_, at)| *at + self.keep > now);
        match change {
            Change::Revoked { id, at } => {
                taken_back.sessions.entries.insert(id, at);
            }
            Change::Authz { user, version, at } => {
                // News may overtake each other; a version never goes back.
                let entry = taken_back.versions.entries.entry(user).or_insert((version, at));
                *entry = (*entry).max((version, at));
            }
            // Kept elsewhere.
            Change::Keys { .. } => {}
        }
    }

    /// Whether what these claims say still holds, as far as this node has heard.
    pub(crate) fn standing(&self, claims: &Claims) -> Standing {
        let taken_back = self.taken_back.read().unwrap_or_else(PoisonError::into_inner);
        if taken_back.sessions.entries.contains_key(&claims.sid) {
            return Standing::Revoked;
        }
        match taken_back.versions.entries.get(&claims.sub) {
            Some((version, _)) if claims.authz_version < *version => Standing::Outdated,
            _ => Standing::Good,
        }
    }

    fn write(&self) -> RwLockWriteGuard<'_, TakenBack> {
        self.taken_back.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The generations that were seen in the browser.
#[derive(Debug)]
pub(crate) struct Seen {
    seen: Mutex<Swept<SessionId, (u64, Timestamp)>>,
    keep: Duration,
}

impl Seen {
    pub(crate) fn new(keep: Duration, now: Timestamp) -> Self {
        Self { seen: Mutex::new(Swept::new(now)), keep }
    }

    /// Whether this generation, or a later one of the session, has not been noted before; notes it.
    pub(crate) fn first(&self, id: SessionId, generation: u64, now: Timestamp) -> bool {
        let mut seen = self.lock();
        seen.sweep(now, |(_, at)| *at + self.keep > now);
        let known = seen.entries.get(&id).is_some_and(|(noted, _)| *noted >= generation);
        if !known {
            seen.entries.insert(id, (generation, now));
        }
        !known
    }

    /// Forgets a session, so that the next proof is noted again: the last could not be written.
    pub(crate) fn forget(&self, id: SessionId) {
        self.lock().entries.remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, Swept<SessionId, (u64, Timestamp)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Swept<K, T> {
    entries: HashMap<K, T>,
    swept_at: Timestamp,
}

impl<K: Eq + Hash, T> Swept<K, T> {
    fn new(now: Timestamp) -> Self {
        Self { entries: HashMap::new(), swept_at: now }
    }

    fn sweep(&mut self, now: Timestamp, keep: impl Fn(&T) -> bool) {
        if now.since(self.swept_at) >= SWEEP {
            self.entries.retain(|_, entry| keep(entry));
            self.swept_at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::Role;

    fn id(byte: u8) -> SessionId {
        SessionId::from_bytes([byte; 16])
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn claims(session: u8, authz_version: u32) -> Claims {
        Claims {
            iss: String::new(),
            aud: String::new(),
            sub: UserId::from_bytes([9; 16]),
            sid: id(session),
            iat: 0,
            exp: 60,
            jti: String::new(),
            auth_time: 0,
            generation: 0,
            role: Role::User,
            authz_version,
        }
    }

    #[test]
    fn a_revocation_is_forgotten_only_when_no_token_can_outlive_it() {
        let denylist = Denylist::new(Duration::from_secs(60), at(0));
        let revoke = |byte, when| denylist.note(Change::Revoked { id: id(byte), at: when }, when);
        let revoked = |byte| denylist.standing(&claims(byte, 0)) == Standing::Revoked;
        revoke(1, at(0));
        revoke(2, at(59));
        assert!(revoked(1) && revoked(2));
        revoke(3, at(100));
        assert!(!revoked(1));
        assert!(revoked(2) && revoked(3));
    }

    #[test]
    fn a_token_of_an_older_version_is_out_of_date_whatever_order_the_news_came_in() {
        let denylist = Denylist::new(Duration::from_secs(60), at(0));
        let user = UserId::from_bytes([9; 16]);
        for version in [2, 1] {
            denylist.note(Change::Authz { user, version, at: at(0) }, at(0));
        }
        let standing = |version| denylist.standing(&claims(1, version));
        assert_eq!([1, 2, 3].map(standing), [Standing::Outdated, Standing::Good, Standing::Good]);
        denylist.note(Change::Revoked { id: id(1), at: at(1) }, at(1));
        assert_eq!(standing(1), Standing::Revoked, "revoked comes first");
        denylist.note(Change::Revoked { id: id(2), at: at(60) }, at(60));
        assert_eq!(denylist.standing(&claims(3, 0)), Standing::Good, "forgotten");
    }

    #[test]
    fn a_generation_is_first_seen_once() {
        let now = at(0);
        let seen = Seen::new(Duration::from_secs(60), now);
        assert!(seen.first(id(1), 3, now));
        assert!(!seen.first(id(1), 3, now));
        assert!(!seen.first(id(1), 2, now), "an older token proves nothing new");
        assert!(seen.first(id(1), 4, now));
        seen.forget(id(1));
        assert!(seen.first(id(1), 4, now));
    }
}
