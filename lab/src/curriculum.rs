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
pub const PARTS: [Part; 4] = [
    Part {
        slug: "what-a-token-promises",
        title: "What a token promises",
        asks: "What does my browser hold after I sign in?",
        lessons: &[
            "sign-in",
            "read-a-payload",
            "too-much",
            "four-seals",
            "who-can-forge",
            "signed-and-wrong",
            "restart-and-outage",
            "signing-key-rotates",
        ],
        summary: [
            "Signing in gives the browser two cookies: an access token for a minute, a refresh token for the next pair.",
            "A signed token is read by its holder: encrypt what is secret, or leave it with the server.",
            "Each byte of a cookie travels with each request, and a browser refuses one of more than 4096.",
            "The key, not the token, decides how it is checked; type, issuer, audience and time are checked too.",
            "A restart, a store that is down and a new signing key sign nobody out.",
        ],
    },
    Part {
        slug: "taking-it-back",
        title: "Taking it back",
        asks: "How does an access token end before it expires?",
        lessons: &["sign-out-everywhere", "from-admin-to-user"],
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
        asks: "What can another site make my browser do?",
        lessons: &["another-site-posts"],
        summary: [
            "A browser attaches cookies by where a request goes, not by who wrote the form.",
            "SameSite keeps them from forms that another site posts.",
            "A neighbour on the same site still gets them, so the server checks where a request came from.",
            "Fetch Metadata says so; Origin says so where that is missing.",
            "A request that says neither, and changes something, is refused.",
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
