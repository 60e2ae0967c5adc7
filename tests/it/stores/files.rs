//! The store in a file, in what it alone can do: be opened again, and refuse what it cannot serve.

use std::{fs, path::Path, time::Duration};

use coatroom::{
    Session, Timestamp,
    session::{EndReason, Persistence},
    store::{
        AccountStore as _, Change, EventKind, Migrate, SchemaError, SessionStore as _, Store as _,
        StoreError,
        conformance::sample::{
            SPACING, START, account, acknowledged, event, kinds, log, read, rotation, save,
            session, subject, unsaved,
        },
        sqlite::{SqliteOptions, SqliteStore},
    },
};
use futures::future::join_all;
use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, SqliteConnection,
    sqlite::SqliteConnectOptions,
};
use tempfile::tempdir;

async fn refused(path: &Path) {
    let error = SqliteStore::open(path).await.expect_err("refused");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.expect("a connection")
}

#[tokio::test]
async fn a_file_that_is_opened_again_holds_everything() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("coatroom.db");
    let store = SqliteStore::open(&file).await.expect("made");
    let user = account(&store).await;
    let began = Session {
        acknowledged_at: Some(START),
        persistence: Persistence::Remembered,
        ..unsaved(&user.id.into())
    };
    save(&store, &began).await;
    let rotated = event(EventKind::Rotated, START + SPACING, 1);
    let session = store
        .rotate(&rotation(began.id, START + SPACING), &rotated)
        .await
        .expect("the store answers")
        .expect("rotated");
    let ended = Session { id: coatroom::SessionId::random(), ..unsaved(&user.id.into()) };
    save(&store, &ended).await;
    let signed_out = event(EventKind::SignedOut, START + SPACING, 0);
    assert!(store.revoke(ended.id, EndReason::SignedOut, &signed_out).await.expect("answers"));
    let password = store.user_by_email(&user.email).await.expect("answers").expect("known").1;
    store.close().await;

    let store = SqliteStore::open(&file).await.expect("opened again");
    assert_eq!(store.user(user.id).await.expect("answers"), Some(user.clone()));
    let found = store.user_by_email(&user.email).await.expect("answers");
    assert_eq!(found, Some((user, password)));
    assert_eq!(store.session(session.id).await.expect("answers"), Some(session.clone()));
    assert_eq!(store.events(session.id, 1).await.expect("answers"), [rotated]);
    assert_eq!(log(&store).await, [Change::Revoked { id: ended.id, at: START + SPACING }]);
}

/// `SQLite` does not wait by itself when a file becomes one with a write-ahead log, nor when the last connection clears
/// the log away.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_file_is_opened_and_closed_by_many_at_once() {
    for _ in 0..20 {
        let folder = tempdir().expect("a folder");
        let file = folder.path().join("coatroom.db");
        let visits = (0..8).map(|_| {
            let file = file.clone();
            tokio::spawn(async move {
                for _ in 0..3 {
                    SqliteStore::open(&file).await.expect("opened").close().await;
                }
            })
        });
        join_all(visits).await.into_iter().for_each(|visit| visit.expect("no panic"));
    }
}

#[tokio::test]
async fn a_closed_store_is_unavailable_and_says_nothing_of_sessions() {
    let folder = tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("coatroom.db")).await.expect("made");
    let session = unsaved(&subject());
    save(&store, &session).await;
    store.close().await;
    let error = store.session(session.id).await.expect_err("closed");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    let error = store.acknowledge(session.id, 0, START).await.expect_err("closed");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    let error = store.ping().await.expect_err("closed");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

