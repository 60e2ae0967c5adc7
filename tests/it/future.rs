//! Rows from the future, through everything that reads them: a newer node writes names that this one does not know, and
//! no person may be locked out for it. An impossible value is an error all the same.

use std::{path::PathBuf, sync::Arc};

use coatroom::{
    Access, Keys, Persistence, Role,
    keyring::{Activation, SigningAlgorithm},
    session::{Client, Decision, EndReason},
    store::{
        AccountEventKind, Change, EventKind, Logged, Rotation, StoreError, Trigger,
        conformance::Place, sqlite::SqliteStore,
    },
    user::Email,
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection};

use crate::support::{
    D, EMAIL, HOUR, World, app, browser::Browser, config, postgres::Database, until,
};

/// An event of another kind, by something else than a page or a call.
const EVENT: &str = "insert into coatroom_session_event \
    (session_id, at, kind, generation, cause, client_label, user_agent_hash, ip_prefix) \
    select id, rotated_at, 'lent_a_coat', generation, 'courier', 'Some browser', '', '' from coatroom_session";
const ACCOUNT_EVENT: &str = "insert into coatroom_account_event \
    (account_id, kind, ip_prefix, period, first_at, last_at, times) \
    select id, 'lost_a_coat', '', 0, created_at, created_at, 1 from coatroom_account";
const ROLE: &str = "update coatroom_account set role = 'owner'";
const SESSION_ROLE: &str = "update coatroom_session set role = 'owner', means = 'retina'";
const PERSISTENCE: &str = "update coatroom_session set persistence = 'for_ever'";
const END: &str =
    "update coatroom_session set revoked_at = last_seen_at + 1, revoked_reason = 'fire_alarm'";
/// A key that neither signs nor checks anything here.
const KEY: &str = "insert into coatroom_signing_key \
    (kid, algorithm, sealed, staged_at, active_at, retiring_at, retired_at, version) \
    select 'from-the-future', 'ML-DSA-65', sealed, staged_at, active_at + 1, retiring_at, retired_at, version + 1 \
    from coatroom_signing_key";

/// The door past the store.
enum Raw {
    Sqlite(PathBuf),
    Postgres(Arc<Database>),
}

impl Raw {
    async fn run(&self, statement: &str) -> Result<(), sqlx::Error> {
        let statement = AssertSqlSafe(statement.to_owned());
        match self {
            Self::Sqlite(path) => {
                let url = format!("sqlite:{}", path.display());
                SqliteConnection::connect(&url).await?.execute(statement).await?;
            }
            Self::Postgres(database) => {
                database.raw().await.execute(statement).await?;
            }
        }
        Ok(())
    }

    async fn count(&self, query: &str) -> i64 {
        let query = AssertSqlSafe(query.to_owned());
        let counted = match self {
            Self::Sqlite(path) => {
                let url = format!("sqlite:{}", path.display());
                let mut file = SqliteConnection::connect(&url).await.expect("the file");
                sqlx::query_scalar(query).fetch_one(&mut file).await
            }
            Self::Postgres(database) => {
                sqlx::query_scalar(query).fetch_one(&mut database.raw().await).await
            }
        };
        counted.expect("answers")
    }

    async fn write(&self, statements: &[&str]) {
        for statement in statements {
            self.run(statement).await.expect(statement);
        }
    }
}

async fn sqlite() -> (Place, Raw) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("coatroom.db");
    let store = SqliteStore::open(&path).await.expect("a database");
    (Place::full(Arc::new(store)).keeping(folder), Raw::Sqlite(path))
}

async fn postgres() -> Option<(Place, Raw)> {
    let database = Arc::new(Database::create().await?);
    let store = database.store().await;
    Some((Place::full(Arc::new(store)).keeping(Arc::clone(&database)), Raw::Postgres(database)))
}

/// Declares each case as a test on both databases.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let (place, raw) = super::sqlite().await;
                super::$case(place, raw).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                if let Some((place, raw)) = super::postgres().await {
                    super::$case(place, raw).await;
                }
            })+
        }
    };
}

