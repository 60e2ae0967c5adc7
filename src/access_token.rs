//! The access token: a short-lived JWT that every node can check without asking anybody.
//!
//! Checking is stricter than the library below, which accepts headers it does not understand, missing claims
//! and a token at the very instant of its expiry. The order is fixed: length, alphabet, header, key, signature,
//! claims, time. Nothing is parsed before its length is known, and nothing is believed before the signature.

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Header, Validation};
use serde::Deserialize;

use crate::{claims::Claims, clock::Timestamp, keyring::Keyring, secret::Pepper, session::Session};

/// The most bytes an access token may have.
pub const MAX_ACCESS_TOKEN_LEN: usize = 4096;
/// The media type of an access token (RFC 9068 §2.1).
const TYP: &str = "at+jwt";
/// How far ahead of this node's clock another node's may be.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// An access token in its compact form.
///
/// # Security
/// Who holds one is its owner until it expires or its session is revoked. [`Debug`] does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    /// The token's text, for a cookie and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// What is known of an access token of ours: all but its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenInfo {
    /// What it says.
    pub claims: Claims,
    /// The algorithm it is signed with, as its header names it.
    pub algorithm: String,
    /// The key it is signed with, as its header names it.
    pub kid: String,
    /// Its media type, as its header names it.
    pub typ: String,
    /// Its length in bytes.
    pub size: usize,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Signed by us and in its time.
    Valid(TokenInfo),
    /// Signed by us, and past its time. It still proves which generation the browser holds.
    Expired(TokenInfo),
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Longer than [`MAX_ACCESS_TOKEN_LEN`].
    #[error("longer than {MAX_ACCESS_TOKEN_LEN} bytes")]
    TooLong,
    /// Not three non-empty parts of base64url.
    #[error("not three parts of base64url")]
    Malformed,
    /// A header with a member that is missing, doubled, mistyped or not one of `alg`, `typ` and `kid`.
    #[error("unacceptable header")]
    Header,
    /// Another kind of token.
    #[error("not an access token")]
    Type,
    /// Signed with a key that is not ours.
    #[error("unknown key")]
    Key,
    /// An algorithm that is not the key's.
    #[error("not the key's algorithm")]
    Algorithm,
    /// A signature that does not match.
    #[error("wrong signature")]
    Signature,
    /// A claim that is missing, doubled, mistyped or unknown.
    #[error("unacceptable claims")]
    Claims,
    /// Issued by somebody else.
    #[error("another issuer")]
    Issuer,
    /// Meant for somebody else.
    #[error("another audience")]
    Audience,
    /// Issued in the future, or for longer than tokens are issued.
    #[error("impossible times")]
    Times,
}

/// Issues and checks the access tokens of one issuer for one audience.
#[derive(Debug)]
pub(crate) struct AccessTokens {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) ttl: Duration,
    pub(crate) keyring: Keyring,
    pub(crate) pepper: Pepper,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

