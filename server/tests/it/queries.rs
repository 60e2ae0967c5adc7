//! The statements that a request makes, counted in what the program itself logs of them.

use sqlx::Executor as _;

use crate::support::{browser::Browser, cluster::Database, house::Plan, until};

const REQUESTS: usize = 50;

/// Returns the statements that the plan's houses have made so far, after the first `known`.
fn statements(plan: &Plan, known: usize) -> Vec<String> {
    let said = plan.said();
    let statements = said.lines().filter(|line| line.contains("sqlx::query"));
    statements.skip(known).map(str::to_owned).collect()
}

/// Adds a log of its statements to a plan.
fn counted(plan: Plan) -> Plan {
    plan.with("RUST_LOG", "warn,sqlx::query=debug")
        // The poll for changes belongs to no request.
        .with("COATROOM_FEED_POLL", "5m")
        .with("COATROOM_FEED_BOUND", "15m")
}

async fn asks_nothing(plan: Plan) {
    let plan = counted(plan);
    let house = plan.open().await;
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
    let house = plan.open().await;
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
    lock.execute("begin; lock table coatroom_session in access exclusive mode")
        .await
        .expect("locked");
    let asking: Vec<_> = (0..3 * CONNECTIONS)
        .map(|number| {
            // One client's refreshes of one token would share one question.
            let mut browser = browser.copied(&number.to_string());
            tokio::spawn(async move {
                loop {
                    let _late = browser.refresh().await;
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
