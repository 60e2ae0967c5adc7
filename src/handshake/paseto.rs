//! The handshake as a PASETO v4.public: Ed25519 over the header, the claims and the footer, and nothing to negotiate.
//!
//! The claims are those of the JWT in PASETO's registered spelling, in which times are texts of RFC 3339, with a `typ` of
//! our own, because there is no header to hold one. The footer names the key by its PASERK id (`k4.pid.…`), as the
//! standard advises; it is signed, too.

use std::{collections::HashMap, fmt};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use pasetors::{
    Public,
    keys::{AsymmetricPublicKey, AsymmetricSecretKey},
    paserk::{FormatAsPaserk, Id},
    token::UntrustedToken,
    version4::{PublicToken, V4},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Handshake, HandshakeRefusal, Nonce,
    receiver::{Found, checked_len},
};
use crate::{
    issuer::SignError,
    json,
    key::KeyId,
    principal::Subject,
    secret::ServerSecret,
    verifier::{JwksError, MAX_JWKS_KEYS, MAX_JWKS_LEN, RefusedKey, UnfitKey, has_small_order},
};

const TYP: &str = "handshake";
const HEADER: &str = "v4.public.";

/// A key that checks.
pub(super) type PublicKey = AsymmetricPublicKey<V4>;

/// The key that signs, and the public halves of it and of the former ones.
pub(super) struct SigningKeys {
    current: AsymmetricSecretKey<V4>,
    kid: KeyId,
    shown: Vec<PublicKey>,
}

impl SigningKeys {
    /// The keys of these secrets, of which the first one signs.
    pub(super) fn derived<'s>(
        secrets: impl Iterator<Item = &'s ServerSecret>,
    ) -> Result<Self, SignError> {
        let mut pairs = Vec::new();
        for secret in secrets {
            let seed = secret.derive("coatroom/handshake/paseto/v1");
            let pair = Ed25519KeyPair::from_seed_unchecked(&seed)
                .map_err(|error| SignError::Key(error.into()))?;
            let public = pair.public_key().as_ref();
            // The form of a private key in PASETO: the seed and the public half.
            let private = AsymmetricSecretKey::from(&[&seed[..], public].concat());
            let public = PublicKey::from(public);
            let refused = |_| SignError::NoKey;
            pairs.push((private.map_err(refused)?, public.map_err(refused)?));
        }
        let shown: Vec<_> = pairs.iter().map(|(_, public)| public.clone()).collect();
        let (current, public) = pairs.into_iter().next().ok_or(SignError::NoKey)?;
        Ok(Self { current, kid: name(&public).ok_or(SignError::NoKey)?, shown })
    }

    /// The public halves as PASERK texts.
    pub(super) fn paserks(&self) -> String {
        let keys: Vec<_> = self.shown.iter().filter_map(text).collect();
        json!({ "keys": keys }).to_string()
    }

    /// Signs the claims.
    pub(super) fn sign(&self, handshake: &Handshake) -> Result<String, SignError> {
        let unfit = |error: serde_json::Error| SignError::Key(error.into());
        let claims = serde_json::to_vec(&Claims::of(handshake)).map_err(unfit)?;
        let footer = serde_json::to_vec(&json!({ "kid": self.kid.as_str() })).map_err(unfit)?;
        PublicToken::sign(&self.current, &claims, Some(&footer), None)
            .map_err(|error| SignError::Key(format!("{error:?}").into()))
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeys({})", self.kid)
    }
}

/// Reads a set of PASERK texts: those of version 4 for signatures, by their ids.
pub(super) fn read_keys(
    json: &str,
) -> Result<(HashMap<KeyId, PublicKey>, Vec<RefusedKey>), JwksError> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<String>,
    }
    if json.len() > MAX_JWKS_LEN {
        return Err(JwksError::TooLong);
    }
    let Set { keys: texts } = json::object(json.as_bytes()).map_err(|_| JwksError::Malformed)?;
    if texts.len() > MAX_JWKS_KEYS {
        return Err(JwksError::TooMany);
    }
    let (mut keys, mut refused) = (HashMap::new(), Vec::new());
    for (index, text) in texts.iter().enumerate() {
        let key = PublicKey::try_from(text.as_str()).map_err(|_| UnfitKey::Type);
        let fit = key.and_then(|key| {
            let point = key.as_bytes().try_into().map_err(|_| UnfitKey::Public)?;
            if has_small_order(point) { Err(UnfitKey::Weak) } else { Ok(key) }
        });
        match fit.and_then(|key| Ok((name(&key).ok_or(UnfitKey::Name)?, key))) {
            Ok((kid, key)) => {
                keys.insert(kid, key);
            }
            Err(reason) => refused.push(RefusedKey::new(index, reason)),
        }
    }
    if keys.is_empty() { Err(JwksError::NoneFit(refused)) } else { Ok((keys, refused)) }
}

