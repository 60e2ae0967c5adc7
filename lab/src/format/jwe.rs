//! Encrypted tokens in their compact form (RFC 7516 §7.1), of two kinds: by a shared key (`dir`, RFC 7518 §4.5), and to
//! the holder of a private key on P-256 (`ECDH-ES`, §4.6). The content is encrypted with AES in Galois/counter mode.
//!
//! The primitives are those of the cryptographic library; this is the form around them, and reads it strictly. The
//! reader's key decides how a token is read. Its header is compared with that, and a header that would change it (`zip`,
//! `crit`, another `alg`) is refused.
//!
//! # Security
//! Encryption to a public key proves no sender. A service that accepts such a token as a proof lets each holder of the
//! public key sign in as any user.

use std::collections::BTreeMap;

use aws_lc_rs::{
    aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree},
    digest, rand,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, de};
use serde_json::{Value, json};

use super::FormatError;

/// The most bytes of a token that are looked at.
const MAX_LEN: usize = 16 * 1024;
const TAG_LEN: usize = 16;
/// The bytes of a coordinate of a point on P-256.
const COORDINATE: usize = 32;
/// The first byte of a point that is not compressed (SEC 1 §2.3.3).
const UNCOMPRESSED: u8 = 4;

/// The members of a header that are read. Any other is refused: it could change what the token means.
const KNOWN: [&str; 7] = ["alg", "enc", "epk", "apu", "apv", "kid", "typ"];

/// Encrypts a text with a key of 32 bytes that both sides share.
///
/// # Errors
/// [`FormatError::Make`] if the cryptographic library refuses.
pub fn encrypt(key: &[u8; 32], plaintext: &[u8]) -> Result<String, FormatError> {
    seal(&json!({ "alg": "dir", "enc": Encryption::A256Gcm.name() }), key, plaintext)
}

/// Decrypts a token with the key that both sides share: of 16 bytes (`A128GCM`) or 32 (`A256GCM`).
///
/// # Errors
/// [`FormatError::Refused`], for any reason.
pub fn decrypt(key: &[u8], token: &str) -> Result<Vec<u8>, FormatError> {
    let token = Compact::read(token)?;
    token.expect("alg", "dir")?;
    if token.header.contains_key("epk") {
        return Err(FormatError::Refused);
    }
    token.open(key)
}

/// The public key of a [`Recipient`].
#[derive(Clone, Debug)]
pub struct PublicKey(Vec<u8>);

/// The holder of a private key on P-256, for which tokens are encrypted.
pub struct Recipient(PrivateKey);

impl Recipient {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`FormatError::Key`] if the cryptographic library refuses.
    pub fn generate() -> Result<Self, FormatError> {
        PrivateKey::generate(&ECDH_P256).map(Self).map_err(|_| FormatError::Key)
    }

    /// The recipient whose private key is this number, of 32 bytes.
    ///
    /// # Errors
    /// [`FormatError::Key`] if it is no private key.
    pub fn from_private_key(bytes: &[u8]) -> Result<Self, FormatError> {
        PrivateKey::from_private_key(&ECDH_P256, bytes).map(Self).map_err(|_| FormatError::Key)
    }

    /// The public key.
    ///
    /// # Errors
    /// [`FormatError::Key`] if the cryptographic library does not compute it.
    pub fn public(&self) -> Result<PublicKey, FormatError> {
        let key = self.0.compute_public_key().map_err(|_| FormatError::Key)?;
        Ok(PublicKey(key.as_ref().to_vec()))
    }

    /// Decrypts a token.
    ///
    /// # Errors
    /// [`FormatError::Refused`], for any reason.
    pub fn decrypt(&self, token: &str) -> Result<Vec<u8>, FormatError> {
        let token = Compact::read(token)?;
        token.expect("alg", "ECDH-ES")?;
        let key = self.agree_on(&token.header, token.encryption)?;
        token.open(&key)
    }

    /// The key that a header's sender and this recipient agree on.
    ///
    /// # Errors
    /// [`FormatError::Refused`] if the header names no point on the curve, or parties that cannot be read.
    pub fn agree_on(
        &self,
        header: &BTreeMap<String, Value>,
        encryption: Encryption,
    ) -> Result<Vec<u8>, FormatError> {
        let sender = header.get("epk").and_then(point).ok_or(FormatError::Refused)?;
        let party = |name| match header.get(name) {
            None => Some(Vec::new()),
            Some(value) => decode(value.as_str()?),
        };
        let (Some(apu), Some(apv)) = (party("apu"), party("apv")) else {
            return Err(FormatError::Refused);
        };
        agreed(&self.0, &sender, encryption, &apu, &apv).ok_or(FormatError::Refused)
    }
}

impl std::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recipient(…)")
    }
}

impl PublicKey {
    /// Encrypts a text for the recipient whose key this is, with a key pair that is used once.
    ///
    /// # Errors
    /// [`FormatError::Make`] if the cryptographic library refuses.
    pub fn encrypt(&self, plaintext: &[u8]) -> Result<String, FormatError> {
        let make = |_| FormatError::Make;
        let encryption = Encryption::A256Gcm;
        let once = PrivateKey::generate(&ECDH_P256).map_err(make)?;
        let shown = once.compute_public_key().map_err(make)?;
        let (x, y) = shown.as_ref()[1..].split_at(COORDINATE);
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let header = json!({
            "alg": "ECDH-ES",
            "enc": encryption.name(),
            "epk": { "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) },
        });
        let key = agreed(&once, &self.0, encryption, &[], &[]).ok_or(FormatError::Make)?;
        seal(&header, &key, plaintext)
    }
}

/// The way in which the content is encrypted (RFC 7518 §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// AES of 128 bits.
    A128Gcm,
    /// AES of 256 bits.
    A256Gcm,
}

