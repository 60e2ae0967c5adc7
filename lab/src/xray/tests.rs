//! Tokens with every flaw there is, signed by the server's own key: each check in its turn, and its reason.

mod future;

use std::sync::Arc;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
    signature::Ed25519KeyPair,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coatroom::{
    Accounts, Credentials, Role, ServerSecret, SessionId, Subject, Timestamp, UserId,
    auth::{SignInContext, TokenPair},
    claims::Claims,
    clock::TestClock,
    config::AuthConfig,
    keyring::KeyRecord,
    session::{Client, Persistence},
    store::memory::MemoryStore,
};
use serde_json::{Value, json};

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A server whose key the tests have, with accounts and sessions in every state.
struct Server {
    auth: Auth,
    key: Ed25519KeyPair,
    good: TokenPair,
    signed_out: SessionId,
    changed: Subject,
}

impl Server {
    async fn new() -> Self {
        let bytes: Vec<u8> = (0..32).collect();
        let secret = ServerSecret::new(bytes.clone()).expect("long enough");
        let mut config = AuthConfig::new("https://coatroom.example", secret);
        (config.hashing.memory_kib, config.hashing.iterations) = (8, 1);
        let clock = Arc::new(TestClock::new(NOW));
        let store = Arc::new(MemoryStore::new());
        let accounts = Accounts::with_clock(config, store, clock).await.expect("an engine");
        let auth = accounts.auth().clone();
        let keys = auth.keys().records().await.expect("answers");
        let key = opened(&keys[0], &bytes);

        let sign_up = async |name: &str| {
            let who = Credentials::new(format!("{name}@example.com"), "a quiet harbour at dawn");
            let context = SignInContext::new(Persistence::Browser);
            accounts
                .sign_up(who, context)
                .await
                .expect("signed up")
                .into_signed()
                .expect("signed tokens")
        };
        let [good, over, other] = [sign_up("a").await, sign_up("b").await, sign_up("c").await];
        auth.sign_out(over.session.id, Client::default()).await.expect("answers");
        let account = UserId::parse(other.session.subject.as_str()).expect("an account");
        accounts.set_role(account, Role::ADMIN).await.expect("answers");
        let (signed_out, changed) = (over.session.id, other.session.subject);
        Self { auth, key, good, signed_out, changed }
    }

    /// A token that fails all these checks.
    fn token(&self, fails: &[Check]) -> String {
        let fails = |check| fails.contains(&check);
        let kid = self.good.info.kid.as_str();
        let mut header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid });
        let mut claims = serde_json::to_value(&self.good.info.claims).expect("JSON");
        let mut set = |check, object: &str, name: &str, value: Value| {
            if fails(check) {
                let object = if object == "header" { &mut header } else { &mut claims };
                object[name] = value;
            }
        };
        set(Check::Header, "header", "jwk", json!({}));
        set(Check::Type, "header", "typ", json!("JWT"));
        set(Check::Key, "header", "kid", json!("\u{202e}other"));
        set(Check::Algorithm, "header", "alg", json!("none"));
        set(Check::Claims, "claims", "gen", json!("seven"));
        set(Check::Issuer, "claims", "iss", json!("https://evil.example"));
        set(Check::Audience, "claims", "aud", json!("another"));
        set(Check::Expiry, "claims", "exp", json!(NOW.seconds() - 2));
        set(Check::Expiry, "claims", "iat", json!(NOW.seconds() - 60));
        set(Check::Times, "claims", "iat", json!(NOW.seconds() - 100_000));
        set(Check::Denylist, "claims", "sid", json!(self.signed_out));
        set(Check::AuthorityVersion, "claims", "sub", json!(self.changed));
        let mut token = self.signed(&header.to_string(), &claims.to_string());
        if fails(Check::Signature) {
            let (message, signature) = token.rsplit_once('.').expect("three parts");
            token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
        }
        if fails(Check::Form) {
            token.push('=');
        }
        if fails(Check::Length) {
            token.insert_str(0, &"A".repeat(4096));
        }
        token
    }

    fn signed(&self, header: &str, claims: &str) -> String {
        self.signed_as_it_is(&URL_SAFE_NO_PAD.encode(header), &URL_SAFE_NO_PAD.encode(claims))
    }

    fn signed_as_it_is(&self, header: &str, claims: &str) -> String {
        let message = format!("{header}.{claims}");
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    async fn refused(&self, text: &str) -> (Check, String) {
        let ray = xray(&self.auth, text).await.expect("answers");
        let (check, why) = ray.refused().expect("refused");
        (check, why.to_owned())
    }
}

