//! 30: one access token is denied, or the session that it is of.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 30,
    slug: "deny-one-or-all",
    title: "Deny the token, or the session?",
    question: "We denied a stolen token. Why is the thief back?",
    claim: "A wristband got out. The house can void this one, by its number, or everything that \
            came of one sign-in. The first hurts less. But the ticket behind the wristband fetches \
            another one, and it does so for its owner and for a thief alike.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "token",
            name: "One token",
            setting: None,
            stages: &[
                COPIED,
                Stage {
                    say: "Each access token has a number of its own. An operator puts the number \
                          of yours on the denylist, in the memory of each node.",
                    predict: Some(Prediction {
                        asks: "You call, and the thief calls. Who is refused?",
                        guesses: &[
                            Guess::wrong(
                                "The thief alone",
                                "The copy has the same number: no check can tell them apart.",
                            ),
                            Guess::wrong(
                                "Neither, until it expires",
                                "So it is where signature and time alone are checked.",
                            ),
                            Guess::right("Both of you", "Two copies of one token have one number."),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Deny the token", &["deny token"]),
                        Deed::new("Call as thief", &["thief call"]),
                        Deed::new("Call in tab 1", &["tab1 call"]),
                    ],
                    look: Look::new(
                        Panel::Network,
                        "401 for both, as if it had expired: your page is to refresh.",
                    ),
                    shows: &["thief call: 401 · access expired", "tab1 call: 401 · access expired"],
                },
                Stage {
                    say: "So your page brings its refresh token, and calls again.",
                    predict: Some(Prediction {
                        asks: "Must you sign in again?",
                        guesses: &[
                            Guess::right(
                                "No: one refresh, and it works",
                                "Your session lives. The new access token has another number.",
                            ),
                            Guess::wrong(
                                "Yes: you were denied",
                                "One token was. The session that it came from was not.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Refresh", &["tab1 refresh"]),
                        Deed::new("Call", &["tab1 call"]),
                    ],
                    look: Look::new(
                        Panel::Diagram,
                        "Row 5, Debounced: too soon to rotate, and a new access token.",
                    ),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 5 Debounced · sets access",
                        "tab1 call: 200",
                    ],
                },
                Stage {
                    say: "The thief has copied your refresh token as well, and does the same.",
                    predict: Some(Prediction {
                        asks: "Is the thief out?",
                        guesses: &[
                            Guess::wrong(
                                "Yes: its number is on the list",
                                "The old one's is. A refresh brings a new token, with a new number.",
                            ),
                            Guess::right(
                                "No: the thief is in again",
                                "What brings you a new token brings the thief one.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Refresh as thief", &["thief refresh"]),
                        Deed::new("Call as thief", &["thief call"]),
                    ],
                    look: Look::new(
                        Panel::CookieJar,
                        "The thief has a new token: the session goes on for both.",
                    ),
                    shows: &[
                        "thief refresh: 200 · access expired · row 5 Debounced · sets access",
                        "thief call: 200",
                    ],
                },
            ],
        },
        Branch {
            slug: "session",
            name: "The session",
            setting: None,
            stages: &[
                COPIED,
                Stage {
                    say: "An operator ends your session: the database has it as revoked, and each \
                          node puts it on its denylist.",
                    predict: Some(Prediction {
                        asks: "You call, and the thief calls. Who is refused?",
                        guesses: &[
                            Guess::wrong(
                                "The thief alone",
                                "You share one session with the thief, and it is over.",
                            ),
                            Guess::right(
                                "Both of you",
                                "Every access token of that session names it.",
                            ),
                            Guess::wrong(
                                "Neither, until the token expires",
                                "So it is where signature and time alone are checked.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("End the session", &["deny session"]),
                        Deed::new("Call as thief", &["thief call"]),
                        Deed::new("Call in tab 1", &["tab1 call"]),
                    ],
                    look: Look::new(
                        Panel::Now,
                        "The session is over, and your access token is not accepted.",
                    ),
                    shows: &["thief call: 401 · access revoked", "tab1 call: 401 · access revoked"],
                },
                Stage {
                    say: "Both of you still hold the refresh token. You bring it, then the thief.",
                    predict: Some(Prediction {
                        asks: "Who gets a new pair?",
                        guesses: &[
                            Guess::right(
                                "Neither of you",
                                "A refresh reads the session's row, and there it is over.",
                            ),
                            Guess::wrong(
                                "You, who come first",
                                "The row is read each time, and it is over for the first as well.",
                            ),
                            Guess::wrong(
                                "Both of you",
                                "So it is if a token alone is denied. Here its session is.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Refresh in tab 1", &["tab1 refresh"]),
                        Deed::new("Refresh as thief", &["thief refresh"]),
                    ],
                    look: Look::new(Panel::Diagram, "Row 2, Ended: twice 401, and no new token."),
                    shows: &[
                        "tab1 refresh: 401 · access revoked · row 2 Ended",
                        "thief refresh: 401 · access revoked · row 2 Ended",
                    ],
                },
                Stage {
                    say: "You sign in again, and call. The thief tries once more.",
                    predict: Some(Prediction {
                        asks: "Who is in now?",
                        guesses: &[
                            Guess::wrong(
                                "Both: you opened the door again",
                                "The thief's tokens name the old session, and it stays over.",
                            ),
                            Guess::right(
                                "You alone",
                                "Your new session is one that the thief has no token of.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Sign in, call", &["tab1 sign-in", "tab1 call"]),
                        Deed::new("Refresh as thief", &["thief refresh"]),
                    ],
                    look: Look::new(Panel::Network, "Your call: 200. The thief's refresh: 401."),
                    shows: &[
                        "tab1 sign-in: 200 · writes add_session · sets access, refresh 0, \
                         deletes those before",
                        "tab1 call: 200 · writes acknowledge",
                        "thief refresh: 401 · access revoked · row 2 Ended",
                    ],
                },
            ],
        },
    ],
    failure: "The half revocation: the access token is on the list, and the refresh token that \
              fetches the next one is not.",
    caveat: "To deny one token suits one that got out alone, in a log or at another service. \
             Neither way reaches a service that has only the public keys: there a copy works \
             until it expires, a minute here.",
    sources: &[
        Source::new(
            "RFC 7009 §2.1: how far the revocation of one token reaches to others",
            "https://www.rfc-editor.org/rfc/rfc7009#section-2.1",
        ),
        Source::new(
            "RFC 7519 §4.1.7: the number of a token, which no other has",
            "https://www.rfc-editor.org/rfc/rfc7519#section-4.1.7",
        ),
    ],
    tour: None,
};

/// The first stage of each branch.
const COPIED: Stage = Stage {
    say: "You are at work in tab 1. A thief copies your cookie jar: the access token and the \
          refresh token.",
    predict: None,
    deeds: &[Deed::new("Call", &["tab1 call"]), Deed::new("Copy the jar", &["steal"])],
    look: Look::new(Panel::CookieJar, "Two jars, same fingerprints: the very same tokens."),
    shows: &["tab1 call: 200 · writes acknowledge"],
};
