//! 3: a page load with an expired access token is refreshed before it is rendered.

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
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
                say: "You are at work in tab 1. Generation 0 is in use.",
                acts: &["tab1 call"],
                look: Look::new(Panel::Now, "Signed in, generation 0, the access token is good."),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "A coffee later you reload. This request is a person's, for a document: the \
                      layer in front of the application sees the faded wristband beside a good \
                      ticket, exchanges the ticket, and renders this very page for you.",
                acts: &["wait 61s", "tab1 reload"],
                look: Look::new(
                    Panel::Diagram,
                    "One arrow there, one back: row 6, and the page and both cookies in one \
                     answer.",
                ),
                shows: &["tab1 reload: 200 · access expired · row 6 Rotate · writes rotate · \
                          sets access, refresh 1"],
            },
            Stage {
                say: "The next page brings the new access token, and proves that it arrived. No \
                      script was needed for any of this.",
                acts: &["tab1 reload"],
                look: Look::new(Panel::Lineage, "Generation 1 is acknowledged, by a page load."),
                shows: &["tab1 reload: 200 · writes acknowledge"],
            },
            Stage {
                say: "In this world only pages are refreshed on their way, so that you can see \
                      the step. A script's call is refused, and its client refreshes once for all \
                      calls that wait. Experiment 21 refreshes each call, too.",
                acts: &["wait 61s", "tab2 call"],
                look: Look::new(
                    Panel::Diagram,
                    "401, and no row. What tells it from a page is Sec-Fetch-Dest, \
                     among the arrow's headers.",
                ),
                shows: &["tab2 call: 401 · access expired"],
            },
        ],
    }],
    quiz: Quiz {
        asks: "The browser restores two tabs and loads both pages at the same moment. How often is \
               the ticket exchanged?",
        options: &[
            QuizOption::wrong(
                "Twice, once for each page",
                "Then the jar would keep whichever answer came last, and the other would be dead.",
            ),
            QuizOption::wrong(
                "Once; the second page renders a stranger",
                "So it is where a ticket counts once. Here the second asks with the same ticket, \
                 and is answered alike.",
            ),
            QuizOption::right(
                "Once; both pages get the same cookies",
                "The second request is a replay: the successor is derived, so it is the same one.",
            ),
        ],
        acts: &[
            "tab1 sends reload",
            "tab2 sends reload",
            "deliver 5",
            "deliver 6",
            "deliver 6",
            "deliver 5",
        ],
        shows: &[
            "tab1 reload: 200 · access expired · row 6 Rotate · writes rotate · \
             sets access, refresh 2",
            "tab2 reload: 200 · access expired · row 7 Replay(undelivered) · \
             writes count_replay · sets access, refresh 2",
        ],
    },
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
