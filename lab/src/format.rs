//! The same claims in eight forms of token: signed, so that they can be read and not changed, or encrypted, so that they
//! cannot even be read.
//!
//! It exists to be compared: the product signs its access tokens as JWTs, and knows none of the other forms. Invariant: a
//! token is read by its own form alone. The reader says which form it expects; the token has no say in it.

pub mod jwe;
mod jwt;
mod measure;

use std::fmt;

use aws_lc_rs::rand;
use coatroom::keyring::SigningAlgorithm;
use pasetors::{
    Local, Public,
    keys::{AsymmetricKeyPair, Generate as _, SymmetricKey},
    token::UntrustedToken,
    version4::{LocalToken, PublicToken, V4},
};
use serde_json::{Map, Value};

pub use self::measure::{Measured, NotMeasured, measure, measure_all};
use self::{jwe::Recipient, jwt::Pair};

/// The claims of a token: the members of a JSON object.
pub type Claims = Map<String, Value>;

/// A form of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A JWT with an HMAC (RFC 7519, RFC 7515).
    JwtHs256,
    /// A JWT signed with RSA of 3072 bits, as the product's are.
    JwtRs256,
    /// A JWT signed with ECDSA on P-256.
    JwtEs256,
    /// A JWT signed with Ed25519.
    JwtEdDsa,
    /// A PASETO v4.public, which is signed with Ed25519.
    PasetoPublic,
    /// A PASETO v4.local, which is encrypted with a shared key.
    PasetoLocal,
    /// A JWE whose key is shared (RFC 7516, RFC 7518 §4.5).
    JweDirect,
    /// A JWE to the holder of a private key (RFC 7518 §4.6).
    JweAgreed,
}

/// The clients and services that can do something with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Each that holds the token.
    OfToken,
    /// Each that holds the public key, which is no secret.
    OfPublicKey,
    /// Each that holds the one secret that both sides share.
    OfSharedKey,
    /// The holder of the private key alone.
    OfPrivateKey,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::JwtHs256,
        Self::JwtRs256,
        Self::JwtEs256,
        Self::JwtEdDsa,
        Self::PasetoPublic,
        Self::PasetoLocal,
        Self::JweDirect,
        Self::JweAgreed,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::JwtHs256 => "JWT, HS256",
            Self::JwtRs256 => "JWT, RS256",
            Self::JwtEs256 => "JWT, ES256",
            Self::JwtEdDsa => "JWT, EdDSA",
            Self::PasetoPublic => "PASETO v4.public",
            Self::PasetoLocal => "PASETO v4.local",
            Self::JweDirect => "JWE, dir, A256GCM",
            Self::JweAgreed => "JWE, ECDH-ES, A256GCM",
        }
    }

    /// Its name in addresses.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::JwtHs256 => "jwt-hs256",
            Self::JwtRs256 => "jwt-rs256",
            Self::JwtEs256 => "jwt-es256",
            Self::JwtEdDsa => "jwt-eddsa",
            Self::PasetoPublic => "paseto-public",
            Self::PasetoLocal => "paseto-local",
            Self::JweDirect => "jwe-dir",
            Self::JweAgreed => "jwe-ecdh-es",
        }
    }

    /// The one of that slug.
    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.slug() == slug)
    }

    /// The clients that can read its claims.
    pub const fn is_read_by(self) -> Holder {
        match self {
            Self::JwtHs256
            | Self::JwtRs256
            | Self::JwtEs256
            | Self::JwtEdDsa
            | Self::PasetoPublic => Holder::OfToken,
            Self::PasetoLocal | Self::JweDirect => Holder::OfSharedKey,
            Self::JweAgreed => Holder::OfPrivateKey,
        }
    }

    /// The services that can make one that is accepted.
    pub const fn is_made_by(self) -> Holder {
        match self {
            Self::JwtHs256 | Self::PasetoLocal | Self::JweDirect => Holder::OfSharedKey,
            Self::JwtRs256 | Self::JwtEs256 | Self::JwtEdDsa | Self::PasetoPublic => {
                Holder::OfPrivateKey
            }
            Self::JweAgreed => Holder::OfPublicKey,
        }
    }

    /// The services that can check one.
    pub const fn is_checked_by(self) -> Holder {
        match self {
            Self::JwtHs256 | Self::PasetoLocal | Self::JweDirect => Holder::OfSharedKey,
            Self::JwtRs256 | Self::JwtEs256 | Self::JwtEdDsa | Self::PasetoPublic => {
                Holder::OfPublicKey
            }
            Self::JweAgreed => Holder::OfPrivateKey,
        }
    }
}

