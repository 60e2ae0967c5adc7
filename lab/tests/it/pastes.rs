//! Texts that visitors paste: tokens with something around them, other tokens, and no tokens at all.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coatroom_lab::xray::{Check, Content, MAX_XRAY_LEN, Note, PartKind, XRay};

use super::{after, marked, xrayed};
use crate::support::{World, refresh_token};

fn kinds(ray: &XRay) -> Vec<PartKind> {
    ray.parts.iter().map(|part| part.kind).collect()
}

async fn refused(text: &str) -> (Check, String, XRay) {
    let world = World::in_memory().await;
    let ray = xrayed(&world, text).await;
    let (check, why) = ray.refused().map(|(check, why)| (check, why.to_owned())).expect("refused");
    assert_eq!(marked(&ray), (vec![check], after(check)), "{why}");
    (check, why, ray)
}

#[tokio::test]
async fn space_and_a_bearer_prefix_are_taken_off_a_pasted_token() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    let token = held.access.reveal();
    for (text, notes) in [
        (format!("\u{a0}\r\n {token}\t\n"), &[][..]),
        (format!("Bearer {token}"), &[Note::Bearer]),
        (format!(" bEARER \n {token} "), &[Note::Bearer]),
    ] {
        let ray = xrayed(&world, &text).await;
        assert_eq!((ray.refused(), ray.notes.as_slice()), (None, notes), "{text}");
        assert_eq!((ray.length, ray.parts[0].text.len()), (token.len(), token.find('.').unwrap()));
    }
    for (text, check) in [
        (format!("Bearer{token}"), Check::Header),
        (format!("Basic {token}"), Check::Form),
        (format!("{token} {token}"), Check::Form),
    ] {
        let ray = xrayed(&world, &text).await;
        assert_eq!((marked(&ray).0, ray.notes), (vec![check], vec![]), "{text}");
    }
}

#[tokio::test]
async fn a_text_without_the_form_of_a_token_is_refused_by_its_form() {
    let five = "e30.e30.e30.e30.e30";
    for (text, why) in [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("Bearer", "it has no dots, where a token has two"),
        ("Bearer ", "it has no dots, where a token has two"),
        ("hello", "it has no dots, where a token has two"),
        ("e30.e30", "it has one dot, where a token has two"),
        ("..", "the header: empty"),
        ("e30..AA", "the claims: empty"),
        ("e30.e30.", "the signature: empty"),
        ("e30.e30.A A", "the signature: not base64url"),
        ("e30=.e30.AA", "the header: padded with `=`"),
        ("e30.e30.+w", "the signature: with `+` or `/`, of the other alphabet"),
        ("e30.🧥.AA", "the claims: not base64url"),
        (five, "it has five parts: the form of an encrypted token, which is not taken"),
        ("e30.e30.e30.e30", "it has more than two dots"),
        ("....", "it has more than two dots"),
        ("e30.e30.e30.e30.e30.e30.e30.e30", "it has more than two dots"),
    ] {
        let (check, found, _) = refused(text).await;
        assert_eq!((check, found.as_str()), (Check::Form, why), "{text}");
    }
}

