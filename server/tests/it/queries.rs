//! What a request asks of the database, counted by what the program itself logs of its statements.

use crate::support::{browser::Browser, cluster::Database, house::Plan, until};

const REQUESTS: usize = 50;

/// The statements that the plan's houses have made so far, after the first `known`.
fn statements(plan: &Plan, known: usize) -> Vec<String> {
    let said = plan.said();
    let statements = said.lines().filter(|line| line.contains("sqlx::query"));
    statements.skip(known).map(str::to_owned).collect()
}

async fn asks_nothing(plan: Plan) {
    let plan = plan
        .with("RUST_LOG", "warn,sqlx::query=debug")
        // The question about changes is nobody's request.
        .with("COATROOM_FEED_POLL", "5m")
        .with("COATROOM_FEED_BOUND", "15m");
    let house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    let known = statements(&plan, 0).len();
    assert!(known > 0, "the count can count");
    for _ in 0..REQUESTS {
        browser.whoami().await.expect("an answer").is_ok();
    }
    // The first of them was the proof of delivery: one write, behind the request.
    let made = until("the acknowledgement", async || {
        let made = statements(&plan, known);
        (!made.is_empty()).then_some(made)
    })
    .await;
    assert!(made.len() == 1 && made[0].contains("set acknowledged_at"), "{made:#?}");
    for _ in 0..REQUESTS {
        browser.whoami().await.expect("an answer").is_ok();
    }
    assert_eq!(statements(&plan, known + 1), [""; 0]);
    browser.refresh().await.expect("an answer").is_ok();
    assert_ne!(statements(&plan, known + 1), [""; 0], "a refresh reads the row");
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
