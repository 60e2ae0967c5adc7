//! The forms of token: their published vectors, and what each refuses.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coatroom_lab::format::{
    Claims, Format, FormatError, Holder, Keys,
    jwe::{self, Encryption, Recipient},
    measure, measure_all,
};
use pasetors::{
    Local, Public,
    keys::{AsymmetricPublicKey, AsymmetricSecretKey, SymmetricKey},
    token::UntrustedToken,
    version4::{LocalToken, PublicToken, V4},
};
use serde_json::{Value, json};

fn claims() -> Claims {
    let Value::Object(claims) = json!({ "iss": "https://house.example", "sub": "17", "exp": 1_800_000_000, "role": "user" })
    else {
        unreachable!("it is an object")
    };
    claims
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(digit).collect()
}

const KEY: &str = "707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f";
const SECRET: &str = "b4cbfb43df4ce210727d953e4a713307fa19bb7d9f85041438d9e11b942a3774\
                      1eb9dbbbbc047c03fd70604e0071f0987e16b28b757225c11f00415d0e20b1a2";
const FOOTER: &str = r#"{"kid":"zVhMiPBP9fRf2snEcT7gFTioeA9COcNy9DfgL1W60haN"}"#;
const HIDDEN: &str = r#"{"data":"this is a hidden message","exp":"2022-01-01T00:00:00+00:00"}"#;
const SIGNED: &str = r#"{"data":"this is a signed message","exp":"2022-01-01T00:00:00+00:00"}"#;
const A_SECRET: &str = r#"{"data":"this is a secret message","exp":"2022-01-01T00:00:00+00:00"}"#;

/// Vectors of the PASETO standard: name, token, message, footer, implicit assertion.
const LOCAL: [(&str, &str, &str, &str, &str); 4] = [
    (
        "4-E-1",
        "v4.local.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAr68PS4AXe7If_ZgesdkUMvSwscFlAl1pk5HC0e8kApeaqMfGo_\
         7OpBnwJOAbY9V7WU6abu74MmcUE8YWAiaArVI8XJ5hOb_4v9RmDkneN0S92dx0OW4pgy7omxgf3S8c3LlQg",
        A_SECRET,
        "",
        "",
    ),
    (
        "4-E-4",
        "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WiA8rd3wgFSNb_UdJPXjpzm0KW9ojM\
         5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t4gt6TiLm55vIH8c_lGxxZpE3AWlH4WTR0v45nsWoU3gQ",
        HIDDEN,
        "",
        "",
    ),
    (
        "4-E-5",
        "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WkwMsYXw6FSNb_UdJPXjpzm0KW9ojM\
         5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t4x-RMNXtQNbz7FvFZ_G-lFpk5RG3EOrwDL6CgDqcerSQ.eyJraWQiOiJ6VmhNaVBCUDlm\
         UmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9",
        A_SECRET,
        FOOTER,
        "",
    ),
    (
        "4-E-9",
        "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WiA8rd3wgFSNb_UdJPXjpzm0KW9ojM\
         5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t6tybdlmnMwcDMw0YxA_gFSE_IUWl78aMtOepFYSWYfQA.YXJiaXRyYXJ5LXN0cmluZy10\
         aGF0LWlzbid0LWpzb24",
        HIDDEN,
        "arbitrary-string-that-isn't-json",
        r#"{"test-vector":"4-E-9"}"#,
    ),
];
const PUBLIC: [(&str, &str, &str, &str); 3] = [
    (
        "4-S-1",
        "v4.public.eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIiwiZXhwIjoiMjAyMi0wMS0wMVQwMDowMDowMCswMDowMCJ9bg_X\
         BBzds8lTZShVlwwKSgeKpLT3yukTw6JUz3W4h_ExsQV-P0V54zemZDcAxFaSeef1QlXEFtkqxT1ciiQEDA",
        "",
        "",
    ),
    (
        "4-S-2",
        "v4.public.eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIiwiZXhwIjoiMjAyMi0wMS0wMVQwMDowMDowMCswMDowMCJ9v3Jt\
         8mx_TdM2ceTGoqwrh4yDFn0XsHvvV_D0DtwQxVrJEBMl0F2caAdgnpKlt4p7xBnx1HcO-SPo8FPp214HDw.eyJraWQiOiJ6VmhNaVBCUDl\
         mUmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9",
        FOOTER,
        "",
    ),
    (
        "4-S-3",
        "v4.public.eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIiwiZXhwIjoiMjAyMi0wMS0wMVQwMDowMDowMCswMDowMCJ9NPWc\
         iuD3d0o5eXJXG5pJy-DiVEoyPYWs1YSTwWHNJq6DZD3je5gf-0M4JR9ipdUSJbIovzmBECeaWmaqcaP0DQ.eyJraWQiOiJ6VmhNaVBCUDl\
         mUmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9",
        FOOTER,
        r#"{"test-vector":"4-S-3"}"#,
    ),
];

