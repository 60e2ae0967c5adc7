//! The rule, row by row, at its edges.

use super::*;
use crate::principal::{OwnClaims, Role};

const TIMING: Timing = Timing { grace: Duration::from_secs(30), spacing: Duration::from_secs(60) };
/// The instant that the sessions of these tests were acknowledged at.
const ACK: i64 = 1_000_000_000;

fn at(offset: i64) -> Timestamp {
    Timestamp::from_millis(ACK + offset)
}

/// A session of generation 7 that was acknowledged at [`ACK`].
pub(crate) fn session() -> Session {
    Session {
        id: SessionId::from_bytes([1; 16]),
        subject: Subject::new("ada").expect("a subject"),
        authority: Authority { role: Role::USER, claims: OwnClaims::default(), version: 0 },
        newest_authority: 0,
        created_at: at(-90_000_000),
        authenticated_at: at(-90_000_000),
        means: Means::PASSWORD,
        nonce: SessionNonce([3; 32]),
        pepper_kid: "pepper".into(),
        generation: 7,
        rotated_at: at(-1_000),
        acknowledged_at: Some(at(0)),
        replays: 0,
        persistence: Persistence::Browser,
        idle_expires_at: at(3_600_000),
        absolute_expires_at: at(7_200_000),
        revoked: None,
        client: Client::default(),
        last_seen_at: at(-1_000),
        epoch: 0,
    }
}

fn unacknowledged() -> Session {
    Session { acknowledged_at: None, ..session() }
}

fn decided(offset: i64, generation: u64, session: &Session) -> Decision {
    decide(at(offset), Presented::Genuine { generation, session }, &TIMING)
}

#[test]
fn row_1_what_is_no_token_of_ours_is_invalid() {
    let decision = decide(at(0), Presented::Unrecognized, &TIMING);
    assert_eq!((decision, decision.row()), (Decision::Invalid(Invalid::Unrecognized), 1));
}

#[test]
fn row_2_revocation_outranks_expiry_in_every_generation() {
    let revoked =
        Session { revoked: Some(Revocation { at: at(1), reason: EndReason::Reuse }), ..session() };
    for generation in [0, 5, 6, 7, 8] {
        for offset in [0, 30_001, 3_600_000, 7_200_000] {
            let decision = decided(offset, generation, &revoked);
            assert_eq!((decision, decision.row()), (Decision::Ended(EndReason::Reuse), 2));
        }
    }
}

#[test]
fn row_3_a_session_lives_until_the_instant_of_its_idle_expiry() {
    assert_eq!(decided(3_599_999, 7, &session()), Decision::Rotate);
    for generation in [0, 6, 7, 8] {
        let decision = decided(3_600_000, generation, &session());
        assert_eq!((decision, decision.row()), (Decision::Ended(EndReason::IdleExpiry), 3));
    }
    assert_eq!(decided(3_600_001, 7, &session()), Decision::Ended(EndReason::IdleExpiry));
}

#[test]
fn row_3_the_absolute_expiry_holds_whatever_the_idle_one_says() {
    let session = Session { absolute_expires_at: at(100), ..session() };
    assert_eq!(decided(99, 6, &session), Decision::Replay(Replay::Concurrent));
    assert_eq!(decided(100, 6, &session), Decision::Ended(EndReason::AbsoluteExpiry));
    let both = Session { idle_expires_at: at(50), ..session };
    for offset in [50, 100, 7_200_000] {
        let decision = decided(offset, 6, &both);
        assert_eq!(decision, Decision::Ended(EndReason::IdleExpiry), "the reason stays as it was");
    }
    // A rotation that the absolute lifetime cut short.
    let same = Session { idle_expires_at: at(100), ..both };
    assert_eq!(decided(100, 6, &same), Decision::Ended(EndReason::AbsoluteExpiry));
}

#[test]
fn row_4_a_generation_that_does_not_exist_yet_is_invalid() {
    for generation in [8, 9, u64::MAX] {
        let decision = decided(0, generation, &session());
        assert_eq!((decision, decision.row()), (Decision::Invalid(Invalid::Ahead), 4));
    }
}

#[test]
fn row_5_the_first_proof_of_delivery_is_debounced_however_late() {
    for offset in [0, 60_000, 3_599_999] {
        let decision = decided(offset, 7, &unacknowledged());
        assert_eq!((decision, decision.row()), (Decision::Debounced { first_proof: true }, 5));
    }
}

#[test]
fn rows_5_and_6_part_at_the_spacing() {
    assert_eq!(decided(0, 7, &session()), Decision::Debounced { first_proof: false });
    assert_eq!(decided(59_999, 7, &session()), Decision::Debounced { first_proof: false });
    let decision = decided(60_000, 7, &session());
    assert_eq!((decision, decision.row()), (Decision::Rotate, 6));
    assert_eq!(decided(60_001, 7, &session()), Decision::Rotate);
}

#[test]
fn row_7_a_lost_answer_is_repeated_as_long_as_the_session_lives() {
    for offset in [0, 30_001, 60_001, 3_599_999] {
        let decision = decided(offset, 6, &unacknowledged());
        assert_eq!((decision, decision.row()), (Decision::Replay(Replay::Undelivered), 7));
    }
}

#[test]
fn rows_8_and_9_part_after_the_grace() {
    for offset in [0, 29_999, 30_000] {
        let decision = decided(offset, 6, &session());
        assert_eq!((decision, decision.row()), (Decision::Replay(Replay::Concurrent), 8));
    }
    let decision = decided(30_001, 6, &session());
    assert_eq!((decision, decision.row()), (Decision::Reuse(Reuse::Recent), 9));
}

#[test]
fn row_10_two_generations_behind_is_reuse_acknowledged_or_not() {
    for session in [session(), unacknowledged()] {
        for generation in [0, 4, 5] {
            let decision = decided(0, generation, &session);
            assert_eq!((decision, decision.row()), (Decision::Reuse(Reuse::Stale), 10));
        }
    }
}

#[test]
fn no_number_of_replays_is_too_many_for_the_rule() {
    for replays in [0, 50, 51, u32::MAX] {
        let undelivered = Session { acknowledged_at: None, replays, ..session() };
        assert_eq!(decided(0, 6, &undelivered), Decision::Replay(Replay::Undelivered));
        let delivered = Session { replays, ..session() };
        assert_eq!(decided(0, 6, &delivered), Decision::Replay(Replay::Concurrent));
    }
}

#[test]
fn a_clock_that_went_back_makes_nothing_reuse() {
    assert_eq!(decided(-5_000, 6, &session()), Decision::Replay(Replay::Concurrent));
    assert_eq!(decided(-5_000, 7, &session()), Decision::Debounced { first_proof: false });
}

#[test]
fn without_grace_not_even_the_very_instant_is_forgiven() {
    let strict = Timing { grace: Duration::ZERO, spacing: Duration::ZERO };
    let decided = |offset, generation| {
        decide(at(offset), Presented::Genuine { generation, session: &session() }, &strict)
    };
    assert_eq!(decided(0, 6), Decision::Reuse(Reuse::Recent));
    assert_eq!(decided(1, 6), Decision::Reuse(Reuse::Recent));
    assert_eq!(decided(0, 7), Decision::Rotate);
    assert_eq!(decided(-1, 7), Decision::Debounced { first_proof: false });
}
