//! 4: five requests with one refresh token at the same moment.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 4,
    slug: "five-tabs",
    title: "Five at once, and one exchange",
    question: "Why was I signed out when several tabs were open?",
    claim: "Four tabs wake up with the same faded wristband, and one is being reloaded on top. All \
            five requests bring the same ticket, and only one can be first. Where a ticket is good \
            once, the other four look like thieves.",
    setting: Setting::DEFAULT,
    branches: &[Branch {
        slug: "story",
        name: "The story",
        setting: None,
        stages: &[
            Stage {
                say: "You work in tab 1, then leave for a minute. All four tabs share one cookie \
                      jar, and so one access token and one refresh token.",
                predict: None,
                deeds: &[Deed::new("Call, wait a minute", &["tab1 call", "wait 61s"])],
                look: Look::new(Panel::CookieJar, "One jar for four tabs, at generation 0."),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "The access token has expired. You come back: four tabs ask for new tokens, and you reload tab 1. Tab 4's connection breaks, so its request is sent twice.",
                predict: None,
                deeds: &[Deed::new(
                    "Let all of them leave",
                    &[
                        "tab1 sends refresh",
                        "tab2 sends refresh",
                        "tab3 sends refresh",
                        "tab4 sends refresh",
                        "tab1 sends reload",
                        "double 5",
                    ],
                )],
                look: Look::new(Panel::Network, "Six messages under way, all with generation 0."),
                shows: &[],
            },
            Stage {
                say: "Tab 3's request is the first to arrive.",
                predict: None,
                deeds: &[Deed::new("Deliver tab 3's request", &["deliver 4"])],
                look: Look::new(
                    Panel::Diagram,
                    "Row 6, Rotate: the session moved to generation 1.",
                ),
                shows: &["tab3 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                          sets access, refresh 1"],
            },
            Stage {
                say: "Four more arrive with the ticket that tab 3 has just spent.",
                predict: Some(Prediction {
                    asks: "What will tab 1 get?",
                    guesses: &[
                        Guess::wrong(
                            "A refusal, and the session ends",
                            "Tab 3's answer was not seen in use yet, so these may well be you.",
                        ),
                        Guess::right(
                            "The same two cookies as tab 3",
                            "The server computes the new pair with a secret: all get the same.",
                        ),
                        Guess::wrong(
                            "A third pair of tokens",
                            "Then the jar would hold whichever came last.",
                        ),
                    ],
                }),
                deeds: &[Deed::new(
                    "Deliver the four requests",
                    &["deliver 2", "deliver 3", "deliver 5", "deliver 6"],
                )],
                look: Look::new(Panel::Diagram, "Row 7, Replay, four times. Nothing moves again."),
                shows: &[
                    "tab1 refresh: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 1",
                    "tab2 refresh: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 1",
                    "tab4 refresh: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 1",
                    "tab1 reload: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 1",
                ],
            },
            Stage {
                say: "The answers come home in another order. Then tab 2 calls, which proves that \
                      generation 1 reached the browser.",
                predict: None,
                deeds: &[
                    Deed::new(
                        "Deliver the five answers",
                        &["deliver 6", "deliver 2", "deliver 5", "deliver 4", "deliver 3"],
                    ),
                    Deed::new("Call in tab 2", &["tab2 call"]),
                ],
                look: Look::new(Panel::CookieJar, "One pair of cookies, from whichever answer."),
                shows: &["tab2 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "Tab 4's second copy arrives within five seconds of that proof, with the old ticket.",
                predict: Some(Prediction {
                    asks: "What does it get?",
                    guesses: &[
                        Guess::right(
                            "The same two cookies again",
                            "For five seconds after the proof it may still be a slow request.",
                        ),
                        Guess::wrong(
                            "A refusal, and the session ends",
                            "Later it would: reuse is a spent ticket after the grace.",
                        ),
                    ],
                }),
                deeds: &[Deed::new("Deliver the late copy", &["deliver 7"])],
                look: Look::new(Panel::Diagram, "Row 8, Replay(concurrent): still no theft."),
                shows: &["tab4 refresh: 200 · access expired · row 8 Replay(concurrent) · \
                          writes count_replay · sets access, refresh 1"],
            },
        ],
    }],
    failure: "The refresh race: under strict single use, two tabs that refresh at once end the \
              session they share.",
    caveat: "The application's client has one refresh in flight for each tab, so that five are \
             rarer than here. Nothing rests on that, and no lock between tabs is needed.",
    sources: &[
        Source::new(
            "supabase/auth-js #213: refreshes in several tabs sign people out",
            "https://github.com/supabase/auth-js/issues/213",
        ),
        Source::new(
            "keycloak/keycloak #14122: tabs with tokens of their own, and one of them is kept",
            "https://github.com/keycloak/keycloak/issues/14122",
        ),
        Source::new(
            "supabase/supabase-js #2392: the locks between tabs are removed again",
            "https://github.com/supabase/supabase-js/pull/2392",
        ),
    ],
    tour: Some(3),
};
