//! The store on Redis, in what it alone can do: refuse a server that would lose sessions, stand beside another
//! application's keys, meet rows of a newer node, and lose the server.

mod losses;
mod outages;

use std::fmt::Debug;

use coatroom::{
    Timestamp,
    keyring::{KeyId, KeyRecord, SigningAlgorithm},
    session::{EndReason, Persistence},
    store::{
        Change, ChangeLog as _, EventKind, KeyStore as _, SessionStore as _, Store as _,
        StoreError, Trigger,
        conformance::sample::{START, at, event, log, read, session, subject},
        redis::{RedisOptions, RedisStore},
    },
};

use crate::support::redis::{Keys, Server};

/// The width of the texts that numbers and instants are: an instant is counted from the first one that there is.
fn instant(at: Timestamp) -> String {
    format!("{:020}", at.millis().cast_unsigned() ^ (1 << 63))
}

#[track_caller]
fn unavailable<T: Debug>(answer: Result<T, StoreError>) {
    let error = answer.expect_err("unavailable");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

#[track_caller]
fn refused(answer: Result<RedisStore, StoreError>, why: &str) {
    let error = answer.expect_err("refused");
    assert!(matches!(&error, StoreError::Settings(said) if said.contains(why)), "{error:?}");
}

async fn connect(url: &str, prefix: &str) -> Result<RedisStore, StoreError> {
    let mut options = RedisOptions::default();
    options.prefix = prefix.into();
    RedisStore::connect_with(url, options).await
}

#[tokio::test]
async fn stores_on_one_server_hear_each_other_and_no_other_prefix() {
    let Some(server) = Server::start(&[]).await else { return };
    let (one, two) = (server.store().await, server.store().await);
    let apart = connect(&server.url(), "apart:").await.expect("connected");
    let elsewhere = connect(&format!("{}7", server.url()), "coatroom:").await.expect("connected");
    let feed = async |store: &RedisStore| store.feed().await.expect("answers").expect("a feed");
    let (mut hears_one, mut hears_two) = (feed(&one).await, feed(&two).await);
    let ended = event(EventKind::SignedOut, at(1), 0);
    // None of these is a change here, and would be told first.
    for other in [&apart, &elsewhere] {
        let id = session(other, |_| ()).await.id;
        assert!(other.revoke(id, EndReason::SignedOut, &ended).await.expect("answers"));
        assert_eq!(one.session(id).await.expect("answers"), None);
    }
    let id = session(&one, |_| ()).await.id;
    assert!(one.revoke(id, EndReason::SignedOut, &ended).await.expect("answers"));
    let owner = subject();
    let version = two.outdate(&owner, at(2)).await.expect("answers");
    let authority = Change::Authority { subject: owner, version, at: at(2) };
    for feed in [&mut hears_one, &mut hears_two] {
        assert_eq!(feed.next().await.expect("told"), Change::Revoked { id, at: at(1) });
        assert_eq!(feed.next().await.expect("told"), authority);
    }
}

#[tokio::test]
async fn a_closed_store_answers_nothing_and_ends_its_feeds() {
    let Some(keys) = Keys::create() else { return };
    let store = keys.store().await;
    let mut feed = store.feed().await.expect("answers").expect("a feed");
    store.close().await;
    unavailable(feed.next().await);
    unavailable(store.ping().await);
    unavailable(store.feed().await.map(|_| ()));
}

#[tokio::test]
async fn a_server_that_may_evict_sessions_is_not_opened() {
    let Some(server) = Server::start(&["--maxmemory-policy", "allkeys-lru"]).await else { return };
    refused(RedisStore::connect(&server.url()).await, "maxmemory-policy noeviction");
    server.run(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]).await.expect("set");
    RedisStore::connect(&server.url()).await.expect("connected");
    refused(connect(&server.url(), "").await, "prefix");
}

#[tokio::test]
async fn a_node_of_a_cluster_is_not_opened() {
    let Some(server) = Server::start(&["--cluster-enabled", "yes"]).await else { return };
    refused(RedisStore::connect(&server.url()).await, "cluster");
}

#[tokio::test]
async fn a_user_of_the_prefix_alone_can_do_all_that_is_needed() {
    let Some(server) = Server::start(&[]).await else { return };
    let rules =
        ["resetkeys", "resetchannels", "~coatroom:*", "&coatroom:*", "+@all", "-@dangerous"];
    let user = [&["ACL", "SETUSER", "ada", "on", ">word"][..], &rules].concat();
    server.run(&user).await.expect("made");
    let url = server.url().replace("redis://", "redis://ada:word@");
    refused(RedisStore::connect(&url).await, "'info'");
    server.run(&["ACL", "SETUSER", "ada", "+info", "resetchannels"]).await.expect("changed");
    refused(RedisStore::connect(&url).await, "channel");
    server.run(&["ACL", "SETUSER", "ada", "&coatroom:*"]).await.expect("changed");
    let store = RedisStore::connect(&url).await.expect("connected, though not told the settings");
    let mut feed = store.feed().await.expect("answers").expect("a feed");
    let id = session(&store, |_| ()).await.id;
    let ended = event(EventKind::SignedOut, at(1), 0);
    assert!(store.revoke(id, EndReason::SignedOut, &ended).await.expect("answers"));
    assert_eq!(feed.next().await.expect("told"), Change::Revoked { id, at: at(1) });
    assert_eq!(log(&store).await.len(), 1);
    refused(connect(&url, "apart:").await, "channel");
    let debug = format!("{store:?}");
    assert!(!debug.contains("word"), "{debug}");
}

