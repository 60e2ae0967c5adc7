//! A server that is slow, read-only, restarted or cut off: unavailable in time, and no user is signed out.

use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use coatroom::{
    Access, SessionId,
    auth::IssueError,
    session::{Client, Decision, EndReason},
    store::{
        ChangeLog as _, EventKind, SessionStore as _, Store as _, StoreError, Trigger,
        conformance::{
            Place,
            sample::{START, account, event, read, session, unsaved},
        },
        postgres::{PostgresOptions, PostgresStore},
    },
};
use futures::future::join_all;
use sqlx::{Executor as _, PgConnection};
use tokio::time::timeout;

use super::unavailable;
use crate::support::{
    D, World,
    postgres::{Database, Proxy, options},
    refresh_token, until,
};

/// Four thirds of the patience below, and much room for a machine with much else to do.
const BOUND: Duration = Duration::from_secs(20);

fn impatient() -> PostgresOptions {
    let mut options = options();
    options.patience = Duration::from_millis(500);
    options.heartbeat = Duration::from_millis(50);
    options
}

/// A store without patience. What has to succeed is tried again, or done by another one.
async fn connect(url: &str) -> PostgresStore {
    let connect = async || PostgresStore::connect_with(url, impatient()).await.ok();
    until("a connection", connect).await
}

/// Repeats a call that has to fail in time, until the server said itself what was wrong and the caller's clock did not
/// come first.
async fn refused<T: Debug, F: Future<Output = Result<T, StoreError>>>(
    words: &str,
    call: impl Fn() -> F,
) {
    until(words, async || {
        let error = timeout(BOUND, call()).await.expect("in time").expect_err("refused");
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        error.to_string().contains(words).then_some(())
    })
    .await;
}

/// Ends every other connection to the database, as a restart of the server does.
async fn end_others(raw: &mut PgConnection) {
    let others = "select pg_terminate_backend(pid) from pg_stat_activity \
                  where datname = current_database() and pid <> pg_backend_pid()";
    raw.execute(others).await.expect("ended");
}

async fn run(raw: &mut PgConnection, statement: &'static str) {
    raw.execute(statement).await.expect(statement);
}

#[tokio::test]
async fn a_lock_held_by_another_transaction_times_out() {
    let Some(database) = Database::create().await else { return };
    let (store, hasty) = (database.store().await, connect(&database.url()).await);
    let before = session(&store, |_| ()).await;
    let signed_out = event(EventKind::SignedOut, START, 0);
    let mut raw = database.raw().await;
    run(&mut raw, "begin").await;
    run(&mut raw, "select id from coatroom_session for update").await;
    refused("lock timeout", || hasty.revoke(before.id, EndReason::SignedOut, &signed_out)).await;
    assert_eq!(read(&store, before.id).await, before, "reading waits for no writer");
    run(&mut raw, "lock table coatroom_session").await;
    refused("lock timeout", || hasty.session(before.id)).await;
    run(&mut raw, "rollback").await;
    assert_eq!(read(&store, before.id).await, before);
    assert!(store.revoke(before.id, EndReason::SignedOut, &signed_out).await.expect("answers"));
}

#[tokio::test]
async fn an_overlong_statement_is_ended_by_the_server_and_undone() {
    let Some(database) = Database::create().await else { return };
    let (store, hasty) = (database.store().await, connect(&database.url()).await);
    let before = session(&store, |_| ()).await;
    let slow = "create function slow() returns trigger language plpgsql as \
                $$ begin perform pg_sleep(600); return new; end $$; \
                create trigger slow before insert on coatroom_session_event \
                for each row execute function slow()";
    run(&mut database.raw().await, slow).await;
    let signed_out = event(EventKind::SignedOut, START, 0);
    let revoke = || hasty.revoke(before.id, EndReason::SignedOut, &signed_out);
    refused("statement timeout", revoke).await;
    assert_eq!(read(&store, before.id).await, before);
}

