//! The keys that access tokens are signed with and checked against.
//!
//! A [`KeyRecord`] is what a store keeps, [`first`], [`rotate`] and [`retire`] say what becomes of the records, and a
//! [`Keyring`] is the records with their private halves open. It neither stores nor schedules anything. Invariants:
//! which key signs is a function of the records and two instants alone, so that every node that has read the same
//! records signs with the same key; a private half leaves this module sealed or not at all; a key of HMAC is never
//! shown.

mod pair;
mod plan;
mod record;
mod seal;

use std::{cmp::Reverse, fmt};

use jsonwebtoken::EncodingKey;
use serde_json::json;

pub use self::{
    pair::NewKey,
    plan::{Activation, PlanError, Schedule, first, retire, rotate},
    record::{KeyRecord, KeyState},
};
pub(crate) use self::{
    pair::{Pair, ed25519_pkcs8},
    seal::reseal,
};
pub use crate::key::{KeyId, SigningAlgorithm};
use crate::{clock::Timestamp, key::VerifyingKey, secret::ServerSecret};

/// The keys of a server, open.
pub struct Keyring(Vec<Key>);

/// One of them.
pub(crate) struct Key {
    record: KeyRecord,
    pair: Pair,
}

impl Keyring {
    /// Opens the private halves of the records.
    ///
    /// # Errors
    /// [`KeyringError`], which names the record that does not open.
    pub fn open(records: &[KeyRecord], secret: &ServerSecret) -> Result<Self, KeyringError> {
        if records.is_empty() {
            return Err(KeyringError::Empty);
        }
        let open = |record: &KeyRecord| {
            let KeyRecord { kid, algorithm, sealed, .. } = record;
            let private = seal::unseal(kid, *algorithm, sealed, secret)?;
            let pair = Pair::read(*algorithm, &private)
                .ok_or_else(|| KeyringError::Private(kid.clone()))?;
            Ok(Key { record: record.clone(), pair })
        };
        let mut keys = records.iter().map(open).collect::<Result<Vec<_>, KeyringError>>()?;
        keys.sort_by(|a, b| a.order().cmp(&b.order()));
        Ok(Self(keys))
    }

    /// A keyring whose one key is derived from the secret, so that a test can have the same one again.
    #[cfg(test)]
    pub(crate) fn derived_from(
        secret: &ServerSecret,
        now: Timestamp,
    ) -> Result<Self, KeyringError> {
        let private = ed25519_pkcs8(&secret.derive("a test's key"));
        let new = NewKey::from_private(SigningAlgorithm::EdDsa, private, secret)?;
        Self::open(&first(new, now), secret)
    }

    /// The public halves of all keys but the retired ones, as a JWK set (RFC 7517 §5) without those of HMAC.
    pub fn jwks(&self, now: Timestamp) -> String {
        let shown = self.0.iter().filter(|key| key.record.state(now) != KeyState::Retired);
        let keys: Vec<_> = shown.filter_map(|key| key.pair.shown(&key.record.kid)).collect();
        json!({ "keys": keys }).to_string()
    }

    /// The key that signs what is dated `instant`: the one that was active then, so that a rotation and its replays are
    /// the same bytes on both sides of a change of keys; if that one is retired by now, the one that is active now.
    pub(crate) fn signing_at(&self, instant: Timestamp, now: Timestamp) -> Option<&Key> {
        let usable = || self.0.iter().filter(|key| key.record.state(now) != KeyState::Retired);
        let active_at = |at| usable().rfind(move |key| key.record.state(at) == KeyState::Active);
        active_at(instant)
            .or_else(|| active_at(now))
            // The clock runs behind the one that dated the keys: better the next key than no user signed in.
            .or_else(|| usable().next())
    }

    /// The key of that name, if what it signed is accepted: staged, because another node's clock may be ahead;
    /// active; or retiring.
    pub(crate) fn find(&self, kid: &str, now: Timestamp) -> Option<&VerifyingKey> {
        let key = self.0.iter().find(|key| key.record.kid.as_str() == kid)?;
        (key.record.state(now) != KeyState::Retired).then_some(&key.pair.verifying)
    }
}

impl Key {
    /// Its public name.
    pub(crate) const fn kid(&self) -> &KeyId {
        &self.record.kid
    }

    /// The algorithm that it signs with.
    pub(crate) const fn algorithm(&self) -> SigningAlgorithm {
        self.record.algorithm
    }

    /// Its private half.
    pub(crate) const fn signing(&self) -> &EncodingKey {
        &self.pair.signing
    }

    /// The order of keys: if several could sign, the latest does, and of equals the first by name.
    fn order(&self) -> (Timestamp, Reverse<&KeyId>) {
        (self.record.active_at, Reverse(&self.record.kid))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.record)).finish()
    }
}

/// The reason why there is no keyring, or no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// No records.
    #[error("there is no signing key")]
    Empty,
    /// A record that does not open.
    #[error(
        "the signing key {0} does not open: it was sealed under another secret, which has to be among the old secrets, \
         or was altered"
    )]
    Sealed(KeyId),
    /// A record that opens, and holds no key of its algorithm.
    #[error("the sealed signing key {0} is not a private key of its algorithm")]
    Private(KeyId),
    /// No key could be made.
    #[error("generating a key for {} failed", .0.as_str())]
    Generate(SigningAlgorithm),
}

#[cfg(test)]
mod tests;
