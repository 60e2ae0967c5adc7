//! The signing keys, as others may see them.

use super::Auth;
use crate::keys::Keys;

impl Auth {
    /// The keys that check this server's access tokens, as a JWK set (RFC 7517 §5), for a
    /// [`Verifier`](crate::Verifier) elsewhere. It may be kept for
    /// [`jwks_max_age`](crate::AuthConfig::jwks_max_age).
    pub fn jwks(&self) -> String {
        self.0.tokens.keyring().jwks(self.now())
    }

    /// The keys in their store, to look at and to change.
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }
}