/// A commit that finds the log full copies it, and all calls wait for that.
#[tokio::test]
async fn pruning_leaves_nothing_in_the_log() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("coatroom.db");
    let store = SqliteStore::open(&file).await.expect("made");
    let lives = session(&store, |_| ()).await;
    session(&store, |session| {
        session.absolute_expires_at = Timestamp::from_millis(1);
    })
    .await;
    // Reads the file alone, as if there were no log.
    let options = SqliteConnectOptions::new().filename(&file).immutable(true);
    let in_file = async || -> Vec<Vec<u8>> {
        let mut raw = options.connect().await.expect("a connection");
        let ids = sqlx::query_scalar("select id from coatroom_session").fetch_all(&mut raw);
        ids.await.expect("read")
    };
    assert_eq!(in_file().await, [[0; 0]; 0]);
    store.prune(Timestamp::from_millis(2), Duration::ZERO, 16).await.expect("answers");
    assert_eq!(in_file().await, [lives.id.as_bytes()]);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_was() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("notes.txt");
    let text = "A shopping list, and no database at all.\n".repeat(100);
    fs::write(&file, &text).expect("written");
    refused(&file).await;
    assert_eq!(fs::read_to_string(&file).expect("still text"), text);
}

#[tokio::test]
async fn a_folder_that_does_not_exist_is_refused_and_not_made() {
    let folder = tempdir().expect("a folder");
    let missing = folder.path().join("missing");
    refused(&missing.join("coatroom.db")).await;
    assert!(!missing.exists());
    refused(folder.path()).await;
}

#[tokio::test]
async fn a_database_that_is_newer_than_the_program_is_refused() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("coatroom.db");
    SqliteStore::open(&file).await.expect("made").close().await;
    let mut connection = raw(&file).await;
    connection
        .execute(
            "insert into coatroom_migrations \
             (version, description, success, checksum, execution_time) \
             values (9999, 'from the future', true, x'00', 1)",
        )
        .await
        .expect("inserted");
    connection.close().await.expect("closed");
    let error = SqliteStore::open(&file).await.expect_err("newer");
    assert!(matches!(error, StoreError::Schema(SchemaError::Newer { has: 9999 })), "{error:?}");
}

/// The default options, but for these two.
fn opening(create: bool, migrate: Migrate) -> SqliteOptions {
    let mut options = SqliteOptions::default();
    (options.create, options.migrate) = (create, migrate);
    options
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_open_one_new_file_at_once_all_can() {
    for _ in 0..20 {
        let folder = tempdir().expect("a folder");
        let file = folder.path().join("coatroom.db");
        let opened = join_all((0..8).map(|_| tokio::spawn(SqliteStore::open(file.clone())))).await;
        for store in opened {
            let store = store.expect("no panic").expect("opened");
            account(&store).await;
            store.close().await;
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_its_owners_alone_and_so_are_its_logs() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("coatroom.db")).await.expect("made");
    account(&store).await;
    let mut files = 0;
    for entry in fs::read_dir(folder.path()).expect("a folder") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
        files += 1;
    }
    assert_eq!(files, 3, "the database, its log, and the log's index");
}

#[tokio::test]
async fn a_name_of_which_sqlite_makes_something_else_is_refused() {
    for name in ["", ":memory:", "file::memory:?cache=shared", "file:other.db"] {
        let error = SqliteStore::open(name).await.expect_err(name);
        assert!(matches!(error, StoreError::Settings(_)), "{error:?}");
        assert!(name.is_empty() || !Path::new(name).exists());
    }
}

#[tokio::test]
async fn no_file_is_made_where_none_is_to_be() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("coatroom.db");
    for migrate in [Migrate::Auto, Migrate::Off] {
        let opened = SqliteStore::open_with(&file, opening(false, migrate)).await;
        let error = opened.expect_err("missing");
        assert!(matches!(error, StoreError::Schema(SchemaError::Missing)), "{error:?}");
        assert!(!file.exists());
    }
    // The file that a program leaves behind which died at its first start.
    fs::write(&file, "").expect("written");
    let error = SqliteStore::open_with(&file, opening(false, Migrate::Auto)).await;
    let error = error.expect_err("empty");
    assert!(matches!(error, StoreError::Schema(SchemaError::Missing)), "{error:?}");
    SqliteStore::open(&file).await.expect("made").close().await;
    SqliteStore::open_with(&file, opening(false, Migrate::Off)).await.expect("it is there");
}

