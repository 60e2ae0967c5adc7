//! The store on a server, in what it alone can do: share a schema, meet other programs, and lose the server.

mod feed;
mod outages;
mod schema;
mod together;

use std::{fmt::Debug, sync::Arc};

use coatroom::{
    session::EndReason,
    store::{
        EventKind, SchemaError, SessionStore as _, Store as _, StoreError,
        conformance::{
            Place, concurrency,
            sample::{
                SPACING, START, acknowledged, event, kinds, read, rotation, session, subject,
                unsaved,
            },
        },
        postgres::PostgresStore,
    },
};
use futures::future::join_all;
use sqlx::Executor as _;

use crate::support::{
    postgres::{Database, options},
    until,
};

/// Has no password to check, and does not mind one.
const PASSWORD: &str = "a-password-for-the-database";

/// Says the same of every connection to the database that is made from now on.
const BY_DEFAULT: &str = "do $$ begin execute format('alter database %I set default_transaction_isolation = \
     serializable', current_database()); end $$";

#[track_caller]
fn unavailable<T: Debug>(answer: Result<T, StoreError>) {
    let error = answer.expect_err("unavailable");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn nodes_starting_at_once_on_an_empty_database_make_one_schema() {
    let Some(database) = Database::create().await else { return };
    let stores = join_all((0..4).map(|_| database.store())).await;
    let id = session(&stores[0], |_| ()).await.id;
    for store in &stores {
        read(store, id).await;
    }
    let count =
        sqlx::query_scalar("select count(*) - count(distinct version) from coatroom_migrations");
    let twice: i64 = count.fetch_one(&mut database.raw().await).await.expect("answers");
    assert_eq!(twice, 0, "none was applied twice");
}

#[tokio::test]
async fn a_database_newer_than_the_program_is_refused_in_plain_words() {
    let Some(database) = Database::create().await else { return };
    database.store().await.close().await;
    let newer = "insert into coatroom_migrations \
                 (version, description, success, checksum, execution_time) \
                 values (9999, 'from the future', true, '', 1)";
    database.raw().await.execute(newer).await.expect("inserted");
    let error = PostgresStore::connect_with(&database.url(), options()).await.expect_err("newer");
    assert!(matches!(error, StoreError::Schema(SchemaError::Newer { has: 9999 })), "{error:?}");
    let said = error.to_string();
    assert!(said.contains("newer than this program: it has migration 9999"), "{said}");
}

#[tokio::test]
async fn a_missing_postgres_database_is_unavailable() {
    let Some(database) = Database::create().await else { return };
    unavailable(PostgresStore::connect(&format!("{}_missing", database.url())).await);
}

#[tokio::test]
async fn a_store_does_not_print_its_password() {
    let Some(database) = Database::create().await else { return };
    let url = database.url().replace('@', &format!(":{PASSWORD}@"));
    let store = PostgresStore::connect_with(&url, options()).await.expect("connected");
    assert!(!format!("{store:?}").contains(PASSWORD), "{store:?}");
}

#[tokio::test]
async fn an_event_that_cannot_be_written_undoes_what_it_tells_of() {
    let Some(database) = Database::create().await else { return };
    let store = database.store().await;
    let before = session(&store, acknowledged).await;
    let mut raw = database.raw().await;
    let full = "create function no_room() returns trigger language plpgsql as \
                $$ begin raise 'no room'; end $$; \
                create trigger no_room before insert on coatroom_session_event \
                for each row execute function no_room()";
    raw.execute(full).await.expect("made");

    let id = before.id;
    let told = event(EventKind::Rotated, START + SPACING, 1);
    let new = unsaved(&subject());
    unavailable(store.rotate(&rotation(id, START + SPACING), &told).await);
    unavailable(store.count_replay(id, 0, &told).await);
    unavailable(store.revoke(id, EndReason::Reuse, &told).await);
    unavailable(store.add_session(&new, &told).await);
    assert_eq!(read(&store, id).await, before);
    assert_eq!(store.session(new.id).await.expect("answers"), None);
    raw.execute("drop trigger no_room on coatroom_session_event").await.expect("dropped");
    assert!(store.rotate(&rotation(id, START + SPACING), &told).await.expect("answers").is_some());
    assert_eq!(kinds(&store, id).await, [EventKind::Rotated, EventKind::SignedIn]);
}

#[tokio::test]
async fn a_row_that_cannot_be_is_an_error_and_not_a_missing_session() {
    let Some(database) = Database::create().await else { return };
    let store = database.store().await;
    let session = session(&store, |_| ()).await;
    let mut raw = database.raw().await;
    for (change, column) in [
        ("update coatroom_session set replays = 4294967296", "session.replays"),
        ("update coatroom_session set role = repeat('x', 65)", "session.role"),
        ("update coatroom_session set claims = '[]'", "session.claims"),
        ("update coatroom_session set subject = ''", "session.subject"),
        ("update coatroom_session set means = 'a,b'", "session.means"),
    ] {
        raw.execute(change).await.expect("changed");
        let error = store.session(session.id).await.expect_err(column);
        assert!(matches!(error, StoreError::Corrupt(name) if name == column), "{error:?}");
        let repair = "update coatroom_session set replays = 0, role = 'user', claims = '', \
                      subject = 'ada', means = 'pwd'";
        raw.execute(repair).await.expect("repaired");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serializable_database_still_has_one_winner_and_no_errors() {
    let Some(database) = Database::create().await else { return };
    database.raw().await.execute(BY_DEFAULT).await.expect("altered");
    let place = Place::full(Arc::new(database.store().await)).keeping(database);
    concurrency::rotations_and_a_revocation_at_once_leave_one_order_of_both(place).await;
}

/// Ends all connections, so that the next ones have the database's new defaults.
async fn end_others(database: &Database) {
    let end = "select pg_terminate_backend(pid) from pg_stat_activity \
               where datname = current_database() and pid <> pg_backend_pid()";
    database.raw().await.execute(end).await.expect("ended");
}

#[tokio::test]
async fn a_server_that_may_only_be_read_is_not_ready() {
    let Some(database) = Database::create().await else { return };
    let store = database.store().await;
    store.ping().await.expect("it can be written");
    // As a standby answers: every read works.
    let by_default = "do $$ begin execute format('alter database %I set default_transaction_read_only = on', \
                      current_database()); end $$";
    database.raw().await.execute(by_default).await.expect("altered");
    end_others(&database).await;
    let read = async || store.session(coatroom::SessionId::random()).await.ok();
    until("a new connection", read).await;
    unavailable(store.ping().await);
    assert_eq!(store.session(coatroom::SessionId::random()).await.expect("answers"), None);
}
