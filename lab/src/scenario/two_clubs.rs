//! 23: the same clicks with a number that the house keeps in its books, and with a token that it signs.

use coatroom::config::Verification;

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::{action::Carrier, setting::Setting};

const NUMBER: Setting = Setting { carrier: Carrier::Opaque, ..Setting::DEFAULT };
const SIGNED: Setting = Setting {
    carrier: Carrier::Token,
    verification: Verification::Stateless,
    access_ttl_s: 3600,
    ..Setting::DEFAULT
};

pub(super) const SCENARIO: Scenario = Scenario {
    number: 23,
    slug: "two-clubs",
    title: "Two clubs",
    question: "What is the difference between a session and a token?",
    claim: "Two clubs, one visitor. The first hands you a number and writes your name beside it, \
            in its books. The second ties a signed wristband around your arm and writes nothing. \
            You enter both alike. The difference shows on the day you ask to be let out for good.",
    setting: NUMBER,
    branches: &[
        Branch {
            slug: "ticket",
            name: "A number, and the books",
            setting: None,
            stages: &[
                Stage {
                    say: "You are signed in. Your browser holds a cookie with a long random \
                          number, and nothing else. You call.",
                    predict: Some(Prediction {
                        asks: "Who has to ask the store who you are?",
                        guesses: &[
                            Guess::wrong("No one", "The number says nothing about you."),
                            Guess::wrong(
                                "The server, the first time",
                                "It would have to remember the answer, and hear of its end.",
                            ),
                            Guess::right(
                                "The server, at each call",
                                "Only the row of your session knows whose number it is.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::Cost, "One read of the store for one call."),
                    shows: &["tab1 call: 200"],
                },
                COPIED,
                Stage {
                    say: "You sign out: the server marks the row of your session as ended. The \
                          thief still has the number, every digit of it.",
                    predict: Some(Prediction {
                        asks: "What does the copy open now?",
                        guesses: &[
                            Guess::right(
                                "Nothing, at once",
                                "The server reads the row, and the row has ended.",
                            ),
                            Guess::wrong(
                                "All, for a while",
                                "Nothing in the copy is good by itself.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Sign out", &["tab1 sign-out"]),
                        Deed::new("Call as thief", &["thief call"]),
                    ],
                    look: Look::new(
                        Panel::Diagram,
                        "The thief's call reads the row, and gets 401.",
                    ),
                    shows: &[
                        "tab1 sign-out: 200 · writes revoke · deletes session",
                        "thief call: 401 · access revoked",
                    ],
                },
            ],
        },
        Branch {
            slug: "wristband",
            name: "A signed token",
            setting: Some(SIGNED),
            stages: &[
                Stage {
                    say: "You are signed in. Your browser holds a signed token with your name, \
                          good for an hour. You call.",
                    predict: Some(Prediction {
                        asks: "Who has to ask the store who you are?",
                        guesses: &[
                            Guess::right(
                                "No one",
                                "The token says it, and the server checks the signature.",
                            ),
                            Guess::wrong(
                                "The server, at each call",
                                "It would, for a number that says nothing.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::Cost, "No read, and five times the bytes of a number."),
                    shows: &["tab1 call: 200"],
                },
                COPIED,
                Stage {
                    say: "You sign out. The server has the browser delete its cookie. The thief \
                          still has the token, every letter of it.",
                    predict: Some(Prediction {
                        asks: "What does the copy open now?",
                        guesses: &[
                            Guess::wrong(
                                "Nothing, at once",
                                "The server would have to ask about you, and asks no store.",
                            ),
                            Guess::right(
                                "All, until the hour is over",
                                "Signature and time are good, and nothing else is checked.",
                            ),
                            Guess::wrong(
                                "All, for ever",
                                "The token names its end, and the server obeys.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Sign out", &["tab1 sign-out"]),
                        Deed::new("Call as thief", &["thief call"]),
                        Deed::new("Call 59 minutes later", &["wait 59m", "thief call"]),
                    ],
                    look: Look::new(Panel::Diagram, "200 twice; the sign-out wrote nothing."),
                    shows: &[
                        "tab1 sign-out: 200 · deletes access",
                        "thief call: 200",
                        "thief call: 200",
                    ],
                },
            ],
        },
    ],
    failure: "The sign-out that only tidies up: the cookie is gone from your browser, and a copy \
              of it works until it expires.",
    caveat: "An hour is this world's choice; the copy lives as long as the token does. A list of \
             revoked tokens takes one back at once, and is a book again: the part \"Taking it \
             back\" shows its price.",
    sources: &[
        Source::new(
            "RFC 7009 §3: a token that is a handle, and one that carries what it says",
            "https://www.rfc-editor.org/rfc/rfc7009#section-3",
        ),
        Source::new(
            "RFC 6265 §8.4: the session identifier in a cookie",
            "https://www.rfc-editor.org/rfc/rfc6265#section-8.4",
        ),
        Source::new(
            "RFC 7519 §4.1.4: a token is not to be accepted after its exp",
            "https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4",
        ),
    ],
    tour: None,
};

/// The second stage of both branches.
const COPIED: Stage = Stage {
    say: "A thief copies your cookies, and calls from another network.",
    predict: None,
    deeds: &[Deed::new("Copy the cookies, call", &["steal", "thief call"])],
    look: Look::new(Panel::CookieJar, "Two holders of one cookie: to the server, both are you."),
    shows: &["thief call: 200"],
};
