//! Service A and service B, each a process with a database and a host name of its own, and a browser between them.

mod refusals;

use serde_json::Value;

use crate::support::{
    house::{House, Plan},
    raw::Reply,
    visitor::{Site, Visitor},
};

const A: &str = "http://a.localhost:1";
const B: &str = "http://b.localhost:1";
const C: &str = "http://c.localhost:1";
const STATE: &str = "__Host-Http-coatroom-state-";
const FORMS: [&str; 3] = ["jwt", "paseto", "hs256"];

/// Both services, open.
struct Both {
    a_plan: Plan,
    b_plan: Plan,
    a: Site,
    b: Site,
    /// The processes, which end with it.
    houses: [House; 2],
}

/// A plan of service A, whose users may continue to B and to C by that form.
fn plan_of_a(form: &str) -> Plan {
    let receivers = format!("b={B}/arrive#{form},c={C}/arrive#{form}");
    Plan::new().with("COATROOM_ORIGIN", A).with("COATROOM_HANDOFF", &receivers)
}

impl Both {
    async fn open(form: &str) -> Self {
        Self::open_with(form, plan_of_a(form)).await
    }

    async fn open_with(form: &str, a_plan: Plan) -> Self {
        let a_house = a_plan.open().await;
        let keys = match form {
            "paseto" => "handshake-paserks.json",
            _ => "handshake-jwks.json",
        };
        let mut b_plan = Plan::new()
            .with("COATROOM_ORIGIN", B)
            .with("COATROOM_SECRET", "another secret, which A does not know 987654")
            .with("COATROOM_HANDSHAKE_ISSUER", A)
            .with("COATROOM_HANDSHAKE_FORM", form);
        if form == "hs256" {
            let printed = a_plan.run(&["keys", "handshake-secret", "b"]).await;
            let secret = String::from_utf8(printed.stdout).expect("text");
            b_plan = b_plan.with("COATROOM_HANDSHAKE_SECRETS", secret.trim());
        } else {
            let keys = format!("{}/.well-known/{keys}", a_house.address());
            b_plan = b_plan.with("COATROOM_HANDSHAKE_KEYS", &keys);
        }
        let b_house = b_plan.open_as(&["service-b"]).await;
        let (a, b) = (a_house.socket(), b_house.socket());
        Self {
            a_plan,
            b_plan,
            a: Site { origin: A, at: a },
            b: Site { origin: B, at: b },
            houses: [a_house, b_house],
        }
    }

    /// A browser of a new account at A.
    async fn member(&self, name: &str) -> Visitor {
        let mut visitor = Visitor::default();
        let form = format!("email={name}%40example.com&password=a+quiet+harbour+at+dawn");
        let answer = visitor.post(&self.a, "/api/sign_up", &form).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        visitor
    }

    /// Begins an attempt at B, and returns the path at A that it leads to.
    async fn wish(&self, visitor: &mut Visitor) -> String {
        let answer = visitor.post(&self.b, "/continue", "").await;
        self.a.path(location(&answer)).to_owned()
    }

    /// Goes from B to A, lets A tell B, and returns the path at B at which the token is to arrive.
    async fn token(&self, visitor: &mut Visitor) -> String {
        let wish = self.wish(visitor).await;
        let page = visitor.open(&self.a, &wish).await;
        assert_eq!(page.status, 200, "{page:?}");
        let answer = visitor.post(&self.a, "/handoff", query(&wish)).await;
        self.b.path(location(&answer)).to_owned()
    }

    /// Returns B's name for its user of that browser; `None` for a client that is signed out.
    async fn known_at_b(&self, visitor: &mut Visitor) -> Option<String> {
        let answer = visitor.open(&self.b, "/api/whoami").await;
        assert!([200, 401].contains(&answer.status), "{answer:?}");
        let said: Value = serde_json::from_str(&answer.body).expect("JSON");
        said["sub"].as_str().map(str::to_owned)
    }
}

#[track_caller]
fn location(answer: &Reply) -> &str {
    assert_eq!(answer.status, 303, "{answer:?}");
    answer.header("location").expect("a location")
}

fn query(path: &str) -> &str {
    path.split_once('?').expect("a query").1
}

