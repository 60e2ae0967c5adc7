//! The signing keys: the public half for other services, and the store of both for the operator.

use super::Auth;
use crate::keys::Keys;

impl Auth {
    /// Returns the keys that check this server's access tokens, as a JWK set (RFC 7517 §5), for a
    /// [`Verifier`](crate::Verifier) in another service, which may cache it for
    /// [`jwks_max_age`](crate::AuthConfig::jwks_max_age).
    pub fn jwks(&self) -> String {
        self.0.tokens.keyring().jwks(self.now())
    }

    /// Returns the keys in their store, to be listed and changed.
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }
}
