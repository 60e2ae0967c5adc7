//! The server's one secret, and the keys that are derived from it, one for each purpose.
//!
//! Keys never leave this crate, are never printed, and each serves one purpose, so that a value made for one
//! can never be taken for another (RFC 8725 §3.12).

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The least number of bytes of a secret: as long as the output of the hash it keys (RFC 7518 §3.2).
pub const MIN_SECRET_BYTES: usize = 32;

/// The secret of a server, from which its keys are derived.
///
/// # Security
/// An attacker who has it, and can read the store, can sign in as any user. It belongs in a file that only the server
/// can read, or in its environment, never in a repository.
#[derive(Clone)]
pub struct ServerSecret(Vec<u8>);

impl ServerSecret {
    /// A secret from its bytes.
    ///
    /// # Errors
    /// [`WeakSecret`] if it has fewer than [`MIN_SECRET_BYTES`] bytes, or fewer than eight different ones.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, WeakSecret> {
        let bytes = bytes.into();
        let mut seen = [false; 256];
        for byte in &bytes {
            seen[usize::from(*byte)] = true;
        }
        if bytes.len() < MIN_SECRET_BYTES || seen.iter().filter(|seen| **seen).count() < 8 {
            return Err(WeakSecret);
        }
        Ok(Self(bytes))
    }

    /// A new random secret, as text that [`ServerSecret::new`] takes: 43 characters of base64url.
    pub fn generate() -> String {
        URL_SAFE_NO_PAD.encode(random::<32>())
    }

    /// The key for one purpose: HMAC-SHA256 of its label under the secret.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        mac(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), &[purpose.as_bytes()])
    }

    /// The key that refresh tokens and token ids are derived with.
    pub(crate) fn pepper(&self) -> Pepper {
        let key = self.derive("coatroom/pepper/v1");
        let kid = self.derive("coatroom/pepper-id/v1");
        Pepper {
            kid: URL_SAFE_NO_PAD.encode(&kid[..6]),
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
        }
    }
}

impl fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecret(…)")
    }
}

/// A secret that is too short or too simple to key anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret must have at least {MIN_SECRET_BYTES} random bytes")]
pub struct WeakSecret;

/// The key under which refresh tokens and token ids are derived, with its public name.
#[derive(Clone)]
pub(crate) struct Pepper {
    /// Names the key in the rows that depend on it.
    pub(crate) kid: String,
    key: hmac::Key,
}

impl Pepper {
    /// HMAC-SHA256 over the parts, one after the other; callers keep them of fixed length.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.key, parts)
    }
}

/// The peppers of a server: the one that new sessions begin with, and former ones.
///
/// A session keeps its pepper for life, because its tokens are derived again for every replay; so a former pepper may
/// go once the longest lifetime of a session has passed since the change.
#[derive(Clone, Debug)]
pub(crate) struct Peppers {
    pub(crate) current: Pepper,
    former: Vec<Pepper>,
}

impl Peppers {
    pub(crate) fn new(secret: &ServerSecret, former: &[ServerSecret]) -> Self {
        let former = former.iter().map(ServerSecret::pepper).collect();
        Self { current: secret.pepper(), former }
    }

    /// The pepper of that name.
    pub(crate) fn find(&self, kid: &str) -> Option<&Pepper> {
        [&self.current].into_iter().chain(&self.former).find(|pepper| pepper.kid == kid)
    }
}

#[cfg(test)]
impl From<Pepper> for Peppers {
    fn from(current: Pepper) -> Self {
        Self { current, former: Vec::new() }
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pepper({})", self.kid)
    }
}

fn mac(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.sign().as_ref());
    out
}

/// Random bytes from the operating system. AWS-LC's generator would measure the jitter of the processor first, and more
/// than double the time that a server takes to start.
///
/// # Panics
/// If the operating system has no random source: nothing safe can be done without one.
#[expect(clippy::expect_used, reason = "nothing safe can be done without a random source")]
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_uniform_secrets_are_refused() {
        for weak in [
            vec![],
            vec![1; 64],
            (0..31).collect::<Vec<u8>>(),
            b"secretsecretsecretsecretsecretse".to_vec(),
        ] {
            assert!(ServerSecret::new(weak.clone()).is_err(), "{weak:?}");
        }
        assert!(ServerSecret::new(ServerSecret::generate()).is_ok());
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let secret = ServerSecret::new((0..32).collect::<Vec<u8>>()).expect("long enough");
        assert_ne!(secret.derive("a"), secret.derive("b"));
        assert!(!format!("{secret:?}").contains("31"));
    }
}
