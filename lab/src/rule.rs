//! The ten rows of the rule in words, for a learner who meets one: its condition, and what goes wrong without it.
//!
//! The rule itself is [`decide`](coatroom::session::decide), and its table is there; here is the reason beside each
//! row.

/// A row of the rule.
#[derive(Clone, Copy, Debug)]
pub struct RuleRow {
    /// Its number, from 1.
    pub number: u8,
    /// Its condition.
    pub when: &'static str,
    /// The decision, by the name that it has in a world.
    pub decision: &'static str,
    /// Its writes.
    pub writes: &'static str,
    /// The cookies that are set.
    pub sets: &'static str,
    /// The failure that comes without it.
    pub why: &'static str,
    /// The public place in which that was seen or specified: a name, and an address.
    pub seen: Option<(&'static str, &'static str)>,
}

/// All rows, in order.
pub const ROWS: [RuleRow; 10] = [
    RuleRow {
        number: 1,
        when: "No token of this server: malformed, of an unknown session, or wrongly derived.",
        decision: "Unrecognized",
        writes: "nothing",
        sets: "none",
        why: "Anybody could make the server work, or learn something, with a text that only looks like a token.",
        seen: Some(("RFC 6749 §5.2", "https://www.rfc-editor.org/rfc/rfc6749#section-5.2")),
    },
    RuleRow {
        number: 2,
        when: "The session was revoked.",
        decision: "Ended",
        writes: "nothing",
        sets: "none",
        why: "A refresh that was under way while its owner signed out would bring the session back.",
        seen: Some((
            "auth0/nextjs-auth0 #2335",
            "https://github.com/auth0/nextjs-auth0/issues/2335",
        )),
    },
    RuleRow {
        number: 3,
        when: "The session is past its idle or its absolute lifetime.",
        decision: "Ended",
        writes: "nothing",
        sets: "none",
        why: "A session that only ends by signing out never ends on a laptop that was lost.",
        seen: Some(("RFC 9700 §4.14.2", "https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2")),
    },
    RuleRow {
        number: 4,
        when: "The token is ahead of the session: a database was restored, or the secret is known.",
        decision: "Ahead",
        writes: "an event",
        sets: "none",
        why: "An honest browser that is ahead of a restored database would be called a thief.",
        seen: None,
    },
    RuleRow {
        number: 5,
        when: "The current generation, not proven delivered for the length of the spacing D.",
        decision: "Debounced",
        writes: "the proof of delivery, if this is the first",
        sets: "access only",
        why: "A generation that is left too early can come back with a late answer, and looks like theft.",
        seen: Some((
            "nextauthjs/next-auth #8897",
            "https://github.com/nextauthjs/next-auth/issues/8897",
        )),
    },
    RuleRow {
        number: 6,
        when: "The current generation, proven delivered for D or longer.",
        decision: "Rotate",
        writes: "the next generation, if this one is still current",
        sets: "access, and refresh of the next generation",
        why: "A token that is never exchanged is as good to a thief as to its owner, for weeks.",
        seen: Some(("RFC 9700 §2.2.2", "https://www.rfc-editor.org/rfc/rfc9700#section-2.2.2")),
    },
    RuleRow {
        number: 7,
        when: "The predecessor, while its successor was never seen in the browser, for as long as the session lives.",
        decision: "Replay(undelivered)",
        writes: "the count of replays",
        sets: "access, and refresh of the current generation",
        why: "Where a lost answer counts as theft, a tunnel signs honest people out.",
        seen: Some((
            "element-hq/matrix-authentication-service #2795",
            "https://github.com/element-hq/matrix-authentication-service/issues/2795",
        )),
    },
    RuleRow {
        number: 8,
        when: "The predecessor, within the grace G after its successor was first seen.",
        decision: "Replay(concurrent)",
        writes: "the count of replays",
        sets: "access, and refresh of the current generation",
        why: "Two tabs that refresh at once would sign each other out.",
        seen: Some(("supabase/auth-js #213", "https://github.com/supabase/auth-js/issues/213")),
    },
    RuleRow {
        number: 9,
        when: "The predecessor, more than G after its successor was first seen.",
        decision: "Reuse(recent)",
        writes: "the end of the session",
        sets: "none",
        why: "A window that never closes lets a stolen predecessor live for ever.",
        seen: Some(("RFC 9700 §4.14.2", "https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2")),
    },
    RuleRow {
        number: 10,
        when: "Two generations behind, or more.",
        decision: "Reuse(stale)",
        writes: "the end of the session",
        sets: "none",
        why: "A copy from long ago would still open. No answer within the grace sets a jar back two steps.",
        seen: Some(("Okta, October 2023: copied session tokens", "https://sec.okta.com/harfiles")),
    },
];