/// Reads the claims of a token that one of these keys signed.
pub(super) fn read(token: &str, keys: &HashMap<KeyId, PublicKey>) -> Found {
    let (untrusted, kid) = match opened(token) {
        Ok(opened) => opened,
        Err(refusal) => return Found::Read(Err(refusal)),
    };
    let Some(key) = keys.get(&kid) else { return Found::UnknownKey };
    let Ok(trusted) = PublicToken::verify(key, &untrusted, None, None) else {
        return Found::Read(Err(HandshakeRefusal::Signature));
    };
    Found::Read(Claims::read(trusted.payload().as_bytes()))
}

/// Takes a token apart, and finds the name of its key.
fn opened(token: &str) -> Result<(UntrustedToken<Public, V4>, KeyId), HandshakeRefusal> {
    #[derive(Deserialize)]
    struct Footer {
        kid: String,
    }
    checked_len(token)?;
    // Another version or purpose, or no PASETO: the one that is expected is not for the token to say.
    let parts = token.strip_prefix(HEADER).ok_or(HandshakeRefusal::Type)?;
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let all = |part: &str| !part.is_empty() && part.bytes().all(is_base64url);
    if parts.split('.').count() > 2 || !parts.split('.').all(all) {
        return Err(HandshakeRefusal::Malformed);
    }
    let untrusted = UntrustedToken::try_from(token).map_err(|_| HandshakeRefusal::Malformed)?;
    let Footer { kid } =
        json::object(untrusted.untrusted_footer()).map_err(|_| HandshakeRefusal::Header)?;
    let kid = KeyId::parse(&kid).ok_or(HandshakeRefusal::Header)?;
    Ok((untrusted, kid))
}

/// The claims as PASETO spells them.
#[derive(Serialize, Deserialize)]
struct Claims {
    typ: String,
    iss: String,
    aud: String,
    sub: Subject,
    iat: String,
    exp: String,
    jti: String,
    nonce: Nonce,
}

impl Claims {
    fn of(handshake: &Handshake) -> Self {
        let Handshake { iss, aud, sub, iat, exp, jti, nonce } = handshake.clone();
        let (iat, exp) = (rfc3339(iat), rfc3339(exp));
        Self { typ: TYP.to_owned(), iss, aud, sub, iat, exp, jti, nonce }
    }

    /// Reads the claims of a token whose signature is right.
    fn read(text: &[u8]) -> Result<Handshake, HandshakeRefusal> {
        #[derive(Deserialize)]
        struct Typed {
            typ: String,
        }
        let typed: Result<Typed, _> = json::object(text);
        if typed.is_ok_and(|Typed { typ }| typ != TYP) {
            return Err(HandshakeRefusal::Type);
        }
        let Self { typ: _, iss, aud, sub, iat, exp, jti, nonce } =
            json::object(text).map_err(|_| HandshakeRefusal::Claims)?;
        let second = |text: &str| seconds(text).ok_or(HandshakeRefusal::Claims);
        let (iat, exp) = (second(&iat)?, second(&exp)?);
        Ok(Handshake { iss, aud, sub, iat, exp, jti, nonce })
    }
}

fn text(key: &PublicKey) -> Option<String> {
    let mut text = String::new();
    key.fmt(&mut text).ok().map(|()| text)
}

fn name(key: &PublicKey) -> Option<KeyId> {
    let mut name = String::new();
    Id::from(key).fmt(&mut name).ok()?;
    KeyId::parse(&name)
}

const DAY: i64 = 86_400;
/// The days of 400 years, after which the calendar repeats itself.
const ERA: i64 = 146_097;
/// The days from the first of March of the year 0 to the epoch.
const TO_EPOCH: i64 = 719_468;

/// Writes an instant as RFC 3339 §5.6 does, in UTC and whole seconds.
fn rfc3339(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(DAY) + TO_EPOCH, seconds.rem_euclid(DAY));
    let (era, of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    // Years begin in March, so that the leap day is their last.
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Reads such an instant, in its one spelling.
fn seconds(text: &str) -> Option<i64> {
    let field = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (field(0, 4)?, field(5, 7)?, field(8, 10)?);
    let (hour, minute, second) = (field(11, 13)?, field(14, 16)?, field(17, 19)?);
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    let days = era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - TO_EPOCH;
    let read = days * DAY + hour * 3_600 + minute * 60 + second;
    // Anything else in the text, or a field out of its bounds, writes another one.
    (rfc3339(read) == text).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_and_read_in_one_spelling() {
        for (second, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_200, "2024-03-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(second), text);
            assert_eq!(seconds(text), Some(second));
        }
        for bad in [
            "",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-01-01T00:00:00z",
            "1970-01-01 00:00:00Z",
            "1970-01-01T00:00:00.0Z",
            "1970-01-01T00:00:00+00:00",
            "1970-02-30T00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:60Z",
            "+970-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z ",
            "1970\u{2013}01-01T00:00:00Z",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
