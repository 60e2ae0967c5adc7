//! The signing keys, as others may see them.

use super::Auth;

impl Auth {
    /// The keys that check this server's access tokens, as a JWK set (RFC 7517 §5), for a
    /// [`Verifier`](crate::Verifier) elsewhere. It may be kept for
    /// [`jwks_max_age`](crate::AuthConfig::jwks_max_age).
    pub fn jwks(&self) -> String {
        self.0.tokens.keyring().jwks(self.now())
    }
}
