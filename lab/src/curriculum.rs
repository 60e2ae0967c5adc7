//! The curriculum: the parts in which the scenarios are learned.
//!
//! Scenarios keep their numbers as names; a page shows a lesson's place in its part. Invariant: every scenario is in one
//! part, except the end of the tour, which is in none.

use super::scenario::{Scenario, find, tour};

/// A part: lessons that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Its name in addresses.
    pub slug: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The question that it answers.
    pub asks: &'static str,
    /// The slugs of its lessons, in their order.
    lessons: &'static [&'static str],
    /// Its end, in five lines.
    pub summary: [&'static str; 5],
}

/// All parts, in their order.
pub const PARTS: [Part; 6] = [
    Part {
        slug: "what-a-server-remembers",
        title: "What a server remembers",
        asks: "Who has to ask the books, and what if they are closed?",
        lessons: &[
            "two-clubs",
            "each-lookup",
            "two-nodes",
            "store-is-down",
            "twenty-clicks",
            "idle-and-absolute",
            "too-much",
        ],
        summary: [
            "A number says nothing: the server looks up whose it is at each request. A signed token is read without asking.",
            "What is looked up ends at once; what is only read is good until it expires, in every copy.",
            "Nodes that keep sessions in their own memory disagree, and forget them all at a restart; a store that they share does not.",
            "A server that cannot ask its store says that it does not know, and signs nobody out.",
            "A session has two ends, one if it is not used and a last day; a cookie has one, at 4096 bytes.",
        ],
    },
    Part {
        slug: "what-a-token-promises",
        title: "What a token promises",
        asks: "What does my browser hold after I sign in?",
        lessons: &[
            "sign-in",
            "stolen-token-lives",
            "read-a-payload",
            "who-can-forge",
            "signed-and-wrong",
            "restart-and-outage",
            "signing-key-rotates",
        ],
        summary: [
            "Signing in gives the browser two cookies: an access token for a minute, a refresh token for the next pair.",
            "A signed token is read by its holder: encrypt what is secret, or leave it with the server.",
            "A stolen token works until it expires, so its lifetime is what a thief gets.",
            "The key, not the token, decides how it is checked; type, issuer, audience and time are checked too.",
            "A restart, a store that is down and a new signing key sign nobody out.",
        ],
    },
    Part {
        slug: "taking-it-back",
        title: "Taking it back",
        asks: "How does an access token end before it expires?",
        lessons: &[
            "sign-out-keeps-a-copy",
            "sign-out-everywhere",
            "deny-one-or-all",
            "from-admin-to-user",
        ],
        summary: [
            "A signed token alone is good until it expires, whatever the server has learned since.",
            "To take it back at once, each request has to ask something that changes: here a list in memory.",
            "That list is short: it holds an ended session for as long as an access token of it may live.",
            "A role is in the token too; changing it makes the tokens before it outdated.",
            "The price is one lookup in memory, and news that has to reach every node.",
        ],
    },
    Part {
        slug: "the-next-ticket",
        title: "The next ticket",
        asks: "How is a session renewed without signing anyone out, or letting a thief stay?",
        lessons: &[
            "silent-refresh",
            "reload-after-expiry",
            "five-tabs",
            "slow-answer",
            "lost-response",
            "sign-out-against-refresh",
            "late-answer-after-sign-in",
            "fifty-lost-answers",
            "every-request",
            "thieves",
        ],
        summary: [
            "Each refresh moves the session to its next generation, once, however many ask.",
            "Racers, retries and late answers get the very same pair again: it is derived, not drawn.",
            "The old ticket opens until the new one was seen in use, and for a grace of seconds after it.",
            "A spent ticket after that grace means that two have it: the session ends for both.",
            "A thief who uses it alone looks like you; the session's last day is the bound.",
        ],
    },
    Part {
        slug: "the-browser",
        title: "The browser",
        asks: "What can others make my browser do, or give away?",
        lessons: &["another-site-posts", "planted-script", "plain-http", "planted-id"],
        summary: [
            "A browser adds cookies by where a request goes: SameSite keeps them from other sites' forms.",
            "A neighbour on the same site still gets them: the server checks Fetch Metadata, or Origin.",
            "HttpOnly keeps a token from a planted script; while the page is open, the script acts with it all the same.",
            "Secure keeps a cookie from plain http, where all on the way read along.",
            "A session's number is drawn at sign-in, long and at random: it was not planted, and cannot be guessed.",
        ],
    },
    Part {
        slug: "more-than-one-service",
        title: "More than one service",
        asks: "How does another service know who I am?",
        lessons: &["service-b-with-keys", "a-to-b-once", "four-seals"],
        summary: [
            "A service with the public keys checks an access token by itself, also while the issuer's database is down.",
            "It hears of no sign-out: a copy is good there until it expires. New keys it has before they sign.",
            "Refresh tokens are for the issuer alone; on one host name a proxy has to keep them away.",
            "A service on another host gets a note of its own: for one use, for a minute, for the browser that asked.",
            "A PASETO or a JWE is another seal on the same claims: signed, all read it; encrypted, holders of the key.",
        ],
    },
];

impl Part {
    /// The part of that slug.
    pub fn find(slug: &str) -> Option<&'static Self> {
        PARTS.iter().find(|part| part.slug == slug)
    }

    /// The part that a scenario is in.
    pub fn of(scenario: &Scenario) -> Option<&'static Self> {
        PARTS.iter().find(|part| part.lessons.contains(&scenario.slug))
    }

    /// Its lessons, in their order.
    pub fn lessons(&self) -> impl Iterator<Item = &'static Scenario> {
        self.lessons.iter().filter_map(|slug| find(slug))
    }

    /// The place of a lesson in it, from 1.
    pub fn place(&self, scenario: &Scenario) -> Option<usize> {
        self.lessons.iter().position(|slug| *slug == scenario.slug).map(|index| index + 1)
    }

    /// The lesson after a scenario; `None` after its last.
    pub fn after(&self, scenario: &Scenario) -> Option<&'static Scenario> {
        find(self.lessons.get(self.place(scenario)?)?)
    }
}

/// The scenario after one of the tour; `None` after its last, and after one that is not in it.
pub fn next_of_tour(scenario: &Scenario) -> Option<&'static Scenario> {
    tour().get(usize::from(scenario.tour?)).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::scenario::ALL;

    #[test]
    fn each_scenario_but_the_tours_end_is_in_one_part() {
        let slugs: Vec<&str> = PARTS.iter().flat_map(|part| part.lessons.iter().copied()).collect();
        let once: BTreeSet<&str> = slugs.iter().copied().collect();
        assert_eq!(once.len(), slugs.len());
        for scenario in ALL {
            let expected = scenario.slug != "three-questions";
            assert_eq!(once.contains(scenario.slug), expected, "{}", scenario.slug);
        }
        assert!(slugs.iter().all(|slug| find(slug).is_some()), "{slugs:?}");
    }

    #[test]
    fn going_on_reaches_each_lesson_of_a_part_and_of_the_tour() {
        for part in &PARTS {
            let mut at = part.lessons().next();
            for place in 1..=part.lessons.len() {
                let lesson = at.expect("a lesson");
                assert_eq!(part.place(lesson), Some(place));
                at = part.after(lesson);
            }
            assert!(at.is_none(), "{}", part.slug);
        }
        let mut at = tour().first().copied();
        for stop in tour() {
            assert_eq!(at.map(|lesson| lesson.slug), Some(stop.slug));
            at = next_of_tour(stop);
        }
        assert!(at.is_none());
    }
}
