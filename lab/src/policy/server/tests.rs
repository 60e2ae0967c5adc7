use std::time::Duration;

use super::*;

const TIMING: Timing = Timing { grace: Duration::from_secs(30), spacing: Duration::from_secs(60) };
/// The time at which the first token is used: long after it was shown.
const USED: i64 = 1_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// A server whose first token was used once, so that `Both(Token(1))` was answered.
fn used(policy: Policy) -> Server {
    let mut server = Server::new(policy, at(0));
    server.show(at(0), Server::first());
    let answer = server.refresh(at(USED), Server::first(), &TIMING, &Client::default());
    assert_eq!(answer, PolicyAnswer::Both(Token(1)), "{policy:?}");
    server
}

fn again(server: &mut Server, after: i64, token: Token) -> PolicyAnswer {
    server.refresh(at(USED + after), token, &TIMING, &Client::default())
}

#[test]
fn each_policy_answers_a_spent_token_in_the_window_in_its_way() {
    let first = Server::first();
    for (policy, expected) in [
        (Policy::Strict, PolicyAnswer::Ended),
        (Policy::Rerotate, PolicyAnswer::Both(Token(2))),
        (Policy::AccessOnly, PolicyAnswer::Access(first)),
        (Policy::Branch, PolicyAnswer::Both(Token(2))),
        (Policy::FromRotation, PolicyAnswer::Both(Token(1))),
        (Policy::UntilUsed, PolicyAnswer::Both(Token(2))),
        (Policy::OneBehind, PolicyAnswer::Both(Token(1))),
        (Policy::Coatroom, PolicyAnswer::Both(Token(1))),
    ] {
        assert_eq!(again(&mut used(policy), 30, first), expected, "{policy:?}");
    }
}

#[test]
fn after_the_window_three_forgive_and_one_of_them_for_ever() {
    let first = Server::first();
    for policy in Policy::ALL {
        let mut server = used(policy);
        let forgives = matches!(policy, Policy::UntilUsed | Policy::OneBehind | Policy::Coatroom);
        let answer = again(&mut server, 31, first);
        assert_eq!(answer != PolicyAnswer::Ended, forgives, "{policy:?}");
        if let PolicyAnswer::Both(successor) = answer {
            server.show(at(USED + 40), successor);
            let expected = match policy {
                Policy::UntilUsed => PolicyAnswer::Refused,
                Policy::OneBehind => PolicyAnswer::Both(Token(1)),
                _ => PolicyAnswer::Ended,
            };
            assert_eq!(again(&mut server, 71, first), expected, "{policy:?}");
        }
    }
}

#[test]
fn an_end_is_an_end_and_a_refusal_is_none() {
    let mut server = used(Policy::Strict);
    assert_eq!(again(&mut server, 1, Server::first()), PolicyAnswer::Ended);
    assert_eq!(again(&mut server, 2, Token(1)), PolicyAnswer::Ended);
    let mut server = used(Policy::UntilUsed);
    server.show(at(USED), Token(1));
    assert_eq!(again(&mut server, 1, Server::first()), PolicyAnswer::Refused);
    assert_eq!(again(&mut server, 2, Token(1)), PolicyAnswer::Both(Token(2)));
}

#[test]
fn a_displaced_token_is_refused_branches_or_ends_the_session() {
    for (policy, expected) in [
        (Policy::Rerotate, PolicyAnswer::Ended),
        (Policy::UntilUsed, PolicyAnswer::Refused),
        (Policy::Branch, PolicyAnswer::Both(Token(3))),
    ] {
        // The same within the window and after it.
        for after in [2, 300] {
            let mut server = used(policy);
            assert_eq!(again(&mut server, 1, Server::first()), PolicyAnswer::Both(Token(2)));
            assert_eq!(again(&mut server, after, Token(1)), expected, "{policy:?} {after}");
        }
    }
}

#[test]
fn a_retry_may_be_retried_and_its_window_does_not_move() {
    let mut server = used(Policy::Rerotate);
    assert_eq!(again(&mut server, 20, Server::first()), PolicyAnswer::Both(Token(2)));
    assert_eq!(again(&mut server, 30, Server::first()), PolicyAnswer::Both(Token(3)));
    assert_eq!(again(&mut server, 31, Server::first()), PolicyAnswer::Ended);
}

#[test]
fn a_token_two_behind_is_answered_by_two_of_four_policies() {
    for (policy, expected) in [
        (Policy::Rerotate, PolicyAnswer::Ended),
        (Policy::FromRotation, PolicyAnswer::Both(Token(1))),
        (Policy::UntilUsed, PolicyAnswer::Refused),
        (Policy::OneBehind, PolicyAnswer::Both(Token(2))),
    ] {
        let mut server = used(policy);
        assert_eq!(again(&mut server, 10, Token(1)), PolicyAnswer::Both(Token(2)), "{policy:?}");
        assert_eq!(again(&mut server, 20, Server::first()), expected, "{policy:?}");
    }
}
