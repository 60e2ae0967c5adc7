//! Password hashes as stores hold them, and those of another make.

use std::fmt;

/// A password hash in PHC form, with its own salt and parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash as a store holds it.
    pub fn from_phc(phc: impl Into<String>) -> Self {
        Self(phc.into())
    }

    /// The PHC string, for a store to keep.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Verifies password hashes of another make, which an application brings along from an older sign-in. Set in
/// [`AuthConfig::foreign_hashes`](crate::AuthConfig::foreign_hashes).
///
/// At the next right password the hash is replaced by one of this engine's own. Argon2 hashes need none of this,
/// whatever their parameters: one that costs less than today's is replaced, one that costs more stays.
///
/// # Security
/// It runs on the threads that hash passwords, within the queue. It should take as long for a wrong password as for the right one,
/// and compare in constant time. The password is in NFC, which an older sign-in may not have asked for.
///
/// ```
/// use aws_lc_rs::pbkdf2;
/// use base64::{Engine as _, engine::general_purpose::STANDARD};
/// use coatroom::password::ForeignHash;
///
/// /// Django's `pbkdf2_sha256$1000000$salt$hash`.
/// #[derive(Debug)]
/// struct Django;
///
/// impl ForeignHash for Django {
///     fn verify(&self, password: &str, hash: &str) -> Option<bool> {
///         let parts: Vec<&str> = hash.split('$').collect();
///         let ["pbkdf2_sha256", iterations, salt, hash] = parts[..] else { return None };
///         let (iterations, hash) = (iterations.parse().ok()?, STANDARD.decode(hash).ok()?);
///         let (salt, password) = (salt.as_bytes(), password.as_bytes());
///         let algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
///         Some(pbkdf2::verify(algorithm, iterations, salt, password, &hash).is_ok())
///     }
/// }
///
/// let hash = "pbkdf2_sha256$1$salt$kMVdHO/LjWgNcmvDDn2oPCVnz3jpGH1gdMsSaV2WQZU=";
/// assert_eq!(Django.verify("a quiet harbour at dawn", hash), Some(true));
/// assert_eq!(Django.verify("not it", hash), Some(false));
/// assert_eq!(Django.verify("not it", "$2b$12$a bcrypt hash"), None);
/// ```
pub trait ForeignHash: Send + Sync + fmt::Debug {
    /// Returns whether `password` is the one of `hash`; `None` if that is not a hash of this make.
    fn verify(&self, password: &str, hash: &str) -> Option<bool>;
}
