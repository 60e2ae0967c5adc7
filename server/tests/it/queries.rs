//! The statements that a request makes, counted in what the program itself logs of them.

use sqlx::{Connection as _, Executor as _, SqliteConnection};

use crate::support::{
    browser::Browser,
    cluster::Database,
    house::{House, Plan},
    raw::Raw,
    until,
};

const REQUESTS: usize = 50;

/// Returns the statements that the plan's houses have made so far, after the first `known`.
fn statements(plan: &Plan, known: usize) -> Vec<String> {
    let said = plan.said();
    let statements = said.lines().filter(|line| line.contains("sqlx::query"));
    statements.skip(known).map(str::to_owned).collect()
}

/// The same without those of a connection that is opened meanwhile: they are no request's.
fn asked(plan: &Plan, known: usize) -> Vec<String> {
    let asked = statements(plan, 0).into_iter().filter(|line| !line.contains("PRAGMA"));
    asked.skip(known).collect()
}

/// Signs out, which reads the session's row and ends it. Returns what was asked after the first `known`, up to that end.
async fn asked_until_signed_out(plan: &Plan, known: usize, browser: &mut Browser) -> Vec<String> {
    browser.sign_out().await.expect("an answer").is_ok();
    until("the sign-out", async || {
        let made = asked(plan, known);
        let end = made.iter().position(|line| line.contains("set revoked_at"))?;
        Some(made[..end].to_vec())
    })
    .await
}

/// Adds a log of its statements to a plan.
fn counted(plan: Plan) -> Plan {
    plan.with("RUST_LOG", "warn,sqlx::query=debug")
        // The poll for changes belongs to no request.
        .with("COATROOM_FEED_POLL", "5m")
        .with("COATROOM_FEED_BOUND", "15m")
}

/// Opens a house, and waits for the end of what it prunes at its start: that belongs to no request either.
async fn opened(plan: &Plan) -> House {
    let house = plan.open().await;
    until("the last statement of pruning", async || {
        let last = |line: &String| line.contains("delete from coatroom_used");
        statements(plan, 0).iter().any(last).then_some(())
    })
    .await;
    house
}

async fn asks_nothing(plan: Plan) {
    let plan = counted(plan);
    let house = opened(&plan).await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    is_asked_nothing(&plan, &mut browser).await;
}

/// Checks that requests of a browser that has just signed up make no statement but one write, until it refreshes.
async fn is_asked_nothing(plan: &Plan, browser: &mut Browser) {
    let known = statements(plan, 0).len();
    assert!(known > 0, "the count can count");
    for _ in 0..REQUESTS {
        browser.whoami().await.expect("an answer").is_ok();
    }
    // The first of them was the proof of delivery: one write, behind the request.
    let made = until("the acknowledgement", async || {
        let made = statements(plan, known);
        (!made.is_empty()).then_some(made)
    })
    .await;
    assert!(made.len() == 1 && made[0].contains("set acknowledged_at"), "{made:#?}");
    for _ in 0..REQUESTS {
        browser.whoami().await.expect("an answer").is_ok();
    }
    assert_eq!(statements(plan, known + 1), [""; 0]);
    browser.refresh().await.expect("an answer").is_ok();
    assert_ne!(statements(plan, known + 1), [""; 0], "a refresh reads the row");
}

/// Checks that each document costs a browser that is signed in these statements, and shows who that is.
async fn pages_ask(plan: Plan, expected: usize) {
    let plan = counted(plan).with("COATROOM_LAB", "on");
    let house = opened(&plan).await;
    let mut browser = Browser::at(house.address());
    browser.join("ada").await;
    let before = statements(&plan, 0).len();
    browser.whoami().await.expect("an answer").is_ok();
    // The proof of delivery is noted behind the request, if the scheme has one.
    let hybrid = expected == 1 && browser.cookies().contains("refresh");
    until("the acknowledgement", async || {
        (!hybrid || statements(&plan, before).len() == 1).then_some(())
    })
    .await;
    let mut known = asked(&plan, 0).len();
    for page in ["/", "/learn", "/lab", "/x-ray", "/nowhere", "/sign-in", "/sign-up", "/"] {
        let jar = format!("Cookie: {}\r\nAccept: text/html\r\n", browser.cookies());
        let answer = Raw::get(house.socket(), &format!("GET {page}"), &jar).await;
        let made = asked(&plan, known);
        assert_eq!(made.len(), expected, "{page}: {made:#?}");
        known += made.len();
        let status = match page {
            "/nowhere" => 404,
            "/sign-in" | "/sign-up" => 302,
            _ => 200,
        };
        assert_eq!(answer.status, status, "{page}");
        assert!(answer.body.contains("ada@example.com"), "{page}: {}", answer.body);
        let is_whole = answer.body.contains("Here is what holds the door");
        assert_eq!(is_whole, page == "/", "{page}: {}", answer.body);
    }
}

