//! 19: no number of lost answers strands an honest browser, and too many at once wait.

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
use crate::setting::Setting;

/// The exchange, of which the browser never hears.
const EXCHANGE: &str = "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                        sets access, refresh 1";
/// A retry, answered as the exchange was.
const RETRY: &str = "tab1 refresh: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 1";
/// A retry that has to wait.
const WAIT: &str = "tab1 refresh: 429 · access expired · row 7 TooManyReplays";

const LOST: [&str; 50] = {
    let mut lines = [RETRY; 50];
    lines[0] = EXCHANGE;
    lines
};

pub(super) const SCENARIO: Scenario = Scenario {
    number: 19,
    slug: "fifty-lost-answers",
    title: "Fifty answers are lost, one after the other",
    question: "My connection is terrible. Can I be locked out for trying too often?",
    claim: "Requests get through and answers do not: a tunnel, a broken proxy, somebody on the \
            way. Your browser tries again and again with the same old ticket. A house that counts \
            tries, and stops at fifty, has locked out the one visitor who did nothing wrong.",
    setting: Setting::DEFAULT,
    branches: &[Branch {
        slug: "story",
        name: "The story",
        setting: None,
        stages: &[
            Stage {
                say: "You are at work, and the ticket of generation 0 is in use.",
                acts: &["tab1 call", "wait 61s"],
                look: Look::new(Panel::Lineage, "Generation 0, seen in the browser."),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "Tab 1 refreshes, and the answer is lost. It tries again, and that answer is \
                      lost, and so on: fifty times in a row.",
                acts: &["tab1 loses refresh"; 50],
                look: Look::new(
                    Panel::Lineage,
                    "One exchange. Generation 1 was given again 49 times, and is not seen yet.",
                ),
                shows: &LOST,
            },
            Stage {
                say: "Two more in the same instant. One is answered, and lost. The other is told to \
                      wait a second: nobody honest needs more at once, and each is a write.",
                acts: &["tab1 loses refresh", "tab1 refresh"],
                look: Look::new(Panel::Diagram, "429. Nothing is written, and nothing ends."),
                shows: &[RETRY, WAIT],
            },
            Stage {
                say: "A second later one more is answered, and lost as well. The next one waits \
                      again: one a second, for as long as it takes.",
                acts: &["wait 1s", "tab1 loses refresh", "tab1 refresh"],
                look: Look::new(
                    Panel::Policies,
                    "Signed in: a limit that passes by itself signs nobody out.",
                ),
                shows: &[RETRY, WAIT],
            },
        ],
    }],
    quiz: Quiz {
        asks: "You close the laptop, and try once more an hour later. What do you get for the old \
               ticket?",
        options: &[
            QuizOption::wrong(
                "A refusal: it was tried too often",
                "No total is kept. The rate has long refilled by itself.",
            ),
            QuizOption::right(
                "Generation 1, the same as the first time",
                "Nobody has shown anything of it, so it may never have arrived. Until somebody \
                 does, the old ticket fetches it.",
            ),
            QuizOption::wrong(
                "Generation 2, to be on the safe side",
                "Then a late answer of the fifty would leave you with a ticket that is dead.",
            ),
        ],
        acts: &["wait 1h", "tab1 refresh", "tab1 call"],
        shows: &[RETRY, "tab1 call: 200 · writes acknowledge"],
    },
    failure: "The total: fifty lost answers, and the honest browser is refused for ever, because \
              only a delivered answer would set the count back.",
    caveat: "The rate is kept for each session and network. A thief elsewhere uses up nothing of \
             yours; one in your own network can make you wait, for as long as it keeps asking.",
    sources: &[
        Source::new(
            "RFC 6585 §4: 429, and when to try again",
            "https://www.rfc-editor.org/rfc/rfc6585#section-4",
        ),
        Source::new(
            "Ory Hydra, rotation_grace_reuse_count: a total; 0, the default, is no limit",
            "https://www.ory.sh/docs/hydra/guides/graceful-token-refresh",
        ),
        Source::new(
            "element-hq/matrix-authentication-service #2795: refreshing should be idempotent",
            "https://github.com/element-hq/matrix-authentication-service/issues/2795",
        ),
    ],
    tour: None,
};
