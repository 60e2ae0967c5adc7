//! The life of keys, at the edges and in every order.

use super::*;
use crate::{clock::DEFAULT_CLOCK_SKEW, keyring::SigningAlgorithm};

const CACHE: i64 = 300_000;
const ACCESS: i64 = 900_000;
const SKEW: i64 = 5_000;
const SCHEDULE: Schedule = Schedule {
    cache: Duration::from_secs(300),
    access_ttl: Duration::from_secs(900),
    clock_skew: DEFAULT_CLOCK_SKEW,
};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_000_000_000 + millis)
}

fn kid(name: &str) -> KeyId {
    KeyId::parse(name).expect("a name")
}

fn new(name: &str) -> NewKey {
    NewKey { kid: kid(name), algorithm: SigningAlgorithm::EdDsa, sealed: name.into() }
}

/// The name of each key with its state.
fn states(records: &[KeyRecord], now: Timestamp) -> Vec<(&str, KeyState)> {
    records.iter().map(|record| (record.kid.as_str(), record.state(now))).collect()
}

/// One key since 0, and the next from one cache period on.
fn changing() -> Vec<KeyRecord> {
    rotate(&first(new("a"), at(0)), new("b"), at(0), SCHEDULE, Activation::AfterCachePeriod)
        .expect("none is staged")
}

#[test]
fn the_first_key_signs_at_once_and_for_ever() {
    let records = first(new("a"), at(0));
    for (now, state) in [
        (at(-1), KeyState::Staged),
        (at(0), KeyState::Active),
        (at(1), KeyState::Active),
        (Timestamp::from_millis(i64::MAX), KeyState::Active),
    ] {
        assert_eq!(states(&records, now), [("a", state)]);
    }
}

#[test]
fn a_change_of_keys_goes_through_every_state_at_its_instant() {
    use KeyState::{Active, Retired, Retiring, Staged};
    let records = changing();
    let end = CACHE + ACCESS + CACHE + SKEW;
    for (now, a, b) in [
        (0, Active, Staged),
        (1, Active, Staged),
        (CACHE - 1, Active, Staged),
        (CACHE, Retiring, Active),
        (CACHE + 1, Retiring, Active),
        (end - 1, Retiring, Active),
        (end, Retired, Active),
        (end + 1, Retired, Active),
    ] {
        assert_eq!(states(&records, at(now)), [("a", a), ("b", b)], "{now}");
    }
}

#[test]
fn a_rotation_at_once_keeps_the_old_key_until_its_tokens_expire() {
    let records = rotate(&first(new("a"), at(0)), new("b"), at(9), SCHEDULE, Activation::AtOnce)
        .expect("none is staged");
    assert_eq!(states(&records, at(9)), [("a", KeyState::Retiring), ("b", KeyState::Active)]);
    assert_eq!(records[0].retiring_at, Some(at(9)));
    assert_eq!(records[0].retired_at, Some(at(9 + ACCESS + CACHE + SKEW)));
}

#[test]
fn no_second_key_is_staged_beside_the_first() {
    for when in [Activation::AfterCachePeriod, Activation::AtOnce] {
        let rotated = |now| rotate(&changing(), new("c"), at(now), SCHEDULE, when);
        assert_eq!(rotated(CACHE - 1), Err(PlanError::Staged(kid("b"))));
        assert_eq!(rotated(CACHE).expect("b signs").len(), 3);
    }
}

#[test]
fn a_change_forgets_the_retired_and_moves_no_end_that_was_set() {
    let end = CACHE + ACCESS + CACHE + SKEW;
    let rotated = |now| {
        rotate(&changing(), new("c"), at(now), SCHEDULE, Activation::AfterCachePeriod)
            .expect("b signs")
    };
    let before = rotated(end - 1);
    assert_eq!(before[0], changing()[0]);
    let names: Vec<_> = rotated(end).into_iter().map(|record| record.kid).collect();
    assert_eq!(names, [kid("b"), kid("c")]);
}

