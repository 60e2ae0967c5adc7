//! 38: one note in four forms of token: two that are signed, and two that are encrypted.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 38,
    slug: "four-seals",
    title: "JWT, PASETO, JWE: one note, four seals",
    question: "Would another form of token keep my data secret?",
    claim: "Names mislead. Some say that a JWT can be read and a PASETO cannot. Each family has a \
            signed form, which all can read, and an encrypted one. What matters is which of the \
            two you take, and who holds the key: it decides who can make one.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "signed",
            name: "Signed: JWT and v4.public",
            setting: None,
            stages: &[
                Stage {
                    say: "The house signs a note about you as a JWT, and sets it as a cookie.",
                    predict: Some(Prediction {
                        asks: "Who can read it?",
                        guesses: &[
                            Guess::right(
                                "All who hold it",
                                "A signature stops changes. It hides nothing.",
                            ),
                            Guess::wrong(
                                "All who have the public key",
                                "They can check it. Reading takes no key at all.",
                            ),
                            Guess::wrong("The house alone", "It would have to encrypt it."),
                        ],
                    }),
                    deeds: &[Deed::new("Seal it as a JWT", &["seal jwt-eddsa 40"])],
                    look: Look::new(Panel::XRay, "The note, in plain text."),
                    shows: &["seal jwt-eddsa 40: 315 bytes · kept · its bearer reads all"],
                },
                Stage {
                    say: "Now as a PASETO of the form v4.public, with the same kind of signature.",
                    predict: Some(Prediction {
                        asks: "And who can read that?",
                        guesses: &[
                            Guess::wrong(
                                "The house alone: it is a PASETO",
                                "It would be, as v4.local. This form is signed alone.",
                            ),
                            Guess::right(
                                "All who hold it",
                                "It is as plain as a JWT, in another form.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Seal it as v4.public", &["seal paseto-public 40"])],
                    look: Look::new(
                        Panel::XRay,
                        "A PASETO, signed: the house takes no such token as an access token.",
                    ),
                    shows: &["seal paseto-public 40: 286 bytes · kept · its bearer reads all"],
                },
                Stage {
                    say: "The JWT has a head that names its algorithm. The PASETO begins with its \
                          version, and that fixes it. You call, and the cookie goes along.",
                    predict: Some(Prediction {
                        asks: "What does the PASETO gain by that?",
                        guesses: &[
                            Guess::wrong(
                                "It keeps the note secret",
                                "The version says how it is signed, and hides nothing.",
                            ),
                            Guess::wrong(
                                "It cannot be stolen",
                                "A copy of it is as good as the first.",
                            ),
                            Guess::right(
                                "No choice, so no wrong one",
                                "An attacker has no algorithm to change. It is a little shorter too.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::CookieJar, "The note: 291 bytes with its name."),
                    shows: &["tab1 call: 200 · writes acknowledge"],
                },
            ],
        },
        Branch {
            slug: "encrypted",
            name: "Encrypted: v4.local and JWE",
            setting: None,
            stages: &[
                Stage {
                    say: "The house seals the note as a PASETO of the form v4.local, with a secret key.",
                    predict: Some(Prediction {
                        asks: "Who can read it?",
                        guesses: &[
                            Guess::wrong("All who hold it", "They see letters that make no sense."),
                            Guess::right(
                                "All who have that secret",
                                "And each of them could also make one.",
                            ),
                            Guess::wrong(
                                "All who have the public key",
                                "There is none: one secret does both.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Seal it as v4.local", &["seal paseto-local 40"])],
                    look: Look::new(Panel::XRay, "A PASETO: what it says is encrypted."),
                    shows: &["seal paseto-local 40: 285 bytes · kept · its bearer reads nothing"],
                },
                Stage {
                    say: "Now as a JWE to a public key: the form in which one writes to another \
                          house. Only that house's own key reads it.",
                    predict: Some(Prediction {
                        asks: "Does such a token prove who wrote it?",
                        guesses: &[
                            Guess::wrong(
                                "Yes: it is encrypted",
                                "That says who can read it, not who wrote it.",
                            ),
                            Guess::right(
                                "No: the key to write is public",
                                "All can make one. To prove it, sign first, then encrypt.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Seal it as a JWE", &["seal jwe-ecdh-es 40"])],
                    look: Look::new(
                        Panel::XRay,
                        "The head is plain. It brings a key for this note alone.",
                    ),
                    shows: &["seal jwe-ecdh-es 40: 455 bytes · kept · its bearer reads nothing"],
                },
                Stage {
                    say: "You call. The sealed note goes along.",
                    predict: Some(Prediction {
                        asks: "Which of the two was longer in the jar?",
                        guesses: &[
                            Guess::right(
                                "The JWE, by more than half",
                                "Its head names two algorithms and brings a key.",
                            ),
                            Guess::wrong(
                                "The PASETO",
                                "It begins with its version, and has no head.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::CookieJar, "The JWE: 460 bytes with its name."),
                    shows: &["tab1 call: 200 · writes acknowledge"],
                },
            ],
        },
    ],
    failure: "A form was chosen by its name, as the one that hides everything: and its signed half \
              was used, with data in it that all can read.",
    caveat: "The note is no access token: the house signs those as JWTs, and takes no other form. \
             Lengths are those of one note of 40 letters. All eight forms, their sizes and their \
             times are measured under /lab/formats.",
    sources: &[
        Source::new(
            "PASETO Version 4: local is encrypted, public is signed",
            "https://github.com/paseto-standard/paseto-spec/blob/master/docs/01-Protocol-Versions/Version4.md",
        ),
        Source::new(
            "RFC 7518 §4.6: a key agreed on with a public key",
            "https://www.rfc-editor.org/rfc/rfc7518#section-4.6",
        ),
        Source::new(
            "RFC 7519 §11.2: sign first, and then encrypt",
            "https://www.rfc-editor.org/rfc/rfc7519#section-11.2",
        ),
    ],
    tour: None,
};
