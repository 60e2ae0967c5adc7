//! Every flaw of a token, and the check that refuses it.

mod clocks;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::{
    Role,
    access_token::{MAX_ACCESS_TOKEN_LEN, TokenKind},
    principal::{Authority, OwnClaims},
    secret::ServerSecret,
    session::tests::session,
    verifier::Terms,
};

const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);

/// In the order in which they are written.
const CLAIMS: [&str; 11] =
    ["iss", "aud", "sub", "sid", "iat", "exp", "jti", "auth_time", "gen", "role", "av"];

fn tokens() -> AccessTokens {
    let secret = ServerSecret::new((0..32).collect::<Vec<u8>>()).expect("long enough");
    let terms = Terms {
        issuer: "https://coatroom.example".into(),
        audience: "coatroom".into(),
        typ: TokenKind::Access.media_type(),
        ttl: Duration::from_secs(60),
        clock_skew: Duration::from_secs(5),
    };
    let keyring = Keyring::derived_from(&secret, at(0)).expect("a key");
    AccessTokens::new(terms, keyring, secret.pepper())
}

fn kid() -> String {
    issued(0).1.kid.to_string()
}

fn verify(text: &str, now: Timestamp) -> Result<Verified, TokenError> {
    tokens().verify(&AccessToken::parse(text)?, now)
}

fn at(offset: i64) -> Timestamp {
    Timestamp::from_millis(NOW.millis() + offset)
}

fn issued(offset: i64) -> (AccessToken, TokenInfo) {
    tokens().issue(&session(), at(offset), |_| false).expect("signed")
}

/// A token with this header and these claims, signed with our own key whatever they say.
fn forged(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let keyring = tokens().keyring();
    let key = keyring.signing_at(NOW, NOW).expect("a key");
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), key.signing(), key.algorithm().jose());
    format!("{message}.{}", signature.expect("signed"))
}

fn header() -> Value {
    json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid()})
}

fn claims() -> Value {
    serde_json::to_value(issued(0).1.claims).expect("claims are JSON")
}

fn refused(header: &str, claims: &str) -> TokenError {
    verify(&forged(header, claims), NOW).expect_err("refused")
}

#[test]
fn a_token_is_valid_up_to_its_last_millisecond() {
    let (token, info) = issued(0);
    let exp = info.claims.exp * 1000;
    let verify = |at| verify(token.reveal(), Timestamp::from_millis(at));
    assert_eq!(verify(exp - 1), Ok(Verified::Valid(info.clone().into())));
    assert_eq!(verify(exp), Ok(Verified::Expired(info.clone().into())));
    assert_eq!(verify(exp + 1), Ok(Verified::Expired(info.into())));
}

#[test]
fn the_forger_of_these_tests_makes_valid_tokens() {
    let token = forged(&header().to_string(), &claims().to_string());
    assert!(matches!(verify(&token, NOW), Ok(Verified::Valid(_))));
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
        tokens().issue(&session, NOW, |_| false).expect("signed").1.claims.expires_at(),
        at(10_000)
    );
}

