//! Single use: a mark is made once, and stays for as long as it may be asked for.

use std::{sync::Arc, time::Duration};

use super::{Place, sample::at};
use crate::{Timestamp, store::Store};

const UNTIL: Timestamp = Timestamp::from_millis(1_000_000_000_000);

async fn consume(store: &dyn Store, purpose: &str, id: &str) -> bool {
    store.consume(purpose, id, UNTIL).await.expect("answers")
}

/// Marks an id by its exact text, and for its purpose alone.
pub async fn an_id_is_used_once_for_each_purpose(Place { store, .. }: Place) {
    let long = "x".repeat(512);
    for id in ["a", "A", "a ", "", "é", "e\u{301}", &long] {
        assert!(consume(&*store, "link", id).await, "{id:?}");
        assert!(!consume(&*store, "link", id).await, "{id:?}");
        assert!(consume(&*store, "handshake", id).await, "{id:?}");
    }
}

/// Lets one of fifty callers be the first, by either handle.
pub async fn of_fifty_uses_at_once_exactly_one_is_the_first(place: Place) {
    let uses = (0..50).map(|number| {
        let store = place.door(number);
        tokio::spawn(async move { consume(&*store, "link", "a").await })
    });
    let uses: Vec<_> = uses.collect();
    let mut first = 0;
    for used in uses {
        first += u32::from(used.await.expect("no panic"));
    }
    assert_eq!(first, 1);
}

/// Keeps a mark until the instant that its first caller gave, even if a later caller gives a later one, and forgets it
/// after that.
pub async fn a_mark_is_forgotten_after_its_time_and_not_before(Place { store, .. }: Place) {
    assert!(consume(&*store, "link", "a").await);
    assert!(!store.consume("link", "a", at(0)).await.expect("answers"));
    let prune = async |now| {
        let store = Arc::clone(&store);
        while store.prune(now, Duration::ZERO, 10).await.expect("answers") {}
    };
    prune(UNTIL - Duration::from_millis(1)).await;
    assert!(!consume(&*store, "link", "a").await);
    prune(UNTIL + Duration::from_millis(1)).await;
    assert!(consume(&*store, "link", "a").await);
}
