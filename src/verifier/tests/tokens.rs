//! Tokens that were put together by hand, with the private halves of the RFCs' keys.

use jsonwebtoken::{Algorithm, EncodingKey};

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// RFC 8037 A.1, as PKCS #8 (RFC 8410 §7).
fn ed25519_private() -> EncodingKey {
    let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    let prefix = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    EncodingKey::from_ed_der(&[&prefix[..], &seed.expect("base64url")].concat())
}

fn hmac_private() -> EncodingKey {
    let secret = URL_SAFE_NO_PAD.decode(hmac()["k"].as_str().expect("a secret"));
    EncodingKey::from_secret(&secret.expect("base64url"))
}

fn header(alg: &str, kid: &str) -> Value {
    json!({ "alg": alg, "typ": "at+jwt", "kid": kid })
}

/// As good as the issuer's own, with a lifetime of 15 minutes.
fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "coatroom", "sub": "AgICAgICAgICAgICAgICAg",
        "sid": "AQEBAQEBAQEBAQEBAQEBAQ", "iat": NOW.seconds(), "exp": NOW.seconds() + 900,
        "jti": "x", "auth_time": NOW.seconds(), "gen": 7, "role": "user", "av": 0,
    })
}

fn token(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> AccessToken {
    let message = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm);
    AccessToken::parse(&format!("{message}.{}", signature.expect("signed"))).expect("a form")
}

fn signed(claims: &Value) -> AccessToken {
    token(&header("EdDSA", "ed25519"), claims, &ed25519_private(), Algorithm::EdDSA)
}

fn verifier() -> Verifier {
    set(&[hmac(), rsa(), p256(), ed25519()]).expect("four fit keys")
}

/// Verifies a token, and once more as one that was seen before: the answer is the same.
fn verify(token: &AccessToken) -> Result<Verified, TokenError> {
    let verifier = verifier();
    let first = verifier.verify(token, NOW);
    assert_eq!(verifier.verify(token, NOW), first);
    first
}

#[test]
fn a_token_of_each_kind_of_key_is_believed_in_its_time() {
    let shared = token(&header("HS256", "hmac"), &claims(), &hmac_private(), Algorithm::HS256);
    for token in [signed(&claims()), shared] {
        let Ok(Verified::Valid(info)) = verify(&token) else { panic!("{:?}", verify(&token)) };
        assert_eq!(serde_json::to_value(&info.claims).expect("JSON"), claims());
        assert_eq!(info.size, token.reveal().len());
        let after = NOW + Duration::from_secs(900);
        assert!(matches!(verifier().verify(&token, after), Ok(Verified::Expired(_))));
    }
}

#[test]
fn a_signature_is_checked_once_and_all_else_each_time() {
    let (verifier, token) = (verifier(), signed(&claims()));
    let key = |kid: &str| verifier.keys.get(kid);
    let name = verifier.seen.name(&token);
    assert!(verifier.seen.get(name, key).is_none());
    assert!(matches!(verifier.verify(&token, NOW), Ok(Verified::Valid(_))));
    assert!(verifier.seen.get(name, key).is_some());
    let at = |seconds: i64| verifier.verify(&token, Timestamp::from_seconds(seconds));
    assert!(matches!(at(NOW.seconds() + 899), Ok(Verified::Valid(_))));
    assert!(matches!(at(NOW.seconds() + 900), Ok(Verified::Expired(_))));
    assert_eq!(at(NOW.seconds() - 6), Err(TokenError::Times));
    let strict = verifier.with_max_lifetime(Duration::from_secs(899));
    assert_eq!(strict.verify(&token, NOW), Err(TokenError::Times));
    assert_eq!(strict.of_session_tokens().verify(&token, NOW), Err(TokenError::Type));
}

#[test]
fn a_token_that_is_refused_is_not_held() {
    let verifier = verifier();
    let refused = [
        signed(&with(claims(), "aud", "https://another.example")),
        token(&header("HS256", "ed25519"), &claims(), &hmac_private(), Algorithm::HS256),
        AccessToken::parse(&format!("{}A", signed(&claims()).reveal())).expect("a form"),
    ];
    for token in refused {
        assert!(verifier.verify(&token, NOW).is_err());
        let held = verifier.seen.get(verifier.seen.name(&token), |kid| verifier.keys.get(kid));
        assert!(held.is_none());
    }
}

#[test]
fn a_token_for_another_service_or_of_another_issuer_is_refused() {
    for (name, error) in [("iss", TokenError::Issuer), ("aud", TokenError::Audience)] {
        let other = with(claims(), name, "https://another.example");
        assert_eq!(verify(&signed(&other)), Err(error));
    }
    let elsewhere = |issuer, audience| {
        let json = json!({ "keys": [ed25519()] }).to_string();
        Verifier::from_jwks(&json, issuer, audience).expect("a key").verify(&signed(&claims()), NOW)
    };
    assert!(elsewhere(ISSUER, "coatroom").is_ok());
    assert_eq!(elsewhere(ISSUER, "another"), Err(TokenError::Audience));
    assert_eq!(elsewhere("https://coatroom.example/", "coatroom"), Err(TokenError::Issuer));
}

#[test]
fn a_lifetime_above_15_minutes_or_the_set_maximum_is_refused() {
    let lasting = |seconds: i64| signed(&with(claims(), "exp", NOW.seconds() + seconds));
    assert!(verify(&lasting(900)).is_ok());
    assert_eq!(verify(&lasting(901)), Err(TokenError::Times));
    let strict = verifier().with_max_lifetime(Duration::from_secs(60));
    assert!(strict.verify(&lasting(60), NOW).is_ok());
    assert_eq!(strict.verify(&lasting(61), NOW), Err(TokenError::Times));
    // From the end of the integers to their beginning.
    let claims = with(with(claims(), "iat", i64::MIN), "exp", i64::MAX);
    assert_eq!(verify(&signed(&claims)), Err(TokenError::Times));
}

