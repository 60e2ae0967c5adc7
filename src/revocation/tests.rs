use proptest::prelude::*;

use super::*;
use crate::principal::{Means, OwnClaims, Role};

const TTL: Duration = Duration::from_secs(60);
const SKEW: Duration = Duration::from_secs(5);

fn id(byte: u8) -> SessionId {
    SessionId::from_bytes([byte; 16])
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// The same on both clocks.
fn moment(seconds: u32) -> Moment {
    Moment { wall: at(seconds.into()), lived: Duration::from_secs(seconds.into()) }
}

fn subject() -> Subject {
    Subject::new("ada").expect("a subject")
}

fn claims(session: u8, authority_version: u64) -> Claims {
    Claims {
        iss: String::new(),
        aud: String::new(),
        sub: subject(),
        sid: id(session),
        iat: 0,
        exp: 60,
        jti: String::new(),
        auth_time: 0,
        amr: Means::PASSWORD,
        generation: 0,
        role: Role::USER,
        own: OwnClaims::default(),
        authority_version,
        epoch: 0,
    }
}

#[test]
fn a_revocation_is_forgotten_only_when_no_token_can_outlive_it() {
    let denylist = Denylist::new(TTL, SKEW, moment(0));
    let revoke = |byte, when| {
        denylist.note(Change::Revoked { id: id(byte), at: at(when) }, moment(1));
    };
    let revoked = |byte| denylist.standing(&claims(byte, 0)) == ClaimsStatus::Revoked;
    // Stamped long ago, as heard, and by a clock that is ahead.
    revoke(1, -1_000_000);
    revoke(2, 1);
    revoke(3, 40);
    denylist.sweep(moment(65));
    assert!(revoked(1) && revoked(2) && revoked(3));
    denylist.sweep(moment(100));
    assert!(!revoked(1) && !revoked(2) && revoked(3));
    denylist.sweep(moment(140));
    assert!(!revoked(3));
}

#[test]
fn neither_clock_alone_makes_it_forget() {
    let denylist = Denylist::new(TTL, SKEW, moment(0));
    denylist.note(Change::Revoked { id: id(1), at: at(0) }, moment(0));
    let revoked = || denylist.standing(&claims(1, 0)) == ClaimsStatus::Revoked;
    let hour = 3_600;
    denylist.sweep(Moment { wall: at(hour), lived: Duration::from_secs(40) });
    assert!(revoked(), "the wall clock was set");
    denylist.sweep(Moment { wall: at(-hour), lived: Duration::from_secs(7_200) });
    assert!(revoked(), "the wall clock was set back");
    denylist.sweep(Moment { wall: at(hour), lived: Duration::from_secs(7_300) });
    assert!(!revoked());
}

#[test]
fn a_clock_behind_what_was_forgotten_is_not_covered() {
    let denylist = Denylist::new(TTL, SKEW, moment(100));
    assert!(denylist.covers(at(95)) && !denylist.covers(at(94)));
    denylist.note(Change::Revoked { id: id(1), at: at(1_000) }, moment(200));
    denylist.sweep(moment(2_000));
    assert!(denylist.covers(at(1_060)), "its tokens are over by then");
    assert!(!denylist.covers(at(1_059)));
    denylist.read_anew(at(500));
    assert!(denylist.covers(at(500)));
}

#[test]
fn a_token_of_an_older_version_is_outdated_in_any_order_of_news() {
    let denylist = Denylist::new(TTL, SKEW, moment(0));
    for version in [2, 1] {
        let change = Change::Authority { subject: subject(), version, at: at(0) };
        denylist.note(change, moment(0));
    }
    let standing = |version| denylist.standing(&claims(1, version));
    assert_eq!(
        [1, 2, 3].map(standing),
        [ClaimsStatus::Outdated, ClaimsStatus::Good, ClaimsStatus::Good]
    );
    denylist.note(Change::Revoked { id: id(1), at: at(1) }, moment(1));
    assert_eq!(standing(1), ClaimsStatus::Revoked, "revoked comes first");
    denylist.note(Change::Deleted { subject: subject(), at: at(1) }, moment(1));
    let change = Change::Authority { subject: subject(), version: 9, at: at(2) };
    denylist.note(change, moment(2));
    assert_eq!(denylist.standing(&claims(3, 9)), ClaimsStatus::Revoked, "deleted for good");
    denylist.sweep(moment(100));
    assert_eq!(denylist.standing(&claims(3, 0)), ClaimsStatus::Good, "forgotten");
}

#[test]
fn a_generation_is_first_seen_once() {
    let now = moment(0);
    let seen = RecentGenerations::new(TTL, now);
    assert!(seen.first(id(1), 3, now));
    assert!(!seen.first(id(1), 3, now));
    assert!(!seen.first(id(1), 2, now), "an older token proves nothing new");
    assert!(seen.first(id(1), 4, now));
    seen.forget(id(1));
    assert!(seen.first(id(1), 4, now));
}

#[test]
fn a_generation_counts_as_just_stored_for_five_seconds() {
    let now = moment(0);
    let seen = RecentGenerations::new(TTL, now);
    let at = Duration::from_secs(100);
    seen.stored(id(1), 3, at);
    assert!(!seen.was_just_stored(id(1), 3, at), "it was never noted");
    seen.first(id(1), 3, now);
    assert!(!seen.was_just_stored(id(1), 3, at), "its write is under way");
    seen.stored(id(1), 3, at);
    assert!(seen.was_just_stored(id(1), 3, at + Duration::from_millis(4_999)));
    assert!(!seen.was_just_stored(id(1), 3, at + Duration::from_secs(5)));
    assert!(!seen.was_just_stored(id(1), 4, at), "another generation");
    seen.first(id(1), 4, now);
    seen.stored(id(1), 3, at);
    assert!(!seen.was_just_stored(id(1), 4, at), "the write of an older one came late");
}

/// Something that may happen to a node: its wall clock is set, time passes, a session is revoked whose token is new.
#[derive(Clone, Copy, Debug)]
enum Step {
    Set(i32),
    Pass(u16),
    Revoke,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (-7_200..7_200).prop_map(Step::Set),
        (0_u16..200).prop_map(Step::Pass),
        Just(Step::Revoke),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    /// A token that is in its time is refused, or the node knows that it has to look at the row.
    #[test]
    fn a_revoked_token_is_refused_under_any_clocks(steps in steps()) {
        let mut now = Moment { wall: at(100_000), lived: Duration::ZERO };
        let denylist = Denylist::new(TTL, SKEW, now);
        let mut expiries = Vec::new();
        for step in steps {
            match step {
                Step::Set(by) => now.wall = Timestamp::from_millis(now.wall.millis() + i64::from(by) * 1_000),
                Step::Pass(by) => {
                    let by = Duration::from_secs(by.into());
                    now = Moment { wall: now.wall + by, lived: now.lived + by };
                }
                Step::Revoke => {
                    let byte = u8::try_from(expiries.len()).expect("few");
                    denylist.note(Change::Revoked { id: id(byte), at: now.wall }, now);
                    // Issued just before, by this clock.
                    expiries.push(now.wall + TTL);
                }
            }
            denylist.sweep(now);
            for (byte, expires_at) in (0..).zip(&expiries) {
                let refused = denylist.standing(&claims(byte, 0)) == ClaimsStatus::Revoked;
                let in_time = now.wall < *expires_at;
                prop_assert!(refused || !in_time || !denylist.covers(now.wall));
            }
        }
    }
}
