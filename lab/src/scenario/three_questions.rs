//! 22: the end of the tour, three questions whose answers are checked by doing.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 22,
    slug: "three-questions",
    title: "Three questions at the end of the tour",
    question: "Why was I signed out after a tunnel?",
    claim: "A tunnel, a thief, and a copied wristband. You know the rule by now: say what it will \
            decide, and then make it happen.",
    setting: Setting::DEFAULT,
    branches: &[Branch {
        slug: "story",
        name: "The three questions",
        setting: None,
        stages: &[
            Stage {
                say: "In a tunnel your refresh gets through, its answer is lost. \
                      Twenty minutes later you load a page with the old ticket. Here you stay signed in; elsewhere you might ask:",
                predict: Some(Prediction {
                    asks: "Why was I signed out after a tunnel?",
                    guesses: &[
                        Guess::wrong(
                            "The tunnel lasted longer than the session",
                            "A session lives for days; the access token alone is short.",
                        ),
                        Guess::right(
                            "The server took my retry for a thief",
                            "Where a ticket is good once, a retry looks like a copy.",
                        ),
                        Guess::wrong(
                            "My browser forgot its cookies",
                            "It kept the old ones: the new ones never came.",
                        ),
                    ],
                }),
                deeds: &[
                    Deed::new("Call, wait a minute", &["tab1 call", "wait 61s"]),
                    Deed::new("Refresh, lose the answer", &["tab1 loses refresh"]),
                    Deed::new("Wait, then load a page", &["wait 20m", "tab1 reload"]),
                ],
                look: Look::new(
                    Panel::Policies,
                    "The same tunnel under eight rules: some sign you out, this one does not.",
                ),
                shows: &[
                    "tab1 call: 200 · writes acknowledge",
                    "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                     sets access, refresh 1",
                    "tab1 reload: 200 · access expired · row 7 Replay(undelivered) · \
                     writes count_replay · sets access, refresh 1",
                ],
            },
            Stage {
                say: "Malware copies your cookie jar. You refresh and work on; six seconds later \
                      the thief refreshes with the copy.",
                predict: Some(Prediction {
                    asks: "Who is signed out then?",
                    guesses: &[
                        Guess::right(
                            "Both of us",
                            "The server cannot tell which one is you: it ends the session.",
                        ),
                        Guess::wrong(
                            "The thief alone",
                            "Nothing in a copied ticket says which of the two is the copy.",
                        ),
                        Guess::wrong("Neither", "Within five seconds of your call it would be so."),
                    ],
                }),
                deeds: &[
                    Deed::new("Call, copy the jar", &["tab1 call", "steal"]),
                    Deed::new("Wait, refresh, call", &["wait 61s", "tab1 refresh", "tab1 call"]),
                    Deed::new("Wait, refresh as thief", &["wait 6s", "thief refresh"]),
                    Deed::new("Call", &["tab1 call"]),
                ],
                look: Look::new(Panel::Now, "The session is over, and the reason: reuse."),
                shows: &[
                    "tab1 call: 200 · writes acknowledge",
                    "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                     sets access, refresh 2",
                    "tab1 call: 200 · writes acknowledge",
                    "thief refresh: 401 · access expired · row 9 Reuse(recent) · writes revoke",
                    "tab1 call: 401 · access revoked",
                ],
            },
            Stage {
                say: "You sign in again, the jar is copied again, and you sign out. The copied \
                      wristband is well signed, and has most of its minute left.",
                predict: Some(Prediction {
                    asks: "What does it still open at this server?",
                    guesses: &[
                        Guess::wrong(
                            "Everything, until it expires",
                            "A signature alone would say so; here memory is asked as well.",
                        ),
                        Guess::right(
                            "Nothing",
                            "Its session is revoked, and each request asks memory for that.",
                        ),
                    ],
                }),
                deeds: &[
                    Deed::new("Sign in, call", &["tab1 sign-in", "tab1 call"]),
                    Deed::new("Copy the jar", &["steal"]),
                    Deed::new("Sign out", &["tab1 sign-out"]),
                    Deed::new("Call as thief", &["thief call"]),
                ],
                look: Look::new(Panel::Cost, "The stopwatch: refused at once."),
                shows: &[
                    "tab1 sign-in: 200 · writes add_session · sets access, refresh 0, \
                     deletes those before",
                    "tab1 call: 200 · writes acknowledge",
                    "tab1 sign-out: 200 · writes revoke · deletes access, refresh",
                    "thief call: 401 · access revoked",
                ],
            },
        ],
    }],
    failure: "Signed out for a tunnel, or robbed in silence: a rule that is too strict does the \
              one, a rule that is too kind the other.",
    caveat: "A thief who uses the copy alone, while you are away for good, looks like you. Until the \
             session's last day, or until an administrator ends it, nothing tells.",
    sources: &[
        Source::new(
            "RFC 9700 §4.14: refresh tokens, rotation, and the reuse of a spent one",
            "https://www.rfc-editor.org/rfc/rfc9700#section-4.14",
        ),
        Source::new(
            "ory/hydra #1831: a lost answer leaves people stuck",
            "https://github.com/ory/hydra/issues/1831",
        ),
    ],
    tour: Some(7),
};