#[test]
fn a_token_from_the_future_is_refused_beyond_the_clock_skew() {
    let issued = |after: i64| {
        let iat = NOW.seconds() + after;
        signed(&with(with(claims(), "iat", iat), "exp", iat + 900))
    };
    assert!(matches!(verify(&issued(5)), Ok(Verified::Valid(_))));
    assert_eq!(verify(&issued(6)), Err(TokenError::Times));
}

#[test]
fn the_algorithm_is_the_keys_whatever_the_header_says() {
    // Values that a verifier that believed headers would take for the shared secret.
    let n = rsa()["n"].as_str().expect("a modulus").to_owned();
    let public = URL_SAFE_NO_PAD.decode(&n).expect("base64url");
    for secret in [public, n.into_bytes(), rsa().to_string().into_bytes(), Vec::new()] {
        let key = EncodingKey::from_secret(&secret);
        for kid in ["rsa", "p256", "ed25519"] {
            let forged = token(&header("HS256", kid), &claims(), &key, Algorithm::HS256);
            assert_eq!(verify(&forged), Err(TokenError::Algorithm), "{kid}");
        }
        // And with the right name, it is the wrong secret.
        let forged = token(&header("HS256", "hmac"), &claims(), &key, Algorithm::HS256);
        assert_eq!(verify(&forged), Err(TokenError::Signature));
    }
    for (alg, kid, error) in [
        ("RS256", "rsa", TokenError::Signature),
        ("HS256", "rsa", TokenError::Algorithm),
        ("none", "rsa", TokenError::Algorithm),
        ("none", "hmac", TokenError::Algorithm),
        ("ES256", "rsa", TokenError::Algorithm),
        ("PS256", "rsa", TokenError::Algorithm),
        ("rs256", "rsa", TokenError::Algorithm),
        ("EdDSA", "p256", TokenError::Algorithm),
        ("ES256", "p256", TokenError::Signature),
        ("EdDSA", "another", TokenError::Key),
        ("EdDSA", "", TokenError::Key),
        ("EdDSA", "ED25519", TokenError::Key),
    ] {
        let forged = token(&header(alg, kid), &claims(), &ed25519_private(), Algorithm::EdDSA);
        assert_eq!(verify(&forged), Err(error), "{alg} {kid}");
    }
}

#[test]
fn the_skew_of_clocks_is_five_seconds_or_what_was_asked_for() {
    let issued = |after: i64| {
        let iat = NOW.seconds() + after;
        signed(&with(with(claims(), "iat", iat), "exp", iat + 900))
    };
    for (skew, last) in [(0, 0), (1_500, 1), (300_000, 300)] {
        let verifier = verifier().with_clock_skew(Duration::from_millis(skew));
        assert!(matches!(verifier.verify(&issued(last), NOW), Ok(Verified::Valid(_))), "{skew}");
        assert_eq!(verifier.verify(&issued(last + 1), NOW), Err(TokenError::Times), "{skew}");
    }
}

#[test]
fn a_token_of_a_newer_issuer_is_believed_as_far_as_it_is_known() {
    let header = with(with(header("EdDSA", "ed25519"), "new", json!([1])), "cty", "JWT");
    let claims_from_then = with(with(claims(), "shoe", 7), "role", "owner");
    let token = token(&header, &claims_from_then, &ed25519_private(), Algorithm::EdDSA);
    let Ok(Verified::Valid(info)) = verify(&token) else { panic!("{:?}", verify(&token)) };
    let known = with(claims(), "role", "owner");
    assert_eq!(serde_json::to_value(&info.claims).expect("JSON"), known);
}

#[test]
fn a_signed_array_is_no_header_and_no_claims() {
    let values = |object: &Value, names: &[&str]| -> Value {
        names.iter().map(|name| object[*name].clone()).collect()
    };
    let header_values = values(&header("EdDSA", "ed25519"), &["alg", "typ", "kid"]);
    let order = ["iss", "aud", "sub", "sid", "iat", "exp", "jti", "auth_time", "gen", "role", "av"];
    let claims_values = values(&claims(), &order);
    let signed = |header: &Value, claims: &Value| {
        verify(&token(header, claims, &ed25519_private(), Algorithm::EdDSA))
    };
    assert_eq!(signed(&header_values, &claims()), Err(TokenError::Header));
    assert_eq!(signed(&header("EdDSA", "ed25519"), &claims_values), Err(TokenError::Claims));
}

#[test]
fn a_key_that_comes_with_the_token_is_not_looked_at() {
    for (name, value) in [
        ("jwk", ed25519()),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["AAAA"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
    ] {
        let header = with(header("EdDSA", "ed25519"), name, value);
        let forged = token(&header, &claims(), &ed25519_private(), Algorithm::EdDSA);
        assert_eq!(verify(&forged), Err(TokenError::Header), "{name}");
    }
}

#[test]
fn a_key_that_was_refused_verifies_nothing() {
    let keys = [with(ed25519(), "use", "enc"), rsa()];
    let verifier = set(&keys).expect("one fit key");
    assert_eq!(verifier.refused().len(), 1);
    assert_eq!(verifier.verify(&signed(&claims()), NOW), Err(TokenError::Key));
}