impl Encryption {
    const fn name(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    const fn key_len(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A256Gcm => 32,
        }
    }

    fn of(name: &str) -> Option<Self> {
        [Self::A128Gcm, Self::A256Gcm].into_iter().find(|each| each.name() == name)
    }

    fn cipher(self, key: &[u8]) -> Option<LessSafeKey> {
        let algorithm = match self {
            Self::A128Gcm => &AES_128_GCM,
            Self::A256Gcm => &AES_256_GCM,
        };
        UnboundKey::new(algorithm, key).ok().map(LessSafeKey::new)
    }
}

/// A token, taken apart. Nothing of it is decrypted.
struct Compact<'a> {
    /// The first part as it was written, which the tag covers.
    protected: &'a str,
    header: BTreeMap<String, Value>,
    encryption: Encryption,
    nonce: [u8; NONCE_LEN],
    /// The ciphertext, and the tag behind it.
    sealed: Vec<u8>,
}

impl<'a> Compact<'a> {
    fn read(token: &'a str) -> Result<Self, FormatError> {
        let read = || {
            // The length first: nothing long is split or decoded.
            let parts: Vec<&str> = (token.len() <= MAX_LEN).then(|| token.split('.').collect())?;
            // Both kinds agree on the key, so that none is sent: the second part is empty.
            let [protected, "", nonce, ciphertext, tag] = parts[..] else { return None };
            let Header(header) = serde_json::from_slice(&decode(protected)?).ok()?;
            let known = header.keys().all(|name| KNOWN.contains(&name.as_str()));
            let encryption = Encryption::of(header.get("enc")?.as_str()?).filter(|_| known)?;
            let mut sealed = decode(ciphertext)?;
            let tag: [u8; TAG_LEN] = decode(tag)?.try_into().ok()?;
            sealed.extend(tag);
            let nonce = decode(nonce)?.try_into().ok()?;
            Some(Self { protected, header, encryption, nonce, sealed })
        };
        read().ok_or(FormatError::Refused)
    }

    /// Checks that a member of the header has that value.
    fn expect(&self, name: &str, value: &str) -> Result<(), FormatError> {
        let found = self.header.get(name).and_then(Value::as_str);
        if found == Some(value) { Ok(()) } else { Err(FormatError::Refused) }
    }

    fn open(mut self, key: &[u8]) -> Result<Vec<u8>, FormatError> {
        let opened = (|| {
            let cipher = self.encryption.cipher(key)?;
            let nonce = Nonce::assume_unique_for_key(self.nonce);
            let aad = Aad::from(self.protected.as_bytes());
            let length = cipher.open_in_place(nonce, aad, &mut self.sealed).ok()?.len();
            self.sealed.truncate(length);
            Some(self.sealed)
        })();
        opened.ok_or(FormatError::Refused)
    }
}

/// Writes a token with that header, encrypted with that key.
fn seal(header: &Value, key: &[u8], plaintext: &[u8]) -> Result<String, FormatError> {
    let sealed = || {
        let encryption = Encryption::of(header.get("enc")?.as_str()?)?;
        let cipher = encryption.cipher(key)?;
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).ok()?;
        let protected = URL_SAFE_NO_PAD.encode(header.to_string());
        let mut sealed = plaintext.to_vec();
        let aad = Aad::from(protected.as_bytes());
        cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .ok()?;
        let (ciphertext, tag) = sealed.split_at(sealed.len() - TAG_LEN);
        let [nonce, ciphertext, tag] =
            [&nonce[..], ciphertext, tag].map(|part| URL_SAFE_NO_PAD.encode(part));
        Some(format!("{protected}..{nonce}.{ciphertext}.{tag}"))
    };
    sealed().ok_or(FormatError::Make)
}

/// The point of a public key on P-256, as its JWK names it (RFC 7518 §6.2). The agreement checks that it is on the
/// curve.
fn point(jwk: &Value) -> Option<Vec<u8>> {
    let member = |name: &str| jwk.get(name).and_then(Value::as_str);
    if (member("kty"), member("crv")) != (Some("EC"), Some("P-256")) {
        return None;
    }
    let coordinate = |name| decode(member(name)?).filter(|bytes| bytes.len() == COORDINATE);
    Some([&[UNCOMPRESSED][..], &coordinate("x")?, &coordinate("y")?].concat())
}

/// The key of an agreement (RFC 7518 §4.6.2): the first bytes of one round of the Concat KDF (NIST SP 800-56A).
fn agreed(
    mine: &PrivateKey,
    theirs: &[u8],
    encryption: Encryption,
    apu: &[u8],
    apv: &[u8],
) -> Option<Vec<u8>> {
    let number = |value: usize| u32::try_from(value).ok().map(u32::to_be_bytes);
    let mut info = Vec::new();
    for text in [encryption.name().as_bytes(), apu, apv] {
        info.extend(number(text.len())?);
        info.extend(text);
    }
    info.extend(number(encryption.key_len() * 8)?);
    let round = number(1)?;
    agree(mine, UnparsedPublicKey::new(&ECDH_P256, theirs), (), |secret| {
        let hashed = digest::digest(&digest::SHA256, &[&round[..], secret, &info].concat());
        Ok(hashed.as_ref()[..encryption.key_len()].to_vec())
    })
    .ok()
}

/// Reads base64url in its one spelling: without padding, and without bits that stand for nothing.
fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// A JSON object in which no name comes twice.
struct Header(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> de::Visitor<'de> for Object {
            type Value = Header;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(de::Error::custom("a name that comes twice"));
                    }
                }
                Ok(Header(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
