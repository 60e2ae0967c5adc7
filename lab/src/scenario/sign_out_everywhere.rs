//! 9: how long a copy of the tokens works after its owner signed out everywhere.

use coatroom::config::Verification;

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
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
                    say: "The stolen access token is genuine and in time. But each node also \
                          checks a denylist of sessions revoked lately.",
                    predict: Some(Prediction {
                        asks: "You signed out at node A. Which node lets the thief in?",
                        guesses: &[
                            Guess::wrong(
                                "Both, until the token expires",
                                "Signature and time alone would let it in.",
                            ),
                            Guess::wrong(
                                "Node B, which was not asked",
                                "The nodes hear of each other's revocations.",
                            ),
                            Guess::right(
                                "Neither",
                                "Node B heard of it: your session is on its list.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Call node A as thief", &["thief call"]),
                        Deed::new("Call node B as thief", &["thief call at node-b"]),
                    ],
                    look: Look::new(Panel::Cost, "Stopwatch: refused at once by both."),
                    shows: &[
                        "thief call: 401 · access revoked",
                        "thief call at node-b: 401 · access revoked",
                    ],
                },
                Stage {
                    say: "Service B has public keys to check signatures, and \
                          hears of no revocation. The thief calls it, and again when a minute is over.",
                    predict: None,
                    deeds: &[
                        Deed::new("Call service B as thief", &["thief call at service-b"]),
                        Deed::new("Wait, call again", &["wait 61s", "thief call at service-b"]),
                    ],
                    look: Look::new(Panel::Cost, "Service B: let in once, refused after 1:01."),
                    shows: &["thief call at service-b: 200", "thief call at service-b: 401"],
                },
                AGAIN,
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
                    say: "Here the nodes check an access token's signature and its time, and \
                          nothing else. The stolen one has most of its minute left.",
                    predict: Some(Prediction {
                        asks: "Your screen says signed out. What does the thief get?",
                        guesses: &[
                            Guess::wrong(
                                "A refusal at both nodes",
                                "That takes a look at the session, and neither node takes one.",
                            ),
                            Guess::right(
                                "200 at both nodes",
                                "The token cannot be changed from afar, and it still looks good.",
                            ),
                            Guess::wrong(
                                "A refusal at node A, where I signed out",
                                "Node A wrote it to the database, and reads nothing for a call.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Call node A as thief", &["thief call"]),
                        Deed::new("Call node B as thief", &["thief call at node-b"]),
                    ],
                    look: Look::new(
                        Panel::Cost,
                        "Stopwatch: not refused yet, and let in at both nodes.",
                    ),
                    shows: &["thief call: 200", "thief call at node-b: 200"],
                },
                Stage {
                    say: "A minute passes: the access token's whole life. The thief calls node A \
                          once more.",
                    predict: None,
                    deeds: &[Deed::new("Wait, call as thief", &["wait 61s", "thief call"])],
                    look: Look::new(
                        Panel::Cost,
                        "At node A the stopwatch stops: refused after 1:01.",
                    ),
                    shows: &["thief call: 401 · access expired"],
                },
                Stage {
                    say: "The thief still has your refresh token, which has not expired.",
                    predict: Some(Prediction {
                        asks: "What does it bring the thief?",
                        guesses: &[
                            Guess::right(
                                "Nothing: the session is over",
                                "A refresh reads the session's row, and there it is revoked.",
                            ),
                            Guess::wrong(
                                "A new access token",
                                "That is for calls. A refresh always reads the session's row.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Refresh as thief", &["thief refresh"])],
                    look: Look::new(
                        Panel::Diagram,
                        "Row 2, Ended: here at last the session's row was read.",
                    ),
                    shows: &["thief refresh: 401 · access expired · row 2 Ended"],
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
                    say: "Here a node reads the session's row in the database at every call, \
                          before it believes a token. The thief calls node A.",
                    predict: Some(Prediction {
                        asks: "The token has most of its minute left. What does it get?",
                        guesses: &[
                            Guess::right(
                                "401: refused at once",
                                "The row says revoked, and the row is read first.",
                            ),
                            Guess::wrong(
                                "200, until it expires",
                                "So it goes where signature and time are all that is checked.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call node A as thief", &["thief call"])],
                    look: Look::new(Panel::Diagram, "A line to the store, and then 401."),
                    shows: &["thief call: 401 · access revoked"],
                },
                Stage {
                    say: "Node B took no part in your sign-out. The thief tries it next.",
                    predict: Some(Prediction {
                        asks: "What does node B answer?",
                        guesses: &[
                            Guess::wrong(
                                "200: it was told nothing",
                                "It need not be told: it looks for itself.",
                            ),
                            Guess::wrong(
                                "401: node A sent it a list",
                                "Refused it is, but no list is needed for it.",
                            ),
                            Guess::right(
                                "401: it reads the same row",
                                "All nodes have one database, and ask it each time.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call node B as thief", &["thief call at node-b"])],
                    look: Look::new(
                        Panel::Cost,
                        "At once, and a read for every call, the honest ones too.",
                    ),
                    shows: &["thief call at node-b: 401 · access revoked"],
                },
            ],
        },
    ],
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

/// The last stage of the first branch.
const AGAIN: Stage = Stage {
    say: "You sign in again, while the denylist still names your old session.",
    predict: Some(Prediction {
        asks: "Does that stop you?",
        guesses: &[
            Guess::wrong(
                "Yes, until the entry is forgotten",
                "The list names sessions, not people, and yours is new.",
            ),
            Guess::right(
                "No, and the thief stays out",
                "Your session is new. The stolen token names the old one.",
            ),
            Guess::wrong(
                "No: signing in clears the list",
                "It does not: the thief is still refused as revoked.",
            ),
        ],
    }),
    deeds: &[
        Deed::new("Sign in", &["tab1 sign-in"]),
        Deed::new("Call", &["tab1 call"]),
        Deed::new("Call as thief", &["thief call"]),
    ],
    look: Look::new(Panel::Network, "Your call: 200. The thief's: 401."),
    shows: &[
        "tab1 sign-in: 200 · writes add_session · sets access, refresh 0",
        "tab1 call: 200 · writes acknowledge",
        "thief call: 401 · access revoked",
    ],
};

/// The first stage of each branch.
const STOLEN: Stage = Stage {
    say: "You use a site that runs on two servers, node A and node B. A thief copies your cookie \
          jar and calls node B with it.",
    predict: None,
    deeds: &[
        Deed::new("Call", &["tab1 call"]),
        Deed::new("Copy the jar", &["steal"]),
        Deed::new("Call node B as thief", &["thief call at node-b"]),
    ],
    look: Look::new(Panel::Network, "Two senders, the same cookies, and 200 for both."),
    shows: &["tab1 call: 200 · writes acknowledge", "thief call at node-b: 200"],
};

/// The second stage of each branch.
const SIGNED_OUT: Stage = Stage {
    say: "You notice, and sign out everywhere: that revokes your sessions in the database and \
          deletes your cookies. The server cannot delete the thief's copy.",
    predict: None,
    deeds: &[Deed::new("Sign out everywhere", &["tab1 sign-out-everywhere"])],
    look: Look::new(Panel::CookieJar, "Your jar is empty, the thief's copy is not."),
    shows: &["tab1 sign-out-everywhere: 200 · writes revoke · deletes access, refresh"],
};
