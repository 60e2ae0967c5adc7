//! 9: how long a copy of the tokens works after its owner signed out everywhere.

use coatroom::config::Verification;

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 9,
    slug: "sign-out-everywhere",
    title: "How long does 'at once' take?",
    question: "Somebody has my cookies. How fast can I lock them out?",
    claim: "Somebody has a copy of your cookies, and you know it: you sign out everywhere. A \
            bouncer who only reads wristbands cannot hear of that. One who asks the books each \
            time knows at once, and makes everybody wait. Or every bouncer keeps a short list of \
            what was voided.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "denylist",
            name: "With a list (the default)",
            setting: None,
            stages: &[
                STOLEN,
                SIGNED_OUT,
                Stage {
                    say: "The stolen wristband is well signed and has not faded. But each node \
                          remembers the sessions revoked within the life of a token, and hears of \
                          the others' by a feed.",
                    acts: &["thief call", "thief call at node-b"],
                    look: Look::new(
                        Panel::Cost,
                        "The stopwatch stops at each node's first refusal. Half a read for a call, \
                         in the mean: the refusals read why.",
                    ),
                    shows: &[
                        "thief call: 401 · access revoked",
                        "thief call at node-b: 401 · access revoked",
                    ],
                },
                Stage {
                    say: "Service B has the public keys, and hears of nothing. For it the token is \
                          good until it expires: that is what the minute is for.",
                    acts: &["thief call at service-b", "wait 61s", "thief call at service-b"],
                    look: Look::new(
                        Panel::Network,
                        "The same cookie: 200, and a minute later 401.",
                    ),
                    shows: &["thief call at service-b: 200", "thief call at service-b: 401"],
                },
            ],
        },
        Branch {
            slug: "stateless",
            name: "Signature alone",
            setting: Some(Setting { verification: Verification::Stateless, ..Setting::DEFAULT }),
            stages: &[
                STOLEN,
                SIGNED_OUT,
                Stage {
                    say: "You see 'signed out' on your screen. The nodes check signature and time, \
                          both are good, and the copy works on.",
                    acts: &["thief call", "thief call at node-b"],
                    look: Look::new(Panel::Cost, "The stopwatch runs on. No read of the store."),
                    shows: &["thief call: 200", "thief call at node-b: 200"],
                },
                Stage {
                    say: "Only when the token has expired does anybody look: the refresh reads the \
                          session's row, and there it stands.",
                    acts: &["wait 61s", "thief call", "thief refresh"],
                    look: Look::new(
                        Panel::Cost,
                        "The stopwatch stops: the life of an access token.",
                    ),
                    shows: &[
                        "thief call: 401 · access expired",
                        "thief refresh: 401 · access expired · row 2 Ended",
                    ],
                },
            ],
        },
        Branch {
            slug: "strict",
            name: "A lookup at every door",
            setting: Some(Setting { verification: Verification::Strict, ..Setting::DEFAULT }),
            stages: &[
                STOLEN,
                SIGNED_OUT,
                Stage {
                    say: "Each call reads the session's row before the token is believed. The \
                          thief is out at once, on every node, with nothing to hear or remember.",
                    acts: &["thief call", "thief call at node-b"],
                    look: Look::new(
                        Panel::Cost,
                        "At once, and a read for every call, the honest ones too.",
                    ),
                    shows: &[
                        "thief call: 401 · access revoked",
                        "thief call at node-b: 401 · access revoked",
                    ],
                },
            ],
        },
    ],
    quiz: Quiz {
        asks: "You sign in again, right away, while the list still names what you revoked. Does it \
               stop you?",
        options: &[
            QuizOption::wrong(
                "Yes, until the entry is forgotten",
                "What was revoked stands there by session, not by person, and yours is a new one.",
            ),
            QuizOption::wrong(
                "No: signing in clears the list",
                "Then the thief would be back as well. The entry stays for as long as a token of \
                 that session could.",
            ),
            QuizOption::right(
                "No: and the thief stays out",
                "The new sign-in has another session id. The stolen token still has the old one.",
            ),
        ],
        acts: &["tab1 sign-in", "tab1 call", "thief call"],
        shows: &[
            "tab1 sign-in: 200 · writes add_session · sets access, refresh 0",
            "tab1 call: 200 · writes acknowledge",
            "thief call: 401 · access revoked",
        ],
    },
    failure: "The token that outlives its revocation: signed out on your screen, signed in for \
              whoever has the copy.",
    caveat: "One session is enough to see it. The nodes of a world share one process, so the \
             stopwatch leaves out the network. A node that is cut off from news reads rows \
             instead.",
    sources: &[
        Source::new(
            "RFC 7009 §3: to revoke a self-contained token takes word behind the scenes, or a \
             short life",
            "https://www.rfc-editor.org/rfc/rfc7009#section-3",
        ),
        Source::new(
            "CVE-2025-57735, Apache Airflow: a JWT that stayed good after its owner signed out",
            "https://nvd.nist.gov/vuln/detail/CVE-2025-57735",
        ),
    ],
    tour: Some(6),
};

/// The first stage of each branch.
const STOLEN: Stage = Stage {
    say: "The thief's copy of your jar works like your own: here at another node of the house.",
    acts: &["tab1 call", "steal", "thief call at node-b"],
    look: Look::new(Panel::CookieJar, "Two jars, and one session in both."),
    shows: &["tab1 call: 200 · writes acknowledge", "thief call at node-b: 200"],
};

/// The second stage of each branch.
const SIGNED_OUT: Stage = Stage {
    say: "You sign out everywhere: each session of your account is revoked in the store, and your \
          own cookies are deleted.",
    acts: &["tab1 sign-out-everywhere"],
    look: Look::new(Panel::Cost, "The stopwatch starts."),
    shows: &["tab1 sign-out-everywhere: 200 · writes revoke · deletes access, refresh"],
};
