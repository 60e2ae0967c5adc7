//! Key sets and signatures that were made elsewhere; every flaw of a key, and the check that refuses it.

mod tokens;
mod weak;

use serde_json::{Value, json};

use super::*;

const ISSUER: &str = "https://coatroom.example";

/// RFC 7515 A.1, with the name and algorithm that a set needs.
fn hmac() -> Value {
    json!({
        "kty": "oct", "alg": "HS256", "kid": "hmac",
        "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    })
}

/// RFC 7515 A.2.
fn rsa() -> Value {
    json!({
        "kty": "RSA", "alg": "RS256", "kid": "rsa", "use": "sig", "e": "AQAB",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR\
              T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB\
              dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia\
              GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    })
}

/// RFC 7515 A.3.
fn p256() -> Value {
    json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "p256", "key_ops": ["verify"],
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })
}

/// RFC 8037 A.2.
fn ed25519() -> Value {
    json!({
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    })
}

fn from(json: &str) -> Result<Verifier, JwksError> {
    Verifier::from_jwks(json, ISSUER, "coatroom")
}

fn set(keys: &[Value]) -> Result<Verifier, JwksError> {
    from(&json!({ "keys": keys }).to_string())
}

/// The same key with a member changed, or without it.
fn with(mut key: Value, name: &str, value: impl Into<Value>) -> Value {
    let value = value.into();
    let members = key.as_object_mut().expect("an object");
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.into(), value);
    }
    key
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn the_signatures_of_the_rfcs_verify_and_changed_ones_do_not() {
    let verifier = set(&[hmac(), rsa(), p256(), ed25519()]).expect("four fit keys");
    assert_eq!(verifier.refused(), []);
    let joe = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    for (kid, message, signature) in [
        (
            "hmac",
            format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{joe}"),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
        (
            "rsa",
            format!("eyJhbGciOiJSUzI1NiJ9.{joe}"),
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJd\
             bF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN93\
             83LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhW\
             kWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        ),
        (
            "p256",
            format!("eyJhbGciOiJFUzI1NiJ9.{joe}"),
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
        (
            "ed25519",
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".into(),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ),
    ] {
        let key = &verifier.keys[kid];
        assert_eq!(key.check(&message, signature), Ok(()), "{kid}");
        assert_eq!(key.check(&format!("{message}A"), signature), Err(TokenError::Signature));
        let changed = signature.replacen(|c: char| c != 'A', "A", 1);
        assert_eq!(key.check(&message, &changed), Err(TokenError::Signature), "{kid}");
        let short = base64url(&URL_SAFE_NO_PAD.decode(signature).expect("base64url")[1..]);
        assert_eq!(key.check(&message, &short), Err(TokenError::Signature), "{kid}");
        assert_eq!(key.check(&message, ""), Err(TokenError::Signature), "{kid}");
        assert_eq!(key.check(&message, "="), Err(TokenError::Malformed), "{kid}");
    }
}

#[test]
fn an_unfit_key_is_refused_with_its_reason_and_others_are_used() {
    let n = rsa()["n"].as_str().expect("a modulus").to_owned();
    let modulus = URL_SAFE_NO_PAD.decode(&n).expect("base64url");
    let mut even = modulus.clone();
    *even.last_mut().expect("a byte") ^= 1;
    let mut short = modulus.clone();
    short[0] = 0x7f;
    let point = |text: &str| text.replacen('f', "g", 1);
    let unfit = [
        (with(rsa(), "kid", Value::Null), UnfitKey::Name),
        (with(rsa(), "kid", ""), UnfitKey::Name),
        (with(rsa(), "kid", 7), UnfitKey::Name),
        (with(rsa(), "kid", "two words"), UnfitKey::Name),
        (with(rsa(), "kid", "k".repeat(129)), UnfitKey::Name),
        (with(rsa(), "use", "enc"), UnfitKey::Use),
        (with(rsa(), "use", json!(["sig"])), UnfitKey::Use),
        (with(p256(), "key_ops", json!(["sign"])), UnfitKey::Operations),
        (with(p256(), "key_ops", json!([])), UnfitKey::Operations),
        (with(p256(), "key_ops", "verify"), UnfitKey::Operations),
        (with(rsa(), "alg", Value::Null), UnfitKey::Algorithm),
        (with(rsa(), "alg", "none"), UnfitKey::Algorithm),
        (with(hmac(), "alg", "none"), UnfitKey::Algorithm),
        (with(rsa(), "alg", "rs256"), UnfitKey::Algorithm),
        (with(rsa(), "alg", "RS512"), UnfitKey::Algorithm),
        (with(rsa(), "alg", "PS256"), UnfitKey::Algorithm),
        (with(rsa(), "alg", 1), UnfitKey::Algorithm),
        (with(rsa(), "alg", "HS256"), UnfitKey::Type),
        (with(rsa(), "alg", "ES256"), UnfitKey::Type),
        (with(p256(), "alg", "EdDSA"), UnfitKey::Type),
        (with(ed25519(), "alg", "ES256"), UnfitKey::Type),
        (with(hmac(), "alg", "RS256"), UnfitKey::Type),
        (with(rsa(), "kty", Value::Null), UnfitKey::Type),
        (with(ed25519(), "crv", "X25519"), UnfitKey::Type),
        (with(ed25519(), "crv", "Ed448"), UnfitKey::Type),
        (with(ed25519(), "crv", Value::Null), UnfitKey::Type),
        (with(p256(), "crv", "P-384"), UnfitKey::Type),
        (with(p256(), "crv", "secp256k1"), UnfitKey::Type),
        (with(rsa(), "k", "AAAA"), UnfitKey::Private),
        (with(hmac(), "k", base64url([7; 31])), UnfitKey::ShortSecret),
        (with(hmac(), "k", ""), UnfitKey::ShortSecret),
        (with(hmac(), "k", Value::Null), UnfitKey::Public),
        (with(ed25519(), "x", base64url([7; 31])), UnfitKey::Public),
        (with(ed25519(), "x", base64url([7; 33])), UnfitKey::Public),
        (with(ed25519(), "x", "not base64url!"), UnfitKey::Public),
        (with(p256(), "y", Value::Null), UnfitKey::Public),
        (with(p256(), "x", point(p256()["x"].as_str().expect("x"))), UnfitKey::Public),
        (with(with(p256(), "x", base64url([0; 32])), "y", base64url([0; 32])), UnfitKey::Public),
        (with(rsa(), "n", base64url([&[0], &modulus[..]].concat())), UnfitKey::Public),
        (with(rsa(), "n", base64url(even)), UnfitKey::Public),
        (with(rsa(), "n", ""), UnfitKey::Public),
        (with(rsa(), "n", base64url(short)), UnfitKey::Modulus),
        (with(rsa(), "n", base64url(&modulus[1..])), UnfitKey::Modulus),
        (with(rsa(), "n", base64url([0xff; 1025])), UnfitKey::Modulus),
        (with(rsa(), "e", Value::Null), UnfitKey::Public),
        (with(rsa(), "e", base64url([1])), UnfitKey::Exponent),
        (with(rsa(), "e", base64url([3])), UnfitKey::Exponent),
        (with(rsa(), "e", base64url([0, 1, 0, 1])), UnfitKey::Exponent),
        (with(rsa(), "e", base64url([1, 0, 0])), UnfitKey::Exponent),
        (with(rsa(), "e", base64url([1, 0, 0, 0, 0, 0, 0, 0, 1])), UnfitKey::Exponent),
    ];
    let private = ["d", "p", "q", "dp", "dq", "qi", "oth"];
    let leaked = private.map(|name| (with(rsa(), name, "AAAA"), UnfitKey::Private));
    for (key, reason) in unfit.into_iter().chain(leaked) {
        let verifier = set(&[ed25519_named("good"), key.clone()]).expect("one fit key");
        assert!(verifier.keys.contains_key("good") && verifier.keys.len() == 1, "{key}");
        let kid = key["kid"].as_str().and_then(KeyId::parse);
        assert_eq!(verifier.refused(), [RefusedKey { index: 1, kid, reason }], "{key}");
        // Alone, it makes no set.
        let alone = set(std::slice::from_ref(&key)).expect_err("no fit key");
        assert!(matches!(alone, JwksError::NoneFit(refused) if refused[0].reason == reason));
    }
}

fn ed25519_named(kid: &str) -> Value {
    with(ed25519(), "kid", kid)
}

#[test]
fn of_keys_with_one_name_none_is_used() {
    let twice = set(&[ed25519_named("a"), rsa(), with(p256(), "kid", "a")]).expect("one fit key");
    let kid = KeyId::parse("a");
    let reason = UnfitKey::DoubledName;
    assert_eq!(
        twice.refused(),
        [RefusedKey { index: 0, kid: kid.clone(), reason }, RefusedKey { index: 2, kid, reason }]
    );
    // Not even if one of them could not be used anyway.
    let worse = set(&[ed25519_named("a"), with(rsa(), "kid", "a"), with(rsa(), "alg", "none")]);
    let JwksError::NoneFit(refused) = worse.expect_err("no fit key") else { panic!("a reason") };
    let reasons: Vec<_> = refused.into_iter().map(|key| key.reason).collect();
    assert_eq!(reasons, [reason, reason, UnfitKey::Algorithm]);
}

#[test]
fn unknown_members_are_ignored_and_optional_ones_may_be_absent() {
    let key = with(with(rsa(), "x5t", "AAAA"), "use", Value::Null);
    assert!(set(&[key]).is_ok());
    let more = json!({ "keys": [ed25519()], "issuer": "x" });
    assert!(from(&more.to_string()).is_ok());
    assert!(set(&[with(p256(), "key_ops", json!(["sign", "verify"]))]).is_ok());
}

#[test]
fn a_malformed_key_set_is_refused_whole() {
    let key = ed25519().to_string();
    for bad in [
        String::new(),
        "null".into(),
        "[]".into(),
        "{}".into(),
        // Arrays, which a derived `Deserialize` takes for an object.
        format!("[[{key}]]"),
        r#"{"keys": [["OKP", "Ed25519", "EdDSA"]]}"#.into(),
        key.clone(),
        format!("[{key}]"),
        r#"{"keys": {}}"#.into(),
        r#"{"keys": [1]}"#.into(),
        format!(r#"{{"keys": [{key}, null]}}"#),
        format!(r#"{{"keys": [{key}]}} x"#),
        format!(r#"{{"keys": [], "keys": [{key}]}}"#),
        format!(r#"{{"keys": [{key}], "z": 1, "z": 1}}"#),
        format!(r#"{{"keys": [{}]}}"#, key.replacen('{', r#"{"alg":"none","#, 1)),
        format!(r#"{{"keys": [{}]}}"#, key.replacen('{', r#"{"z":1,"z":1,"#, 1)),
        // The same name, written in two ways.
        format!(r#"{{"keys": [{}]}}"#, key.replacen('{', r#"{"\u0061lg":"none","#, 1)),
        format!(r#"{{"keys": {}{}}}"#, "[".repeat(1000), "]".repeat(1000)),
    ] {
        assert_eq!(from(&bad).expect_err("refused"), JwksError::Malformed, "{bad}");
    }
    assert_eq!(set(&[]).expect_err("refused"), JwksError::NoneFit(Vec::new()));
}

#[test]
fn a_key_set_with_too_many_bytes_or_keys_is_refused() {
    let keys = |count: usize| {
        (0..count).map(|number| ed25519_named(&number.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(set(&keys(32)).expect("32 keys").keys.len(), 32);
    assert_eq!(set(&keys(33)).expect_err("refused"), JwksError::TooMany);
    let json = json!({ "keys": [ed25519()] }).to_string();
    let padded = |length: usize| format!("{json}{}", " ".repeat(length - json.len()));
    assert!(from(&padded(MAX_JWKS_LEN)).is_ok());
    assert_eq!(from(&padded(MAX_JWKS_LEN + 1)).expect_err("refused"), JwksError::TooLong);
    // Not even looked at.
    assert_eq!(from(&"[".repeat(1_000_000)).expect_err("refused"), JwksError::TooLong);
}
