//! 21: every request is refreshed on its way, and a burst still costs one exchange.

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
use crate::{action::Passing, setting::Setting};

pub(super) const SCENARIO: Scenario = Scenario {
    number: 21,
    slug: "every-request",
    title: "No request waits for a refresh",
    question: "Does every script of mine have to know about tokens?",
    claim: "A script that calls after expiry gets 401, and has to refresh and try again; an image \
            cannot. If the server refreshes whatever comes, no script needs to know of tokens. \
            Why does hardly anybody dare?",
    setting: Setting { refresh_on: Passing::EveryRequest, ..Setting::DEFAULT },
    branches: &[Branch {
        slug: "story",
        name: "The story",
        setting: None,
        stages: &[
            Stage {
                say: "You work in tab 1, and leave for a minute. The wristband fades.",
                acts: &["tab1 call", "wait 61s"],
                look: Look::new(Panel::CookieJar, "An access token past its end, generation 0."),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "You come back, and the page asks for three things at once.",
                acts: &["tab1 sends call", "tab1 sends call", "tab2 sends call"],
                look: Look::new(Panel::Network, "Three calls under way, no refresh among them."),
                shows: &[],
            },
            Stage {
                say: "The first reaches the house. Its ticket is exchanged on the way in, and the \
                      call is answered in the same trip.",
                acts: &["deliver 2"],
                look: Look::new(Panel::Diagram, "Row 6 inside a call: 200, and both cookies."),
                shows: &["tab1 call: 200 · access expired · row 6 Rotate · writes rotate · \
                          sets access, refresh 1"],
            },
            Stage {
                say: "The others bring the spent ticket. Drawn at random, their new tokens would \
                      fight over the jar: this is why few dare. Derived, they are the same bytes.",
                acts: &["deliver 3", "deliver 4"],
                look: Look::new(Panel::Lineage, "Still one exchange, and two replays."),
                shows: &[
                    "tab1 call: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 1",
                    "tab2 call: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 1",
                ],
            },
            Stage {
                say: "The answers arrive in any order, and the next call proves generation 1.",
                acts: &["deliver 4", "deliver 2", "deliver 3", "tab2 call"],
                look: Look::new(Panel::CookieJar, "One pair of cookies, set three times."),
                shows: &["tab2 call: 200 · writes acknowledge"],
            },
        ],
    }],
    quiz: Quiz {
        asks: "A minute later, before you do anything, a thief calls with a copy of your cookies. \
               What happens?",
        options: &[
            QuizOption::wrong(
                "The thief is refused: only a refresh may exchange a ticket",
                "A copy of everything is you, as far as a first request can tell.",
            ),
            QuizOption::right(
                "The thief is let in; your next call ends it for both",
                "The thief's second call proves the new ticket. After the grace your old one is \
                 reuse: row 9, whichever request brings it.",
            ),
            QuizOption::wrong(
                "The thief stays in, since calls are never checked for reuse",
                "The rule asks which ticket comes, not what was asked for.",
            ),
        ],
        acts: &["steal", "wait 61s", "thief call", "thief call", "wait 6s", "tab1 call"],
        shows: &[
            "thief call: 200 · access expired · row 6 Rotate · writes rotate · \
             sets access, refresh 2",
            "thief call: 200 · writes acknowledge",
            "tab1 call: 401 · access expired · row 9 Reuse(recent) · writes revoke",
        ],
    },
    failure: "The client that each application writes for itself: a retry that loops, two \
              refreshes at once, an image that breaks after five minutes.",
    caveat: "A prefetch and the upgrade of a WebSocket are not refreshed: the one may never be \
             wanted, and not every browser keeps cookies from the other. On one node, requests \
             that overlap share the first one's answer and count no replay.",
    sources: &[
        Source::new(
            "RFC 9700 §4.14.2: rotation, and what reuse of a refresh token shows",
            "https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2",
        ),
        Source::new(
            "supabase/auth-js #213: clients that refresh at once sign people out",
            "https://github.com/supabase/auth-js/issues/213",
        ),
        Source::new(
            "RFC 6265 §3.1: any response may set cookies",
            "https://www.rfc-editor.org/rfc/rfc6265#section-3.1",
        ),
    ],
    tour: None,
};
