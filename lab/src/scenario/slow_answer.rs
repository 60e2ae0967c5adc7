//! 6: two answers set cookies, and the slow one comes last.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 6,
    slug: "slow-answer",
    title: "The slow answer comes last",
    question: "Can a late answer undo a newer one?",
    claim: "Two tabs refresh, and both answers set cookies. The browser keeps whichever comes \
            last, in an order that nobody controls. If the two differ, the jar may end up with the \
            dead one.",
    setting: Setting::DEFAULT,
    branches: &[Branch {
        slug: "story",
        name: "The story",
        setting: None,
        stages: &[
            Stage {
                say: "You are signed in, in three tabs with one jar. After a minute the access token has expired, and all three refresh.",
                predict: None,
                deeds: &[
                    Deed::new("Call, wait a minute", &["tab1 call", "wait 61s"]),
                    Deed::new(
                        "Refresh in three tabs",
                        &["tab1 sends refresh", "tab2 sends refresh", "tab3 sends refresh"],
                    ),
                ],
                look: Look::new(Panel::Network, "Three requests with generation 0."),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "All three reach the server, one after the other.",
                predict: Some(Prediction {
                    asks: "What do the tabs get?",
                    guesses: &[
                        Guess::wrong(
                            "Three different pairs",
                            "The jar would keep the last, perhaps dead.",
                        ),
                        Guess::right(
                            "The same pair, three times",
                            "The server computes it, and each time the same.",
                        ),
                        Guess::wrong(
                            "One pair, two refusals",
                            "Strict single use does that, and signs you out.",
                        ),
                    ],
                }),
                deeds: &[Deed::new(
                    "Deliver the three requests",
                    &["deliver 2", "deliver 3", "deliver 4"],
                )],
                look: Look::new(Panel::Diagram, "Row 6, Rotate, then row 7, Replay, twice."),
                shows: &[
                    "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                     sets access, refresh 1",
                    "tab2 refresh: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 1",
                    "tab3 refresh: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 1",
                ],
            },
            Stage {
                say: "Tab 2's answer is home first. Tab 2 calls, which proves that generation 1 \
                      arrived. Four seconds later tab 1's answer sets both cookies again.",
                predict: None,
                deeds: &[
                    Deed::new("Deliver tab 2's answer, call", &["deliver 3", "tab2 call"]),
                    Deed::new(
                        "Deliver tab 1's answer, call",
                        &["wait 4s", "deliver 2", "tab1 call"],
                    ),
                ],
                look: Look::new(Panel::CookieJar, "One pair, generation 1, from either answer."),
                shows: &["tab2 call: 200 · writes acknowledge", "tab1 call: 200"],
            },
            Stage {
                say: "Tab 3's answer is still under way. Tab 2 refreshes, with the ticket proven four seconds ago.",
                predict: Some(Prediction {
                    asks: "Does the server rotate again?",
                    guesses: &[
                        Guess::right(
                            "No, it stays at generation 1",
                            "So tab 3's answer, generation 1 too, is harmless.",
                        ),
                        Guess::wrong(
                            "Yes, on to generation 2",
                            "Then tab 3's answer could set the jar back.",
                        ),
                    ],
                }),
                deeds: &[Deed::new("Refresh in tab 2", &["tab2 refresh"])],
                look: Look::new(Panel::Diagram, "Row 5, Debounced: rotation waits ten seconds."),
                shows: &["tab2 refresh: 200 · row 5 Debounced · sets access"],
            },
            Stage {
                say: "A minute later tab 1 refreshes, and calls with generation 2. Then tab 3's answer arrives. Six seconds later tab 1 refreshes again.",
                predict: Some(Prediction {
                    asks: "What does the late answer do?",
                    guesses: &[
                        Guess::wrong(
                            "Nothing: browsers drop old answers",
                            "A browser compares no ages: the last wins.",
                        ),
                        Guess::wrong(
                            "Nothing: all answers are alike",
                            "Only those of one generation are.",
                        ),
                        Guess::right(
                            "It makes you look like a thief",
                            "It put generation 1 back, and its grace ran out.",
                        ),
                    ],
                }),
                deeds: &[
                    Deed::new("Wait, refresh, call", &["wait 60s", "tab1 refresh", "tab1 call"]),
                    Deed::new("Deliver tab 3's answer", &["deliver 4"]),
                    Deed::new("Wait, refresh", &["wait 6s", "tab1 refresh"]),
                ],
                look: Look::new(Panel::Diagram, "Row 9, Reuse(recent): your session has ended."),
                shows: &[
                    "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                     sets access, refresh 2",
                    "tab1 call: 200 · writes acknowledge",
                    "tab1 refresh: 401 · access expired · row 9 Reuse(recent) · writes revoke",
                ],
            },
        ],
    }],
    failure: "Rotating again for each racer inside a grace window: every answer differs, and the \
              jar keeps whichever came last.",
    caveat: "The figures are small here. In earnest the grace is thirty seconds, and the \
             application's client gives an answer up after ten.",
    sources: &[
        Source::new(
            "nextauthjs/next-auth #8897: a late answer leaves an obsolete cookie in the jar",
            "https://github.com/nextauthjs/next-auth/issues/8897",
        ),
        Source::new(
            "supertokens/supertokens-core #1301: a new token for each racer, and the displaced is dead",
            "https://github.com/supertokens/supertokens-core/issues/1301",
        ),
        Source::new(
            "RFC 6265 §4.1.1: several answers that set cookies at once are a race",
            "https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1",
        ),
    ],
    tour: None,
};
