//! Changes that the tables log by themselves, by whatever program they are written.

use std::{sync::Arc, time::Duration};

use coatroom::{
    Access, Accounts, Session, Timestamp,
    session::EndReason,
    store::{
        Change, ChangeLog as _, EventKind, FullStore, SessionStore as _,
        conformance::{
            Place,
            sample::{account, at, event, log, session},
        },
        sqlite::SqliteStore,
    },
};
use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, SqliteConnection,
    sqlite::SqliteConnectOptions,
};
use tempfile::{TempDir, tempdir};

use crate::support::{World, config, postgres::Database, until};

/// A database file, its store, and a shell on it, whose foreign keys are off.
async fn file() -> (TempDir, SqliteStore, SqliteConnection) {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("coatroom.db");
    let store = SqliteStore::open(&path).await.expect("made");
    let options = SqliteConnectOptions::new().filename(&path).foreign_keys(false);
    (folder, store, options.connect().await.expect("a connection"))
}

const DELETE: &str = "delete from coatroom_session where id = $1";

fn over(session: &mut Session) {
    session.idle_expires_at = Timestamp::from_millis(1);
}

/// A session of an account.
async fn of_account(store: &impl FullStore) -> Session {
    let owner = account(store).await.id;
    session(store, |session| session.subject = owner.into()).await
}

#[track_caller]
fn revoked(change: &Change, session: &Session) {
    assert!(matches!(change, Change::Revoked { id, .. } if *id == session.id), "{change:?}");
}

#[track_caller]
fn deleted(change: &Change, session: &Session) {
    let gone = matches!(change, Change::Deleted { subject, .. } if *subject == session.subject);
    assert!(gone, "{change:?}");
}

#[tokio::test]
async fn a_living_session_that_is_deleted_in_a_file_is_logged() {
    let (_folder, store, mut shell) = file().await;
    let (lives, expired) = (session(&store, |_| ()).await, session(&store, over).await);
    let ended = session(&store, |_| ()).await;
    let event = event(EventKind::SignedOut, at(1), 0);
    assert!(store.revoke(ended.id, EndReason::SignedOut, &event).await.expect("answers"));
    for gone in [&lives, &expired, &ended] {
        sqlx::query(DELETE).bind(&gone.id.as_bytes()[..]).execute(&mut shell).await.expect("gone");
    }
    let told = log(&store).await;
    assert_eq!(told.len(), 2, "{told:?}");
    revoked(&told[0], &ended);
    revoked(&told[1], &lives);
}

#[tokio::test]
async fn an_account_that_is_deleted_in_a_shell_is_logged() {
    let (_folder, store, mut shell) = file().await;
    let stranger = session(&store, |_| ()).await;
    let one = of_account(&store).await;
    shell.execute("delete from coatroom_account").await.expect("deleted");
    let told = log(&store).await;
    assert_eq!(told.len(), 2, "{told:?}");
    deleted(&told[0], &one);
    revoked(&told[1], &one);
    assert_eq!(store.session(one.id).await.expect("answers"), None);
    assert!(store.session(stranger.id).await.expect("answers").is_some());
}

#[tokio::test]
async fn a_file_that_went_back_is_read_from_its_beginning() {
    let (_folder, store, mut shell) = file().await;
    let mut changes = Vec::new();
    for offset in 1..=3 {
        let session = session(&store, |_| ()).await;
        let ended = event(EventKind::SignedOut, at(offset), 0);
        assert!(store.revoke(session.id, EndReason::SignedOut, &ended).await.expect("answers"));
        changes.push(Change::Revoked { id: session.id, at: at(offset) });
    }
    let read = store.changes(None, 9).await.expect("answers");
    // A copy of before the last two, after which two others were written under the same numbers.
    let restored = "delete from coatroom_change where seq > 1; update sqlite_sequence set seq = 1 where name = 'coatroom_change'; \
                    insert into coatroom_change (kind, session_id, at, logged_at) \
                    values ('revoked', x'00112233445566778899aabbccddeeff', 5, 6), \
                    ('revoked', x'10112233445566778899aabbccddeeff', 5, 6), ('a new kind', x'', 5, 6)";
    shell.execute(restored).await.expect("restored");
    let page = store.changes(Some(&read.next), 9).await.expect("answers");
    assert_eq!(page.changes.len(), 3, "what is not known is passed over: {page:?}");
    assert_eq!(page.changes[0].change, changes[0]);
    let page = store.changes(Some(&page.next), 9).await.expect("answers");
    assert!(page.changes.is_empty() && !page.more);
}

