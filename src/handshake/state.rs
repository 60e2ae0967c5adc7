//! The state that binds a handshake to one browser, and its hash, which travels.

use std::{borrow::Cow, fmt};

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::secret::random;

/// The state of one attempt to arrive: 32 random bytes, in a cookie of the browser that makes the attempt.
///
/// # Security
/// Put it into a cookie that the receiver's host alone can set and read (`__Host-Http-…`), with `SameSite=Lax`, for a few
/// minutes. An attacker who could set the cookie could sign a victim in to the attacker's account. [`Debug`] does not
/// print it.
#[derive(Clone)]
pub struct State([u8; 32]);

impl State {
    /// A new state.
    pub fn random() -> Self {
        Self(random())
    }

    /// Reads what [`reveal`](Self::reveal) wrote.
    pub fn parse(text: &str) -> Option<Self> {
        read(text).map(Self)
    }

    /// Its text, for the cookie and for nothing else.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Its hash, which may be seen: the state cannot be found from it.
    pub fn nonce(&self) -> Nonce {
        let hash = digest::digest(&digest::SHA256, &self.0);
        let mut nonce = [0; 32];
        nonce.copy_from_slice(hash.as_ref());
        Nonce(nonce)
    }

    /// Returns true if the nonce is this state's, in the same time for every other nonce.
    pub(super) fn is_of(&self, nonce: &Nonce) -> bool {
        verify_slices_are_equal(&self.nonce().0, &nonce.0).is_ok()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("State(…)")
    }
}

/// The hash of a [`State`]: 43 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Nonce([u8; 32]);

impl Nonce {
    /// Reads a nonce in its one spelling.
    pub fn parse(text: &str) -> Option<Self> {
        read(text).map(Self)
    }
}

/// Reads 32 bytes of base64url. The reader refuses bits that carry nothing, so that a value has one text.
fn read(text: &str) -> Option<[u8; 32]> {
    if text.len() != 43 {
        return None;
    }
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce({self})")
    }
}

impl Serialize for Nonce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Nonce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a nonce"))
    }
}
