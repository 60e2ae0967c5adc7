//! The feed: what is told of, what is not, and that it ends if something may have been missed.

use std::{sync::Arc, time::Duration};

use coatroom::{
    Access, Accounts,
    session::EndReason,
    store::{
        Change, ChangeLog as _, EventKind, Feed, SessionStore as _, Store as _, StoreError,
        conformance::{
            Place,
            sample::{START, at, event, session},
        },
        postgres::PostgresStore,
    },
};
use sqlx::{Executor as _, PgConnection};
use tokio::time::timeout;

use super::unavailable;
use crate::support::{
    World, config,
    postgres::{Database, options},
    until,
};

/// The connections that listen.
macro_rules! listeners {
    () => {
        "from pg_stat_activity \
         where datname = current_database() and application_name = 'coatroom feed'"
    };
}

async fn next(feed: &mut Feed) -> Result<Change, StoreError> {
    timeout(Duration::from_mins(1), feed.next()).await.expect("news within a minute")
}

async fn told(feed: &mut Feed) -> Change {
    next(feed).await.expect("the feed goes on")
}

async fn run(raw: &mut PgConnection, statement: &'static str) {
    raw.execute(statement).await.expect(statement);
}

async fn end_listeners(raw: &mut PgConnection) {
    run(raw, concat!("select pg_terminate_backend(pid) ", listeners!())).await;
}

async fn count_listeners(raw: &mut PgConnection) -> i64 {
    let count = sqlx::query_scalar(concat!("select count(*) ", listeners!()));
    count.fetch_one(raw).await.expect("answers")
}

#[tokio::test]
async fn a_console_revocation_is_told_and_a_rolled_back_one_is_not() {
    let Some(database) = Database::create().await else { return };
    let store = database.store().await;
    let mut raw = database.raw().await;
    let (one, two) = (session(&store, |_| ()).await, session(&store, |_| ()).await);
    let mut feed = store.feed().await.expect("answers").expect("a feed");

    run(&mut raw, "begin").await;
    run(&mut raw, "update coatroom_session set revoked_at = 5, revoked_reason = 'reuse'").await;
    run(&mut raw, "rollback").await;
    run(&mut raw, "update coatroom_session set revoked_at = 17, revoked_reason = 'signed_out'")
        .await;
    let mut both = [told(&mut feed).await, told(&mut feed).await];
    both.sort_by_key(|change| matches!(change, Change::Revoked { id, .. } if *id == two.id));
    let at_17 = coatroom::Timestamp::from_millis(17);
    assert_eq!(both, [one.id, two.id].map(|id| Change::Revoked { id, at: at_17 }));

    // Revoked is absorbing: a later time is no news.
    run(&mut raw, "update coatroom_session set revoked_at = 18").await;
    let (subject, at) = (one.subject, START);
    let version = store.outdate(&subject, at).await.expect("answers");
    assert_eq!(told(&mut feed).await, Change::Authority { subject, version, at });
}

#[tokio::test]
async fn authority_that_is_changed_at_a_console_is_told_of() {
    let Some(database) = Database::create().await else { return };
    let store = database.store().await;
    let mut raw = database.raw().await;
    let mut feed = store.feed().await.expect("answers").expect("a feed");
    run(&mut raw, "insert into coatroom_authority values ('a b', 7, 17)").await;
    run(&mut raw, "update coatroom_authority set version = 7, changed_at = 18").await;
    run(&mut raw, "update coatroom_authority set version = 8, changed_at = 19").await;
    let subject = coatroom::Subject::new("a b").expect("a subject");
    for (version, millis) in [(7, 17), (8, 19)] {
        let (subject, at) = (subject.clone(), coatroom::Timestamp::from_millis(millis));
        assert_eq!(told(&mut feed).await, Change::Authority { subject, version, at });
    }
}

