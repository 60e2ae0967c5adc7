//! The life of the keys: the first one, the next one, and the end of one that leaked.
//!
//! Pure functions from the current records to the next ones; the caller stores the result unless another caller was
//! faster. Invariant: from the first key on there is one key that signs at every instant, and each later key is
//! published one cache period before its first signature, unless an operator said *at once* or ended the key before it.

use std::time::Duration;

use super::{KeyId, KeyRecord, KeyState, NewKey};
use crate::clock::Timestamp;

/// The durations that a change of keys has to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The time for which other services may cache the key set.
    pub cache: Duration,
    /// The lifetime of an access token.
    pub access_ttl: Duration,
    /// The greatest difference of the clocks of two nodes.
    pub clock_skew: Duration,
}

impl Schedule {
    /// Returns the instant at which an active key retires whose successor takes over at `active_at`: once the last
    /// token it signed has expired.
    pub fn retired_at(&self, active_at: Timestamp) -> Timestamp {
        active_at + self.access_ttl + self.cache + self.clock_skew
    }
}

impl Schedule {
    /// Waits for nothing.
    pub const NONE: Self =
        Self { cache: Duration::ZERO, access_ttl: Duration::ZERO, clock_skew: Duration::ZERO };

    /// The greater figures of both.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            cache: self.cache.max(other.cache),
            access_ttl: self.access_ttl.max(other.access_ttl),
            clock_skew: self.clock_skew.max(other.clock_skew),
        }
    }
}

/// The time at which a new key takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Once every cached copy of the key set has it.
    AfterCachePeriod,
    /// Now. A service with a stale copy of the key set refuses its tokens until it fetches the set again.
    AtOnce,
}

/// The first key of a keyring, active from `now` on.
pub fn first(new: NewKey, now: Timestamp) -> Vec<KeyRecord> {
    vec![new.record(now, now)]
}

/// Adds the key that takes over next, and lets the active one go when it does. What that one signed is accepted
/// until its last token has expired. Forgets the keys that are retired.
///
/// # Errors
/// [`PlanError::Staged`] if the next key is there already.
pub fn rotate(
    records: &[KeyRecord],
    new: NewKey,
    now: Timestamp,
    schedule: Schedule,
    when: Activation,
) -> Result<Vec<KeyRecord>, PlanError> {
    if let Some(staged) = next(records, now) {
        return Err(PlanError::Staged(staged.kid.clone()));
    }
    let active_at = match when {
        Activation::AfterCachePeriod => now + schedule.cache,
        Activation::AtOnce => now,
    };
    let kept = records.iter().filter(|record| record.state(now) != KeyState::Retired);
    let mut records: Vec<_> = kept.cloned().collect();
    for record in records.iter_mut().filter(|record| record.state(now) == KeyState::Active) {
        record.retiring_at = Some(active_at);
        record.retired_at = Some(schedule.retired_at(active_at));
    }
    records.push(new.record(now, active_at));
    Ok(records)
}

/// Ends a key at once, because an attacker may have it: what it signed is refused from `now` on.
///
/// If it is the active one, the staged one takes over at once. If it is the staged one, the active one stays. A key
/// that is retired already stays as it is. To end the only key, [`rotate`] at once first.
///
/// # Errors
/// [`PlanError::Unknown`] if there is no such key, [`PlanError::Only`] if none would be left to sign.
pub fn retire(
    records: &[KeyRecord],
    kid: &KeyId,
    now: Timestamp,
) -> Result<Vec<KeyRecord>, PlanError> {
    let mut records = records.to_vec();
    let ended = records
        .iter_mut()
        .find(|record| record.kid == *kid)
        .ok_or_else(|| PlanError::Unknown(kid.clone()))?;
    let before = ended.state(now);
    if before == KeyState::Retired {
        return Ok(records);
    }
    ended.retired_at = Some(now);
    ended.retiring_at = Some(ended.retiring_at.map_or(now, |at| at.min(now)));

    let is_active = |record: &KeyRecord| record.state(now) == KeyState::Active;
    let signs = records.iter().any(is_active);
    let successor = next(&records, now).map(|record| record.kid.clone());
    match (before, signs, successor) {
        (KeyState::Active, false, None) => return Err(PlanError::Only(kid.clone())),
        (KeyState::Active, false, Some(successor)) => {
            for record in records.iter_mut().filter(|record| record.kid == successor) {
                record.active_at = now;
            }
        }
        // Its successor will not come, so it goes on.
        (KeyState::Staged, true, None) => {
            for record in records.iter_mut().filter(|record| is_active(record)) {
                record.retiring_at = None;
                record.retired_at = None;
            }
        }
        _ => {}
    }
    Ok(records)
}

/// The key that takes over next.
fn next(records: &[KeyRecord], now: Timestamp) -> Option<&KeyRecord> {
    let staged = records.iter().filter(|record| record.state(now) == KeyState::Staged);
    staged.min_by_key(|record| (record.active_at, &record.kid))
}

impl NewKey {
    fn record(self, staged_at: Timestamp, active_at: Timestamp) -> KeyRecord {
        let Self { kid, algorithm, sealed } = self;
        let (retiring_at, retired_at) = (None, None);
        KeyRecord { kid, algorithm, sealed, staged_at, active_at, retiring_at, retired_at }
    }
}

/// The reason why the keys stay as they are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// There is a next key already.
    #[error("the key {0} is staged already: wait until it is active, or retire it")]
    Staged(KeyId),
    /// There is no such key.
    #[error("there is no key {0}")]
    Unknown(KeyId),
    /// No key would be left to sign.
    #[error("the key {0} is the only one: rotate first")]
    Only(KeyId),
}

#[cfg(test)]
mod tests;
