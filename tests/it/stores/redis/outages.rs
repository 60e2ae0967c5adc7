//! A server that is dead, cut off, full or no primary any more: unavailable in time, and works again without a restart.

use std::time::Duration;

use coatroom::store::{
    ChangeLog as _, EventKind, SessionStore as _, Store as _, StoreError,
    conformance::sample::{SPACING, START, acknowledged, event, kinds, read, rotation, session},
    redis::{RedisOptions, RedisStore},
};
use futures::future::join_all;
use tokio::time::timeout;

use super::unavailable;
use crate::support::{postgres::Proxy, redis::Server, until};

/// Twice the patience below, and much room for a machine with much else to do.
const BOUND: Duration = Duration::from_secs(20);

async fn impatient(url: &str) -> RedisStore {
    let mut options = RedisOptions::default();
    options.patience = Duration::from_millis(500);
    options.heartbeat = Duration::from_millis(50);
    let connect = async || RedisStore::connect_with(url, options.clone()).await.ok();
    until("a connection", connect).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_server_is_unavailable_in_time_until_it_is_back() {
    let settings = &["--appendonly", "yes", "--appendfsync", "always"];
    let Some(mut server) = Server::start(settings).await else { return };
    let store = impatient(&server.url()).await;
    let before = session(&store, |_| ()).await;
    let mut feed = store.feed().await.expect("answers").expect("a feed");
    server.kill();
    unavailable(timeout(BOUND, feed.next()).await.expect("in time"));
    unavailable(timeout(BOUND, store.session(before.id)).await.expect("in time"));
    unavailable(timeout(BOUND, store.ping()).await.expect("in time"));
    unavailable(timeout(BOUND, store.feed()).await.expect("in time").map(|_| ()));
    unavailable(RedisStore::connect(&server.url()).await);
    server.restart().await;
    let after = until("an answer", async || store.session(before.id).await.ok().flatten()).await;
    assert_eq!(after, before);
    store.feed().await.expect("another feed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_two_calls_fails_neither() {
    let settings = &["--appendonly", "yes", "--appendfsync", "always"];
    let Some(mut server) = Server::start(settings).await else { return };
    let store = server.store().await;
    let mut feed = store.feed().await.expect("answers").expect("a feed");
    let before = session(&store, |_| ()).await;
    server.kill();
    // Ends when this process has noticed, as the store's own connection does.
    unavailable(feed.next().await);
    server.restart().await;
    assert_eq!(store.session(before.id).await.expect("answers"), Some(before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_network_is_noticed_in_time_and_forgotten_once_restored() {
    let Some(server) = Server::start(&[]).await else { return };
    let proxy = Proxy::before_port("127.0.0.1".into(), server.port()).await;
    let before = session(&server.store().await, |_| ()).await;
    let id = before.id;
    let store = impatient(&format!("redis://127.0.0.1:{}", proxy.port())).await;
    let mut feed = until("a feed", async || store.feed().await.ok().flatten()).await;
    let many = || join_all((0..12).map(|_| timeout(BOUND, store.session(id))));
    many().await;

    proxy.cut();
    for answer in many().await {
        unavailable(answer.expect("in time"));
    }
    let told = event(EventKind::ReplayedConcurrent, START, 0);
    unavailable(timeout(BOUND, store.count_replay(id, 0, &told)).await.expect("in time"));
    unavailable(timeout(BOUND, store.feed()).await.expect("in time").map(|_| ()));
    unavailable(timeout(BOUND, feed.next()).await.expect("in time"));
    // The connections of then stay cut, as behind a router that forgot them.
    proxy.restore();
    let after = until("an answer", async || store.session(id).await.ok().flatten()).await;
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_full_server_refuses_calls_whole() {
    let Some(server) = Server::start(&[]).await else { return };
    let store = server.store().await;
    let before = session(&store, acknowledged).await;
    let (step, rotated) =
        (rotation(before.id, START + SPACING), event(EventKind::Rotated, START + SPACING, 1));
    server.run(&["CONFIG", "SET", "maxmemory", "1"]).await.expect("set");
    unavailable(store.rotate(&step, &rotated).await);
    unavailable(store.outdate(&before.subject, START).await);
    unavailable(store.ping().await);
    assert_eq!(read(&store, before.id).await, before);
    assert_eq!(kinds(&store, before.id).await, [EventKind::SignedIn]);
    store.prune(START, Duration::ZERO, 9).await.expect("deleting takes no room");
    server.run(&["CONFIG", "SET", "maxmemory", "0"]).await.expect("set");
    assert!(store.rotate(&step, &rotated).await.expect("answers").is_some());
}

#[tokio::test]
async fn a_server_that_became_a_replica_is_unavailable_for_writes() {
    let Some(server) = Server::start(&[]).await else { return };
    let store = server.store().await;
    let before = session(&store, acknowledged).await;
    let note = event(EventKind::Ahead, START, 0);
    // Of a primary that does not answer.
    server.run(&["REPLICAOF", "127.0.0.1", "1"]).await.expect("demoted");
    unavailable(store.record(before.id, &note).await);
    unavailable(RedisStore::connect(&server.url()).await);
    server.run(&["REPLICAOF", "NO", "ONE"]).await.expect("promoted");
    let recorded = async || store.record(before.id, &note).await.ok();
    until("an answer", recorded).await;
    assert_eq!(kinds(&store, before.id).await, [EventKind::Ahead, EventKind::SignedIn]);
    let lost: Result<(), StoreError> = store.ping().await;
    lost.expect("answers");
}