#[tokio::test]
async fn tokens_of_other_kinds_are_told_for_what_they_are() {
    let paseto = "v4.public.eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIiwiZXhwIjoiMjAyMi0wMS0wMVQwMDowMDowMCswMDowMCJ9\
        bg_XBBzds8lTZShVlwwKSgeKpLT3yukTw6JUz3W4h_ExsQV-P0V54zemZDcAxFaSeef1QlXEFtkqxT1ciiQEDA";
    for (text, check, why) in [
        ("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AA.AA.AA", Check::Form, "it is a JWE: "),
        (paseto, Check::Header, "it is a PASETO, v4.public: signed and readable"),
        ("v2.local.AAAA.AAAA", Check::Form, "it is a PASETO, v2.local: what it says is encrypted"),
        ("2YotnFZFEjr1zCsicMWpAA", Check::Form, "it has no dots and says nothing by itself"),
        ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", Check::Form, "it has no dots and says nothing"),
    ] {
        let (refusing, found, _) = refused(text).await;
        assert_eq!((refusing, found.starts_with(why)), (check, true), "{text}: {found}");
    }
    let ray = refused(paseto).await.2;
    assert_eq!(kinds(&ray), [PartKind::Version, PartKind::Purpose, PartKind::Payload]);
    let Content::Json { text, .. } = &ray.parts[2].content else { panic!("{ray:?}") };
    assert!(text.contains("this is a signed message"), "{text}");

    // The signature's length is the version's.
    for (version, signature) in [("v1", 256), ("v2", 64), ("v3", 96)] {
        let bytes = [br#"{"data":"as long as it is"}"#, &vec![0xff; signature][..]].concat();
        let token = format!("{version}.public.{}", URL_SAFE_NO_PAD.encode(bytes));
        let ray = refused(&token).await.2;
        let Content::Json { text, .. } = &ray.parts[2].content else {
            panic!("{version}: {ray:?}")
        };
        assert!(text.contains("as long as it is"), "{version}: {text}");
    }
}

#[tokio::test]
async fn of_a_refresh_token_the_session_and_the_generation_are_read() {
    let token =
        "rt1.AAECAwQFBgcICQoLDA0ODw.AAAAAAAAAAc.c2F5cyBub3RoaW5nIHRvIGFueWJvZHkgYnV0IG9uZSE";
    let ray = refused(token).await.2;
    let read: Vec<_> =
        ray.parts.iter().map(|part| (part.kind.name(), part.content.clone())).collect();
    let text = |text: &str| Content::Text(text.into());
    assert_eq!(
        read,
        [
            ("prefix", text("rt1")),
            ("session", text("AAECAwQFBgcICQoLDA0ODw")),
            ("generation", text("7")),
            ("derivation", Content::Bytes(32)),
        ]
    );
    // Of one that is none, so much as there is.
    let ray = refused("rt1.not base64.AAAA.").await.2;
    assert_eq!(ray.parts[1].content, Content::Unreadable("not base64url".into()));
    assert_eq!(ray.parts[2].content, Content::Bytes(3));
    assert_eq!(ray.parts[3].content, Content::Bytes(0));
}

#[tokio::test]
async fn of_an_encrypted_paseto_the_footer_alone_is_read() {
    let token = "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WiA8rd3wgFSNb_UdJPXjpzm0K\
                 W9ojM5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t6tybdlmnMwcDMw0YxA_gFSE_IUWl78aMtOepFYSWYfQA.YXJiaXRyYXJ5LX\
                 N0cmluZy10aGF0LWlzbid0LWpzb24";
    let ray = refused(token).await.2;
    assert!(matches!(ray.parts[2].content, Content::Bytes(_)), "{:?}", ray.parts[2].content);
    assert_eq!(ray.parts[3].content, Content::Text("arbitrary-string-that-isn't-json".into()));
}

#[tokio::test]
async fn the_parts_are_named_and_read_as_kindly_as_can_be() {
    use PartKind::{
        AuthenticationTag, Ciphertext, Claims, EncryptedKey, Header, InitializationVector,
        Signature, Surplus,
    };
    let ray = refused("e30.AAAA.AA.AAAAAAAA.AAAA").await.2;
    let encrypted = [Header, EncryptedKey, InitializationVector, Ciphertext, AuthenticationTag];
    assert_eq!(kinds(&ray), encrypted);
    assert_eq!(ray.parts[3].content, Content::Bytes(6));
    let ray = refused("a.b.c.d.e.f.g.h").await.2;
    assert_eq!(kinds(&ray), [Header, Claims, Signature, Surplus, Surplus, Surplus]);
    assert_eq!(ray.parts[5].text, "f.g.h");
    assert_eq!(kinds(&refused("").await.2), []);

    // {"a":"ü","a":[1,{"b":null}]}, padded and in the other alphabet; with bits of nothing; no text; no JSON.
    let ray = refused("eyJhIjoiw7wiLCJhIjpbMSx7ImIiOm51bGx9XX0=.e31._w.").await.2;
    let Content::Json { text, members } = &ray.parts[0].content else { panic!("{ray:?}") };
    assert_eq!(
        text, "{\n  \"a\": \"ü\",\n  \"a\": [\n    1,\n    {\"b\": null}\n  ]\n}",
        "as it was written, both of them"
    );
    let members: Vec<_> = members.iter().map(|member| (&*member.name, &*member.value)).collect();
    assert_eq!(members, [("a", "ü"), ("a", r#"[1,{"b":null}]"#)]);
    assert_eq!(ray.parts[0].flaw, Some("padded with `=`"));
    let Content::Json { text, members } = &ray.parts[1].content else { panic!("{ray:?}") };
    assert_eq!((text.as_str(), members.len()), ("{}", 0));
    assert_eq!(ray.parts[1].flaw, Some("with bits of nothing in its last character"));
    let ray = refused("_w.W10.").await.2;
    assert_eq!(ray.parts[0].content, Content::Unreadable("not text".into()));
    assert_eq!(ray.parts[1].content, Content::Unreadable("not a JSON object".into()));
    assert_eq!(ray.parts[2].content, Content::Bytes(0));
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    let ray = xrayed(&world, &refresh_token(&held).reveal()).await;
    let (check, why) = ray.refused().expect("refused");
    assert_eq!((check, why.starts_with("it is a refresh token")), (Check::Form, true), "{why}");
    assert_eq!(world.session(&held).await, held.session, "and nothing came of it");
}

#[tokio::test]
async fn a_megabyte_is_looked_at_in_its_beginning_only() {
    let (dots, letters) = (".".repeat(1_000_000), "a".repeat(1_000_000));
    // Two bytes each: the cut falls between two of them.
    let unicode = format!("x{}", "é".repeat(500_000));
    let deep = format!("{}.e30.AA", "W1tb".repeat(4_000));
    for text in [dots, letters, unicode, deep] {
        let (check, why, ray) = refused(&text).await;
        assert_eq!((check, &*why), (Check::Length, "it has more than 4096 bytes"));
        assert_eq!(ray.length, text.len());
        assert_eq!(ray.notes.contains(&Note::Cut), text.len() > MAX_XRAY_LEN);
        let shown: usize = ray.parts.iter().map(|part| part.text.len() + 1).sum();
        assert!(shown <= MAX_XRAY_LEN + 1, "{shown}");
        assert!(ray.parts.len() <= 6);
    }
}
