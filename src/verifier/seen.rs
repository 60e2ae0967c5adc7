//! The tokens whose signature was found right: a browser sends one with each request, and a signature is the dearest
//! part of a check.
//!
//! It holds what a signature vouches for, and nothing that a later instant may change: which keys stand, the issuer, the
//! audience, the times, and beyond the verifier the denylist and the row are asked at each request as if it were the
//! first. Invariants: only a token whose signature fits is in it; no other text finds it, since it is found by a hash
//! of 128 bits under a key that never leaves the process; and one that another key signed, or the same key read anew, is
//! not found.
//!
//! It is bounded. Good tokens that are presented once each, however many, evict no more than 3 % of those in use, and a
//! quarter if each is presented twice (as the tests do it). An attacker who presents as many again and again as fill it
//! has paid for their sign-ins, and gains that others are checked as they were the first time.

use std::{fmt, sync::Arc};

use quick_cache::{Weighter, sync::Cache};
use siphasher::sip128::SipHasher24;

use crate::{
    access_token::{AccessToken, TokenInfo},
    key::VerifyingKey,
    secret::random,
};

/// The most bytes of tokens, as their texts count them: some 16,000 of our own. Their contents take more than that.
const MAX_BYTES: u64 = 8 << 20;
/// The bytes of a usual token, which the size of the tables is derived from.
const USUAL_BYTES: u64 = 512;

/// Tokens that were seen. Clones share them.
#[derive(Clone)]
pub(crate) struct Seen(Arc<Inner>);

struct Inner {
    hasher: SipHasher24,
    tokens: Cache<u128, Held, Length>,
}

/// A token that was seen, and the key that it was checked with.
#[derive(Clone)]
struct Held {
    info: Arc<TokenInfo>,
    key: u64,
}

/// The name of a token: the hash of its text.
#[derive(Clone, Copy)]
pub(crate) struct Name(u128);

#[derive(Clone)]
struct Length;

impl Weighter<u128, Held> for Length {
    fn weight(&self, _: &u128, held: &Held) -> u64 {
        held.info.size as u64
    }
}

impl Default for Seen {
    fn default() -> Self {
        Self::of(MAX_BYTES)
    }
}

impl Seen {
    /// Holds that many bytes of tokens at most.
    fn of(max_bytes: u64) -> Self {
        let items = usize::try_from(max_bytes / USUAL_BYTES).unwrap_or(usize::MAX);
        let tokens = Cache::with_weighter(items, max_bytes, Length);
        Self(Arc::new(Inner { hasher: SipHasher24::new_with_key(&random()), tokens }))
    }

    /// Returns the name of a token. The whole of its text counts: another spelling of the same signature is another
    /// token, and is checked.
    pub(crate) fn name(&self, token: &AccessToken) -> Name {
        Name(self.0.hasher.hash(token.reveal().as_bytes()).as_u128())
    }

    /// Returns the contents of a token that was checked with the key that `find` has for its `kid`.
    pub(crate) fn get<'k>(
        &self,
        name: Name,
        find: impl FnOnce(&str) -> Option<&'k VerifyingKey>,
    ) -> Option<Arc<TokenInfo>> {
        let Held { info, key } = self.0.tokens.get(&name.0)?;
        (find(info.kid.as_str())?.serial == key).then_some(info)
    }

    /// Holds a token that was just checked with that key.
    pub(crate) fn insert(&self, name: Name, info: Arc<TokenInfo>, key: &VerifyingKey) {
        self.0.tokens.insert(name.0, Held { info, key: key.serial });
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").field("count", &self.0.tokens.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
