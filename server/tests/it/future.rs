//! A house beside a newer one, on one database: what the newer one wrote locks no owner out of the pages of the older.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection};

use crate::support::{browser::Browser, cluster::Database, house::Plan, until};

/// Statements as a newer house may make them.
const NEWER: [&str; 4] = [
    "insert into coatroom_session_event \
     (session_id, at, kind, generation, cause, client_label, user_agent_hash, ip_prefix) \
     select id, created_at, 'lent_a_coat', 0, 'courier', 'Some browser', '', '' from coatroom_session",
    "update coatroom_account set role = 'owner'",
    "update coatroom_session set persistence = 'for_ever'",
    "insert into coatroom_signing_key \
     (kid, algorithm, sealed, staged_at, active_at, retiring_at, retired_at, version) \
     select 'new', 'ML-DSA-65', sealed, staged_at, active_at + 1, retiring_at, retired_at, version + 1 from coatroom_signing_key",
];
const END: &str =
    "update coatroom_session set revoked_at = last_seen_at + 1, revoked_reason = 'fire_alarm'";

async fn write(plan: &Plan, database: Option<&Database>, statements: &[&str]) {
    for statement in statements {
        let asked = AssertSqlSafe((*statement).to_owned());
        let done = if let Some(database) = database {
            database.connect().await.execute(asked).await.map(drop)
        } else {
            let url = format!("sqlite:{}", plan.file().display());
            let mut file = SqliteConnection::connect(&url).await.expect("the file");
            file.execute(asked).await.map(drop)
        };
        done.expect(statement);
    }
}

async fn goes_on(plan: Plan, database: Option<Database>) {
    let house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    write(&plan, database.as_ref(), &NEWER).await;

    // The same holds after a start, which reads the keys.
    drop(house);
    let house = plan.open().await;
    browser.go(house.address());
    browser.get("/").await.expect("an answer").is_ok();
    let session = browser.post("/api/current_session", "").await.expect("an answer");
    session.is_ok();
    let events = &session.body["signed_in"]["events"];
    let newest = (&events[0]["kind"], &events[0]["from"], &events[0]["document"]);
    assert_eq!(newest, (&"unknown".into(), &"Some browser".into(), &false.into()), "{events}");
    assert_eq!(session.body["signed_in"]["remembered"], false, "the shorter one");
    let whoami = browser.whoami().await.expect("an answer");
    assert_eq!(whoami.body["role"], "user");
    let refreshed = browser.refresh().await.expect("an answer");
    refreshed.is_ok();
    assert_eq!(refreshed.row(), 5);

    write(&plan, database.as_ref(), &[END]).await;
    let ended = until("the news", async || {
        let session = browser.post("/api/current_session", "").await.ok()?;
        session.body.get("signed_out").cloned()
    })
    .await;
    assert_eq!(ended["ended"], "unknown");
    browser.get("/sign-in").await.expect("an answer").is_ok();
    assert!(!plan.said().contains("ERROR"), "{}", plan.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_newer_server_in_sqlite_lock_no_user_out() {
    goes_on(Plan::new(), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_newer_server_in_postgresql_lock_no_user_out() {
    let Some(database) = Database::create().await else { return };
    goes_on(Plan::new().with("DATABASE_URL", &database.url()), Some(database)).await;
}
