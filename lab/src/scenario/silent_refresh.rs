//! 2: the access token expires, and the page's client replaces it in silence.

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 2,
    slug: "silent-refresh",
    title: "A token expires, and nobody notices",
    question: "Why do I stay signed in when my token lives a minute?",
    claim: "A stolen wristband works until it fades, so it had better fade soon. But nobody wants \
            to type a password every minute. The coat-check ticket, your refresh token, fetches a \
            new wristband, and is exchanged for a new ticket as it does.",
    setting: Setting::DEFAULT,
    branches: &[Branch {
        slug: "story",
        name: "The story",
        setting: None,
        stages: &[
            Stage {
                say: "You signed in a moment ago, and tab 1 calls. The access token is fresh, and \
                      the house notes that generation 0 arrived.",
                acts: &["tab1 call"],
                look: Look::new(Panel::Now, "60 seconds left. They pass when you move the clock."),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "A minute later the wristband has faded. The call is refused before any of it \
                      ran. It is told access_expired, which means: refresh, and ask again.",
                acts: &["wait 61s", "tab1 call"],
                look: Look::new(
                    Panel::Network,
                    "The answer is 401 and touches no cookie: you are not signed out.",
                ),
                shows: &["tab1 call: 401 · access expired"],
            },
            Stage {
                say: "The page does so by itself. The ticket of generation 0 is exchanged for that \
                      of generation 1, and a new access token comes along.",
                acts: &["tab1 refresh"],
                look: Look::new(
                    Panel::Diagram,
                    "Row 6 of the rule, Rotate: one statement moves one row from 0 to 1.",
                ),
                shows: &["tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                          sets access, refresh 1"],
            },
            Stage {
                say: "Then it asks again, once. Nothing ran the first time, so nothing runs twice.",
                acts: &["tab1 call"],
                look: Look::new(
                    Panel::Lineage,
                    "Generation 1 is current and acknowledged. Generation 0 is spent.",
                ),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
        ],
    }],
    quiz: Quiz {
        asks: "You close the laptop for a week. What becomes of your first click then?",
        options: &[
            QuizOption::wrong(
                "I am signed out: everything expired",
                "The minute is the access token's. The session has lifetimes of its own, here 14 \
                 days without a word.",
            ),
            QuizOption::right(
                "One refresh, and it works",
                "The access token is long dead. The refresh token lives as long as its session, \
                 and fetches another one.",
            ),
            QuizOption::wrong(
                "It works at once: the cookie is still there",
                "The cookie is, but the token in it expired. A server believes what is signed, not \
                 what a browser kept.",
            ),
        ],
        acts: &["wait 7d", "tab1 call", "tab1 refresh", "tab1 call"],
        shows: &[
            "tab1 call: 401 · access expired",
            "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
             sets access, refresh 2",
            "tab1 call: 200 · writes acknowledge",
        ],
    },
    failure: "The long-lived access token: without a refresh it must last as long as people want \
              to stay, and so does a stolen one.",
    caveat: "A real client refreshes at four fifths of the lifetime, so that hardly any call is \
             refused. The refusal is for those that sleep through it.",
    sources: &[
        Source::new(
            "RFC 6749 §1.5: the access token is refused, refreshed, and shown again",
            "https://www.rfc-editor.org/rfc/rfc6749#section-1.5",
        ),
        Source::new(
            "RFC 7519 §4.1.4: exp, after which a token must not be accepted",
            "https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4",
        ),
        Source::new(
            "RFC 9700 §2.2.2: refresh tokens of public clients, such as pages in a browser, are \
             rotated or bound to a key",
            "https://www.rfc-editor.org/rfc/rfc9700#section-2.2.2",
        ),
    ],
    tour: Some(2),
};