#[test]
fn every_flaw_of_the_header_is_refused() {
    let claims = claims().to_string();
    let kid = kid();
    for alg in ["none", "None", "NONE", "nOnE", "eddsa", "HS256", "ES256", "RS256", ""] {
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": kid}).to_string();
        assert_eq!(refused(&header, &claims), TokenError::Algorithm, "{alg}");
    }
    for typ in ["JWT", "rt+jwt", "", "at+jwt "] {
        let header = json!({"alg": "EdDSA", "typ": typ, "kid": kid}).to_string();
        assert_eq!(refused(&header, &claims), TokenError::Type, "{typ}");
    }
    for unknown in ["", "../../dev/null", "x' UNION SELECT '1';--", "\u{0}", &"k".repeat(2000)] {
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
        ("x5c", json!(["AAAA"])),
        ("x5c", Value::Null),
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
    for doubled in [r#"{"alg":"none","#, r#"{"new":1,"new":1,"#, r#"{"new":1,"n\u0065w":2,"#] {
        let doubled = header().to_string().replacen('{', doubled, 1);
        assert_eq!(refused(&doubled, &claims), TokenError::Header, "{doubled}");
    }
    // Arrays, which a derived `Deserialize` takes for an object.
    for array in [json!(["EdDSA", "at+jwt", kid]), json!([header()])] {
        assert_eq!(refused(&array.to_string(), &claims), TokenError::Header, "{array}");
    }
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
    for name in CLAIMS {
        let mut missing = claims();
        missing.as_object_mut().expect("an object").remove(name);
        assert_eq!(refused(&header, &missing.to_string()), TokenError::Claims, "{name}");
        for value in [Value::Null, json!([]), json!({}), json!(1.5), json!(-1e30), json!(true)] {
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
    for doubled in [r#"{"new":1,"new":1,"#, r#"{"new":1,"n\u0065w":2,"#] {
        let doubled = claims().to_string().replacen('{', doubled, 1);
        assert_eq!(refused(&header, &doubled), TokenError::Claims, "{doubled}");
    }
    // Arrays, which a derived `Deserialize` takes for an object.
    let values = CLAIMS.map(|name| claims()[name].clone());
    assert_eq!(refused(&header, &json!(values).to_string()), TokenError::Claims);
    assert_eq!(refused(&header, &json!([claims()]).to_string()), TokenError::Claims);
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
    let iat = claims()["iat"].as_i64().expect("a number");
    assert_eq!(refused(&header, &with("exp", json!(iat - 1))), TokenError::Times);
    let mut future = claims();
    future["iat"] = json!(NOW.seconds() + 6);
    future["exp"] = json!(NOW.seconds() + 66);
    assert_eq!(refused(&header, &future.to_string()), TokenError::Times);
}

#[test]
fn members_and_claims_that_are_not_known_are_ignored() {
    let (mut new_header, mut new_claims) = (header(), claims());
    for (name, value) in [
        ("new", json!({ "of": ["a", "newer", "server"] })),
        ("cty", json!("JWT")),
        ("x5t", json!("AAAA")),
    ] {
        new_header[name] = value.clone();
        new_claims[name] = value;
    }
    new_claims["shoe"] = json!(7);
    let token = forged(&new_header.to_string(), &new_claims.to_string());
    let Ok(Verified::Valid(info)) = verify(&token, NOW) else {
        panic!("{:?}", verify(&token, NOW))
    };
    assert_eq!(info.claims, issued(0).1.claims);
}

#[test]
fn a_role_is_a_name_and_only_the_very_name_is_it() {
    for (role, is_admin) in [("owner", false), ("Admin", false), ("", false), ("admin", true)] {
        let mut claims = claims();
        claims["role"] = json!(role);
        let token = forged(&header().to_string(), &claims.to_string());
        let Ok(Verified::Valid(info)) = verify(&token, NOW) else { panic!("{role}") };
        assert_eq!(info.claims.role == Role::ADMIN, is_admin, "{role}");
    }
}

#[test]
fn an_application_finds_its_claims_in_the_token() {
    let own = OwnClaims::new(&json!({ "plan": "pro" })).expect("claims");
    let authority = Authority { claims: own.clone(), ..session().authority };
    let (token, info) =
        tokens().issue(&Session { authority, ..session() }, NOW, |_| false).expect("signed");
    assert_eq!(info.claims.own, own);
    assert_eq!(verify(token.reveal(), NOW), Ok(Verified::Valid(info.clone().into())));
    assert_eq!(info.claims.principal().authority.claims, own);
    assert_eq!(token.unverified().map(|claims| claims.own), Some(own));
}

#[test]
fn a_session_that_showed_its_password_again_has_another_token() {
    let later = Session { authenticated_at: at(-500), ..session() };
    let (one, two) = (issued(0).1, tokens().issue(&later, NOW, |_| false).expect("signed").1);
    assert_ne!(one.claims.auth_time, two.claims.auth_time);
    assert_ne!(one.claims.jti, two.claims.jti);
}

#[test]
fn a_signature_covers_every_byte() {
    let token = issued(0).0.reveal().to_owned();
    for position in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("ASCII");
        assert!(verify(&changed, NOW).is_err(), "{position}");
    }
}

#[test]
fn a_text_not_in_compact_form_is_malformed_or_too_long() {
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
        assert_eq!(AccessToken::parse(&bad), Err(TokenError::Malformed), "{bad}");
    }
    assert_eq!(AccessToken::parse(&".".repeat(1_000_000)), Err(TokenError::TooLong));
    let long = format!("{}.b.c", "a".repeat(MAX_ACCESS_TOKEN_LEN - 4));
    assert_eq!(AccessToken::parse(&long).map(|token| token.reveal().len()), Ok(4096));
    assert_eq!(AccessToken::parse(&format!("{long}c")), Err(TokenError::TooLong));
}

#[test]
fn a_token_does_not_print_itself() {
    let token = issued(0).0;
    assert_eq!(format!("{token:?}"), "AccessToken(…)");
}

#[test]
fn a_public_key_does_not_work_as_a_shared_secret() {
    let kid = kid();
    let jwks: Value = serde_json::from_str(&tokens().keyring().jwks(NOW)).expect("JSON");
    let public = URL_SAFE_NO_PAD.decode(jwks["keys"][0]["x"].as_str().expect("a key"));
    let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": kid}).to_string();
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims().to_string())
    );
    let key = jsonwebtoken::EncodingKey::from_secret(&public.expect("base64url"));
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256)
            .expect("signed");
    assert_eq!(verify(&format!("{message}.{signature}"), NOW), Err(TokenError::Algorithm));
}
