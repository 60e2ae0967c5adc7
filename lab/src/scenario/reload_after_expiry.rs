//! 3: a page load with an expired access token is refreshed before it is rendered.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 3,
    slug: "reload-after-expiry",
    title: "A page that is signed in from its first byte",
    question: "Why does a page say I am signed out, and then change its mind?",
    claim: "After a break the access token has expired, and the first thing your browser asks for \
            is a page. A server that can only check the token renders a stranger's page, and a \
            script repairs it later. Here the token is refreshed before the first byte.",
    setting: Setting::DEFAULT,
    branches: &[Branch {
        slug: "story",
        name: "The story",
        setting: None,
        stages: &[
            Stage {
                say: "You are signed in, and work in tab 1. Your access token lives one minute.",
                predict: None,
                deeds: &[Deed::new("Call", &["tab1 call"])],
                look: Look::new(Panel::Now, "An active access token, generation 0."),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "A minute later you reload. The access token has expired, and no script runs \
                      yet.",
                predict: Some(Prediction {
                    asks: "What does the browser get?",
                    guesses: &[
                        Guess::right(
                            "Your page, and new cookies",
                            "The server exchanged the refresh token before it made the page.",
                        ),
                        Guess::wrong(
                            "A stranger's page, which a script repairs",
                            "So it is where a server cannot refresh.",
                        ),
                        Guess::wrong(
                            "The sign-in form",
                            "Only the access token expired; your session lives.",
                        ),
                    ],
                }),
                deeds: &[Deed::new("Let a minute pass, then reload", &["wait 61s", "tab1 reload"])],
                look: Look::new(
                    Panel::Diagram,
                    "Row 6 of the rule, Rotate: page and cookies together.",
                ),
                shows: &["tab1 reload: 200 · access expired · row 6 Rotate · writes rotate · \
                          sets access, refresh 1"],
            },
            Stage {
                say: "You load another page; the new cookies go along.",
                predict: None,
                deeds: &[Deed::new("Load another page", &["tab1 reload"])],
                look: Look::new(Panel::Lineage, "Generation 1 was seen in the browser."),
                shows: &["tab1 reload: 200 · writes acknowledge"],
            },
            Stage {
                say: "A minute later a script in tab 2 calls. Its request says, in the header \
                      Sec-Fetch-Dest, that it wants no page.",
                predict: Some(Prediction {
                    asks: "Does the server refresh this one, too?",
                    guesses: &[
                        Guess::wrong(
                            "Yes: the same cookies came",
                            "Here only page loads are; scenario 21 refreshes calls, too.",
                        ),
                        Guess::right(
                            "No, it refuses the call",
                            "A script can refresh and try again; a page cannot.",
                        ),
                    ],
                }),
                deeds: &[Deed::new("Let a minute pass, then call", &["wait 61s", "tab2 call"])],
                look: Look::new(Panel::Diagram, "401, refused, and no row of the rule."),
                shows: &["tab2 call: 401 · access expired"],
            },
            Stage {
                say: "Then both tabs load a page at the same moment.",
                predict: None,
                deeds: &[Deed::new(
                    "Send both page loads",
                    &["tab1 sends reload", "tab2 sends reload"],
                )],
                look: Look::new(
                    Panel::Network,
                    "Two page loads under way, both with generation 1.",
                ),
                shows: &[],
            },
            Stage {
                say: "Tab 1's request is first there; tab 2's answer is first home.",
                predict: Some(Prediction {
                    asks: "How often is the refresh token exchanged?",
                    guesses: &[
                        Guess::wrong(
                            "Twice, once for each page",
                            "Then the jar would keep whichever answer came last.",
                        ),
                        Guess::wrong(
                            "Once; tab 2 gets a stranger's page",
                            "So it is where a refresh token counts once.",
                        ),
                        Guess::right(
                            "Once; both get the same cookies",
                            "A replay: the next token is computed, not random.",
                        ),
                    ],
                }),
                deeds: &[
                    Deed::new("Deliver both requests", &["deliver 5", "deliver 6"]),
                    Deed::new("Deliver both answers", &["deliver 6", "deliver 5"]),
                ],
                look: Look::new(Panel::Lineage, "One new generation, 2, marked ×2: given twice."),
                shows: &[
                    "tab1 reload: 200 · access expired · row 6 Rotate · writes rotate · \
                     sets access, refresh 2",
                    "tab2 reload: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 2",
                ],
            },
        ],
    }],
    failure: "The flash of signed-out: a server that can check a token but not refresh it, or \
              refreshes it and loses the cookies on the way to the browser.",
    caveat: "A prefetch is nobody's wish yet, and refreshes nothing. A browser that sends no \
             Sec-Fetch-Dest is judged by its Accept header.",
    sources: &[
        Source::new(
            "aws-amplify/amplify-js #7106: rendering on the server fails once the token expired",
            "https://github.com/aws-amplify/amplify-js/issues/7106",
        ),
        Source::new(
            "supabase/supabase #3085: no page for an expired access token with a good refresh \
             token",
            "https://github.com/supabase/supabase/issues/3085",
        ),
        Source::new(
            "Fetch Metadata §2.1: Sec-Fetch-Dest, which tells a document from a call",
            "https://www.w3.org/TR/fetch-metadata/#sec-fetch-dest-header",
        ),
    ],
    tour: None,
};