#[tokio::test]
async fn a_restart_of_the_server_fails_each_connection_once_at_most() {
    let Some(database) = Database::create().await else { return };
    let store = database.store().await;
    let id = session(&store, |_| ()).await.id;
    end_others(&mut database.raw().await).await;
    let mut failures = 0;
    while let Err(error) = store.session(id).await {
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        failures += 1;
        assert!(failures <= options().max_connections, "still failing");
    }
}

/// Connects a store through a proxy, and adds a session.
async fn behind_a_proxy(database: &Database) -> (Proxy, Arc<PostgresStore>, SessionId) {
    let proxy = Proxy::before(database).await;
    let store = PostgresStore::connect_with(&proxy.url(database), options()).await;
    let store = Arc::new(store.expect("connected"));
    let id = session(&*store, |_| ()).await.id;
    (proxy, store, id)
}

/// Calls that wait are handed connections that still work while others connect anew. If that stopped them on the way, the
/// next ones would begin again, and the server would have to greet hundreds of clients that are gone.
#[tokio::test(flavor = "multi_thread")]
async fn under_load_a_lost_connection_is_replaced_once() {
    let Some(database) = Database::create().await else { return };
    let (proxy, store, id) = behind_a_proxy(&database).await;
    let answered = Arc::<AtomicU32>::default();
    let callers = (0..24).map(|_| {
        let (store, answered) = (Arc::clone(&store), Arc::clone(&answered));
        tokio::spawn(async move {
            for _ in 0..100 {
                answered.fetch_add(u32::from(store.events(id, 1).await.is_ok()), Relaxed);
            }
        })
    });
    let callers: Vec<_> = callers.collect();
    until("some calls", async || (answered.load(Relaxed) >= 400).then_some(())).await;
    let before = proxy.connections();
    let half = "select pg_terminate_backend(pid) from (select pid from pg_stat_activity where datname = \
                current_database() and pid <> pg_backend_pid() limit 2) as half";
    run(&mut database.raw().await, half).await;
    for caller in callers {
        caller.await.expect("no panic");
    }
    assert!(answered.load(Relaxed) >= 2400 - 2, "each loss fails one call at most");
    let again = proxy.connections() - before;
    assert!(again <= 2, "two connections were lost, and {again} made");
}

/// Waits until that many statements wait for a lock.
async fn locked_out(count: i64, raw: &mut PgConnection) {
    let waiting = "select count(*) from pg_stat_activity \
                   where datname = current_database() and wait_event_type = 'Lock'";
    let asked = async {
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut *raw).await.expect("answers")
            != count
        {}
    };
    timeout(BOUND, asked).await.expect("in time");
}