on_both! {
    every_method_of_a_store_reads_rows_of_a_newer_node,
    a_session_with_a_future_lives_is_refreshed_and_ends,
    an_end_for_an_unknown_reason_is_an_end,
    a_key_of_an_unknown_algorithm_is_ignored_and_stays_stored,
    an_application_shows_a_session_with_a_future,
    an_impossible_value_in_a_row_is_reported_as_corrupt,
}

async fn every_method_of_a_store_reads_rows_of_a_newer_node(place: Place, raw: Raw) {
    let world = World::on(place).await;
    let held = world.sign_up().await;
    world.deliver(&held).await;
    let id = held.session.id;
    raw.write(&[EVENT, ACCOUNT_EVENT, ROLE, SESSION_ROLE, PERSISTENCE, KEY]).await;
    let store = world.place.accounts();
    let (store, owner) = (&*store, Role::new("owner").expect("a role"));
    let email = Email::parse(EMAIL).expect("an address");
    let (user, _) = store.user_by_email(&email).await.expect("answers").expect("known");
    assert_eq!(user.role, owner, "a name that this node gives no meaning");
    assert_eq!(store.user(user.id).await.expect("answers"), Some(user.clone()));
    let session = store.session(id).await.expect("answers").expect("known");
    assert_eq!((&session.authority.role, session.persistence), (&owner, Persistence::Browser));
    assert!(session.means.include("retina"));
    assert_eq!(
        store.sessions_of(&user.id.into()).await.expect("answers"),
        std::slice::from_ref(&session)
    );
    let events = store.events(id, 10).await.expect("answers");
    let kinds: Vec<_> = events.iter().map(|event| (event.kind, event.trigger)).collect();
    let both = [(EventKind::Unknown, Trigger::Call), (EventKind::SignedUp, Trigger::Call)];
    assert_eq!(kinds, both);
    assert_eq!(events[0].client.label, "Some browser");
    let of_account = store.account_events(user.id, 10).await.expect("answers");
    let kinds: Vec<_> = of_account.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [AccountEventKind::Unknown]);

    world.advance(D);
    let (now, idle_ttl) = (world.auth.now(), HOUR);
    let authority = session.authority.clone();
    let rotation = Rotation { id, from: 0, now, spacing: D, idle_ttl, authority };
    let rotated = store.rotate(&rotation, &events[1]).await.expect("answers").expect("rotated");
    assert_eq!((rotated.generation, rotated.persistence), (1, Persistence::Browser));
    assert!(store.acknowledge(id, 1, now).await.expect("answers"));
    assert!(store.count_replay(id, 1, &events[1]).await.expect("answers"));
    store.record(id, &events[0]).await.expect("recorded as what was read");
    assert_eq!(store.events(id, 1).await.expect("answers")[0].kind, EventKind::Unknown);

    let admin = store.set_role(user.id, &Role::ADMIN).await.expect("answers").expect("known");
    assert_eq!(admin.role, Role::ADMIN);
    raw.write(&[END]).await;
    let ended = store.session(id).await.expect("answers").expect("known");
    assert_eq!(ended.revoked.map(|revocation| revocation.reason), Some(EndReason::Unknown));
    assert_eq!(store.sessions_of(&user.id.into()).await.expect("answers"), []);
    assert!(!store.revoke(id, EndReason::SignedOut, &events[1]).await.expect("answers"));
    let page = store.changes(None, 100).await.expect("answers");
    let revoked = |told: &Logged| matches!(told.change, Change::Revoked { id: it, .. } if it == id);
    assert!(page.changes.iter().any(revoked), "{:?}", page.changes);
    assert_eq!(store.keys().await.expect("answers").len(), 1);
    store.ping().await.expect("answers");
}

async fn a_session_with_a_future_lives_is_refreshed_and_ends(place: Place, raw: Raw) {
    let world = World::on(place).await;
    let held = world.sign_up().await;
    raw.write(&[EVENT, ROLE, PERSISTENCE, EVENT]).await;
    assert!(matches!(world.access(&held).await, Access::Valid(_)));
    let next = world.rotate(&held).await;
    let owner = Role::new("owner").expect("a role");
    assert_eq!((&next.info.claims.role, &next.session.authority.role), (&owner, &owner));
    assert!(matches!(world.decided(&held).await, Decision::Replay(_)));
    assert_eq!(world.events(&held).await.len(), 5);
    let again = world.sign_in(None).await.expect("signed in");
    assert_eq!(again.info.claims.role, owner);
    let restarted = world.restarted().await;
    assert!(matches!(restarted.authenticate(&next.access).await, Ok(Access::Valid(_))));
    let ended = restarted.sign_out_everywhere(&next.session.subject, Client::default()).await;
    assert_eq!(ended.expect("answers"), 2);
}

