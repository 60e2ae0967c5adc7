//! 31: a sign-out deletes the cookie, and a copy of it was kept.

use coatroom::config::Verification;

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::{action::Carrier, setting::Setting};

const TOKEN: Setting = Setting {
    carrier: Carrier::Token,
    verification: Verification::Stateless,
    access_ttl_s: 3600,
    ..Setting::DEFAULT
};

pub(super) const SCENARIO: Scenario = Scenario {
    number: 31,
    slug: "sign-out-keeps-a-copy",
    title: "Signed out. And the copy?",
    question: "I pressed sign out. Am I out everywhere it counts?",
    claim: "To sign out often means that the browser forgets. But what it forgets may have been \
            copied: into a log, a backup, a thief's pocket. The copy opens the door for as long as \
            the house has nothing in its books that it could cross out.",
    setting: TOKEN,
    branches: &[
        Branch {
            slug: "token",
            name: "Signed token alone",
            setting: None,
            stages: &[
                COPIED,
                Stage {
                    say: "You press sign out.",
                    predict: Some(Prediction {
                        asks: "What does the server write down?",
                        guesses: &[
                            Guess::right(
                                "Nothing",
                                "All it does is to tell your browser to delete the cookie.",
                            ),
                            Guess::wrong(
                                "That your token is void",
                                "It keeps no list in which it could write that.",
                            ),
                            Guess::wrong(
                                "That your session is over",
                                "Of a signed token alone it keeps no session.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Sign out", &["tab1 sign-out"])],
                    look: Look::new(
                        Panel::Diagram,
                        "The sign-out deletes a cookie. No line goes to the store.",
                    ),
                    shows: &["tab1 sign-out: 200 · deletes access"],
                },
                Stage {
                    say: "Your screen says signed out. A thief has the copy, and calls at once, \
                          after 59 minutes and after 61.",
                    predict: Some(Prediction {
                        asks: "How long does the copy work?",
                        guesses: &[
                            Guess::wrong(
                                "Not at all",
                                "To refuse it, the server would have to remember something.",
                            ),
                            Guess::right(
                                "Until the hour is over",
                                "It looks at signature and time, and so it lets the thief in.",
                            ),
                            Guess::wrong(
                                "For good",
                                "The end is signed into the token, and it comes.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Call as thief", &["thief call"]),
                        Deed::new("Wait, call as thief", &["wait 59m", "thief call"]),
                        Deed::new("Wait, call as thief", &["wait 2m", "thief call"]),
                    ],
                    look: Look::new(
                        Panel::Network,
                        "The thief's calls: 200, 200, and 401 at last.",
                    ),
                    shows: &["thief call: 200", "thief call: 200", "thief call: 401 · access none"],
                },
            ],
        },
        Branch {
            slug: "denylist",
            name: "Signed token and a list",
            setting: Some(Setting { verification: Verification::Denylist, ..TOKEN }),
            stages: &[
                COPIED,
                Stage {
                    say: "You press sign out. This site keeps a denylist of what was ended before \
                          its time.",
                    predict: Some(Prediction {
                        asks: "What does the server write down?",
                        guesses: &[
                            Guess::wrong(
                                "Nothing",
                                "Then the copy would work until the hour is over.",
                            ),
                            Guess::wrong(
                                "Your name, so that you stay out",
                                "You may sign in again at once.",
                            ),
                            Guess::right(
                                "That your session is over",
                                "Its name is in your token, and goes on the list.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Sign out", &["tab1 sign-out"])],
                    look: Look::new(
                        Panel::Diagram,
                        "The sign-out deletes a cookie, and writes to the store: deny.",
                    ),
                    shows: &["tab1 sign-out: 200 · writes deny · deletes access"],
                },
                Stage {
                    say: "A thief has the copy, and calls the server where you signed out, node \
                          A, and another one, node B.",
                    predict: Some(Prediction {
                        asks: "Which of them lets the thief in?",
                        guesses: &[
                            Guess::right(
                                "Neither",
                                "Each node has the list in its memory, and hears what is new.",
                            ),
                            Guess::wrong(
                                "Node B, which was not asked",
                                "It heard of it: the list is one for all nodes.",
                            ),
                            Guess::wrong(
                                "Both, until the hour is over",
                                "So it is without the list.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Call node A as thief", &["thief call"]),
                        Deed::new("Call node B as thief", &["thief call at node-b"]),
                    ],
                    look: Look::new(
                        Panel::Cost,
                        "No read for a call: each node has the list in memory.",
                    ),
                    shows: &[
                        "thief call: 401 · access revoked",
                        "thief call at node-b: 401 · access revoked",
                    ],
                },
            ],
        },
        Branch {
            slug: "opaque",
            name: "Opaque session",
            setting: Some(Setting { carrier: Carrier::Opaque, ..Setting::DEFAULT }),
            stages: &[
                Stage {
                    say: "Your cookie is a random number that says nothing. The server has a row \
                          for it, and reads that at each call. A copy of your cookie jar is made.",
                    predict: None,
                    deeds: &[
                        Deed::new("Call", &["tab1 call"]),
                        Deed::new("Copy the jar", &["steal"]),
                    ],
                    look: Look::new(Panel::Diagram, "The call goes to the store, and gets 200."),
                    shows: &["tab1 call: 200"],
                },
                Stage {
                    say: "You press sign out.",
                    predict: Some(Prediction {
                        asks: "What does the server write down?",
                        guesses: &[
                            Guess::wrong(
                                "Nothing: the cookie is gone",
                                "A copy of it would open the door for days.",
                            ),
                            Guess::right(
                                "In its row: the session is over",
                                "The number means what its row says.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Sign out", &["tab1 sign-out"])],
                    look: Look::new(
                        Panel::Diagram,
                        "The sign-out deletes a cookie, and writes to the store: revoke.",
                    ),
                    shows: &["tab1 sign-out: 200 · writes revoke · deletes session"],
                },
                Stage {
                    say: "A thief has the copy, and calls node A and node B, two servers with one \
                          store.",
                    predict: Some(Prediction {
                        asks: "Which of them lets the thief in?",
                        guesses: &[
                            Guess::right(
                                "Neither",
                                "No node needs to be told: each reads the row, and it is over.",
                            ),
                            Guess::wrong(
                                "Node B, which was not asked",
                                "It reads the same row as node A.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Call node A as thief", &["thief call"]),
                        Deed::new("Call node B as thief", &["thief call at node-b"]),
                    ],
                    look: Look::new(
                        Panel::Cost,
                        "Refused at once, and a read for every call, the honest ones too.",
                    ),
                    shows: &[
                        "thief call: 401 · access revoked",
                        "thief call at node-b: 401 · access revoked",
                    ],
                },
            ],
        },
    ],
    failure: "The sign-out that is a deletion: a cookie is gone on one screen, and the server \
              takes its copy as before.",
    caveat: "One copy, made before the sign-out. The nodes of a world share one process, so that \
             the news takes no time; in earnest a node hears of it within seconds. A copy that is \
             used before the sign-out works in all three.",
    sources: &[
        Source::new(
            "OWASP ASVS v4.0.3 §3.3.1: a sign-out makes the session token worthless",
            "https://github.com/OWASP/ASVS/blob/master/4.0/en/0x12-V3-Session-management.md",
        ),
        Source::new(
            "CVE-2025-57735, Apache Airflow: a JWT that stayed good after its owner signed out",
            "https://nvd.nist.gov/vuln/detail/CVE-2025-57735",
        ),
        Source::new(
            "RFC 7009 §3: what it takes to revoke a token that explains itself",
            "https://www.rfc-editor.org/rfc/rfc7009#section-3",
        ),
    ],
    tour: None,
};

/// The first stage of the branches with a signed token.
const COPIED: Stage = Stage {
    say: "You are signed in with one signed token, good for an hour. A copy of your cookie jar is \
          made, before you sign out.",
    predict: None,
    deeds: &[Deed::new("Call", &["tab1 call"]), Deed::new("Copy the jar", &["steal"])],
    look: Look::new(Panel::CookieJar, "Two jars, the same fingerprint: the very same token."),
    shows: &["tab1 call: 200"],
};