/// A token that was not made, or not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The cryptographic library made no key.
    #[error("no key could be made")]
    Key,
    /// The cryptographic library made no token.
    #[error("no token could be made")]
    Make,
    /// Not a token of the form that is expected, or of another key, or changed.
    #[error("not a token of this form and key")]
    Refused,
}

/// A key for each form, or a pair of keys.
pub struct Keys {
    hs256: Pair,
    rs256: Pair,
    es256: Pair,
    eddsa: Pair,
    public: AsymmetricKeyPair<V4>,
    local: SymmetricKey<V4>,
    direct: [u8; 32],
    agreed: Recipient,
}

impl Keys {
    /// Makes new keys. The one of RSA takes a good part of a second of computing: from async code, call it on the
    /// blocking pool.
    ///
    /// # Errors
    /// [`FormatError::Key`] if the cryptographic library refuses.
    pub fn generate() -> Result<Self, FormatError> {
        let mut direct = [0; 32];
        rand::fill(&mut direct).map_err(|_| FormatError::Key)?;
        Ok(Self {
            hs256: Pair::generate(SigningAlgorithm::Hs256)?,
            rs256: Pair::generate(SigningAlgorithm::Rs256)?,
            es256: Pair::generate(SigningAlgorithm::Es256)?,
            eddsa: Pair::generate(SigningAlgorithm::EdDsa)?,
            public: AsymmetricKeyPair::generate().map_err(|_| FormatError::Key)?,
            local: SymmetricKey::generate().map_err(|_| FormatError::Key)?,
            direct,
            agreed: Recipient::generate()?,
        })
    }

    /// Makes a token of these claims.
    ///
    /// # Errors
    /// [`FormatError::Make`] if the cryptographic library refuses.
    pub fn make(&self, format: Format, claims: &Claims) -> Result<String, FormatError> {
        let text = serde_json::to_vec(claims).map_err(|_| FormatError::Make)?;
        match format {
            Format::JwtHs256 => self.hs256.sign(claims),
            Format::JwtRs256 => self.rs256.sign(claims),
            Format::JwtEs256 => self.es256.sign(claims),
            Format::JwtEdDsa => self.eddsa.sign(claims),
            Format::PasetoPublic => PublicToken::sign(&self.public.secret, &text, None, None)
                .map_err(|_| FormatError::Make),
            Format::PasetoLocal => {
                LocalToken::encrypt(&self.local, &text, None, None).map_err(|_| FormatError::Make)
            }
            Format::JweDirect => jwe::encrypt(&self.direct, &text),
            Format::JweAgreed => self.agreed.public()?.encrypt(&text),
        }
    }

    /// Reads the claims of a token of that form, if these keys accept it. Its time is not checked: that is not the
    /// form's affair.
    ///
    /// # Errors
    /// [`FormatError::Refused`], for any reason.
    pub fn read(&self, format: Format, token: &str) -> Result<Claims, FormatError> {
        let refused = |_| FormatError::Refused;
        let text = match format {
            Format::JwtHs256 => return self.hs256.verify(token),
            Format::JwtRs256 => return self.rs256.verify(token),
            Format::JwtEs256 => return self.es256.verify(token),
            Format::JwtEdDsa => return self.eddsa.verify(token),
            Format::PasetoPublic => {
                let token = UntrustedToken::<Public, V4>::try_from(token).map_err(refused)?;
                PublicToken::verify(&self.public.public, &token, None, None)
                    .map(|token| token.payload().as_bytes().to_vec())
                    .map_err(refused)?
            }
            Format::PasetoLocal => {
                let token = UntrustedToken::<Local, V4>::try_from(token).map_err(refused)?;
                LocalToken::decrypt(&self.local, &token, None, None)
                    .map(|token| token.payload().as_bytes().to_vec())
                    .map_err(refused)?
            }
            Format::JweDirect => jwe::decrypt(&self.direct, token)?,
            Format::JweAgreed => self.agreed.decrypt(token)?,
        };
        serde_json::from_slice(&text).map_err(|_| FormatError::Refused)
    }
}

impl fmt::Debug for Keys {
    /// Shows nothing: they are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}