#[test]
fn paseto_reads_and_writes_the_vectors_of_its_standard() {
    let key = SymmetricKey::<V4>::from(&hex(KEY)).expect("a key");
    for (name, token, message, footer, implicit) in LOCAL {
        let untrusted = UntrustedToken::<Local, V4>::try_from(token).expect(name);
        let footer = Some(footer.as_bytes()).filter(|footer| !footer.is_empty());
        let implicit = Some(implicit.as_bytes());
        let read = LocalToken::decrypt(&key, &untrusted, footer, implicit).expect(name);
        assert_eq!(read.payload(), message, "{name}");
        assert!(LocalToken::decrypt(&key, &untrusted, footer, Some(b"other")).is_err(), "{name}");
    }
    let secret = AsymmetricSecretKey::<V4>::from(&hex(SECRET)).expect("a key");
    let public = AsymmetricPublicKey::<V4>::from(&hex(&SECRET[64..])).expect("a key");
    for (name, token, footer, implicit) in PUBLIC {
        let untrusted = UntrustedToken::<Public, V4>::try_from(token).expect(name);
        let footer = Some(footer.as_bytes()).filter(|footer| !footer.is_empty());
        let implicit = Some(implicit.as_bytes());
        let read = PublicToken::verify(&public, &untrusted, footer, implicit).expect(name);
        assert_eq!(read.payload(), SIGNED, "{name}");
        let written = PublicToken::sign(&secret, SIGNED.as_bytes(), footer, implicit);
        assert_eq!(written.expect(name), token, "{name}");
    }
}

/// RFC 7520 §5.6: a key that both sides share, and the text of the example.
const SHARED: &str = "XctOhJAkA-pD9Lh7ZgW_2A";
const DIRECT: &str = "eyJhbGciOiJkaXIiLCJraWQiOiI3N2M3ZTJiOC02ZTEzLTQ1Y2YtODY3Mi02MTdiNWI0NTI0M2EiLCJlbmMiOiJBMTI4R0NNIn0..refa467Q\
     zzKx6QAB.JW_i_f52hww_ELQPGaYyeAB6HYGcR559l9TYnSovc23XJoBcW29rHP8yZOZG7YhLpT1bjFuvZPjQS-m0IFtVcXkZXdH_lr_FrdYt9\
     HRUYkshtrMmIUAyGmUnd9zMDB2n0cRDIHAzFVeJUDxkUwVAE7_YGRPdcqMyiBoCO-FBdE-Nceb4h3-FtBP-c_BIwCPTjb9o0SbdcdREEMJMyZB\
     H8ySWMVi1gPD9yxi-aQpGbSv_F9N4IZAxscj5g-NJsUPbjk29-s7LJAGb15wEBtXphVCgyy53CoIKLHHeJHXex45Uz9aKZSRSInZI-wjsY0yu3\
     cT4_aQ3i1o-tiE-F8Ios61EKgyIQ4CWao8PFMj8TTnp.vbb32Xvllea2OtmHAdccRQ";

#[test]
fn a_jwe_by_a_shared_key_reads_the_vector_of_rfc_7520() {
    let key = URL_SAFE_NO_PAD.decode(SHARED).expect("base64url");
    let read =
        String::from_utf8(jwe::decrypt(&key, DIRECT).expect("it is the vector")).expect("text");
    assert!(
        read.starts_with("You can trust us to stick with you through thick and thin\u{2013}to the")
    );
    assert!(read.ends_with("We are your friends, Frodo."));
    assert_eq!(jwe::decrypt(&[0; 16], DIRECT), Err(FormatError::Refused));
    assert_eq!(jwe::decrypt(&[0; 32], DIRECT), Err(FormatError::Refused));
}

/// RFC 7518, appendix C: the header that Alice sends, and Bob's private key.
fn alice_to_bob() -> (BTreeMap<String, Value>, Recipient) {
    let header = json!({
        "alg": "ECDH-ES", "enc": "A128GCM", "apu": "QWxpY2U", "apv": "Qm9i",
        "epk": {
            "kty": "EC", "crv": "P-256",
            "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
            "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
        },
    });
    let header = serde_json::from_value(header).expect("an object");
    let key = URL_SAFE_NO_PAD.decode("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw");
    let bob = Recipient::from_private_key(&key.expect("base64url")).expect("a private key");
    (header, bob)
}