#[tokio::test]
async fn an_older_schema_that_is_not_to_be_changed_is_named() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("coatroom.db");
    SqliteStore::open(&file).await.expect("made").close().await;
    let mut connection = raw(&file).await;
    let last = "delete from coatroom_migrations where version = 2";
    connection.execute(last).await.expect("deleted");
    connection
        .execute("drop table coatroom_account; drop table coatroom_account_event")
        .await
        .expect("dropped");
    let error = SqliteStore::open_with(&file, opening(false, Migrate::Off)).await;
    let error = error.expect_err("older");
    assert!(matches!(error, StoreError::Schema(SchemaError::Older { lacks: 2 })), "{error:?}");
    let there = "select 1 from sqlite_master where name = 'coatroom_account'";
    assert!(connection.fetch_optional(there).await.expect("answers").is_none());
    SqliteStore::open_with(&file, opening(false, Migrate::Auto)).await.expect("brought up to date");
    assert!(connection.fetch_optional(there).await.expect("answers").is_some());
}

#[tokio::test]
async fn a_row_that_cannot_be_is_an_error_and_not_a_missing_session() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("coatroom.db");
    let store = SqliteStore::open(&file).await.expect("made");
    let session = unsaved(&subject());
    save(&store, &session).await;
    let mut connection = raw(&file).await;
    for (change, column) in [
        ("update coatroom_session set replays = 4294967296", "session.replays"),
        ("update coatroom_session set role = printf('%65d', 1)", "session.role"),
        ("update coatroom_session set claims = '[]'", "session.claims"),
        ("update coatroom_session set subject = ''", "session.subject"),
        ("update coatroom_session set means = 'a,b'", "session.means"),
    ] {
        connection.execute(change).await.expect("changed");
        let error = store.session(session.id).await.expect_err(column);
        assert!(matches!(error, StoreError::Corrupt(name) if name == column), "{error:?}");
        let repair = "update coatroom_session set replays = 0, role = 'user', claims = '', \
                      subject = 'ada', means = 'pwd'";
        connection.execute(repair).await.expect("repaired");
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_written_undoes_what_it_tells_of() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("coatroom.db");
    let store = SqliteStore::open(&file).await.expect("made");
    let before = session(&store, acknowledged).await;
    let mut connection = raw(&file).await;
    let full = "create trigger full before insert on coatroom_session_event begin \
                select raise(abort, 'no room'); end";
    connection.execute(full).await.expect("made");

    let id = before.id;
    let told = event(EventKind::Rotated, START + SPACING, 1);
    let new = unsaved(&subject());
    for error in [
        store.rotate(&rotation(id, START + SPACING), &told).await.expect_err("no room"),
        store.count_replay(id, 0, &told).await.expect_err("no room"),
        store.revoke(id, EndReason::Reuse, &told).await.expect_err("no room"),
        store.add_session(&new, &told).await.expect_err("no room"),
    ] {
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
    assert_eq!(read(&store, id).await, before);
    assert_eq!(store.session(new.id).await.expect("answers"), None);
    connection.execute("drop trigger full").await.expect("dropped");
    assert!(store.rotate(&rotation(id, START + SPACING), &told).await.expect("answers").is_some());
    assert_eq!(kinds(&store, id).await, [EventKind::Rotated, EventKind::SignedIn]);
}

#[tokio::test]
async fn a_file_that_was_deleted_or_replaced_is_noticed() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("coatroom.db");
    let store = SqliteStore::open(&file).await.expect("made");
    store.ping().await.expect("it can be written");
    let aside = folder.path().join("aside.db");
    fs::rename(&file, &aside).expect("moved");
    let error = store.ping().await.expect_err("gone");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    fs::copy(&aside, &file).expect("copied");
    let error = store.ping().await.expect_err("another one");
    assert!(error.to_string().contains("another file"), "{error}");
    fs::rename(&aside, &file).expect("moved back");
    store.ping().await.expect("the very same");
}

#[tokio::test]
async fn a_file_locked_by_another_connection_is_not_ready() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("coatroom.db");
    let store = SqliteStore::open(&file).await.expect("made");
    let mut other = raw(&file).await;
    other.execute("begin immediate").await.expect("locked");
    store.ping().await.expect_err("it can be read, and not written");
    other.execute("rollback").await.expect("released");
    store.ping().await.expect("it can be written");
}