#[tokio::test]
async fn a_caller_that_goes_away_stops_no_connection_on_its_way() {
    let Some(database) = Database::create().await else { return };
    let (proxy, store, id) = behind_a_proxy(&database).await;
    let call = || {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.events(id, 1).await.expect("answers") })
    };
    let (mut raw, mut other) = (database.raw().await, database.raw().await);
    run(&mut raw, "begin").await;
    run(&mut raw, "lock table coatroom_session_event").await;
    // One after the other: if the first comes before its connection is back in the pool, the next one takes that.
    let mut held = Vec::new();
    for waiting in 1..=3 {
        held.push(call());
        locked_out(waiting, &mut other).await;
    }

    let before = proxy.connections();
    // The last one that the pool may have stays on its way until its caller is gone.
    proxy.shut(true);
    let gone = call();
    until("a fourth", async || (proxy.connections() > before).then_some(())).await;
    gone.abort();
    assert!(gone.await.is_err_and(|error| error.is_cancelled()));
    held.push(call());
    proxy.shut(false);
    locked_out(4, &mut other).await;
    run(&mut raw, "rollback").await;
    for call in held {
        call.await.expect("no panic");
    }
    assert_eq!(proxy.connections(), before + 1, "the one that was on its way is used");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_database_signs_no_user_out_and_recovers() {
    let Some(database) = Database::create().await else { return };
    let mut raw = database.raw().await;
    let store = Arc::new(database.store().await);
    let world = World::on(Place::full(store.clone())).await;
    let held = world.sign_up().await;
    world.deliver(&held).await;
    world.advance(D);
    let user = account(&*store).await;

    run(
        &mut raw,
        "do $$ begin execute format('alter database %I set default_transaction_read_only = on', \
         current_database()); end $$",
    )
    .await;
    end_others(&mut raw).await;
    let before = until("an answer", async || store.session(held.session.id).await.ok()).await;
    let before = before.expect("the session is there");
    let presented = || Some(refresh_token(&held));
    let refused = world.auth.refresh(presented(), Trigger::Call, Client::default()).await;
    let error = refused.expect_err("nothing can be written");
    assert!(matches!(error, IssueError::Store(StoreError::Unavailable(_))), "{error:?}");
    unavailable(world.auth.sign_out(held.session.id, Client::default()).await);
    let began = event(EventKind::SignedIn, START, 0);
    unavailable(store.add_session(&unsaved(&user.id.into()), &began).await);
    unavailable(PostgresStore::connect_with(&database.url(), options()).await);
    assert!(matches!(world.access(&held).await, Access::Valid(_)));
    assert_eq!(read(&*store, held.session.id).await, before);

    run(
        &mut raw,
        "do $$ begin execute format('alter database %I reset default_transaction_read_only', \
         current_database()); end $$",
    )
    .await;
    end_others(&mut raw).await;
    let refreshed = until("the recovery", async || {
        world.auth.refresh(presented(), Trigger::Call, Client::default()).await.ok()
    })
    .await;
    assert_eq!(refreshed.decision, Decision::Rotate);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_network_is_noticed_in_time_and_forgotten_once_restored() {
    let Some(database) = Database::create().await else { return };
    let proxy = Proxy::before(&database).await;
    let before = session(&database.store().await, |_| ()).await;
    let id = before.id;
    let store = connect(&proxy.url(&database)).await;
    let mut feed = until("a feed", async || store.feed().await.ok().flatten()).await;
    // More calls than there may be connections, so that all of them are there, and all of them under way when the
    // network goes.
    let many = || join_all((0..12).map(|_| timeout(BOUND, store.session(id))));
    many().await;

    proxy.cut();
    for answer in many().await {
        unavailable(answer.expect("in time"));
    }
    let told = event(EventKind::ReplayedConcurrent, START, 0);
    unavailable(timeout(BOUND, store.count_replay(id, 0, &told)).await.expect("in time"));
    unavailable(timeout(BOUND, store.ping()).await.expect("in time"));
    unavailable(timeout(BOUND, store.feed()).await.expect("in time").map(|_| ()));
    unavailable(timeout(BOUND, feed.next()).await.expect("in time"));
    // The connections of then stay cut, as behind a router that forgot them: TCP would believe in them for a quarter
    // of an hour.
    proxy.restore();
    let after = until("an answer", async || store.session(id).await.ok().flatten()).await;
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_connection_that_is_cut_on_its_way_back_takes_no_place() {
    let Some(database) = Database::create().await else { return };
    let proxy = Proxy::before(&database).await;
    let id = session(&database.store().await, |_| ()).await.id;
    let url = proxy.url(&database);
    let options = || {
        let mut options = impatient();
        options.max_connections = 1;
        options
    };
    let connect = async || PostgresStore::connect_with(&url, options()).await.ok();
    let store = until("a connection", connect).await;
    until("an answer", async || store.session(id).await.ok()).await;
    // On one thread nothing else ran since: the connection is still to be asked whether it may go back into the pool.
    proxy.cut();
    unavailable(store.session(id).await);
    proxy.restore();
    until("an answer", async || store.session(id).await.ok()).await;
}