#[tokio::test]
async fn a_script_that_the_server_forgot_is_loaded_again() {
    let Some(server) = Server::start(&[]).await else { return };
    let store = server.store().await;
    let before = session(&store, |_| ()).await;
    server.run(&["SCRIPT", "FLUSH"]).await.expect("flushed");
    assert_eq!(read(&store, before.id).await, before);
    session(&store, |_| ()).await;
}

#[tokio::test]
async fn names_of_a_newer_node_are_read_as_the_least_harmful() {
    let Some(keys) = Keys::create() else { return };
    let store = keys.store().await;
    let before = session(&store, |session| session.persistence = Persistence::Remembered).await;
    let (id, row) = (before.id, format!("session:{}", before.id));
    keys.run("HSET", &row, &["persistence", "for_ever", "coat", "red"]).await;
    let newer = format!(
        r#"{{"at":"{}","kind":"lent_a_coat","generation":"{:020}","cause":"courier","client_label":"",
        "user_agent_hash":"","ip_prefix":"","times":2,"coat":"red"}}"#,
        instant(at(1)),
        0
    );
    keys.run("LPUSH", &format!("events:{id}"), &[&newer]).await;
    assert_eq!(read(&store, id).await.persistence, Persistence::Browser);
    let told = store.events(id, 1).await.expect("answers").remove(0);
    assert_eq!((told.kind, told.trigger, told.times), (EventKind::Unknown, Trigger::Call, 2));
    keys.run("HSET", &row, &["revoked_at", &instant(at(2)), "revoked_reason", "fire_alarm"]).await;
    let ended = read(&store, id).await.revoked.expect("over, for whatever reason");
    assert_eq!((ended.at, ended.reason), (at(2), EndReason::Unknown));

    // A change of another kind stands between two that are known.
    let owner = subject();
    store.outdate(&owner, at(3)).await.expect("answers");
    let (kind, at_3) = (["kind", "frozen", "at"], instant(at(3)));
    let entry = [&["2-0", "logged_at", "1"], &kind[..], &[&at_3]].concat();
    keys.run("XADD", "changes", &entry).await;
    keys.run("HSET", "meta", &["changes", "2"]).await;
    store.outdate(&owner, at(4)).await.expect("answers");
    assert_eq!(log(&store).await.len(), 2);
}

#[tokio::test]
async fn a_key_of_an_unknown_algorithm_is_left_where_it_is() {
    let Some(keys) = Keys::create() else { return };
    let store = keys.store().await;
    let instant = instant(START);
    let fields = ["kid", "newer", "algorithm", "ML-DSA-65", "sealed", "x", "staged_at", &instant];
    keys.run("HSET", "key:newer", &[&fields[..], &["active_at", &instant]].concat()).await;
    keys.run("SADD", "keys", &["newer"]).await;
    assert_eq!(store.keys().await.expect("answers"), []);
    let key = KeyRecord {
        kid: KeyId::parse("known").expect("a name"),
        algorithm: SigningAlgorithm::EdDsa,
        sealed: vec![1],
        staged_at: START,
        active_at: START,
        retiring_at: None,
        retired_at: None,
    };
    assert!(store.replace_keys(&[], std::slice::from_ref(&key)).await.expect("answers"));
    assert_eq!(store.keys().await.expect("answers"), [key]);
    let stays = keys.run("SISMEMBER", "keys", &["newer"]).await;
    assert_eq!(stays, redis::Value::Int(1));
}

#[tokio::test]
async fn a_row_that_cannot_be_is_corrupt_and_not_missing() {
    let Some(keys) = Keys::create() else { return };
    let store = keys.store().await;
    for (field, value) in [("generation", "-1"), ("created_at", "soon"), ("nonce", "short")] {
        let id = session(&store, |_| ()).await.id;
        keys.run("HSET", &format!("session:{id}"), &[field, value]).await;
        let error = store.session(id).await.expect_err(field);
        assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    }
}

#[tokio::test]
async fn changes_of_long_ago_are_forgotten_and_newer_ones_stay() {
    let Some(keys) = Keys::create() else { return };
    let store = keys.store().await;
    let at_1 = instant(at(1));
    for entry in ["1-0", "2-0", "3-0"] {
        let old = [entry, "logged_at", "1000", "kind", "deleted", "subject", "ada", "at", &at_1];
        keys.run("XADD", "changes", &old).await;
    }
    keys.run("HSET", "meta", &["changes", "3"]).await;
    let place = store.changes(None, 1).await.expect("answers").next;
    let owner = subject();
    let version = store.outdate(&owner, at(2)).await.expect("answers");
    let newer = Change::Authority { subject: owner, version, at: at(2) };
    assert_eq!(log(&store).await.len(), 4);
    let mut batches = 1;
    while store.prune(Timestamp::MAX, coatroom::store::CHANGES_KEPT, 2).await.expect("answers") {
        batches += 1;
    }
    assert_eq!((batches, log(&store).await), (2, vec![newer.clone()]));
    let page = store.changes(Some(&place), 9).await.expect("answers");
    assert_eq!(page.changes.len(), 1, "of a reader that was away, all that is left");
    assert_eq!(page.changes[0].change, newer);
}
