//! 5: the exchange was committed, and its answer never arrived.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 5,
    slug: "lost-response",
    title: "The answer is lost. Who is signed out?",
    question: "Why was I signed out after a tunnel?",
    claim: "The house has exchanged your ticket, and the train enters a tunnel: the new one never \
            arrives. Your browser still holds the old ticket. Where a ticket is good once, its \
            next attempt is taken for theft.",
    setting: Setting::DEFAULT,
    branches: &[Branch {
        slug: "story",
        name: "The story",
        setting: None,
        stages: &[
            Stage {
                say: "You are on a train, signed in on a web site. After a minute the access token \
                      has expired, and tab 1 asks the server for new tokens.",
                predict: None,
                deeds: &[
                    Deed::new("Call, wait a minute", &["tab1 call", "wait 61s"]),
                    Deed::new("Refresh", &["tab1 sends refresh", "deliver 2"]),
                ],
                look: Look::new(Panel::Network, "The answer is under way, with generation 1."),
                shows: &[
                    "tab1 call: 200 · writes acknowledge",
                    "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                     sets access, refresh 1",
                ],
            },
            Stage {
                say: "Before the answer arrives, the train enters a tunnel.",
                predict: None,
                deeds: &[Deed::new("Lose the answer", &["lose 2"])],
                look: Look::new(Panel::Now, "Your jar holds generation 0; the server is at 1."),
                shows: &[],
            },
            Stage {
                say: "An hour later there is signal. Tab 1 tries again with the refresh token that was exchanged.",
                predict: Some(Prediction {
                    asks: "What does tab 1 get?",
                    guesses: &[
                        Guess::wrong(
                            "A refusal, and the session ends",
                            "Strict single use does that: it takes the retry for theft.",
                        ),
                        Guess::wrong(
                            "A new generation 2",
                            "Then two answers could differ, and the jar keeps the last.",
                        ),
                        Guess::right(
                            "Generation 1 once more",
                            "No request has shown it yet, so it may be lost.",
                        ),
                    ],
                }),
                deeds: &[Deed::new("Wait an hour, refresh", &["wait 1h", "tab1 refresh"])],
                look: Look::new(
                    Panel::Diagram,
                    "Row 7, Replay(undelivered): generation 1, an hour late.",
                ),
                shows: &["tab1 refresh: 200 · access expired · row 7 Replay(undelivered) · \
                          writes count_replay · sets access, refresh 1"],
            },
            Stage {
                say: "Tab 1 calls with the new access token, the proof that generation 1 \
                      arrived. The old ticket has five seconds left.",
                predict: None,
                deeds: &[Deed::new("Call", &["tab1 call"])],
                look: Look::new(
                    Panel::Policies,
                    "Under some other rules you would be signed out now.",
                ),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "A minute later a thief copies your cookie jar. Then tab 1 refreshes into the next tunnel.",
                predict: None,
                deeds: &[
                    Deed::new("Copy the jar", &["wait 61s", "steal"]),
                    Deed::new("Refresh", &["tab1 sends refresh", "deliver 5"]),
                    Deed::new("Lose the answer", &["lose 5"]),
                ],
                look: Look::new(Panel::CookieJar, "You and the thief hold generation 1."),
                shows: &["tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                          sets access, refresh 2"],
            },
            Stage {
                say: "The thief refreshes, gets generation 2, and calls. Ten seconds later your \
                      browser tries again.",
                predict: Some(Prediction {
                    asks: "What does it find?",
                    guesses: &[
                        Guess::wrong("Generation 2", "Only if no request had used it yet."),
                        Guess::right(
                            "The session has ended, for both",
                            "The thief's call proved it arrived; your grace is over.",
                        ),
                        Guess::wrong(
                            "The session has ended, for you alone",
                            "The server cannot tell you apart, and ends both.",
                        ),
                    ],
                }),
                deeds: &[
                    Deed::new("Refresh and call as thief", &["thief refresh", "thief call"]),
                    Deed::new("Wait, refresh", &["wait 10s", "tab1 refresh"]),
                    Deed::new("Call as thief", &["thief call"]),
                ],
                look: Look::new(Panel::Diagram, "Row 9, Reuse(recent), and 401 for the thief."),
                shows: &[
                    "thief refresh: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 2",
                    "thief call: 200 · writes acknowledge",
                    "tab1 refresh: 401 · access expired · row 9 Reuse(recent) · writes revoke",
                    "thief call: 401 · access revoked",
                ],
            },
        ],
    }],
    failure: "The lost response: the exchange is committed, its answer is not delivered, and the \
              honest retry is called theft.",
    caveat: "A thief who takes the old ticket and shows nothing of what it fetches shares the \
             session, unnoticed, until two are seen in step (scenario 7). Tries are answered fifty \
             at once, and one a second from then on (scenario 19).",
    sources: &[
        Source::new(
            "element-hq/matrix-authentication-service #2795: refreshing should be idempotent",
            "https://github.com/element-hq/matrix-authentication-service/issues/2795",
        ),
        Source::new(
            "ory/hydra #1831: a lost answer leaves people stuck",
            "https://github.com/ory/hydra/issues/1831",
        ),
        Source::new(
            "FAPI 2.0 Security Profile §5.3.2.1: no rotation but in extraordinary circumstances",
            "https://openid.net/specs/fapi-security-profile-2_0-final.html",
        ),
    ],
    tour: Some(4),
};
