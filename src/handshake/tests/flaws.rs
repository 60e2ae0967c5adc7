//! Every flaw of a header and of claims, signed with the issuer's own key.

use super::*;
use crate::{
    key::SigningAlgorithm,
    keyring::{Pair, ed25519_pkcs8},
};

fn pair() -> Pair {
    let private = ed25519_pkcs8(&secret(0).derive("coatroom/handshake/jwt/v1"));
    Pair::read(SigningAlgorithm::EdDsa, &private).expect("a key")
}

fn header() -> Value {
    json!({"alg": "EdDSA", "typ": HANDSHAKE_TYP, "kid": pair().kid().expect("a name").as_str()})
}

/// A token with this header and these claims, signed with the issuer's own key whatever they say.
fn forged(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signed = jsonwebtoken::crypto::sign(
        message.as_bytes(),
        &pair().signing,
        SigningAlgorithm::EdDsa.jose(),
    );
    format!("{message}.{}", signed.expect("signed"))
}

async fn refused(header: &str, claims: &str, state: &State) -> Refusal {
    let token = forged(header, claims);
    outcome(&receiver(HandshakeForm::Jwt), &token, state, NOW).await.expect_err("refused")
}

#[tokio::test]
async fn every_flaw_of_the_header_of_a_handshake_is_refused() {
    let state = State::random();
    let claims = claims(&state).to_string();
    assert!(
        outcome(
            &receiver(HandshakeForm::Jwt),
            &forged(&header().to_string(), &claims),
            &state,
            NOW
        )
        .await
        .is_ok(),
        "the forger of these tests makes good tokens"
    );
    for (member, value, expected) in [
        ("typ", json!("at+jwt"), Refusal::Type),
        ("typ", json!("JWT"), Refusal::Type),
        ("typ", json!(null), Refusal::Header),
        ("alg", json!("none"), Refusal::Algorithm),
        ("alg", json!("HS256"), Refusal::Algorithm),
        ("kid", json!("../../dev/null"), Refusal::Key),
        ("kid", json!(7), Refusal::Header),
        ("crit", json!(["exp"]), Refusal::Header),
        ("b64", json!(false), Refusal::Header),
        ("zip", json!("DEF"), Refusal::Header),
        ("jwk", json!({}), Refusal::Header),
        ("jku", json!("https://evil.example"), Refusal::Header),
        ("x5c", json!([]), Refusal::Header),
        ("x5u", json!("https://evil.example"), Refusal::Header),
    ] {
        let mut header = header();
        header[member] = value.clone();
        let refusal = refused(&header.to_string(), &claims, &state).await;
        assert_eq!(refusal, expected, "{member}: {value}");
    }
    let doubled = header().to_string().replacen('{', r#"{"typ":"at+jwt","#, 1);
    assert_eq!(refused(&doubled, &claims, &state).await, Refusal::Header);
}

#[tokio::test]
async fn every_flaw_of_the_claims_of_a_handshake_is_refused() {
    let state = State::random();
    let (head, iat) = (header().to_string(), NOW.seconds());
    for (claim, value, expected) in [
        ("iss", json!("https://a.example/"), Refusal::Issuer),
        ("aud", json!([B]), Refusal::Claims),
        ("aud", json!("https://b.example/"), Refusal::Audience),
        ("sub", json!(""), Refusal::Claims),
        ("iat", json!(iat + 6), Refusal::Times),
        ("iat", json!(iat - 1), Refusal::Times),
        ("iat", json!(i64::MIN), Refusal::Times),
        ("exp", json!(iat + 61), Refusal::Times),
        ("exp", json!(iat), Refusal::Times),
        ("exp", json!(i64::MAX), Refusal::Times),
        ("exp", json!(1.5), Refusal::Claims),
        ("jti", json!(""), Refusal::Claims),
        ("jti", json!("x".repeat(129)), Refusal::Claims),
        ("nonce", json!("x"), Refusal::Claims),
        ("nonce", json!(State::random().nonce().to_string()), Refusal::State),
    ] {
        let mut claims = claims(&state);
        claims[claim] = value.clone();
        let refusal = refused(&head, &claims.to_string(), &state).await;
        assert_eq!(refusal, expected, "{claim}: {value}");
    }
    for missing in ["iss", "aud", "sub", "iat", "exp", "jti", "nonce"] {
        let mut claims = claims(&state);
        claims.as_object_mut().expect("an object").remove(missing);
        assert_eq!(refused(&head, &claims.to_string(), &state).await, Refusal::Claims, "{missing}");
    }
    let doubled = claims(&state).to_string().replacen('{', r#"{"sub":"eve","#, 1);
    assert_eq!(refused(&head, &doubled, &state).await, Refusal::Claims);
    assert_eq!(refused(&head, "[]", &state).await, Refusal::Claims);
}