/// Checks that a sign-in makes so many statements.
async fn a_sign_in_makes(plan: Plan, expected: usize) {
    let plan = counted(plan);
    let house = opened(&plan).await;
    let mut other = Browser::at(house.address());
    other.sign_up("ada").await;
    other.whoami().await.expect("an answer").is_ok();
    // The proof of delivery is noted behind the request, and is the last statement before the sign-in.
    let known = until("the acknowledgement", async || {
        let asked = asked(&plan, 0);
        asked.iter().any(|line| line.contains("set acknowledged_at")).then_some(asked.len())
    })
    .await;
    Browser::at(house.address()).sign_in("ada").await;
    // All of the sign-in is logged by then.
    let made = asked_until_signed_out(&plan, known, &mut other).await;
    assert_eq!(made.len(), expected + 1, "{made:#?}");
}

/// Checks that a refresh that brings the first proof reads once and writes once, though both of its tokens prove it.
async fn a_first_proof_is_written_once(plan: Plan) {
    let plan = counted(plan);
    let house = opened(&plan).await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    let known = asked(&plan, 0).len();
    assert_eq!(browser.refresh().await.expect("an answer").row(), 5);
    let made = asked_until_signed_out(&plan, known, &mut browser).await;
    let writes = made.iter().filter(|line| line.contains("set acknowledged_at"));
    assert_eq!((writes.count(), made.len()), (1, 3), "{made:#?}");
}