impl AccessTokens {
    /// The token of a session's current generation, the same bytes for every caller within half a lifetime.
    ///
    /// Time is cut into halves of a lifetime, counted from the rotation, and a token is issued as of the
    /// beginning of its half. So one rotation and its replays get the same bytes, and a token that is issued
    /// long after the rotation still has at least half its life before it.
    pub(crate) fn issue(
        &self,
        session: &Session,
        now: Timestamp,
    ) -> Result<(AccessToken, TokenInfo), jsonwebtoken::errors::Error> {
        let half = (self.ttl / 2).as_millis().max(1);
        let whole_halves = now.since(session.rotated_at).as_millis() / half;
        let age = u64::try_from(whole_halves * half).unwrap_or(u64::MAX);
        let issued_at = session.rotated_at + Duration::from_millis(age);
        // No access token outlives its session.
        let expires_at =
            (issued_at + self.ttl).min(session.idle_expires_at).min(session.absolute_expires_at);
        let iat = issued_at.seconds();
        let jti = self.pepper.mac(&[
            b"jti/v1",
            session.id.as_bytes(),
            &session.generation.to_be_bytes(),
            &iat.to_be_bytes(),
            &session.authz_version.to_be_bytes(),
        ]);
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: session.user_id,
            sid: session.id,
            iat,
            exp: expires_at.seconds(),
            jti: URL_SAFE_NO_PAD.encode(&jti[..16]),
            auth_time: session.authenticated_at.seconds(),
            generation: session.generation,
            role: session.role,
            authz_version: session.authz_version,
        };
        let signing = &self.keyring.signing;
        let header = Header {
            typ: Some(TYP.into()),
            kid: Some(signing.kid.clone()),
            ..Header::new(signing.algorithm)
        };
        let token = AccessToken(jsonwebtoken::encode(&header, &claims, &signing.key)?);
        let info = TokenInfo {
            claims,
            algorithm: format!("{:?}", signing.algorithm),
            kid: signing.kid.clone(),
            typ: TYP.into(),
            size: token.0.len(),
        };
        Ok((token, info))
    }

    /// Checks a token as of `now`.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Result<Verified, TokenError> {
        if token.len() > MAX_ACCESS_TOKEN_LEN {
            return Err(TokenError::TooLong);
        }
        let mut parts = token.split('.');
        let is_base64url = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        let three = parts.by_ref().take(3).filter(|part| is_base64url(part)).count() == 3;
        if !three || parts.next().is_some() {
            return Err(TokenError::Malformed);
        }

        let header = token.split('.').next().unwrap_or_default();
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| TokenError::Malformed)?;
        // `crit`, `b64`, `zip`, `jku`, `jwk`, `x5u` and whatever else may come are refused by not being listed.
        let header: StrictHeader<'_> =
            serde_json::from_slice(&header).map_err(|_| TokenError::Header)?;
        if !header.typ.eq_ignore_ascii_case(TYP)
            && !header.typ.eq_ignore_ascii_case("application/at+jwt")
        {
            return Err(TokenError::Type);
        }
        let key = self.keyring.find(header.kid).ok_or(TokenError::Key)?;
        if !is_name_of(header.alg, key.algorithm) {
            return Err(TokenError::Algorithm);
        }

        let mut signature_only = Validation::new(key.algorithm);
        signature_only.required_spec_claims.clear();
        signature_only.validate_exp = false;
        signature_only.validate_aud = false;
        let claims = jsonwebtoken::decode(token, &key.key, &signature_only)
            .map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::Json(_) => TokenError::Claims,
                jsonwebtoken::errors::ErrorKind::Base64(_) => TokenError::Malformed,
                _ => TokenError::Signature,
            })?
            .claims;
        self.check_claims(&claims, now)?;
        let expired = now >= claims.expires_at();
        let info = TokenInfo {
            claims,
            algorithm: header.alg.to_owned(),
            kid: header.kid.to_owned(),
            typ: header.typ.to_owned(),
            size: token.len(),
        };
        // No leeway: an early expiry only causes a refresh.
        Ok(if expired { Verified::Expired(info) } else { Verified::Valid(info) })
    }

    fn check_claims(&self, claims: &Claims, now: Timestamp) -> Result<(), TokenError> {
        if claims.iss != self.issuer {
            return Err(TokenError::Issuer);
        }
        if claims.aud != self.audience {
            return Err(TokenError::Audience);
        }
        let ttl = i64::try_from(self.ttl.as_secs()).unwrap_or(i64::MAX);
        let lifetime = claims.exp.checked_sub(claims.iat).ok_or(TokenError::Times)?;
        if claims.issued_at() > now + CLOCK_SKEW || lifetime > ttl {
            return Err(TokenError::Times);
        }
        Ok(())
    }
}