/// Asserts that no session began, for that reason.
#[track_caller]
fn is_refused(answer: &Reply, reason: &str) {
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.body.contains(reason), "{answer:?}");
    assert!(answer.header("set-cookie").is_none(), "{answer:?}");
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_a_arrives_at_b_once_by_each_form() {
    for form in FORMS {
        let both = Both::open(form).await;
        let mut ada = both.member("ada").await;
        let at_a: Value =
            serde_json::from_str(&ada.open(&both.a, "/api/whoami").await.body).expect("JSON");
        let arrival = both.token(&mut ada).await;
        assert_eq!(ada.cookies(&both.b, STATE).len(), 1);
        assert_eq!(both.known_at_b(&mut ada).await, None, "{form}");

        let before = ada.clone();
        let answer = ada.open(&both.b, &arrival).await;
        assert_eq!(location(&answer), "/", "{form}: no address has the token from here on");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(ada.cookies(&both.b, STATE).is_empty(), "the state is used up");
        let name = format!("a:{}", at_a["sub"].as_str().expect("a subject"));
        assert_eq!(both.known_at_b(&mut ada).await, Some(name.clone()), "{form}");
        let front = ada.open(&both.b, "/").await;
        assert!(front.body.contains(&name) && front.body.contains("fed"), "{front:?}");

        // The same token again, with the jar of then.
        is_refused(&before.clone().open(&both.b, &arrival).await, "used before");
        assert_eq!(both.known_at_b(&mut ada).await, Some(name.clone()));

        // The session is B's own: it outlives that of A, and ends here.
        ada.post(&both.a, "/api/sign_out", "").await;
        assert_eq!(both.known_at_b(&mut ada).await, Some(name));
        assert_eq!(location(&ada.post(&both.b, "/sign-out", "").await), "/");
        assert_eq!(both.known_at_b(&mut ada).await, None);
        assert!(!both.a_plan.said().contains("token=") && !both.b_plan.said().contains("token="));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_out_user_signs_in_on_the_way() {
    let both = Both::open("jwt").await;
    both.member("ada").await;
    let mut ada = Visitor::default();
    let wish = both.wish(&mut ada).await;
    let page = ada.open(&both.a, &wish).await;
    assert!(page.status == 200 && page.body.contains("type=\"password\""), "{page:?}");
    // Without a session nothing is issued.
    let answer = ada.post(&both.a, "/handoff", query(&wish)).await;
    assert_eq!(location(&answer), wish);
    let wrong = format!("{}&email=ada%40example.com&password=not+this+one+at+all", query(&wish));
    let answer = ada.post(&both.a, "/handoff/sign-in", &wrong).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert!(answer.body.contains("role=\"alert\"") && answer.body.contains("ada@example.com"));
    assert!(!answer.body.contains("not this one"), "{answer:?}");
    let right =
        format!("{}&email=ada%40example.com&password=a+quiet+harbour+at+dawn", query(&wish));
    let answer = ada.post(&both.a, "/handoff/sign-in", &right).await;
    assert_eq!(location(&answer), wish);
    let page = ada.open(&both.a, &wish).await;
    for shown in ["ada@example.com", B, "Continue to b?"] {
        assert!(page.body.contains(shown), "{shown}: {page:?}");
    }
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains(&format!("form-action 'self' {B};")), "{policy}");
    let answer = ada.post(&both.a, "/handoff", query(&wish)).await;
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    let arrival = both.b.path(location(&answer)).to_owned();
    assert_eq!(location(&ada.open(&both.b, &arrival).await), "/");
    assert!(both.known_at_b(&mut ada).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_of_one_browser_arrive_both() {
    let both = Both::open("jwt").await;
    let mut ada = both.member("ada").await;
    let (one, other) = (both.token(&mut ada).await, both.token(&mut ada).await);
    assert_eq!(ada.cookies(&both.b, STATE).len(), 2);
    for arrival in [one, other] {
        assert_eq!(location(&ada.open(&both.b, &arrival).await), "/");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_arrivals_at_once_one_begins_a_session() {
    let both = Both::open("jwt").await;
    let mut ada = both.member("ada").await;
    let arrival = both.token(&mut ada).await;
    let tries = (0..20).map(|_| {
        let (mut ada, b, arrival) = (ada.clone(), both.b.clone(), arrival.clone());
        tokio::spawn(async move { ada.open(&b, &arrival).await })
    });
    let mut statuses = Vec::new();
    for tried in tries.collect::<Vec<_>>() {
        statuses.push(tried.await.expect("no panic").status);
    }
    let count = |status| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(303), count(403)), (1, 19), "{statuses:?}");
}