#[tokio::test]
async fn foreign_notifications_on_the_channel_are_passed_over() {
    let Some(database) = Database::create().await else { return };
    let store = database.store().await;
    let mut raw = database.raw().await;
    let id = session(&store, |_| ()).await.id;
    let mut feed = store.feed().await.expect("answers").expect("a feed");
    run(&mut raw, "notify coatroom").await;
    run(&mut raw, "notify coatroom, 'revoked everybody'").await;
    run(&mut raw, "select pg_notify('coatroom', repeat('x', 7999))").await;
    run(&mut raw, "notify another, 'revoked 00000000000000000000000000000000 1'").await;
    let ended = event(EventKind::SignedOut, at(1), 0);
    store.revoke(id, EndReason::SignedOut, &ended).await.expect("answers");
    assert_eq!(told(&mut feed).await, Change::Revoked { id, at: at(1) });
}

#[tokio::test]
async fn a_store_in_its_own_schema_hears_changes_by_any_search_path() {
    let Some(database) = Database::create().await else { return };
    let mut raw = database.raw().await;
    run(&mut raw, "create schema tenant").await;
    let url = format!("{}?options[search_path]=tenant", database.url());
    let store = PostgresStore::connect_with(&url, options()).await.expect("connected");
    let id = session(&store, |_| ()).await.id;
    let mut feed = store.feed().await.expect("answers").expect("a feed");
    // A path on which the functions of an attacker's schema come first.
    run(
        &mut raw,
        "create schema trap; \
         create function trap.pg_notify(text, text) returns void language sql as 'select 1/0'; \
         create function trap.encode(bytea, text) returns text language sql as $$select 'no'$$; \
         set search_path = trap, pg_catalog",
    )
    .await;
    run(&mut raw, "update tenant.coatroom_session set revoked_at = 17, revoked_reason = 'reuse'")
        .await;
    let at = coatroom::Timestamp::from_millis(17);
    assert_eq!(told(&mut feed).await, Change::Revoked { id, at });
}

#[tokio::test]
async fn a_feed_fails_if_its_connection_is_lost_or_its_store_closed() {
    let Some(database) = Database::create().await else { return };
    let store = database.store().await;
    let mut feed = store.feed().await.expect("answers").expect("a feed");
    end_listeners(&mut database.raw().await).await;
    unavailable(next(&mut feed).await);
    unavailable(next(&mut feed).await);

    let mut feed = store.feed().await.expect("answers").expect("another feed");
    store.close().await;
    unavailable(next(&mut feed).await);
    unavailable(store.ping().await);
    unavailable(store.session(coatroom::SessionId::random()).await);
}

#[tokio::test]
async fn a_quiet_feed_checks_that_the_server_lives_and_goes_on() {
    let Some(database) = Database::create().await else { return };
    let mut often = options();
    often.heartbeat = Duration::from_millis(5);
    let store = PostgresStore::connect_with(&database.url(), often).await.expect("connected");
    let mut raw = database.raw().await;
    let id = session(&store, |_| ()).await.id;
    let mut feed = store.feed().await.expect("answers").expect("a feed");
    let asked = async {
        let last = concat!("select query ", listeners!());
        while sqlx::query_scalar::<_, String>(last).fetch_one(&mut raw).await.expect("answers")
            != "select 1"
        {}
    };
    tokio::select! {
        () = asked => (),
        change = feed.next() => panic!("nothing happened, and yet: {change:?}"),
    }
    let ended = event(EventKind::SignedOut, at(1), 0);
    store.revoke(id, EndReason::SignedOut, &ended).await.expect("answers");
    assert_eq!(told(&mut feed).await, Change::Revoked { id, at: at(1) });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_feed_was_cut_off_polls_and_listens_again() {
    let Some(database) = Database::create().await else { return };
    let mut raw = database.raw().await;
    let world = World::on(Place::full(Arc::new(database.store().await))).await;
    let other: Arc<PostgresStore> = Arc::new(database.store().await);
    let mut quick = config();
    quick.feed.poll = Duration::from_millis(10);
    let node = Accounts::with_clock(quick, other, world.clock.clone()).await.expect("an engine");
    let held = world.sign_up().await;
    let asked = async || node.auth().authenticate(&held.access).await.expect("answers");
    assert!(matches!(asked().await, Access::Valid(_)));

    end_listeners(&mut raw).await;
    world.sign_out(&held).await;
    until("the news", async || matches!(asked().await, Access::Revoked(_)).then_some(())).await;
    while count_listeners(&mut raw).await < 2 {}
}
