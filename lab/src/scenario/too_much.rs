//! 36: a note that grows, in a cookie and in a session's row.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::{
    action::{Carrier, Slip},
    setting::Setting,
};

/// A house whose rows are found by the very id that the browser brings.
const PLAIN: Setting = Setting { slip: Slip::KeepsId, ..OPAQUE };
const OPAQUE: Setting = Setting { carrier: Carrier::Opaque, ..Setting::DEFAULT };

pub(super) const SCENARIO: Scenario = Scenario {
    number: 36,
    slug: "too-much",
    title: "One more thing in the token, and one more",
    question: "How much can a token hold before something breaks?",
    claim: "It is easy to add one more thing to a token: a list of rights, a name, a picture's \
            address. Each byte then travels with each request, and above 4096 the browser refuses the cookie without a word. A session's cookie stays as it is: its row grows.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "in-the-token",
            name: "In the token",
            setting: None,
            stages: &[
                Stage {
                    say: "The house keeps a note of 40 letters about you in a signed cookie.",
                    predict: Some(Prediction {
                        asks: "How long does the token get?",
                        guesses: &[
                            Guess::wrong("About 40 bytes", "Claims and a signature come along."),
                            Guess::right(
                                "About 300",
                                "Your id, the role, the end and the signature take most of it.",
                            ),
                            Guess::wrong("About 3000", "It is not as bad as that yet."),
                        ],
                    }),
                    deeds: &[Deed::new("Write 40 letters", &["seal jwt-eddsa 40"])],
                    look: Look::new(Panel::CookieJar, "The note: 320 bytes with its name."),
                    shows: &["seal jwt-eddsa 40: 315 bytes · kept · its bearer reads all"],
                },
                Stage {
                    say: "The note grows to 1500 letters. Then your page calls twice.",
                    predict: Some(Prediction {
                        asks: "How many bytes do the two calls carry for the note?",
                        guesses: &[
                            Guess::right(
                                "Over 4500",
                                "Three letters become four, and each call carries all of them.",
                            ),
                            Guess::wrong(
                                "Over 2200, once",
                                "A browser does not know that the server has seen it.",
                            ),
                            Guess::wrong(
                                "None: it stays in the jar",
                                "All cookies of the house go along.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Write 1500 letters", &["seal jwt-eddsa 1500"]),
                        Deed::new("Call twice", &["tab1 call", "tab1 call"]),
                    ],
                    look: Look::new(Panel::Cost, "The cookie bytes that each call sent."),
                    shows: &[
                        "seal jwt-eddsa 1500: 2262 bytes · kept · its bearer reads all",
                        "tab1 call: 200 · writes acknowledge",
                        "tab1 call: 200",
                    ],
                },
                Stage {
                    say: "The house sets the cookie anew, with 4000 letters. That makes 5595 bytes.",
                    predict: Some(Prediction {
                        asks: "What is in the jar after that?",
                        guesses: &[
                            Guess::wrong(
                                "The first 4096 bytes",
                                "A browser takes a cookie whole, or not at all.",
                            ),
                            Guess::wrong("The new note", "A cookie has 4096 bytes at most."),
                            Guess::right(
                                "The old note, of 1500 letters",
                                "The new one is refused, and the house is not told.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Write 4000 letters", &["seal jwt-eddsa 4000"])],
                    look: Look::new(Panel::CookieJar, "The old note, 2267 bytes: still sent."),
                    shows: &["seal jwt-eddsa 4000: 5595 bytes · the browser refuses the cookie · \
                              its bearer reads all"],
                },
            ],
        },
        Branch {
            slug: "in-the-session",
            name: "In the session's row",
            setting: Some(OPAQUE),
            stages: &[
                Stage {
                    say: "This house keeps what it knows of you in a row of its store. Your cookie \
                          names the row. You call.",
                    predict: Some(Prediction {
                        asks: "How does the cookie grow when the row does?",
                        guesses: &[
                            Guess::right("Not at all", "A row's name is as long as it was."),
                            Guess::wrong(
                                "By what is added",
                                "What is added never leaves the house.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::Cost, "Cookie bytes: 108. Each call reads the row."),
                    shows: &["tab1 call: 200"],
                },
                Stage {
                    say: "The house tries to set another cookie too, with 4000 letters in a signed token. Then you call again.",
                    predict: Some(Prediction {
                        asks: "What becomes of your session?",
                        guesses: &[
                            Guess::wrong(
                                "It is lost, with the cookie",
                                "The two are cookies of their own.",
                            ),
                            Guess::right(
                                "Nothing: the note alone is refused",
                                "It is over 4096 bytes. A row has no such limit.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Write 4000 letters", &["seal jwt-eddsa 4000"]),
                        Deed::new("Call", &["tab1 call"]),
                    ],
                    look: Look::new(Panel::Cost, "Cookie bytes: 108, as before."),
                    shows: &[
                        "seal jwt-eddsa 4000: 5595 bytes · the browser refuses the cookie · \
                         its bearer reads all",
                        "tab1 call: 200",
                    ],
                },
                Stage {
                    say: "Of all that, 40 letters have to be with you, and no one else may read \
                          them. The house encrypts them, and you call.",
                    predict: Some(Prediction {
                        asks: "Does that fit into a cookie?",
                        guesses: &[
                            Guess::wrong(
                                "No: encrypted text is far longer",
                                "It is as long as the plain one, and some bytes more.",
                            ),
                            Guess::right(
                                "Yes, in less than 300 bytes",
                                "Short and encrypted: so it may be sent along.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new(
                        "Encrypt 40 letters, and call",
                        &["seal jwe-dir 40", "tab1 call"],
                    )],
                    look: Look::new(Panel::CookieJar, "Two cookies, of 108 and 277 bytes."),
                    shows: &[
                        "seal jwe-dir 40: 272 bytes · kept · its bearer reads nothing",
                        "tab1 call: 200",
                    ],
                },
            ],
        },
        Branch {
            slug: "plain-rows",
            name: "Its rows are stolen, plain",
            setting: Some(PLAIN),
            stages: &[
                Stage {
                    say: "In the table of this house, each row is found by the id that stands in \
                          your cookie, as it stands there. You call.",
                    predict: None,
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::Network, "One cookie: the id of your row."),
                    shows: &["tab1 call: 200"],
                },
                Stage {
                    say: "An attacker gets an old copy of the database, which was forgotten on a \
                          disk. They read your row, and call.",
                    predict: Some(Prediction {
                        asks: "Is what they read enough?",
                        guesses: &[
                            Guess::wrong(
                                "No: they need your password",
                                "You have shown that already. Your session is open.",
                            ),
                            Guess::right(
                                "Yes: your id stands there",
                                "The row says what the cookie says. To read it is to have it.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Copy the database", &["copy-rows"]),
                        Deed::new("Call as attacker", &["thief call"]),
                    ],
                    look: Look::new(Panel::CookieJar, "The same fingerprint, read out of a row."),
                    shows: &[
                        "copy-rows: the row is found by the very id that a browser brings",
                        "thief call: 200",
                    ],
                },
                Stage {
                    say: "You sign out. The attacker calls once more.",
                    predict: Some(Prediction {
                        asks: "And the other people in that copy?",
                        guesses: &[
                            Guess::right(
                                "They have to sign out, too",
                                "Yours is over. Each open session in the copy is open to its reader.",
                            ),
                            Guess::wrong(
                                "They are safe: it was found",
                                "A copy that was found is still a copy.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new(
                        "Sign out, call as attacker",
                        &["tab1 sign-out", "thief call"],
                    )],
                    look: Look::new(Panel::Network, "401: the row of your session is over."),
                    shows: &["tab1 sign-out: 200 · writes revoke", "thief call: 401 · access none"],
                },
            ],
        },
        Branch {
            slug: "sealed-rows",
            name: "Its rows are stolen, sealed",
            setting: Some(OPAQUE),
            stages: &[
                Stage {
                    say: "This house makes your cookie from two things: your row, and a key that \
                          is not in the database. The cookie itself is kept nowhere. You call.",
                    predict: None,
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::XRay, "It names a row; the rest is made with the key."),
                    shows: &["tab1 call: 200"],
                },
                Stage {
                    say: "An attacker gets a copy of the database, and makes a cookie of all that \
                          stands in your row.",
                    predict: Some(Prediction {
                        asks: "Does it let them in?",
                        guesses: &[
                            Guess::right(
                                "No: a key is missing",
                                "The house makes the cookie anew and compares: it is another.",
                            ),
                            Guess::wrong(
                                "Yes: it names your row",
                                "To name it is not enough. The rest has to fit as well.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Copy the database", &["copy-rows"]),
                        Deed::new("Call as attacker", &["thief call"]),
                    ],
                    look: Look::new(
                        Panel::CookieJar,
                        "Their cookie names your session, and is another.",
                    ),
                    shows: &[
                        "copy-rows: the row has no token, and not the key that makes one of it",
                        "thief call: 401 · access invalid",
                    ],
                },
                Stage {
                    say: "You have not noticed any of it. You call.",
                    predict: Some(Prediction {
                        asks: "Does that attempt sign you out?",
                        guesses: &[
                            Guess::wrong(
                                "Yes, to be safe",
                                "Then a stranger could sign out anyone whose row they can name.",
                            ),
                            Guess::right(
                                "No: you get 200",
                                "A made-up cookie proves nothing about yours.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::Now, "You are signed in, as before."),
                    shows: &["tab1 call: 200"],
                },
            ],
        },
    ],
    failure: "A user in many groups got a longer token with each of them, until a browser or a \
              proxy refused it: those with the most rights could not sign in.",
    caveat: "A sealed row hides the cookie alone: who you are and when you came can be read in any \
             copy, so encrypt what is sensitive, or leave it out. A thief of the key as well has \
             both. Servers and proxies have limits of their own, often of 8 kB for all headers.",
    sources: &[
        Source::new(
            "RFC 6265 §6.1: browsers should take cookies of 4096 bytes, and need take no longer ones",
            "https://www.rfc-editor.org/rfc/rfc6265#section-6.1",
        ),
        Source::new(
            "RFC 6265bis: a name and value of more than 4096 bytes are ignored",
            "https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis",
        ),
        Source::new(
            "RFC 6585 §5: 431, the headers of a request are too large",
            "https://www.rfc-editor.org/rfc/rfc6585#section-5",
        ),
    ],
    tour: None,
};