/// The private half of a key, as a node with the store and the secret can open it: AES-256-GCM under a key derived from
/// the secret, bound to the name and the algorithm; within, the seed of Ed25519 ends its PKCS #8 form (RFC 8410 §7).
fn opened(record: &KeyRecord, secret: &[u8]) -> Ed25519KeyPair {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let derived = hmac::sign(&secret, b"coatroom/keyring/v1");
    let cipher = UnboundKey::new(&AES_256_GCM, derived.as_ref()).map(LessSafeKey::new);
    let (nonce, sealed) = record.sealed[1..].split_first_chunk::<NONCE_LEN>().expect("a nonce");
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let bound_to = Aad::from(format!("{}\0{}", record.kid, record.algorithm.as_str()));
    let mut private = sealed.to_vec();
    let private = cipher.expect("a key").open_in_place(nonce, bound_to, &mut private);
    let (_, seed) = private.expect("opened").split_at(16);
    Ed25519KeyPair::from_seed_unchecked(seed).expect("a key pair")
}

#[tokio::test]
async fn a_token_with_every_flaw_is_refused_by_each_check_in_its_turn() {
    let server = Server::new().await;
    let reasons = [
        (Check::Length, "it has more than 4096 bytes".to_owned()),
        (Check::Form, "the signature: padded with `=`".into()),
        (Check::Header, "it holds `jwk`: a key that comes with the token proves nothing".into()),
        (Check::Type, r#"`typ` is "JWT" and not "at+jwt""#.into()),
        (Check::Key, r#"no key of this server is called "\u{202e}other""#.into()),
        (Check::Algorithm, r#"`alg` is "none"; that key is for EdDSA"#.into()),
        (Check::Signature, "that key did not sign this header and these claims".into()),
        (Check::Claims, "a claim is not of its type".into()),
        (
            Check::Issuer,
            r#"`iss` is "https://evil.example" and not "https://coatroom.example""#.into(),
        ),
        (Check::Audience, r#"`aud` is "another" and not "coatroom""#.into()),
        (
            Check::Times,
            r#"`iat` is "1799900000" and `exp` "1799999998"; tokens live for 900 s, and it is 1800000000 here"#
                .into(),
        ),
        (Check::Expiry, "it expired 2 s ago".into()),
        (Check::Denylist, "its session is over".into()),
        (
            Check::AuthorityVersion,
            r#"what its account may do was changed since version 0: "user" may be wrong"#.into(),
        ),
    ];
    assert_eq!(reasons.each_ref().map(|(check, _)| *check), Check::ALL);
    for (at, (check, why)) in reasons.iter().enumerate() {
        let text = server.token(&Check::ALL[at..]);
        let ray = xray(&server.auth, &text).await.expect("answers");
        assert_eq!(ray.refused(), Some((*check, why.as_str())));
        let before = &ray.checks[..at];
        assert!(before.iter().all(|(_, outcome)| *outcome == Outcome::Passed), "{before:?}");
        // The flaw alone is refused by that check, too.
        assert_eq!(server.refused(&server.token(&[*check])).await.0, *check);
    }
    let good = xray(&server.auth, &server.token(&[])).await.expect("answers");
    assert_eq!(good.refused(), None);
}

#[tokio::test]
async fn a_part_that_is_misspelt_is_refused_when_its_turn_comes() {
    let server = Server::new().await;
    // The last character of each of these parts has bits to spare; "x" sets one of them.
    let spare = |part: &str| format!("{}x", &part[..part.len() - 1]);
    let [header, claims, signature] = {
        let token = server.token(&[]);
        let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
        <[String; 3]>::try_from(parts).expect("three parts")
    };
    let reason = |part: &str| format!("the {part}: with bits of nothing in its last character");
    let signed = server.signed_as_it_is(&header, &spare(&URL_SAFE_NO_PAD.encode("{}")));
    for (text, check, why) in [
        (format!("{header}.{claims}.{}", spare(&signature)), Check::Signature, reason("signature")),
        (signed, Check::Claims, reason("claims")),
        (
            format!("{}.{claims}.{signature}", spare(&URL_SAFE_NO_PAD.encode("{}"))),
            Check::Header,
            reason("header"),
        ),
    ] {
        assert_eq!(server.refused(&text).await, (check, why));
    }
}

#[tokio::test]
async fn a_fault_of_a_header_or_of_claims_is_named() {
    let server = Server::new().await;
    let kid = server.good.info.kid.as_str();
    let claims = serde_json::to_string(&server.good.info.claims).expect("JSON");
    let header = format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}"}}"#);
    for (bad, why) in [
        (header.replacen('{', r#"{"alg":"none","#, 1), r#"it holds "alg" twice"#),
        (header.replacen('{', r#"{"new":1,"new":2,"#, 1), r#"it holds "new" twice"#),
        (
            header.replacen('{', r#"{"crit":["new"],"new":1,"#, 1),
            "it holds `crit`: it names what must be understood, and nothing beyond RFC 7515 is",
        ),
        (header.replace(r#""typ":"at+jwt","#, ""), "it lacks `typ`"),
        (header.replace(r#""EdDSA""#, "7"), "one of `alg`, `typ` and `kid` is no text"),
        ("[]".into(), "the header: not a JSON object"),
        ("{".into(), "the header: not readable as JSON"),
    ] {
        let found = server.refused(&server.signed(&bad, &claims)).await;
        assert_eq!(found, (Check::Header, why.to_owned()), "{bad}");
    }
    for (bad, why) in [
        (claims.replacen('{', r#"{"exp":9999999999,"#, 1), r#"it holds "exp" twice"#),
        (claims.replacen('{', r#"{"new":1,"new":1,"#, 1), r#"it holds "new" twice"#),
        (claims.replace(r#""role":"user","#, ""), "it lacks `role`"),
        (claims.replace(r#""user""#, "7"), "a claim is not of its type"),
        (in_order(&claims), "the claims: not a JSON object"),
        ("null".into(), "the claims: not a JSON object"),
    ] {
        let found = server.refused(&server.signed(&header, &bad)).await;
        assert_eq!(found, (Check::Claims, why.to_owned()), "{bad}");
    }
}

#[tokio::test]
async fn a_token_from_the_future_is_refused_for_its_times() {
    let server = Server::new().await;
    let mut claims = serde_json::to_value(&server.good.info.claims).expect("JSON");
    (claims["iat"], claims["exp"]) = (json!(NOW.seconds() + 6), json!(NOW.seconds() + 60));
    let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": server.good.info.kid.as_str() });
    let token = server.signed(&header.to_string(), &claims.to_string());
    assert_eq!(server.refused(&token).await.0, Check::Times);
}

/// The values of claims as an array, in their order: what a derived reading takes for the claims.
fn in_order(claims: &str) -> String {
    let claims: Value = serde_json::from_str(claims).expect("JSON");
    let names =
        ["iss", "aud", "sub", "sid", "iat", "exp", "jti", "auth_time", "amr", "gen", "role"];
    let mut values = names.map(|name| &claims[name]).to_vec();
    let no_claims_of_the_application = json!({});
    values.extend([&no_claims_of_the_application, &claims["av"]]);
    let array = json!(values);
    assert!(serde_json::from_value::<Claims>(array.clone()).is_ok(), "{array}");
    array.to_string()
}
