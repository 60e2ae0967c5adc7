//! 35: a note in a signed token, in an encrypted one, and in a session's row: what its bearer reads.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::{action::Carrier, setting::Setting};

const OPAQUE: Setting = Setting { carrier: Carrier::Opaque, ..Setting::DEFAULT };

pub(super) const SCENARIO: Scenario = Scenario {
    number: 35,
    slug: "read-a-payload",
    title: "Your salary is in the token. Who can read it?",
    question: "A token looks like random letters. Can I put a secret into it?",
    claim: "A signed wristband is written in plain letters: the signature stops changes, and no \
            eyes. What you put on it is read by you, by each script and each log that gets at it, \
            and by a thief. If it has to stay secret, encrypt it, or leave it with the house.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "signed",
            name: "Signed (a JWT)",
            setting: None,
            stages: &[
                Stage {
                    say: "The house writes a note with your salary into a JWT, signs it, and puts \
                          it into your browser as a cookie. It looks like random letters.",
                    predict: Some(Prediction {
                        asks: "You hold it under the X-ray, without any key. What do you read?",
                        guesses: &[
                            Guess::wrong(
                                "Nothing without the key",
                                "The key is for making one. Reading needs none.",
                            ),
                            Guess::right(
                                "All of it, the salary too",
                                "It is plain text in other letters, which every browser can turn back.",
                            ),
                            Guess::wrong(
                                "Who you are, and no more",
                                "All claims are written in the same way.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Sign the note", &["seal jwt-eddsa 40"])],
                    look: Look::new(
                        Panel::XRay,
                        "The note, plain. It is no access token, so the checks refuse it as one.",
                    ),
                    shows: &["seal jwt-eddsa 40: 315 bytes · kept · its bearer reads all"],
                },
                Stage {
                    say: "Now your page makes an everyday call, which has nothing to do with your salary.",
                    predict: Some(Prediction {
                        asks: "Does the note go along?",
                        guesses: &[
                            Guess::right(
                                "Yes, with this call and each after it",
                                "A browser sends all cookies of the house, needed or not.",
                            ),
                            Guess::wrong(
                                "Only if the page asks for it",
                                "A page has no say in it: cookies go along by address.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(
                        Panel::CookieJar,
                        "The note: 320 bytes with its name, each time.",
                    ),
                    shows: &["tab1 call: 200 · writes acknowledge"],
                },
                Stage {
                    say: "A thief copies your cookies, and calls too. The house signs with a key \
                          that the thief does not have.",
                    predict: Some(Prediction {
                        asks: "What does the thief learn of your salary?",
                        guesses: &[
                            Guess::wrong(
                                "Nothing: the key is missing",
                                "Without it the thief cannot change the note. It can be read.",
                            ),
                            Guess::right(
                                "All that you can read",
                                "The holder of a signed token reads it, also after it has expired.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Copy the cookies, and call", &["steal", "thief call"])],
                    look: Look::new(Panel::Network, "The thief's call carries the note as well."),
                    shows: &["thief call: 200"],
                },
            ],
        },
        Branch {
            slug: "encrypted",
            name: "Encrypted (a JWE)",
            setting: None,
            stages: &[
                Stage {
                    say: "The house encrypts the note with your salary, so that it is a JWE, and \
                          puts it into your browser as a cookie. The house keeps the key.",
                    predict: Some(Prediction {
                        asks: "You hold it under the X-ray. What do you read?",
                        guesses: &[
                            Guess::right(
                                "Only how it was encrypted",
                                "The head is plain, so that the house knows what to do.",
                            ),
                            Guess::wrong("All of it", "For that you would need the key."),
                            Guess::wrong(
                                "Who you are, and no salary",
                                "All claims are encrypted together.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Encrypt the note", &["seal jwe-dir 40"])],
                    look: Look::new(Panel::XRay, "The head is plain, and the rest makes no sense."),
                    shows: &["seal jwe-dir 40: 272 bytes · kept · its bearer reads nothing"],
                },
                Stage {
                    say: "The same note took 320 bytes as a signed cookie. You call, and this one \
                          goes along.",
                    predict: Some(Prediction {
                        asks: "Is it longer, since it is encrypted?",
                        guesses: &[
                            Guess::wrong("Yes", "Encrypted text is as long as the plain one."),
                            Guess::right(
                                "No, it is shorter",
                                "It has no signature: what shows changes in it is shorter.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::CookieJar, "The note: 277 bytes with its name."),
                    shows: &["tab1 call: 200 · writes acknowledge"],
                },
                Stage {
                    say: "A thief copies your cookies, and calls too.",
                    predict: Some(Prediction {
                        asks: "What can the thief do with the note?",
                        guesses: &[
                            Guess::wrong("Read it", "Only the house has the key."),
                            Guess::wrong(
                                "Nothing at all",
                                "The house cannot tell a copy from the note that you hold.",
                            ),
                            Guess::right(
                                "Send it, and not read it",
                                "To encrypt keeps a secret. It does not make a token yours.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Copy the cookies, and call", &["steal", "thief call"])],
                    look: Look::new(
                        Panel::Network,
                        "The note came along, and the thief is let in.",
                    ),
                    shows: &["thief call: 200"],
                },
            ],
        },
        Branch {
            slug: "opaque",
            name: "Left with the house (a session)",
            setting: Some(OPAQUE),
            stages: &[
                Stage {
                    say: "This house writes what it knows of you into its store. Your browser gets \
                          a session token, which names the row. You call.",
                    predict: Some(Prediction {
                        asks: "You hold that token under the X-ray. What do you read?",
                        guesses: &[
                            Guess::wrong("Your name and role", "Those are in the store alone."),
                            Guess::right(
                                "Nothing about you",
                                "It is a name of a row and a proof, and both look random.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(
                        Panel::XRay,
                        "Three parts without sense. It is no access token, so it is refused as one.",
                    ),
                    shows: &["tab1 call: 200"],
                },
                Stage {
                    say: "You load a page. The house needs your role for it.",
                    predict: Some(Prediction {
                        asks: "Where does it read that?",
                        guesses: &[
                            Guess::wrong("In the cookie", "The cookie only says which row."),
                            Guess::wrong(
                                "In its memory of the last call",
                                "It keeps none: it asks each time.",
                            ),
                            Guess::right(
                                "In its store, again",
                                "That is the price: each request asks the store.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Load a page", &["tab1 reload"])],
                    look: Look::new(
                        Panel::Cost,
                        "The store is read each time. The cookie stays at 108 bytes.",
                    ),
                    shows: &["tab1 reload: 200"],
                },
                Stage {
                    say: "A thief copies the cookie, and calls.",
                    predict: Some(Prediction {
                        asks: "What does the thief get?",
                        guesses: &[
                            Guess::right(
                                "The answer that you would get",
                                "The token says nothing, and opens all the same.",
                            ),
                            Guess::wrong(
                                "Nothing: the token says nothing",
                                "It need not say anything to be let in.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Copy the cookie, and call", &["steal", "thief call"])],
                    look: Look::new(Panel::Network, "Let in, with one cookie that cannot be read."),
                    shows: &["thief call: 200"],
                },
            ],
        },
    ],
    failure: "A signed token was taken for a sealed one: mail addresses, roles and inner names are \
              read by everyone who holds it, and stay in each log it passes.",
    caveat: "The note is a token of its own beside your sign-in, and the lab's house never reads it. \
             Its key is the lab's and protects nothing. The length of an encrypted note still \
             tells the length of what it says.",
    sources: &[
        Source::new(
            "RFC 7519 §12: what is private in a JWT must be kept from those it is not for",
            "https://www.rfc-editor.org/rfc/rfc7519#section-12",
        ),
        Source::new(
            "RFC 7516 §1: a JWE is encrypted, and protected from changes",
            "https://www.rfc-editor.org/rfc/rfc7516#section-1",
        ),
        Source::new(
            "RFC 8725 §2.4: the length of an encrypted text tells something",
            "https://www.rfc-editor.org/rfc/rfc8725#section-2.4",
        ),
    ],
    tour: None,
};
