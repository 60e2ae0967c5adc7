//! 21: every request is refreshed on its way, and a burst still costs one exchange.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
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
                say: "You are signed in, and call once. A minute later your access token has \
                      expired, and three calls leave at once.",
                predict: None,
                deeds: &[
                    Deed::new("Call, wait a minute", &["tab1 call", "wait 61s"]),
                    Deed::new(
                        "Let three calls leave",
                        &["tab1 sends call", "tab1 sends call", "tab2 sends call"],
                    ),
                ],
                look: Look::new(Panel::Network, "Three calls, each with generation 0."),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "The first call arrives. It asks for no refresh.",
                predict: Some(Prediction {
                    asks: "What does it get?",
                    guesses: &[
                        Guess::wrong(
                            "A refusal: refresh, then call again",
                            "Often so; this server refreshes whatever request comes.",
                        ),
                        Guess::right(
                            "Its result, and two new tokens",
                            "The server exchanged the refresh token, then ran the call.",
                        ),
                    ],
                }),
                deeds: &[Deed::new("Deliver the first call", &["deliver 2"])],
                look: Look::new(Panel::Diagram, "Row 6, Rotate, inside a call: generation 1."),
                shows: &["tab1 call: 200 · access expired · row 6 Rotate · writes rotate · \
                          sets access, refresh 1"],
            },
            Stage {
                say: "The other two bring the spent token. All answers come home in \
                      another order.",
                predict: Some(Prediction {
                    asks: "What do they get?",
                    guesses: &[
                        Guess::right(
                            "Results, and the same two tokens",
                            "The new tokens are computed: each answer sets the same.",
                        ),
                        Guess::wrong(
                            "A refusal: it looks like theft",
                            "Generation 1 was not seen yet: it may be you.",
                        ),
                        Guess::wrong(
                            "Two new tokens each",
                            "They would fight over the jar: few servers dare.",
                        ),
                    ],
                }),
                deeds: &[
                    Deed::new("Deliver the two calls", &["deliver 3", "deliver 4"]),
                    Deed::new("Deliver the answers", &["deliver 4", "deliver 2", "deliver 3"]),
                    Deed::new("Call", &["tab2 call"]),
                ],
                look: Look::new(
                    Panel::Lineage,
                    "One exchange: generation 1, marked ×3: given \
                                                 three times.",
                ),
                shows: &[
                    "tab1 call: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 1",
                    "tab2 call: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 1",
                    "tab2 call: 200 · writes acknowledge",
                ],
            },
            Stage {
                say: "A thief copies your cookie jar, and after a minute calls twice.",
                predict: Some(Prediction {
                    asks: "Is the thief let in?",
                    guesses: &[
                        Guess::wrong(
                            "No: a call exchanges no token",
                            "Here it does: only the token counts.",
                        ),
                        Guess::right(
                            "Yes, and gets new tokens",
                            "A full copy looks like you at first.",
                        ),
                    ],
                }),
                deeds: &[
                    Deed::new("Copy the jar", &["steal"]),
                    Deed::new("Call twice as thief", &["wait 61s", "thief call", "thief call"]),
                ],
                look: Look::new(
                    Panel::CookieJar,
                    "The thief's copy holds generation 2, your jar still 1.",
                ),
                shows: &[
                    "thief call: 200 · access expired · row 6 Rotate · writes rotate · \
                     sets access, refresh 2",
                    "thief call: 200 · writes acknowledge",
                ],
            },
            Stage {
                say: "You call six seconds later, with the token that the thief spent.",
                predict: Some(Prediction {
                    asks: "How does it end?",
                    guesses: &[
                        Guess::wrong(
                            "You get the thief's new tokens",
                            "Only within the grace, five seconds, would you.",
                        ),
                        Guess::wrong(
                            "You are refused, the thief stays in",
                            "One holder is a thief: the session ends.",
                        ),
                        Guess::right(
                            "The session ends, for both",
                            "A spent token, after the grace, is reuse.",
                        ),
                    ],
                }),
                deeds: &[Deed::new("Wait six seconds, then call", &["wait 6s", "tab1 call"])],
                look: Look::new(Panel::Diagram, "Row 9, Reuse: the session is revoked."),
                shows: &["tab1 call: 401 · access expired · row 9 Reuse(recent) · writes revoke"],
            },
        ],
    }],
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