async fn an_end_for_an_unknown_reason_is_an_end(place: Place, raw: Raw) {
    let world = World::on(place).await;
    let held = world.sign_up().await;
    raw.write(&[END]).await;
    let refreshed = world.refresh(&held).await;
    assert_eq!(refreshed.decision, Decision::Ended(EndReason::Unknown));
    assert_eq!((refreshed.decision.row(), refreshed.tokens.is_none()), (2, true));
    until("the news", async || {
        matches!(world.access(&held).await, Access::Revoked(_)).then_some(())
    })
    .await;
    let mut strict = config();
    strict.scheme = coatroom::config::Scheme::Hybrid(coatroom::config::Verification::Strict);
    let strict = World::with(strict, world.place).await;
    assert!(matches!(strict.access(&held).await, Access::Revoked(_)));
}

async fn a_key_of_an_unknown_algorithm_is_ignored_and_stays_stored(place: Place, raw: Raw) {
    let world = World::on(place).await;
    let held = world.sign_up().await;
    raw.write(&[KEY]).await;
    // A node that starts goes on with the keys that it knows, and so does one that changes them.
    let restarted = world.restarted().await;
    assert!(matches!(restarted.authenticate(&held.access).await, Ok(Access::Valid(_))));
    let keys: &Keys = restarted.keys();
    world.advance(D);
    let now = restarted.now();
    let both =
        keys.rotate(SigningAlgorithm::EdDsa, Activation::AtOnce, now).await.expect("rotated");
    assert_eq!(both.len(), 2);
    assert_eq!(keys.records().await.expect("answers"), both);
    let left = "select count(*) from coatroom_signing_key where kid = 'from-the-future'";
    assert_eq!(raw.count(left).await, 1);
    assert!(matches!(
        world.restarted().await.authenticate(&held.access).await,
        Ok(Access::Valid(_))
    ));
}

async fn an_application_shows_a_session_with_a_future(place: Place, raw: Raw) {
    let world = World::on(place).await;
    let mut browser = Browser::new(app::app(&world.accounts));
    browser.call("POST", "/sign-up").await;
    raw.write(&[EVENT, ROLE, PERSISTENCE]).await;
    assert_eq!(browser.open("/who").await.body, "signed in, generation 0");
    world.auth.drain().await;
    world.advance(HOUR / 2);
    assert_eq!(browser.open("/who").await.body, "signed in, generation 1");
    assert_eq!(browser.call("POST", "/refresh").await.body, "5");
    raw.write(&[END]).await;
    world.advance(HOUR / 2);
    assert_eq!(browser.open("/who").await.body, "signed out: unknown");
    assert_eq!(browser.call("POST", "/clear").await.body, "true");
}

async fn an_impossible_value_in_a_row_is_reported_as_corrupt(place: Place, raw: Raw) {
    let world = World::on(place).await;
    let held = world.sign_up().await;
    let corrupt = async |statement: &str, undo: &str| {
        raw.write(&[statement]).await;
        let session = world.auth.session(held.session.id).await;
        let events = world.auth.events(held.session.id, 10).await;
        let keys = world.auth.keys().records().await;
        let found = [session.err(), events.err(), keys.err()];
        let found: Vec<StoreError> = found.into_iter().flatten().collect();
        assert!(matches!(found[..], [StoreError::Corrupt(_)]), "{statement}: {found:?}");
        raw.write(&[undo]).await;
    };
    corrupt(
        "update coatroom_session_event set generation = -1",
        "update coatroom_session_event set generation = 0",
    )
    .await;
    corrupt(
        "update coatroom_session set replays = 4294967296",
        "update coatroom_session set replays = 0",
    )
    .await;
    corrupt(
        "update coatroom_signing_key set kid = 'two words'",
        "update coatroom_signing_key set kid = 'x'",
    )
    .await;
}
