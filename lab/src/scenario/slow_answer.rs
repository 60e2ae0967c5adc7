//! 6: two answers set cookies, and the slow one comes last.

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
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
                say: "After a minute three tabs refresh at once. Tab 1 is first, the others are \
                      answered alike. All three answers are on the road, and tab 3's gets stuck in \
                      a buffer.",
                acts: &[
                    "tab1 call",
                    "wait 61s",
                    "tab1 sends refresh",
                    "tab2 sends refresh",
                    "tab3 sends refresh",
                    "deliver 2",
                    "deliver 3",
                    "deliver 4",
                ],
                look: Look::new(Panel::Network, "Three answers under way, all of generation 1."),
                shows: &[
                    "tab1 call: 200 · writes acknowledge",
                    "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                     sets access, refresh 1",
                    "tab2 refresh: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 1",
                    "tab3 refresh: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 1",
                ],
            },
            Stage {
                say: "Tab 2's answer is home first, and tab 2 calls at once. Now generation 1 is \
                      proven to be in the browser.",
                acts: &["deliver 3", "tab2 call"],
                look: Look::new(Panel::Lineage, "Generation 1 is acknowledged."),
                shows: &["tab2 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "Four seconds later tab 1's answer arrives and sets both cookies once more. \
                      They were derived from the same generation: byte for byte the same.",
                acts: &["wait 4s", "deliver 2", "tab1 call"],
                look: Look::new(Panel::CookieJar, "The fingerprints stay as they are."),
                shows: &["tab1 call: 200"],
            },
            Stage {
                say: "Tab 2 refreshes again. Its ticket is the current one, but proven for four \
                      seconds only, so the house keeps it: nothing is exchanged while a slow \
                      answer may still bring back what came before.",
                acts: &["tab2 refresh"],
                look: Look::new(
                    Panel::Diagram,
                    "Row 5, Debounced: an exchange waits ten seconds from the proof, twice the \
                     grace.",
                ),
                shows: &["tab2 refresh: 200 · row 5 Debounced · sets access"],
            },
        ],
    }],
    quiz: Quiz {
        asks: "The answer in the buffer arrives a minute late, after the next exchange was proven. \
               What does it do?",
        options: &[
            QuizOption::wrong(
                "Nothing: all answers to this browser are alike",
                "Only those of one generation are, and this one is of the one before.",
            ),
            QuizOption::wrong(
                "Nothing: the browser sees that it is old",
                "A browser compares no ages. The last Set-Cookie wins.",
            ),
            QuizOption::right(
                "It sets the jar back, and the honest browser looks like a thief",
                "The jar shows generation 1 six seconds after the proof of 2: row 9. The grace is \
                 the longest delay that is forgiven, so clients must give up well within it.",
            ),
        ],
        acts: &["wait 60s", "tab1 refresh", "tab1 call", "deliver 4", "wait 6s", "tab1 refresh"],
        shows: &[
            "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
             sets access, refresh 2",
            "tab1 call: 200 · writes acknowledge",
            "tab1 refresh: 401 · access expired · row 9 Reuse(recent) · writes revoke",
        ],
    },
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
