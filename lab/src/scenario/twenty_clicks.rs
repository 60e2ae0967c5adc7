//! 27: the bytes, the reads and the time of the same twenty clicks under three carriers.

use coatroom::config::Verification;

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::{action::Carrier, setting::Setting};

const PAIR: Setting = Setting { latency_ms: 5, ..Setting::DEFAULT };
const NUMBER: Setting = Setting { carrier: Carrier::Opaque, ..PAIR };
const TOKEN: Setting = Setting {
    carrier: Carrier::Token,
    verification: Verification::Stateless,
    access_ttl_s: 3600,
    ..PAIR
};

/// The twenty clicks of each branch.
const CLICKS: &[Deed] = &[
    Deed::new("Call ten times", &["tab1 call"; 10]),
    Deed::new("Call ten times more", &["tab1 call"; 10]),
];
const ANSWERS: &[&str] = &["tab1 call: 200"; 20];

pub(super) const SCENARIO: Scenario = Scenario {
    number: 27,
    slug: "twenty-clicks",
    title: "Twenty clicks, and three bills",
    question: "Which is cheaper: a session, a token or a pair?",
    claim: "A number is light to carry, and each time costs a walk to the books. A wristband is \
            heavy, and is read at the door. A pair is heavier still, and walks once in a while. \
            Nobody carries for free: the bill comes in bytes, in reads, or in time.",
    setting: NUMBER,
    branches: &[
        Branch {
            slug: "opaque",
            name: "A number",
            setting: None,
            stages: &[
                Stage {
                    say: "Your cookie holds a number. The store answers after five thousandths \
                          of a second. You load a page.",
                    predict: None,
                    deeds: &[Deed::new("Load a page", &["tab1 reload"])],
                    look: Look::new(Panel::Cost, "108 bytes, one read, above 5000 microseconds."),
                    shows: &["tab1 reload: 200"],
                },
                Stage {
                    say: "Twenty clicks on that page are twenty calls.",
                    predict: Some(Prediction {
                        asks: "How many reads of the store do they take?",
                        guesses: &[
                            Guess::wrong("One", "The server keeps nothing between two calls."),
                            Guess::right("Twenty", "One for each: the number says nothing."),
                            Guess::wrong("Forty", "One row says all that is needed."),
                        ],
                    }),
                    deeds: CLICKS,
                    look: Look::new(Panel::Cost, "20 calls: few bytes, one read, and its wait."),
                    shows: ANSWERS,
                },
                Stage {
                    say: "You sign out.",
                    predict: Some(Prediction {
                        asks: "Does the server have to write?",
                        guesses: &[
                            Guess::right("Yes", "The row is what ends: in every copy, at once."),
                            Guess::wrong("No", "A deleted cookie alone leaves the row open."),
                        ],
                    }),
                    deeds: &[Deed::new("Sign out", &["tab1 sign-out"])],
                    look: Look::new(Panel::Cost, "Two reads, one write: no click costs more."),
                    shows: &["tab1 sign-out: 200 · writes revoke · deletes session"],
                },
            ],
        },
        Branch {
            slug: "token",
            name: "A token alone",
            setting: Some(TOKEN),
            stages: &[
                Stage {
                    say: "Your cookie is a signed token, good for an hour. The store answers \
                          after five thousandths of a second. You load a page.",
                    predict: None,
                    deeds: &[Deed::new("Load a page", &["tab1 reload"])],
                    look: Look::new(Panel::Cost, "Some 560 bytes, and no read."),
                    shows: &["tab1 reload: 200"],
                },
                Stage {
                    say: "Twenty clicks on that page are twenty calls. A number would be 108 \
                          bytes each time.",
                    predict: Some(Prediction {
                        asks: "Where is this bill higher than that of a number?",
                        guesses: &[
                            Guess::right(
                                "In bytes",
                                "Five times as many, at each click, and not one read.",
                            ),
                            Guess::wrong("In reads", "The signature is checked without a store."),
                            Guess::wrong(
                                "In time",
                                "A signature takes less than a store that is five thousandths away.",
                            ),
                        ],
                    }),
                    deeds: CLICKS,
                    look: Look::new(Panel::Cost, "20 calls: many bytes, no read, little time."),
                    shows: ANSWERS,
                },
                Stage {
                    say: "You sign out.",
                    predict: Some(Prediction {
                        asks: "Does the server have to write?",
                        guesses: &[
                            Guess::wrong("Yes: a row ends", "It keeps no row of your sign-in."),
                            Guess::right(
                                "No: the cookie is deleted",
                                "So it costs nothing, and a copy stays good until it expires.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Sign out", &["tab1 sign-out"])],
                    look: Look::new(Panel::Cost, "No read, no write."),
                    shows: &["tab1 sign-out: 200 · deletes access"],
                },
            ],
        },
        Branch {
            slug: "pair",
            name: "A pair of tokens",
            setting: Some(PAIR),
            stages: &[
                Stage {
                    say: "You have an access token for a minute, and a refresh token. The store \
                          answers after five thousandths of a second. You load a page.",
                    predict: None,
                    deeds: &[Deed::new("Load a page", &["tab1 reload"])],
                    look: Look::new(
                        Panel::Cost,
                        "Some 680 bytes; one write, after the answer, notes that you have them.",
                    ),
                    shows: &["tab1 reload: 200 · writes acknowledge"],
                },
                Stage {
                    say: "Twenty clicks within that minute are twenty calls.",
                    predict: Some(Prediction {
                        asks: "How many reads of the store do they take?",
                        guesses: &[
                            Guess::wrong("Twenty", "The access token is read without the store."),
                            Guess::wrong("One", "Only an expired access token sends you there."),
                            Guess::right("None", "Signature, time and a list in memory will do."),
                        ],
                    }),
                    deeds: CLICKS,
                    look: Look::new(Panel::Cost, "20 calls: most bytes, no read, little time."),
                    shows: ANSWERS,
                },
                Stage {
                    say: "The minute is over, and your page refreshes.",
                    predict: Some(Prediction {
                        asks: "Does the server ask the store now?",
                        guesses: &[
                            Guess::right(
                                "Yes: it reads and writes",
                                "Once a minute it looks at your session, and moves it on.",
                            ),
                            Guess::wrong(
                                "No: tokens need no store",
                                "A refresh token is worth what the row says.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Wait, refresh", &["wait 61s", "tab1 refresh"])],
                    look: Look::new(
                        Panel::Cost,
                        "Two reads and a write, for a whole minute of clicks.",
                    ),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                              sets access, refresh 1",
                    ],
                },
            ],
        },
    ],
    failure: "The bill that is read in one column: no lookups are boasted of, and the bytes of \
              every request, and what a sign-out leaves open, are not mentioned.",
    caveat: "The times are of this machine, with a store that waits 5 ms, and of one visitor at \
             a time. The bytes are of cookies alone, signed with EdDSA. The page \
             \"The same clicks, nine architectures\" measures more.",
    sources: &[
        Source::new(
            "RFC 6265 §6.1: 4096 bytes for a cookie are to be relied upon",
            "https://www.rfc-editor.org/rfc/rfc6265#section-6.1",
        ),
        Source::new(
            "RFC 9068 §2.2: the claims that an access token carries each time",
            "https://www.rfc-editor.org/rfc/rfc9068#section-2.2",
        ),
        Source::new(
            "RFC 7009 §3: a handle is looked up, a token that carries its claims is not",
            "https://www.rfc-editor.org/rfc/rfc7009#section-3",
        ),
    ],
    tour: None,
};
