//! 19: no number of lost answers strands an honest browser, and too many at once wait.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
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
                say: "You are signed in on a web site. A minute passes, and the access token \
                      expires.",
                predict: None,
                deeds: &[Deed::new("Call, wait a minute", &["tab1 call", "wait 61s"])],
                look: Look::new(Panel::Lineage, "Generation 0, which may now be exchanged."),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "Requests reach the server, but its answers are lost. Tab 1 refreshes fifty \
                      times, always with the same refresh token.",
                predict: Some(Prediction {
                    asks: "What does the server do?",
                    guesses: &[
                        Guess::wrong(
                            "It makes fifty pairs of tokens",
                            "A late answer could then leave you with a dead ticket.",
                        ),
                        Guess::right(
                            "It makes one pair, and sends it fifty times",
                            "Until a request shows it, the old ticket fetches it again.",
                        ),
                        Guess::wrong(
                            "It ends the session after some tries",
                            "A lost answer is no theft, and no total is kept.",
                        ),
                    ],
                }),
                deeds: &[Deed::new(
                    "Refresh, lose the answer, fifty times",
                    &["tab1 loses refresh"; 50],
                )],
                look: Look::new(Panel::Lineage, "Generation 1, marked ×50, and not seen yet."),
                shows: &LOST,
            },
            Stage {
                say: "Two more tries follow at once. The answer to the first is lost again.",
                predict: Some(Prediction {
                    asks: "What does the second one get?",
                    guesses: &[
                        Guess::wrong(
                            "A refusal, and the session ends",
                            "Then a bad connection could sign you out.",
                        ),
                        Guess::wrong(
                            "The same pair again",
                            "Each costs a database write, so there is a limit.",
                        ),
                        Guess::right(
                            "A request to wait",
                            "Fifty repeats at once, then one a second.",
                        ),
                    ],
                }),
                deeds: &[
                    Deed::new("Refresh, lose the answer", &["tab1 loses refresh"]),
                    Deed::new("Refresh", &["tab1 refresh"]),
                ],
                look: Look::new(
                    Panel::Diagram,
                    "Status 429, too many requests: wait. Nothing is written or ended.",
                ),
                shows: &[RETRY, WAIT],
            },
            Stage {
                say: "A second later tab 1 tries twice more.",
                predict: None,
                deeds: &[
                    Deed::new("Wait, refresh, lose the answer", &["wait 1s", "tab1 loses refresh"]),
                    Deed::new("Refresh", &["tab1 refresh"]),
                ],
                look: Look::new(Panel::Diagram, "One is answered, the other must wait again."),
                shows: &[RETRY, WAIT],
            },
            Stage {
                say: "An hour later the connection is good. Tab 1 tries the old ticket again, and \
                      calls with what it gets.",
                predict: Some(Prediction {
                    asks: "What will that be?",
                    guesses: &[
                        Guess::right(
                            "Generation 1, as the first time",
                            "No request has shown it yet, so it may be lost.",
                        ),
                        Guess::wrong(
                            "A refusal: it was tried too often",
                            "No total is kept, and the limit has passed.",
                        ),
                        Guess::wrong(
                            "Generation 2, to be safe",
                            "Then a late answer could leave you with a dead ticket.",
                        ),
                    ],
                }),
                deeds: &[
                    Deed::new("Wait an hour, then refresh", &["wait 1h", "tab1 refresh"]),
                    Deed::new("Call", &["tab1 call"]),
                ],
                look: Look::new(Panel::Lineage, "Generation 1, seen in the browser at last."),
                shows: &[RETRY, "tab1 call: 200 · writes acknowledge"],
            },
        ],
    }],
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
