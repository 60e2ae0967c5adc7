//! The flaws that only a PASETO can have, and its place in the standard.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use pasetors::{
    keys::AsymmetricSecretKey,
    paserk::FormatAsPaserk as _,
    version4::{PublicToken, V4},
};

use super::*;
use crate::verifier::{JwksError, UnfitKey};

const FORM: HandshakeForm = HandshakeForm::Paseto;

fn key() -> AsymmetricSecretKey<V4> {
    let seed = secret(0).derive("coatroom/handshake/paseto/v1");
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("a key");
    AsymmetricSecretKey::from(&[&seed[..], pair.public_key().as_ref()].concat()).expect("a key")
}

fn kid() -> String {
    let token = issued(FORM, &State::random());
    let footer = token.rsplit_once('.').expect("a footer").1;
    let footer: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(footer).expect("base64url")).expect("JSON");
    footer["kid"].as_str().expect("text").to_owned()
}

fn paseto_claims(state: &State) -> Value {
    let mut claims = claims(state);
    claims["typ"] = "handshake".into();
    claims["iat"] = "2027-01-15T08:00:00Z".into();
    claims["exp"] = "2027-01-15T08:01:00Z".into();
    claims
}

async fn paseto_refused(claims: &str, footer: &str, implicit: &[u8], state: &State) -> Refusal {
    let footer = Some(footer.as_bytes()).filter(|footer| !footer.is_empty());
    let token = PublicToken::sign(&key(), claims.as_bytes(), footer, Some(implicit));
    let token = token.expect("signed");
    outcome(&receiver(FORM), &token, state, NOW).await.expect_err("refused")
}

#[tokio::test]
async fn the_forger_of_pasetos_makes_good_ones() {
    let state = State::random();
    let claims = paseto_claims(&state).to_string();
    let footer = json!({ "kid": kid() }).to_string();
    let token = PublicToken::sign(&key(), claims.as_bytes(), Some(footer.as_bytes()), None);
    assert!(outcome(&receiver(FORM), &token.expect("signed"), &state, NOW).await.is_ok());
}

#[tokio::test]
async fn every_flaw_of_a_paseto_is_refused() {
    let state = State::random();
    let claims = paseto_claims(&state);
    let text = claims.to_string();
    let footer = json!({ "kid": kid() }).to_string();
    for bad in ["", "{}", "[]", "kid", r#"{"kid":7}"#, r#"{"kid":""}"#] {
        assert_eq!(paseto_refused(&text, bad, b"", &state).await, Refusal::Header, "{bad}");
    }
    let doubled = footer.replacen('{', r#"{"kid":"x","#, 1);
    assert_eq!(paseto_refused(&text, &doubled, b"", &state).await, Refusal::Header);
    let unknown = r#"{"kid":"k4.pid.x"}"#;
    assert_eq!(paseto_refused(&text, unknown, b"", &state).await, Refusal::Key);
    // A token that was signed for another purpose, under an implicit assertion, is nothing here.
    assert_eq!(paseto_refused(&text, &footer, b"x", &state).await, Refusal::Signature);
    for (claim, value, expected) in [
        ("typ", json!("access"), Refusal::Type),
        ("typ", json!(7), Refusal::Claims),
        ("iat", json!(NOW.seconds()), Refusal::Claims),
        ("exp", json!("2027-01-15T08:01:00+00:00"), Refusal::Claims),
        ("exp", json!("2027-01-15T08:01:01Z"), Refusal::Times),
        ("aud", json!("https://c.example"), Refusal::Audience),
    ] {
        let mut claims = claims.clone();
        claims[claim] = value.clone();
        let refusal = paseto_refused(&claims.to_string(), &footer, b"", &state).await;
        assert_eq!(refusal, expected, "{claim}: {value}");
    }
    let doubled = text.replacen('{', r#"{"sub":"eve","#, 1);
    assert_eq!(paseto_refused(&doubled, &footer, b"", &state).await, Refusal::Claims);
}

#[test]
fn a_set_of_paserks_is_read_strictly() {
    let read = |json: &str| super::super::paseto::read_keys(json);
    let (keys, refused) = read(&issuer().paserks()).expect("a set");
    assert_eq!((keys.len(), refused.len()), (1, 0));
    assert!(keys.keys().next().expect("one").as_str().starts_with("k4.pid."));

    let mut secret_half = String::new();
    key().fmt(&mut secret_half).expect("text");
    for (text, reason) in [
        ("k3.public.AAAA", UnfitKey::Type),
        ("k4.public.AAAA", UnfitKey::Type),
        (secret_half.as_str(), UnfitKey::Type),
        // The neutral element: under it, one signature is right for every message.
        ("k4.public.AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", UnfitKey::Weak),
    ] {
        match read(&json!({ "keys": [text] }).to_string()) {
            Err(JwksError::NoneFit(refused)) => assert_eq!(refused[0].reason, reason, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    for bad in ["", "[]", "{}", r#"{"keys":"k4"}"#, r#"{"keys":[],"keys":[]}"#] {
        assert_eq!(read(bad).err(), Some(JwksError::Malformed), "{bad}");
    }
}

/// The standard's own vector 4-S-2, so that the key and signature above are those of PASETO.
#[test]
fn a_vector_of_the_standard_is_signed_alike() {
    let hex = |text: &str| -> Vec<u8> {
        let digit = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex");
        (0..text.len()).step_by(2).map(digit).collect()
    };
    let key = AsymmetricSecretKey::<V4>::from(&hex(
        "b4cbfb43df4ce210727d953e4a713307fa19bb7d9f85041438d9e11b942a3774\
         1eb9dbbbbc047c03fd70604e0071f0987e16b28b757225c11f00415d0e20b1a2",
    ));
    let message = br#"{"data":"this is a signed message","exp":"2022-01-01T00:00:00+00:00"}"#;
    let footer = br#"{"kid":"zVhMiPBP9fRf2snEcT7gFTioeA9COcNy9DfgL1W60haN"}"#;
    let token = PublicToken::sign(&key.expect("a key"), message, Some(footer), None);
    assert_eq!(
        token.expect("signed"),
        "v4.public.eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIiwiZXhwIjoiMjAyMi0wMS0wMVQwMDowMDowMCswMDowMCJ9\
         v3Jt8mx_TdM2ceTGoqwrh4yDFn0XsHvvV_D0DtwQxVrJEBMl0F2caAdgnpKlt4p7xBnx1HcO-SPo8FPp214HDw.\
         eyJraWQiOiJ6VmhNaVBCUDlmUmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9"
    );
}