fn is_name_of(alg: &str, algorithm: jsonwebtoken::Algorithm) -> bool {
    alg.parse() == Ok(algorithm)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{secret::ServerSecret, session::tests::session};

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);

    fn tokens() -> AccessTokens {
        let secret = ServerSecret::new((0..32).collect::<Vec<u8>>()).expect("long enough");
        AccessTokens {
            issuer: "https://coatroom.example".into(),
            audience: "coatroom".into(),
            ttl: Duration::from_secs(60),
            keyring: Keyring::derived_from(&secret).expect("a key"),
            pepper: secret.pepper(),
        }
    }

    fn at(offset: i64) -> Timestamp {
        Timestamp::from_millis(NOW.millis() + offset)
    }

    fn issued(offset: i64) -> (AccessToken, TokenInfo) {
        tokens().issue(&session(), at(offset)).expect("signed")
    }

    /// A token with this header and these claims, signed with our own key whatever they say.
    fn forged(header: &str, claims: &str) -> String {
        let tokens = tokens();
        let message =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signing = &tokens.keyring.signing;
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &signing.key, signing.algorithm)
                .expect("signed");
        format!("{message}.{signature}")
    }

    fn header() -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": tokens().keyring.signing.kid})
    }

    fn claims() -> Value {
        serde_json::to_value(issued(0).1.claims).expect("claims are JSON")
    }

    fn refused(header: &str, claims: &str) -> TokenError {
        tokens().verify(&forged(header, claims), NOW).expect_err("refused")
    }

    #[test]
    fn a_token_is_valid_up_to_its_last_millisecond() {
        let (token, info) = issued(0);
        let exp = info.claims.exp * 1000;
        let verify = |at| tokens().verify(token.reveal(), Timestamp::from_millis(at));
        assert_eq!(verify(exp - 1), Ok(Verified::Valid(info.clone())));
        assert_eq!(verify(exp), Ok(Verified::Expired(info.clone())));
        assert_eq!(verify(exp + 1), Ok(Verified::Expired(info)));
    }

    #[test]
    fn the_forger_of_these_tests_makes_valid_tokens() {
        let token = forged(&header().to_string(), &claims().to_string());
        assert!(matches!(tokens().verify(&token, NOW), Ok(Verified::Valid(_))));
    }

    #[test]
    fn one_rotation_and_its_replays_get_the_same_bytes() {
        // The session of these tests was rotated one second before now; its tokens change every 30 s.
        assert_eq!(issued(0).0, issued(28_999).0);
        assert_ne!(issued(28_999).0, issued(29_000).0);
    }

    #[test]
    fn a_token_issued_late_has_half_its_life_before_it() {
        for offset in [0, 28_999, 29_000, 1_000_000] {
            let left = issued(offset).1.claims.expires_at().since(at(offset));
            assert!(left >= Duration::from_secs(29), "{left:?} at {offset}");
        }
    }

    #[test]
    fn no_token_outlives_its_session() {
        let session =
            Session { idle_expires_at: at(20_000), absolute_expires_at: at(10_000), ..session() };
        assert_eq!(
            tokens().issue(&session, NOW).expect("signed").1.claims.expires_at(),
            at(10_000)
        );
    }

    #[test]
    fn every_flaw_of_the_header_is_refused() {
        let claims = claims().to_string();
        let kid = tokens().keyring.signing.kid;
        for alg in ["none", "None", "NONE", "nOnE", "eddsa", "HS256", "ES256", "RS256", ""] {
            let header = json!({"alg": alg, "typ": "at+jwt", "kid": kid}).to_string();
            assert_eq!(refused(&header, &claims), TokenError::Algorithm, "{alg}");
        }
        for typ in ["JWT", "rt+jwt", "", "at+jwt "] {
            let header = json!({"alg": "EdDSA", "typ": typ, "kid": kid}).to_string();
            assert_eq!(refused(&header, &claims), TokenError::Type, "{typ}");
        }
        for unknown in ["", "../../dev/null", "x' UNION SELECT '1';--", "\u{0}", &"k".repeat(2000)]
        {
            let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": unknown}).to_string();
            let error = refused(&header, &claims);
            assert!(matches!(error, TokenError::Key | TokenError::Header), "{unknown}: {error}");
        }
        for (name, value) in [
            ("crit", json!(["x"])),
            ("crit", json!([])),
            ("b64", json!(false)),
            ("zip", json!("DEF")),
            ("jwk", json!({})),
            ("jku", json!("https://evil.example")),
            ("x5u", json!("https://evil.example")),
            ("cty", json!("JWT")),
        ] {
            let mut header = header();
            header[name] = value;
            assert_eq!(refused(&header.to_string(), &claims), TokenError::Header, "{name}");
        }
        for missing in ["alg", "typ", "kid"] {
            let mut header = header();
            header.as_object_mut().expect("an object").remove(missing);
            assert_eq!(refused(&header.to_string(), &claims), TokenError::Header, "{missing}");
        }
        let doubled = header().to_string().replacen('{', r#"{"alg":"none","#, 1);
        assert_eq!(refused(&doubled, &claims), TokenError::Header);
        assert_eq!(
            refused(r#"{"alg":["EdDSA"],"typ":"at+jwt","kid":"x"}"#, &claims),
            TokenError::Header
        );
    }

    #[test]
    fn every_flaw_of_the_claims_is_refused() {
        let header = header().to_string();
        let with = |name: &str, value: Value| {
            let mut claims = claims();
            claims[name] = value;
            claims.to_string()
        };
        for name in
            ["iss", "aud", "sub", "sid", "iat", "exp", "jti", "auth_time", "gen", "role", "av"]
        {
            let mut missing = claims();
            missing.as_object_mut().expect("an object").remove(name);
            assert_eq!(refused(&header, &missing.to_string()), TokenError::Claims, "{name}");
            for value in [Value::Null, json!([]), json!({}), json!(1.5), json!(-1e30), json!(true)]
            {
                assert_eq!(
                    refused(&header, &with(name, value.clone())),
                    TokenError::Claims,
                    "{name}: {value}"
                );
            }
            let value = &claims()[name];
            let doubled = claims().to_string().replacen('{', &format!(r#"{{"{name}":{value},"#), 1);
            assert_eq!(refused(&header, &doubled), TokenError::Claims, "{name} doubled");
        }
        assert_eq!(refused(&header, &with("admin", json!(true))), TokenError::Claims);
        assert_eq!(refused(&header, &with("exp", json!("9999999999"))), TokenError::Claims);
        assert_eq!(
            refused(&header, &with("iss", json!("https://coatroom.example.evil"))),
            TokenError::Issuer
        );
        assert_eq!(refused(&header, &with("aud", json!("Coatroom"))), TokenError::Audience);
        assert_eq!(refused(&header, &with("aud", json!(["coatroom"]))), TokenError::Claims);
        let year = claims()["iat"].as_i64().expect("a number") + 31_536_000;
        assert_eq!(refused(&header, &with("exp", json!(year))), TokenError::Times);
        assert_eq!(refused(&header, &with("iat", json!(i64::MIN))), TokenError::Times);
        let mut future = claims();
        future["iat"] = json!(NOW.seconds() + 6);
        future["exp"] = json!(NOW.seconds() + 66);
        assert_eq!(refused(&header, &future.to_string()), TokenError::Times);
    }

    #[test]
    fn a_signature_covers_every_byte() {
        let token = issued(0).0.reveal().to_owned();
        for position in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert!(tokens().verify(&changed, NOW).is_err(), "{position}");
        }
    }

    #[test]
    fn what_is_not_compact_is_malformed() {
        let token = issued(0).0.reveal().to_owned();
        let unsigned = token.rsplit_once('.').expect("three parts").0.to_owned();
        for bad in [
            String::new(),
            "..".into(),
            unsigned.clone(),
            format!("{unsigned}."),
            format!("{token}.x"),
            format!("{token}="),
            format!(" {token}"),
            format!("{token}\n"),
            token.replace('.', "+"),
        ] {
            assert_eq!(tokens().verify(&bad, NOW), Err(TokenError::Malformed), "{bad}");
        }
        assert_eq!(tokens().verify(&".".repeat(1_000_000), NOW), Err(TokenError::TooLong));
    }

    #[test]
    fn a_public_key_does_not_work_as_a_shared_secret() {
        let tokens = tokens();
        let kid = tokens.keyring.signing.kid.clone();
        let public = tokens
            .keyring
            .find(&kid)
            .expect("our key")
            .key
            .try_get_as_bytes()
            .expect("bytes")
            .to_vec();
        let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": kid}).to_string();
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims().to_string())
        );
        let key = jsonwebtoken::EncodingKey::from_secret(&public);
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256)
                .expect("signed");
        assert_eq!(
            tokens.verify(&format!("{message}.{signature}"), NOW),
            Err(TokenError::Algorithm)
        );
    }
}
