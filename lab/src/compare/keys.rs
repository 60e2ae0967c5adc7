//! The signing keys of a world by their times alone, as [`keyring`](coatroom::keyring) plans them.
//!
//! No key is here, only when each signs and when it is refused. It follows the two changes that a
//! world knows: the next key is made, and the oldest is retired.

use coatroom::{clock::Timestamp, keyring::Schedule};

/// The keys, oldest first; each is called by its place.
#[derive(Clone, Debug)]
pub(super) struct Keys(Vec<Key>);

#[derive(Clone, Copy, Debug)]
struct Key {
    active_at: Timestamp,
    retired_at: Option<Timestamp>,
}

impl Key {
    fn is_accepted(&self, now: Timestamp) -> bool {
        self.retired_at.is_none_or(|at| now < at)
    }
}

impl Keys {
    /// The first key.
    pub(super) fn new(now: Timestamp) -> Self {
        Self(vec![Key { active_at: now, retired_at: None }])
    }

    /// Makes the next key.
    pub(super) fn rotate(&mut self, now: Timestamp, schedule: Schedule) {
        let active_at = now + schedule.cache;
        if let Some(signs) = self.signing(now, now).and_then(|key| self.0.get_mut(key)) {
            signs.retired_at = Some(schedule.retired_at(active_at));
        }
        self.0.push(Key { active_at, retired_at: None });
    }

    /// Retires the oldest key that is accepted; if it was the one that signed, the next one takes over.
    pub(super) fn retire(&mut self, now: Timestamp) {
        if let Some(oldest) = self.0.iter_mut().find(|key| key.is_accepted(now)) {
            oldest.retired_at = Some(now);
        }
        let mut left = self.0.iter_mut().filter(|key| key.is_accepted(now));
        if let Some(next) = left.next() {
            next.active_at = next.active_at.min(now);
        }
    }

    /// The key that signs what is dated `instant`.
    pub(super) fn signing(&self, instant: Timestamp, now: Timestamp) -> Option<usize> {
        let active_at =
            |at| self.0.iter().rposition(move |key| key.is_accepted(now) && key.active_at <= at);
        active_at(instant).or_else(|| active_at(now))
    }

    /// Returns true if a token that it signed is accepted.
    pub(super) fn accepts(&self, key: usize, now: Timestamp) -> bool {
        self.0.get(key).is_some_and(|key| key.is_accepted(now))
    }
}
