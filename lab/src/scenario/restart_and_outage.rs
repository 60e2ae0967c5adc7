//! 18: the server starts anew, the database does not answer, and no visitor is signed out.

use coatroom::config::Verification;

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 18,
    slug: "restart-and-outage",
    title: "The server restarts, the database is down. Who is signed out?",
    question: "Why was I signed out by a deployment?",
    claim: "Sessions in a server's memory die with it. And a house that cannot find its books may \
            take you for a stranger: cookies deleted, everybody at the door when the books are \
            back. Not knowing is an answer of its own.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "denylist",
            name: "With a list (the default)",
            setting: None,
            stages: &[
                Stage {
                    say: "You work in tab 1. Then every server of the site restarts and loses its \
                          memory.",
                    predict: Some(Prediction {
                        asks: "What does your next call get?",
                        guesses: &[
                            Guess::wrong(
                                "401: sign in again",
                                "Your session is kept in the database.",
                            ),
                            Guess::right(
                                "200, as before",
                                "To check a signature takes no memory of you.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Call", &["tab1 call"]),
                        Deed::new("Restart every server", &["restart"]),
                        Deed::new("Call", &["tab1 call"]),
                    ],
                    look: Look::new(Panel::Now, "Signed in, the same session, generation 0."),
                    shows: &["tab1 call: 200 · writes acknowledge", "tab1 call: 200"],
                },
                Stage {
                    say: "After a minute your page refreshes. Forty seconds later the \
                          database stops answering, and you call.",
                    predict: Some(Prediction {
                        asks: "What does that call get?",
                        guesses: &[
                            Guess::right(
                                "200: it works",
                                "The server checks signature, time and a list in memory.",
                            ),
                            Guess::wrong(
                                "503: try again later",
                                "A call with a good access token reads no database.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new(
                            "Wait, refresh, call",
                            &["wait 61s", "tab1 refresh", "tab1 call"],
                        ),
                        Deed::new("Stop the database", &["wait 40s", "database down"]),
                        Deed::new("Call", &["tab1 call"]),
                    ],
                    look: Look::new(
                        Panel::Diagram,
                        "The last call: 200, and no line to the store.",
                    ),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 1",
                        "tab1 call: 200 · writes acknowledge",
                        "tab1 call: 200",
                    ],
                },
                Stage {
                    say: "The access token expires. For a new one the server must read your \
                          session's row, and cannot.",
                    predict: Some(Prediction {
                        asks: "What becomes of your sign-in?",
                        guesses: &[
                            Guess::wrong(
                                "It ends: nothing confirms it",
                                "Every outage would then sign everyone out.",
                            ),
                            Guess::right(
                                "It stays: 503, try again",
                                "The server says that it does not know.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Wait, call", &["wait 21s", "tab1 call"]),
                        Deed::new("Refresh", &["tab1 refresh"]),
                        Deed::new("Reload", &["tab1 reload"]),
                    ],
                    look: Look::new(Panel::CookieJar, "Both cookies are as they were."),
                    shows: &[
                        "tab1 call: 401 · access expired",
                        "tab1 refresh: 503 · access expired",
                        "tab1 reload: 503 · access expired",
                    ],
                },
                Stage {
                    say: "After half a minute without news the server trusts its memory no more: a call, too, asks the database. Then it answers again.",
                    predict: None,
                    deeds: &[
                        Deed::new("Wait, call", &["wait 10s", "tab1 call"]),
                        Deed::new("Restore the database", &["database up"]),
                        Deed::new("Refresh, call", &["tab1 refresh", "tab1 call"]),
                    ],
                    look: Look::new(Panel::Lineage, "Generation 2, in the same session."),
                    shows: &[
                        "tab1 call: 503",
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 2",
                        "tab1 call: 200 · writes acknowledge",
                    ],
                },
                SIGN_OUT_IN_VAIN,
            ],
        },
        Branch {
            slug: "strict",
            name: "A lookup at every door",
            setting: Some(Setting { verification: Verification::Strict, ..Setting::DEFAULT }),
            stages: &[
                Stage {
                    say: "You are at work in tab 1. Here a server reads your session's \
                          row in the database at every request, before it believes a token.",
                    predict: None,
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::Cost, "One read for one call."),
                    shows: &["tab1 call: 200 · writes acknowledge"],
                },
                Stage {
                    say: "The database stops answering. Your access token is genuine, and has not \
                          expired.",
                    predict: Some(Prediction {
                        asks: "What does your next call get?",
                        guesses: &[
                            Guess::wrong(
                                "200: the token is good",
                                "The session may have been revoked, and the row is out of reach.",
                            ),
                            Guess::right(
                                "503: try again later",
                                "The server cannot tell, says so, and lets no one in meanwhile.",
                            ),
                            Guess::wrong(
                                "401: sign in again",
                                "That would say that you are not signed in, and you may well be.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Stop the database", &["database down"]),
                        Deed::new("Call", &["tab1 call"]),
                    ],
                    look: Look::new(
                        Panel::Diagram,
                        "The store is asked, does not answer, and the call gets 503.",
                    ),
                    shows: &["tab1 call: 503"],
                },
                Stage {
                    say: "You try to help yourself, and reload the page.",
                    predict: Some(Prediction {
                        asks: "What becomes of your cookies?",
                        guesses: &[
                            Guess::right(
                                "They stay as they are",
                                "The server deletes no cookie for not knowing.",
                            ),
                            Guess::wrong(
                                "The server deletes them",
                                "Then everyone would have to sign in again after each outage.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Reload the page", &["tab1 reload"])],
                    look: Look::new(Panel::CookieJar, "Both cookies are as they were."),
                    shows: &["tab1 reload: 503"],
                },
                Stage {
                    say: "The database answers again, and you call with the cookies that you have.",
                    predict: None,
                    deeds: &[
                        Deed::new("Restore the database", &["database up"]),
                        Deed::new("Call", &["tab1 call"]),
                    ],
                    look: Look::new(Panel::Now, "Signed in, the same session, generation 0."),
                    shows: &["tab1 call: 200"],
                },
            ],
        },
    ],
    failure: "The outage that signs everybody out: a refresh that fails for whatever reason is \
              read as 'not signed in'.",
    caveat: "Half a minute is this world's bound, in its own time; in earnest it is five seconds. \
             A node that has heard nothing of the store for longer reads a row for each request, \
             and answers 503 where it cannot.",
    sources: &[
        Source::new(
            "metadist/synaplan #1355: active users are signed out by rolling deployments",
            "https://github.com/metadist/synaplan/pull/1355",
        ),
        Source::new(
            "matrix-org/matrix-js-sdk #5495: any 4xx to a refresh ended the session",
            "https://github.com/matrix-org/matrix-js-sdk/issues/5495",
        ),
        Source::new(
            "RFC 9110 §15.6.4: 503, and when to try again",
            "https://www.rfc-editor.org/rfc/rfc9110#section-15.6.4",
        ),
    ],
    tour: None,
};

/// The last stage of the first branch.
const SIGN_OUT_IN_VAIN: Stage = Stage {
    say: "The database goes down again, and you press sign out.",
    predict: Some(Prediction {
        asks: "Are you signed out?",
        guesses: &[
            Guess::right(
                "No: it fails and says so",
                "A sign-out that is not written is none: press again.",
            ),
            Guess::wrong("Yes: the cookies go first", "A thief's copy of them would then live on."),
            Guess::wrong(
                "Yes: it is written later",
                "A restart would forget it, and you would not know.",
            ),
        ],
    }),
    deeds: &[
        Deed::new("Stop the database", &["database down"]),
        Deed::new("Sign out", &["tab1 sign-out"]),
        Deed::new("Restore the database, call", &["database up", "tab1 call"]),
        Deed::new("Sign out", &["tab1 sign-out"]),
    ],
    look: Look::new(Panel::Network, "503 first; your call 200; then the sign-out."),
    shows: &[
        "tab1 sign-out: 503",
        "tab1 call: 200",
        "tab1 sign-out: 200 · writes revoke · deletes access, refresh",
    ],
};
