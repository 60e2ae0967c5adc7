//! Signing keys: read whole, and replaced only as they were seen.

use std::time::Duration;

use super::{Place, concurrency::at_once, sample::at};
use crate::{
    Timestamp,
    keyring::{KeyId, KeyRecord, Schedule, SigningAlgorithm},
    store::{Change, Store},
};

fn key(name: &str) -> KeyRecord {
    KeyRecord {
        kid: KeyId::parse(name).expect("a name"),
        algorithm: SigningAlgorithm::Es256,
        // Every byte there is, so that none can be lost or changed unseen.
        sealed: (0..=u8::MAX).cycle().take(3000).collect(),
        staged_at: at(1),
        active_at: at(2),
        retiring_at: None,
        retired_at: Some(at(4)),
    }
}

async fn read(store: &dyn Store) -> Vec<KeyRecord> {
    let mut keys = store.keys().await.expect("the store answers");
    keys.sort_by(|one, other| one.kid.cmp(&other.kid));
    keys
}

async fn replace(store: &dyn Store, seen: &[KeyRecord], keys: &[KeyRecord]) -> bool {
    store.replace_keys(seen, keys).await.expect("the store answers")
}

/// Reads keys back with every field.
pub async fn keys_read_back_as_they_were_written(Place { store, .. }: Place) {
    assert_eq!(read(&*store).await, []);
    let mut keys = vec![key("-a_"), key("b")];
    keys[1].algorithm = SigningAlgorithm::Hs256;
    keys[1].sealed = vec![0];
    keys[1].retiring_at = Some(Timestamp::from_millis(i64::MIN));
    keys[1].retired_at = None;
    assert!(replace(&*store, &[], &keys).await);
    assert_eq!(read(&*store).await, keys);
}

/// Replaces all keys together, in whatever order the caller saw them.
pub async fn keys_are_replaced_only_as_they_were_seen(Place { store, .. }: Place) {
    let first = [key("a"), key("b")];
    assert!(replace(&*store, &[], &first).await);
    let seen_otherwise = [KeyRecord { active_at: at(3), ..key("a") }, key("b")];
    let next = [key("b"), key("c")];
    for stale in [&[][..], &first[..1], &seen_otherwise, &next] {
        assert!(!replace(&*store, stale, &next).await);
        assert_eq!(read(&*store).await, first);
    }
    assert!(replace(&*store, &[key("b"), key("a")], &next).await);
    assert_eq!(read(&*store).await, next);
    assert!(!replace(&*store, &first, &first).await);
}

/// Replaces the keys for one of fifty callers; the others are told that they came too late.
pub async fn of_fifty_replacements_at_once_exactly_one_succeeds(place: Place) {
    let before = [key("a")];
    assert!(replace(&*place.store, &[], &before).await);
    let answers = at_once(&place, |number, store| {
        let mine = [key("a"), key(&format!("k{number}"))];
        let before = before.clone();
        async move { Ok((store.replace_keys(&before, &mine).await?, mine)) }
    })
    .await;
    let won: Vec<_> = answers.into_iter().filter(|(did, _)| *did).collect();
    let [(_, keys)] = &won[..] else { panic!("{} succeeded", won.len()) };
    assert_eq!(read(&*place.store).await, keys);
}

/// Tells the version with every page of the log: a node that slept has to learn of it, too.
pub async fn the_version_of_the_keys_is_told_and_counts_up(place: Place) {
    let store = &place.store;
    let other = place.second.as_ref().unwrap_or(store);
    let feed = store.feed().await.expect("answers");
    assert_eq!(store.changes(None, 9).await.expect("answers").keys_version, 0);
    let versions = [[key("a")], [key("b")], [key("a")]];
    let mut seen: &[KeyRecord] = &[];
    for (version, keys) in (1..).zip(&versions) {
        assert!(replace(&**other, seen, keys).await);
        seen = keys;
        assert_eq!(store.changes(None, 9).await.expect("answers").keys_version, version);
    }
    let Some(mut feed) = feed else { return };
    for version in 1..=3 {
        let told = feed.next().await.expect("the feed goes on");
        assert_eq!(told, Change::Keys { version });
    }
}

/// Raises each figure by itself, by either handle. A store that no other process opens may keep none.
pub async fn the_schedule_of_the_keys_only_grows(place: Place) {
    let schedule = |cache, access_ttl| Schedule {
        cache: Duration::from_millis(cache),
        access_ttl: Duration::from_millis(access_ttl),
        clock_skew: Duration::from_millis(cache + access_ttl),
    };
    assert_eq!(place.store.schedule().await.expect("the store answers"), None);
    let mut kept = Schedule::NONE;
    for (number, raised) in [(5, 60), (5, 60), (3, 90), (7, 1), (0, 0)].into_iter().enumerate() {
        let raised = schedule(raised.0, raised.1);
        let store = place.door(number);
        store.raise_schedule(raised).await.expect("the store answers");
        kept = kept.max(raised);
        let found = place.door(number + 1).schedule().await.expect("the store answers");
        assert!(found.is_none_or(|found| found == kept), "{found:?}");
    }
    assert_eq!((kept.cache, kept.access_ttl), (schedule(7, 0).cache, schedule(0, 90).access_ttl));
    assert_eq!(kept.clock_skew, schedule(3, 90).clock_skew);
}
