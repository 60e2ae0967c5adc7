//! The tokens that B refuses, the requests that A refuses, and databases that do not answer.

use std::time::Duration;

use sqlx::{ConnectOptions as _, Executor as _, sqlite::SqliteConnectOptions};

use super::*;

const NOT_FOR_THIS: &str = "not issued for this service";
const NOT_ASKED: &str = "has not asked for it";

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_token_signs_no_victim_in() {
    let both = Both::open("jwt").await;
    let mut eve = both.member("eve").await;
    let (one, other) = (both.token(&mut eve).await, both.token(&mut eve).await);
    // A victim without an attempt, and one with an attempt of their own.
    let mut victim = Visitor::default();
    is_refused(&victim.open(&both.b, &one).await, NOT_ASKED);
    both.wish(&mut victim).await;
    is_refused(&victim.open(&both.b, &other).await, NOT_ASKED);
    assert_eq!(both.known_at_b(&mut victim).await, None);
    // A planted token is used up.
    is_refused(&eve.open(&both.b, &one).await, "used before");
}

/// An attacker leads a victim, who is signed in at A, into completing the attacker's own attempt.
#[tokio::test(flavor = "multi_thread")]
async fn a_completed_attempt_of_another_browser_is_of_no_use_to_it() {
    let both = Both::open("jwt").await;
    let mut eve = Visitor::default();
    let wish = both.wish(&mut eve).await;
    let mut ada = both.member("ada").await;
    let answer = ada.post(&both.a, "/handoff", query(&wish)).await;
    let arrival = both.b.path(location(&answer)).to_owned();
    is_refused(&ada.open(&both.b, &arrival).await, NOT_ASKED);
    // The attacker has the state that belongs to it, and comes second.
    is_refused(&eve.open(&both.b, &arrival).await, "used before");
    assert_eq!(both.known_at_b(&mut eve).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_another_audience_or_of_another_type_is_refused() {
    for form in FORMS {
        let both = Both::open(form).await;
        let mut ada = both.member("ada").await;
        let wish = both.wish(&mut ada).await;
        let to_c = query(&wish).replace("to=b", "to=c");
        let answer = ada.post(&both.a, "/handoff", &to_c).await;
        let arrival = location(&answer).strip_prefix(C).expect("at C").to_owned();
        is_refused(&ada.open(&both.b, &arrival).await, NOT_FOR_THIS);

        let access = ada.cookies(&both.a, "__Host-Http-coatroom-access-")[0].1.to_owned();
        for other in [&*access, "", "a.b.c", "v4.public.AAAA", &"x".repeat(3000)] {
            is_refused(&ada.open(&both.b, &format!("/arrive?token={other}")).await, NOT_FOR_THIS);
        }
        let twice = format!("{arrival}&token={access}");
        is_refused(&ada.open(&both.b, &twice).await, NOT_FOR_THIS);
        assert_eq!(both.known_at_b(&mut ada).await, None, "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_foreign_key_is_refused() {
    for form in ["jwt", "paseto"] {
        let both = Both::open(form).await;
        let foreign =
            plan_of_a(form).with("COATROOM_SECRET", "a secret of an impostor of A 0123456789");
        let house = foreign.open().await;
        let impostor = Site { origin: A, at: house.socket() };
        let mut ada = Visitor::default();
        let account = "email=ada%40example.com&password=a+quiet+harbour+at+dawn";
        ada.post(&impostor, "/api/sign_up", account).await;
        let wish = both.wish(&mut ada).await;
        let answer = ada.post(&impostor, "/handoff", query(&wish)).await;
        let arrival = both.b.path(location(&answer)).to_owned();
        is_refused(&ada.open(&both.b, &arrival).await, NOT_FOR_THIS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_comes_too_late_is_refused() {
    let plan = plan_of_a("jwt").with("COATROOM_HANDOFF_TTL", "1s");
    let both = Both::open_with("jwt", plan).await;
    let mut ada = both.member("ada").await;
    let arrival = both.token(&mut ada).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    is_refused(&ada.open(&both.b, &arrival).await, "came too late");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_cannot_choose_where_a_token_goes() {
    let both = Both::open("jwt").await;
    let mut ada = both.member("ada").await;
    let wish = both.wish(&mut ada).await;
    let good = query(&wish).to_owned();
    let nonce = good.split_once("nonce=").expect("a nonce").1;
    for bad in [
        String::new(),
        format!("to=evil&nonce={nonce}"),
        format!("to=http%3A%2F%2Fevil.example&nonce={nonce}"),
        format!("to=b&to=c&nonce={nonce}"),
        format!("to=b&nonce={nonce}&nonce={nonce}"),
        "to=b".to_owned(),
        "to=b&nonce=x".to_owned(),
    ] {
        let asked = ada.open(&both.a, &format!("/handoff?{bad}")).await;
        let posted = ada.post(&both.a, "/handoff", &bad).await;
        for answer in [asked, posted] {
            assert_eq!(answer.status, 400, "{bad}: {answer:?}");
            assert!(answer.header("location").is_none() && !answer.body.contains("evil"));
        }
    }
    // Another site's form, also B's own: B is to say who it wants, and never that A's user agrees.
    for from in [
        "sec-fetch-site: cross-site\r\norigin: http://b.localhost:1\r\n",
        "origin: http://b.localhost:1\r\n",
        "",
    ] {
        for (site, path) in [(&both.a, "/handoff"), (&both.b, "/continue"), (&both.b, "/sign-out")]
        {
            let from =
                if site.origin == B { from.replace("//b.", "//a.") } else { from.to_owned() };
            let answer = ada.post_from(site, path, &from, &good).await;
            assert_eq!(answer.status, 403, "{path} {from}: {answer:?}");
        }
    }
    // Fetched ahead, a token would be used up for a page that is never shown.
    let arrival = both.token(&mut ada).await;
    let cookies: Vec<_> =
        ada.cookies(&both.b, STATE).into_iter().map(|(n, v)| format!("{n}={v}")).collect();
    let lines = format!(
        "host: b.localhost:1\r\ncookie: {}\r\nsec-purpose: prefetch\r\n",
        cookies.join("; ")
    );
    let ahead = crate::support::raw::Raw::get(both.b.at, &format!("GET {arrival}"), &lines).await;
    assert!(ahead.status == 403 && ahead.header("set-cookie").is_none(), "{ahead:?}");
    assert_eq!(location(&ada.open(&both.b, &arrival).await), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_b_that_is_down_uses_no_token_up() {
    let both = Both::open("jwt").await;
    let mut ada = both.member("ada").await;
    let arrival = both.token(&mut ada).await;
    let options = SqliteConnectOptions::new().filename(both.b_plan.file());
    let mut other = options.connect().await.expect("opens");
    other.execute("begin immediate").await.expect("locked");
    let answer = ada.open(&both.b, &arrival).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").is_some() && answer.header("set-cookie").is_none());
    other.execute("rollback").await.expect("released");
    let before = ada.clone();
    assert_eq!(location(&ada.open(&both.b, &arrival).await), "/");
    is_refused(&before.clone().open(&both.b, &arrival).await, "used before");
}

/// To issue a token writes nothing, so a database that takes no writes keeps no signed-in user from going on.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_that_is_down_signs_in_no_one_on_the_way() {
    let mut both = Both::open("jwt").await;
    let mut ada = both.member("ada").await;
    let options = SqliteConnectOptions::new().filename(both.a_plan.file());
    let mut other = options.connect().await.expect("opens");
    other.execute("begin immediate").await.expect("locked");
    let mut guest = Visitor::default();
    let wish = both.wish(&mut guest).await;
    let account = "email=ada%40example.com&password=a+quiet+harbour+at+dawn";
    let form = format!("{}&{account}", query(&wish));
    let answer = guest.post(&both.a, "/handoff/sign-in", &form).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").is_some() && answer.header("set-cookie").is_none());
    let (arrival, other_arrival) = (both.token(&mut ada).await, both.token(&mut ada).await);
    // B asks A for nothing but its keys, and without them calls no token invalid.
    both.houses[0].kill().await;
    for arrival in [arrival, other_arrival] {
        let answer = ada.open(&both.b, &arrival).await;
        assert_eq!(answer.status, 503, "{answer:?}");
    }
    assert_eq!(both.known_at_b(&mut ada).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_routes_of_a_handshake_answer_their_own_methods_alone() {
    let both = Both::open("jwt").await;
    let (page, form, both_of_them) =
        (&["GET", "HEAD"][..], &["POST"][..], &["GET", "HEAD", "POST"][..]);
    let mut visitor = Visitor::default();
    for (site, path, own) in [
        (&both.a, "/handoff", both_of_them),
        (&both.a, "/handoff/sign-in", form),
        (&both.a, "/.well-known/handshake-jwks.json", page),
        (&both.a, "/.well-known/handshake-paserks.json", page),
        (&both.b, "/", page),
        (&both.b, "/arrive", page),
        (&both.b, "/continue", form),
        (&both.b, "/sign-out", form),
    ] {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
            let what = format!("{method} {path}");
            let answer = Visitor::default().ask(site, &what, "", "").await;
            assert_eq!(own.contains(&method), answer.status != 405, "{method} {path}: {answer:?}");
            assert_ne!(answer.status, 500, "{method} {path}: {answer:?}");
        }
    }
    let keys = visitor.open(&both.a, "/.well-known/handshake-jwks.json").await;
    let cached = keys.header("cache-control").expect("a policy");
    assert!(cached.starts_with("public") && keys.body.contains("Ed25519"), "{keys:?}");
    assert_ne!(keys.body, visitor.open(&both.a, "/.well-known/jwks.json").await.body);
    // Without receivers there is no such thing.
    let plain = Plan::new().with("COATROOM_ORIGIN", A);
    let house = plain.open().await;
    let alone = Site { origin: A, at: house.socket() };
    for path in ["/handoff", "/.well-known/handshake-jwks.json"] {
        assert_eq!(visitor.open(&alone, path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_service_b_that_is_told_too_little_does_not_start() {
    for (name, value, reason) in [
        ("COATROOM_HANDSHAKE_ISSUER", "", "COATROOM_HANDSHAKE_ISSUER"),
        ("COATROOM_HANDSHAKE_ISSUER", "http://a.example", "must be https"),
        ("COATROOM_HANDSHAKE_ISSUER", B, "another origin"),
        ("COATROOM_HANDSHAKE_KEYS", "http://a.example/keys", "must be https"),
        ("COATROOM_HANDSHAKE_FORM", "hs256", "COATROOM_HANDSHAKE_SECRETS"),
        ("COATROOM_HANDSHAKE_FORM", "none", "COATROOM_HANDSHAKE_FORM"),
        ("COATROOM_HANDSHAKE_NAME", "B", "lower-case"),
        ("COATROOM_HANDOFF_TTL", "61s", "COATROOM_HANDOFF_TTL"),
        ("COATROOM_HANDOFF", "b=http://evil.example/", "must be https"),
    ] {
        let plan = Plan::new()
            .with("COATROOM_ORIGIN", B)
            .with("COATROOM_HANDSHAKE_ISSUER", A)
            .with(name, value);
        let output = plan.run(&["service-b"]).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{name}={value}: {said}");
        assert!(said.contains(reason) && said.lines().count() == 1, "{name}={value}: {said}");
    }
}