#[test]
fn a_compromised_active_key_ends_at_once_and_the_staged_signs() {
    let records = retire(&changing(), &kid("a"), at(7)).expect("b takes over");
    assert_eq!(states(&records, at(6)), [("a", KeyState::Active), ("b", KeyState::Staged)]);
    assert_eq!(states(&records, at(7)), [("a", KeyState::Retired), ("b", KeyState::Active)]);
    assert_eq!((records[0].retiring_at, records[0].retired_at), (Some(at(7)), Some(at(7))));
    assert_eq!(records[1].active_at, at(7));
}

#[test]
fn a_compromised_staged_key_ends_at_once_and_the_active_stays() {
    let records = retire(&changing(), &kid("b"), at(7)).expect("a stays");
    for now in [7, CACHE, CACHE + ACCESS + CACHE + SKEW] {
        assert_eq!(
            states(&records, at(now)),
            [("a", KeyState::Active), ("b", KeyState::Retired)],
            "{now}"
        );
    }
    assert_eq!(records[0], first(new("a"), at(0))[0]);
}

#[test]
fn a_compromised_retiring_key_ends_at_once_and_no_other_moves() {
    let records = retire(&changing(), &kid("a"), at(CACHE + 7)).expect("b signs");
    assert_eq!(records[0].retired_at, Some(at(CACHE + 7)));
    assert_eq!(records[0].retiring_at, Some(at(CACHE)));
    assert_eq!(records[1], changing()[1]);
    // Once more changes nothing; above all, it does not let the key live longer.
    assert_eq!(retire(&records, &kid("a"), at(CACHE + 99)), Ok(records));
}

#[test]
fn an_unknown_key_and_the_only_one_are_not_ended() {
    let only = first(new("a"), at(0));
    assert_eq!(retire(&only, &kid("b"), at(1)), Err(PlanError::Unknown(kid("b"))));
    assert_eq!(retire(&only, &kid("a"), at(1)), Err(PlanError::Only(kid("a"))));
    assert_eq!(
        retire(&changing(), &kid("b"), at(CACHE)),
        Err(PlanError::Only(kid("b"))),
        "a retiring key is no successor"
    );
    let two = rotate(&only, new("b"), at(1), SCHEDULE, Activation::AtOnce).expect("none staged");
    assert!(retire(&two, &kid("a"), at(1)).is_ok());
}

/// Every instant at or after `now` at which a state may change.
fn edges(records: &[KeyRecord], now: Timestamp) -> Vec<Timestamp> {
    let of = |record: &KeyRecord| {
        [Some(record.active_at), record.retiring_at, record.retired_at].into_iter().flatten()
    };
    let edges = records.iter().flat_map(of).flat_map(|at| [at, at + Duration::from_millis(1)]);
    edges.filter(|at| *at >= now).chain([now]).collect()
}

#[test]
fn any_changes_leave_one_signing_key_and_no_retired_key_returns() {
    fn walk(records: &[KeyRecord], now: Timestamp, depth: usize, seen: &mut usize) {
        *seen += 1;
        for edge in edges(records, now) {
            let active =
                states(records, edge).into_iter().filter(|(_, state)| *state == KeyState::Active);
            assert_eq!(active.count(), 1, "{records:?} at {edge:?}");
        }
        if depth == 0 {
            return;
        }
        let name = format!("k{depth}");
        let mut next = Vec::new();
        for when in [Activation::AfterCachePeriod, Activation::AtOnce] {
            next.extend(rotate(records, new(&name), now, SCHEDULE, when));
        }
        for record in records {
            next.extend(retire(records, &record.kid, now));
        }
        for changed in next {
            for old in records.iter().filter(|record| record.state(now) == KeyState::Retired) {
                let still = changed.iter().find(|record| record.kid == old.kid);
                assert!(still.is_none_or(|record| record == old), "{old:?} moved");
            }
            for step in [0, 1, CACHE - 1, CACHE, ACCESS + CACHE + SKEW] {
                let later = now + Duration::from_millis(step.unsigned_abs());
                walk(&changed, later, depth - 1, seen);
            }
        }
    }
    let mut seen = 0;
    walk(&first(new("first"), at(0)), at(0), 4, &mut seen);
    assert!(seen > 10_000, "only {seen} worlds");
}