/// Checks that a refresh that rotates makes so many statements.
async fn a_rotation_makes(plan: Plan, expected: usize) {
    let plan = counted(plan).with("COATROOM_GRACE", "1ms");
    let house = opened(&plan).await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    browser.whoami().await.expect("an answer").is_ok();
    until("the acknowledgement", async || {
        asked(&plan, 0).iter().any(|line| line.contains("set acknowledged_at")).then_some(())
    })
    .await;
    let made = until("a rotation", async || {
        let known = asked(&plan, 0).len();
        let answer = browser.refresh().await.expect("an answer");
        (answer.row() == 6).then(|| asked(&plan, known))
    })
    .await;
    assert_eq!(made.len(), expected, "{made:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_proof_is_written_once_on_sqlite() {
    a_first_proof_is_written_once(Plan::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_proof_is_written_once_on_postgresql() {
    let Some(database) = Database::create().await else { return };
    a_first_proof_is_written_once(Plan::new().with("DATABASE_URL", &database.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_makes_four_statements_on_sqlite() {
    a_rotation_makes(Plan::new(), 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_makes_three_statements_on_postgresql() {
    let Some(database) = Database::create().await else { return };
    a_rotation_makes(Plan::new().with("DATABASE_URL", &database.url()), 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_makes_three_statements_on_sqlite() {
    a_sign_in_makes(Plan::new(), 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_makes_two_statements_on_postgresql() {
    let Some(database) = Database::create().await else { return };
    a_sign_in_makes(Plan::new().with("DATABASE_URL", &database.url()), 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_asks_sqlite_once() {
    pages_ask(Plan::new(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_asks_postgresql_once() {
    let Some(database) = Database::create().await else { return };
    pages_ask(Plan::new().with("DATABASE_URL", &database.url()), 1).await;
}

/// Authentication reads the row, and the page reads what it shows.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_opaque_session_asks_twice() {
    pages_ask(Plan::new().with("COATROOM_SCHEME", "opaque"), 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_token_alone_asks_once() {
    pages_ask(Plan::new().with("COATROOM_SCHEME", "stateless"), 1).await;
}

/// Cookies know no port, so a jar has those of every house behind one host name.
#[tokio::test(flavor = "multi_thread")]
async fn cookies_of_another_name_cost_no_query_and_are_left_alone() {
    let theirs = Plan::new().with("COATROOM_COOKIE_NAME", "cafe2");
    let cafe = theirs.open().await;
    let mut browser = Browser::at(cafe.address());
    browser.sign_up("ada").await;
    browser.whoami().await.expect("an answer").is_ok();
    let kept = browser.cookie("__Host-Http-cafe2-refresh-").to_owned();

    let plan = counted(Plan::new());
    let house = opened(&plan).await;
    browser.go(house.address());
    let form = "email=ada%40example.com&password=a+quiet+harbour+at+dawn";
    browser.post("/api/sign_up", form).await.expect("an answer").is_ok();
    is_asked_nothing(&plan, &mut browser).await;
    browser.sign_out().await.expect("an answer").is_ok();

    assert_eq!(browser.cookie("__Host-Http-cafe2-refresh-"), kept);
    browser.go(cafe.address());
    browser.whoami().await.expect("an answer").is_ok();
}

/// The connections are more than by default, and no more than that.
#[tokio::test(flavor = "multi_thread")]
async fn as_many_connections_ask_postgresql_as_the_operator_says() {
    const CONNECTIONS: i64 = 13;
    let Some(database) = Database::create().await else { return };
    let plan = Plan::new()
        .with("DATABASE_URL", &database.url())
        .with("COATROOM_DATABASE_CONNECTIONS", &CONNECTIONS.to_string());
    let house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    let mut lock = database.connect().await;
    lock.execute("begin; lock table coatroom_account, coatroom_account_event")
        .await
        .expect("locked");
    let asking: Vec<_> = (0..3 * CONNECTIONS)
        .map(|number| {
            // Refreshes would go together.
            let mut browser = browser.copied(&number.to_string());
            tokio::spawn(async move {
                loop {
                    let _late = browser.post("/api/see_events", "").await;
                }
            })
        })
        .collect();
    let mut other = database.connect().await;
    until("all connections", async || {
        let waiting = "select count(*) from pg_stat_activity \
                       where datname = current_database() and wait_event_type = 'Lock'";
        let waiting: i64 =
            sqlx::query_scalar(waiting).fetch_one(&mut other).await.expect("counted");
        assert!(waiting <= CONNECTIONS, "{waiting}");
        (waiting == CONNECTIONS).then_some(())
    })
    .await;
    asking.iter().for_each(tokio::task::JoinHandle::abort);
    lock.execute("rollback").await.expect("released");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticated_request_asks_sqlite_nothing() {
    asks_nothing(Plan::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticated_request_asks_postgresql_nothing() {
    let Some(database) = Database::create().await else { return };
    asks_nothing(Plan::new().with("DATABASE_URL", &database.url())).await;
}

/// One table that cannot be read is enough: nothing is claimed, and no cookie is taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_question_fails_signs_no_one_out() {
    let plan = Plan::new();
    let house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    let url = format!("sqlite:{}", plan.file().display());
    let mut file = SqliteConnection::connect(&url).await.expect("the file");
    let away = "alter table coatroom_account_event rename to away";
    file.execute(away).await.expect("renamed");
    for (page, status) in [("/", 503), ("/sign-in", 200), ("/nowhere", 404)] {
        let jar = format!("Cookie: {}\r\nAccept: text/html\r\n", browser.cookies());
        let answer = Raw::get(house.socket(), &format!("GET {page}"), &jar).await;
        assert_eq!(answer.status, status, "{page}: {}", answer.body);
        assert_eq!(answer.header("set-cookie"), None, "{page}");
        assert!(answer.body.contains("Not known just now"), "{page}: {}", answer.body);
        assert!(!answer.body.contains("ada@example.com"), "{page}: {}", answer.body);
    }
    let back = "alter table away rename to coatroom_account_event";
    file.execute(back).await.expect("renamed");
    browser.get("/").await.expect("an answer").is_ok();
}
