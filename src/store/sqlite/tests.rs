//! Faults that cannot be caused from outside of the store.

use super::*;
use crate::{
    session::{Client, EndReason, SessionId},
    store::{Event, EventKind, SessionStore as _, Trigger},
};

#[tokio::test]
async fn a_writer_that_ran_out_of_room_writes_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("a.db")).await.expect("opened");
    sqlx::query("pragma max_page_count = 1").execute(&store.writer.pool).await.expect("said");
    let mut tx = store.writer.pool.begin_with("begin immediate").await.expect("begun");
    let add = "insert into coatroom_account (id, email, password_hash, role, created_at) \
               values ('a', 'a', $1, 'user', 0)";
    sqlx::query(add)
        .bind("more than fits".repeat(10_000))
        .execute(&mut *tx)
        .await
        .expect_err("no room");
    drop(tx);
    let session = SessionId::random();
    let event = Event {
        at: Timestamp::from_millis(0),
        kind: EventKind::SignedOut,
        generation: 0,
        trigger: Trigger::Call,
        client: Client::default(),
        times: 1,
    };
    let did = store.revoke(session, EndReason::SignedOut, &event).await.expect("it writes");
    assert!(!did, "there is no such session");
}