#[test]
fn two_sides_agree_on_the_key_of_rfc_7518() {
    let (mut header, bob) = alice_to_bob();
    let agreed = |header: &_| bob.agree_on(header, Encryption::A128Gcm);
    let key = agreed(&header).expect("a point on the curve");
    assert_eq!(URL_SAFE_NO_PAD.encode(key), "VqqN6vgjbSBcIijNcacQGg");
    for (member, wrong) in [
        ("x", json!("gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV1")),
        ("x", json!("AAAA")),
        ("x", json!(7)),
        ("crv", json!("P-384")),
        ("kty", json!("OKP")),
    ] {
        let mut changed = header.clone();
        changed.get_mut("epk").expect("a key")[member] = wrong;
        assert_eq!(agreed(&changed), Err(FormatError::Refused), "{member}");
    }
    header.insert("apu".into(), json!("no base64!"));
    assert_eq!(agreed(&header), Err(FormatError::Refused));
}

#[test]
fn each_form_reads_its_own_tokens_alone() {
    let (ours, theirs) = (Keys::generate().expect("keys"), Keys::generate().expect("keys"));
    for format in Format::ALL {
        let token = ours.make(format, &claims()).expect("a token");
        for reader in Format::ALL {
            let read = ours.read(reader, &token);
            let expected = if reader == format { Ok(claims()) } else { Err(FormatError::Refused) };
            assert_eq!(read, expected, "{} by {}", format.name(), reader.name());
        }
        assert_eq!(theirs.read(format, &token), Err(FormatError::Refused), "{}", format.name());
    }
}

#[test]
fn no_changed_token_is_accepted() {
    let keys = Keys::generate().expect("keys");
    for format in Format::ALL {
        let token = keys.make(format, &claims()).expect("a token");
        let refused = |changed: &str| {
            assert_eq!(keys.read(format, changed), Err(FormatError::Refused), "{changed}");
        };
        for at in 0..token.len() {
            for other in ["A", "B", ".", "=", ""] {
                let mut changed = token.clone();
                changed.replace_range(at..=at, other);
                if changed != token {
                    refused(&changed);
                }
            }
        }
        for changed in [
            String::new(),
            ".".repeat(4),
            format!("{token}.e30"),
            format!("{token} "),
            format!("Bearer {token}"),
            token.repeat(2),
            "a".repeat(1 << 20),
        ] {
            refused(&changed);
        }
    }
}

#[test]
fn a_header_that_would_change_how_a_jwe_is_read_is_refused() {
    let key = [7; 32];
    let good = jwe::encrypt(&key, b"{}").expect("a token");
    let (_, rest) = good.split_once('.').expect("a header");
    let with = |header: &str| format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
    for header in [
        r#"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#,
        r#"{"alg":"dir","enc":"A256GCM","crit":["exp"]}"#,
        r#"{"alg":"dir","enc":"A256GCM","epk":{}}"#,
        r#"{"alg":"none","enc":"A256GCM"}"#,
        r#"{"alg":"dir","enc":"none"}"#,
        r#"{"alg":"dir","alg":"dir","enc":"A256GCM"}"#,
        r#"{"alg":"dir"}"#,
        r#"["dir","A256GCM"]"#,
        "",
    ] {
        assert_eq!(jwe::decrypt(&key, &with(header)), Err(FormatError::Refused), "{header}");
    }
    assert_eq!(jwe::decrypt(&key, &good).as_deref(), Ok(&b"{}"[..]));
    // The same header, written otherwise: the tag covers its very letters.
    let spaced = with(r#"{"alg": "dir","enc":"A256GCM"}"#);
    assert_eq!(jwe::decrypt(&key, &spaced), Err(FormatError::Refused));
}

#[test]
fn a_signed_token_shows_its_claims_an_encrypted_one_none() {
    let keys = Keys::generate().expect("keys");
    for format in Format::ALL {
        let token = keys.make(format, &claims()).expect("a token");
        let shows = token
            .split('.')
            .filter_map(|part| URL_SAFE_NO_PAD.decode(part).ok())
            .any(|part| String::from_utf8_lossy(&part).contains("house.example"));
        assert_eq!(shows, format.is_read_by() == Holder::OfToken, "{}", format.name());
    }
}

#[test]
fn every_form_is_measured_with_the_very_claims() {
    let keys = Keys::generate().expect("keys");
    let measured = measure(&keys, &claims()).expect("figures");
    assert_eq!(measured.iter().map(|each| each.format).collect::<Vec<_>>(), Format::ALL);
    for each in &measured {
        assert_eq!(keys.read(each.format, &each.token), Ok(claims()));
        assert!(!each.make.is_zero() && !each.check.is_zero(), "{}", each.format.name());
    }
}

#[tokio::test]
async fn the_figures_of_the_page_are_of_a_token_of_a_world() {
    let measured = measure_all().await.expect("figures");
    let signed = measured.iter().find(|each| each.format == Format::JwtEdDsa).expect("it is one");
    let claims = signed.token.split('.').nth(1).expect("claims");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    let claims: Claims = serde_json::from_slice(&claims).expect("an object");
    for name in ["iss", "aud", "sub", "sid", "iat", "exp", "jti", "gen", "role"] {
        assert!(claims.contains_key(name), "{name}");
    }
}