/// The bound of rows 7 and 8, which the engine sets and the rule does not know.
pub const REPLAYS: &str = "Of one session and one network, 50 replays are answered at once and one a second from then on. \
                           More are told 429 and when to ask again: nothing ends, and nobody is stranded.";

/// The bound of the whole: what an honest browser is promised, and on what condition.
pub const BOUND: &str = "An honest browser that keeps its cookies is never answered with row 9 or 10 as long as each \
                         of its requests and answers that arrives does so within the grace G. One that is under way \
                         for longer may bring a ticket that was left, or set the jar back to it.";

/// The two times in the rows.
pub const TIMES: &str = "G is the grace, in a new world 5 seconds and by the library's default 30, counted from the \
                         first proof that the successor is in the browser. D, the spacing of exchanges, is twice \
                         that. Proof is any request with a token of that generation.";

/// The row of that number.
pub fn row(number: u8) -> Option<&'static RuleRow> {
    ROWS.iter().find(|row| row.number == number)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use coatroom::{
        ServerSecret,
        config::AuthConfig,
        replays::ReplayRate,
        session::{Decision, EndReason, Invalid, Replay, Reuse},
    };

    use super::*;
    use crate::{message::decision_name, setting::Setting};

    fn config() -> AuthConfig {
        let secret = ServerSecret::new(ServerSecret::generate()).expect("a secret");
        AuthConfig::new("https://house.example", secret)
    }

    #[test]
    fn rows_are_ten_in_order_and_whole() {
        let numbers: Vec<u8> = ROWS.iter().map(|row| row.number).collect();
        assert_eq!(numbers, (1..=10).collect::<Vec<u8>>());
        for RuleRow { when, decision, writes, sets, why, .. } in ROWS {
            assert!([when, decision, writes, sets, why].iter().all(|text| !text.is_empty()));
        }
    }

    #[test]
    fn each_row_names_its_decision() {
        let decisions = [
            Decision::Invalid(Invalid::Unrecognized),
            Decision::Ended(EndReason::SignedOut),
            Decision::Ended(EndReason::IdleExpiry),
            Decision::Invalid(Invalid::Ahead),
            Decision::Debounced { first_proof: true },
            Decision::Rotate,
            Decision::Replay(Replay::Undelivered),
            Decision::Replay(Replay::Concurrent),
            Decision::Reuse(Reuse::Recent),
            Decision::Reuse(Reuse::Stale),
        ];
        let named = decisions.map(|decision| (decision.row(), decision_name(decision)));
        assert_eq!(named, ROWS.map(|row| (row.number, row.decision)));
    }

    #[test]
    fn the_bound_of_replays_is_the_engines() {
        assert_eq!(config().replays, ReplayRate::new(50, Duration::from_secs(1)));
        assert!(REPLAYS.contains("50 replays") && REPLAYS.contains("one a second"));
    }

    #[test]
    fn the_times_are_the_defaults() {
        let (world, library) = (Setting::DEFAULT.grace_ms / 1000, config().grace.as_secs());
        let said =
            format!("in a new world {world} seconds and by the library's default {library},");
        assert!(TIMES.contains(&said), "{TIMES}");
        let (grace, spacing) = (config().timing().grace, config().timing().spacing);
        assert_eq!(spacing, 2 * grace);
    }
}
