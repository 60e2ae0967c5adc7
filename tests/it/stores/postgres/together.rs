//! Calls that wait at the same time go together, and each is answered as if it had been alone.
//!
//! The runtime of these tests has one thread: all calls wait before the first statement is sent.

use std::{sync::Arc, time::Duration};

use coatroom::{
    Session, SessionId,
    store::{
        EventKind, Rotation, SessionStore as _, StoreError,
        conformance::sample::{
            SPACING, START, acknowledged, event, kinds, read, rotation, session,
        },
        postgres::PostgresStore,
    },
};
use futures::future::{join_all, join3};
use sqlx::{AssertSqlSafe, Executor as _};
use tokio::time::timeout;

use super::unavailable;
use crate::support::postgres::{Database, options};

/// Much room for a machine with much else to do.
const BOUND: Duration = Duration::from_secs(20);

async fn sessions(store: &PostgresStore, count: usize) -> Vec<SessionId> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(session(store, acknowledged).await.id);
    }
    ids
}

async fn rotate(store: &PostgresStore, id: SessionId) -> Result<Option<Session>, StoreError> {
    rotate_from(0, store, id).await
}

async fn rotate_from(
    from: u64,
    store: &PostgresStore,
    id: SessionId,
) -> Result<Option<Session>, StoreError> {
    let told = event(EventKind::Rotated, START + SPACING, 1);
    store.rotate(&Rotation { from, ..rotation(id, START + SPACING) }, &told).await
}

/// Names a session in SQL.
fn is(column: &str, id: SessionId) -> String {
    format!("{column} = '\\x{:032x}'", u128::from_be_bytes(*id.as_bytes()))
}

#[tokio::test]
async fn each_of_many_rotates_its_own_session_and_once() {
    let Some(database) = Database::create().await else { return };
    let store = database.store().await;
    let ids = sessions(&store, 20).await;
    let late = ids.iter().map(|id| rotate_from(7, &store, *id));
    let rotate_all = || join_all(ids.iter().map(|id| rotate(&store, *id)));
    let (late, one, other) = join3(join_all(late), rotate_all(), rotate_all()).await;
    assert!(late.iter().all(|late| matches!(late, Ok(None))), "no session is at generation 7");
    for (id, (one, other)) in ids.iter().zip(one.into_iter().zip(other)) {
        let (one, other) = (one.expect("answers"), other.expect("answers"));
        let winner = one.as_ref().or(other.as_ref()).expect("one of two");
        assert!(one.is_none() || other.is_none(), "both rotated {id:?}");
        assert_eq!((winner.id, winner.generation), (*id, 1));
        assert_eq!(read(&store, *id).await, *winner);
        assert_eq!(kinds(&store, *id).await, [EventKind::Rotated, EventKind::SignedIn]);
    }
}

#[tokio::test]
async fn each_first_proof_is_noted_once() {
    let Some(database) = Database::create().await else { return };
    let store = database.store().await;
    let ids = join_all((0..10).map(|_| session(&store, |_| ()))).await;
    let twice = ids.iter().chain(&ids);
    let noted = join_all(twice.map(|session| store.acknowledge(session.id, 0, START))).await;
    let noted = noted.into_iter().filter(|noted| *noted.as_ref().expect("answers")).count();
    assert_eq!(noted, ids.len());
    for session in ids {
        assert_eq!(read(&store, session.id).await.acknowledged_at, Some(START));
    }
}

#[tokio::test]
async fn a_locked_session_makes_no_other_one_wait() {
    let Some(database) = Database::create().await else { return };
    let mut options = options();
    // Nothing but the lock ends the wait for it.
    options.patience = Duration::from_mins(10);
    let store = PostgresStore::connect_with(&database.url(), options).await.expect("connected");
    let store = Arc::new(store);
    let ids = sessions(&store, 10).await;
    let mut raw = database.raw().await;
    raw.execute("begin").await.expect("begun");
    let lock = format!("select 1 from coatroom_session where {} for update", is("id", ids[3]));
    raw.execute(AssertSqlSafe(lock)).await.expect("locked");
    let mut calls: Vec<_> = ids
        .iter()
        .map(|id| {
            let (store, id) = (Arc::clone(&store), *id);
            tokio::spawn(async move { rotate(&store, id).await })
        })
        .collect();
    let locked = calls.remove(3);
    for call in calls {
        let answer = timeout(BOUND, call).await.expect("in time").expect("no panic");
        assert!(answer.expect("answers").is_some());
    }
    assert!(!locked.is_finished(), "its row is locked");
    raw.execute("rollback").await.expect("unlocked");
    assert!(locked.await.expect("no panic").expect("answers").is_some());
}

#[tokio::test]
async fn a_fault_of_one_is_told_to_its_own_caller() {
    let Some(database) = Database::create().await else { return };
    let store = database.store().await;
    let ids = sessions(&store, 5).await;
    let mut raw = database.raw().await;
    let full = format!(
        "create function no_room() returns trigger language plpgsql as $$ begin raise 'no room'; end $$; \
         create trigger no_room before insert on coatroom_session_event for each row \
         when (new.{}) execute function no_room()",
        is("session_id", ids[2])
    );
    raw.execute(AssertSqlSafe(full)).await.expect("made");
    let mut rotated = join_all(ids.iter().map(|id| rotate(&store, *id))).await;
    unavailable(rotated.remove(2));
    assert!(rotated.into_iter().all(|rotated| rotated.expect("answers").is_some()));
    assert_eq!(read(&store, ids[2]).await.generation, 0);

    let broken = format!("update coatroom_session set claims = '[]' where {}", is("id", ids[1]));
    raw.execute(AssertSqlSafe(broken)).await.expect("changed");
    let missing = SessionId::random();
    let asked = ids.iter().chain([&missing]).map(|id| store.session(*id));
    let mut answers = join_all(asked).await;
    let error = answers.remove(1).expect_err("claims that are none");
    assert!(matches!(error, StoreError::Corrupt("session.claims")), "{error:?}");
    let found = answers.into_iter().map(|found| found.expect("answers").map(|session| session.id));
    let expected = [Some(ids[0]), Some(ids[2]), Some(ids[3]), Some(ids[4]), None];
    assert_eq!(found.collect::<Vec<_>>(), expected);
}
