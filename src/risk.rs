//! The theft that the rule alone cannot see: a thief who keeps in step with the owner.
//!
//! To the rule, a thief who refreshes within the grace of the owner each time looks like a second tab. One who is
//! always first, and never shows the access token, looks like a lost answer. But two browsers that share a chain of
//! tokens leave something behind that one browser hardly ever does: a replay in *every* generation, from another client
//! than the one that rotated it. [`lock_step`] counts these in the events that a session has anyway. It decides
//! nothing; what is done about it, [`LockStep`](crate::config::LockStep) says.
//!
//! Invariant: one replay, or any number of them in one generation, is never more than a streak of one.

use crate::{
    session::Client,
    store::{Event, EventKind},
};

/// Returns the number of generations in a row, ending with the current one, that were each replayed by another client
/// than the one that began them. Takes a session's events, newest first; if they are not all there, the streak is at
/// least what is returned.
pub fn lock_step<'a>(newest_first: impl IntoIterator<Item = &'a Event>) -> u32 {
    let mut streak = 0;
    let mut replays: Vec<&Client> = Vec::new();
    for event in newest_first {
        match event.kind {
            EventKind::ReplayedUndelivered | EventKind::ReplayedConcurrent => {
                replays.push(&event.client);
            }
            EventKind::Rotated | EventKind::SignedUp | EventKind::SignedIn => {
                if !replays.iter().any(|client| differs(client, &event.client)) {
                    return streak;
                }
                streak += 1;
                replays.clear();
            }
            _ => {}
        }
    }
    streak
}

/// Returns whether two requests can hardly come from one browser: their `User-Agent` differs, or their network does.
///
/// An unknown value does not differ from any. Nor do an IPv4 and an IPv6 network: a browser with both uses now one and
/// now the other, also for two requests at once (RFC 8305).
///
/// # Security
/// A thief who copies the `User-Agent` and comes from the owner's network, or over the other family of addresses, is
/// not told from the owner.
pub fn differs(one: &Client, other: &Client) -> bool {
    let known = |a: &str, b: &str| !a.is_empty() && !b.is_empty();
    let agent = known(&one.user_agent_hash, &other.user_agent_hash)
        && one.user_agent_hash != other.user_agent_hash;
    let network = known(&one.ip_prefix, &other.ip_prefix)
        && one.ip_prefix != other.ip_prefix
        && one.ip_prefix.contains(':') == other.ip_prefix.contains(':');
    agent || network
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Timestamp, store::Trigger};

    fn client(user_agent_hash: &str, ip_prefix: &str) -> Client {
        let (user_agent_hash, ip_prefix) = (user_agent_hash.into(), ip_prefix.into());
        Client { label: String::new(), user_agent_hash, ip_prefix }
    }

    /// Events as they are written, oldest first: `R` a rotation, `r` a replay, each with its client.
    fn streak(events: &[(char, u8)]) -> u32 {
        let clients = [client("a", "192.0.2.0/24"), client("b", "198.51.100.0/24"), client("", "")];
        let mut generation = 0;
        let events: Vec<Event> = events
            .iter()
            .map(|(kind, who)| {
                let kind = match kind {
                    'S' => EventKind::SignedIn,
                    'R' => EventKind::Rotated,
                    'r' => EventKind::ReplayedConcurrent,
                    'u' => EventKind::ReplayedUndelivered,
                    _ => EventKind::LockStep,
                };
                generation += u64::from(kind == EventKind::Rotated);
                let (at, trigger) = (Timestamp::from_millis(0), Trigger::Call);
                let client = clients[usize::from(*who)].clone();
                Event { at, kind, generation, trigger, client, times: 1 }
            })
            .collect();
        lock_step(events.iter().rev())
    }

    #[test]
    fn a_streak_counts_successive_generations_up_to_the_current_one() {
        assert_eq!(streak(&[]), 0);
        assert_eq!(streak(&[('S', 0)]), 0);
        assert_eq!(streak(&[('S', 0), ('R', 0), ('r', 1)]), 1);
        assert_eq!(streak(&[('S', 0), ('R', 0), ('r', 1), ('R', 0), ('r', 1)]), 2);
        assert_eq!(streak(&[('S', 0), ('R', 0), ('r', 1), ('R', 0)]), 0, "not in this one");
        assert_eq!(streak(&[('S', 0), ('R', 0), ('r', 1), ('R', 0), ('R', 0), ('r', 1)]), 1);
        assert_eq!(streak(&[('S', 0), ('R', 0), ('r', 1), ('R', 0), ('r', 0)]), 0, "own replay");
    }

    #[test]
    fn a_streak_counts_either_order_of_clients_and_kind_of_replay() {
        assert_eq!(
            streak(&[('S', 0), ('R', 1), ('u', 0), ('R', 0), ('r', 1), ('R', 1), ('u', 0)]),
            3
        );
    }

    #[test]
    fn replays_of_one_generation_count_once_and_own_ones_hide_none() {
        let many = [('S', 0), ('R', 0), ('r', 1), ('r', 1), ('r', 1), ('r', 0)];
        assert_eq!(streak(&many), 1);
        let reported = [('S', 0), ('R', 0), ('r', 1), ('!', 1), ('R', 0), ('r', 1)];
        assert_eq!(streak(&reported), 2, "a risk that was noted does not break the streak");
    }

    #[test]
    fn unknown_clients_and_the_other_ip_family_alone_do_not_differ() {
        let (v4, v6) = ("192.0.2.0/24", "2001:db8:1::/48");
        assert!(differs(&client("a", v4), &client("b", v4)));
        assert!(differs(&client("a", v4), &client("a", "198.51.100.0/24")));
        assert!(differs(&client("a", v6), &client("a", "2001:db8:2::/48")));
        assert!(differs(&client("a", v4), &client("b", v6)));
        assert!(!differs(&client("a", v4), &client("a", v6)));
        assert!(!differs(&client("a", v4), &client("", "")));
        assert!(!differs(&client("", ""), &client("", "")));
        assert!(!differs(&client("a", v4), &client("a", v4)));
        assert_eq!(streak(&[('S', 0), ('R', 0), ('r', 2)]), 0);
    }
}