#[tokio::test]
async fn living_sessions_deleted_or_truncated_on_a_server_are_logged() {
    let Some(database) = Database::create().await else { return };
    let (store, mut raw) = (database.store().await, database.raw().await);
    let (lives, expired) = (session(&store, |_| ()).await, session(&store, over).await);
    for gone in [&lives, &expired] {
        sqlx::query(DELETE).bind(&gone.id.as_bytes()[..]).execute(&mut raw).await.expect("gone");
    }
    let told = log(&store).await;
    assert_eq!(told.len(), 1, "{told:?}");
    revoked(&told[0], &lives);
    let owner = of_account(&store).await;
    let delete = sqlx::query("delete from coatroom_account where id = $1");
    let delete = delete.bind(owner.subject.as_str());
    delete.execute(&mut raw).await.expect("deleted");
    let told = log(&store).await;
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[1..]
            .iter()
            .any(|change| matches!(change, Change::Revoked { id, .. } if *id == owner.id))
    );
    assert_eq!(store.changes(None, 9).await.expect("answers").epoch, 0);
    raw.execute("truncate coatroom_session cascade").await.expect("truncated");
    assert!(store.changes(None, 9).await.expect("answers").epoch > 0, "one row for all of them");
}

#[tokio::test]
async fn a_transaction_open_for_long_is_heard_of_when_it_commits() {
    let Some(database) = Database::create().await else { return };
    let (store, mut raw) = (database.store().await, database.raw().await);
    let (slow, quick) = (session(&store, |_| ()).await, session(&store, |_| ()).await);
    let mut open = raw.begin().await.expect("begun");
    let by_hand =
        "update coatroom_session set revoked_at = 1, revoked_reason = 'signed_out' where id = $1";
    sqlx::query(by_hand).bind(&slow.id.as_bytes()[..]).execute(&mut *open).await.expect("written");
    let ended = event(EventKind::SignedOut, at(1), 0);
    assert!(store.revoke(quick.id, EndReason::SignedOut, &ended).await.expect("answers"));

    let page = store.changes(None, 9).await.expect("answers");
    assert_eq!(page.changes.len(), 1);
    revoked(&page.changes[0].change, &quick);
    let again = store.changes(Some(&page.next), 9).await.expect("answers");
    assert!(again.changes.is_empty(), "told once, however long the other is open: {again:?}");
    open.commit().await.expect("committed");
    let page = store.changes(Some(&again.next), 9).await.expect("answers");
    assert_eq!(page.changes.len(), 1);
    revoked(&page.changes[0].change, &slow);
    let page = store.changes(Some(&page.next), 9).await.expect("answers");
    assert!(page.changes.is_empty());
}

#[tokio::test]
async fn a_transaction_that_commits_between_two_pages_is_heard_of() {
    let Some(database) = Database::create().await else { return };
    let (store, mut raw) = (database.store().await, database.raw().await);
    let slow = session(&store, |_| ()).await;
    let mut open = raw.begin().await.expect("begun");
    let by_hand =
        "update coatroom_session set revoked_at = 1, revoked_reason = 'signed_out' where id = $1";
    sqlx::query(by_hand).bind(&slow.id.as_bytes()[..]).execute(&mut *open).await.expect("written");
    for offset in 1..=3 {
        let quick = session(&store, |_| ()).await;
        let ended = event(EventKind::SignedOut, at(offset), 0);
        assert!(store.revoke(quick.id, EndReason::SignedOut, &ended).await.expect("answers"));
    }
    let first = store.changes(None, 2).await.expect("answers");
    assert!(first.more);
    open.commit().await.expect("committed");
    let (mut cursor, mut heard) = (first.next, false);
    for _ in 0..4 {
        let page = store.changes(Some(&cursor), 2).await.expect("answers");
        heard |= page
            .changes
            .iter()
            .any(|logged| matches!(logged.change, Change::Revoked { id, .. } if id == slow.id));
        cursor = page.next;
    }
    assert!(heard, "its number lies before the first page's last");
}

/// On a node that cannot be told, and has to ask.
async fn is_refused(world: &World, store: Arc<dyn FullStore>, delete: impl AsyncFnOnce()) {
    let mut quick = config();
    quick.feed.poll = Duration::from_millis(10);
    let node = Accounts::with_clock(quick, store, world.clock.clone()).await.expect("an engine");
    let held = world.sign_up().await;
    let asked = async || node.auth().authenticate(&held.access).await.expect("answers");
    assert!(matches!(asked().await, Access::Valid(_)));
    delete().await;
    until("the news", async || matches!(asked().await, Access::Revoked(_)).then_some(())).await;
    let fresh = world.restarted().await;
    assert!(matches!(fresh.authenticate(&held.access).await, Ok(Access::Revoked(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_an_account_that_was_deleted_by_hand_are_refused() {
    let (folder, store, mut shell) = file().await;
    let store: Arc<dyn FullStore> = Arc::new(store);
    let world = World::on(Place::full(Arc::clone(&store)).keeping(folder)).await;
    is_refused(&world, store, async || {
        shell.execute("delete from coatroom_account").await.expect("deleted");
    })
    .await;
    let Some(database) = Database::create().await else { return };
    let mut raw = database.raw().await;
    let store: Arc<dyn FullStore> = Arc::new(database.store().await);
    let world = World::on(Place::full(Arc::clone(&store)).keeping(database)).await;
    is_refused(&world, store, async || {
        raw.execute("delete from coatroom_account").await.expect("deleted");
    })
    .await;
}
