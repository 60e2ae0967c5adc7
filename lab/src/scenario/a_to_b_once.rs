//! 15: a token that carries a browser to another service, once.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 15,
    slug: "a-to-b-once",
    title: "To service B, once",
    question: "How does another service let me in without my password?",
    claim: "Service B is another house, with its own books, on its own street. It trusts one thing: \
            a note that your house signs for it, that your browser carries over, and that opens its \
            door a single time. A note that could be used twice, or by another browser, would be a \
            key under the mat.",
    setting: Setting { access_ttl_s: 600, ..Setting::DEFAULT },
    branches: &[
        Branch {
            slug: "once",
            name: "The way over",
            setting: None,
            stages: &[
                Stage {
                    say: "You open service B, which does not know you. It puts a cookie of its own \
                          into your browser and sends you to the house, which signs a note for it.",
                    predict: Some(Prediction {
                        asks: "How long is the note good?",
                        guesses: &[
                            Guess::right(
                                "A minute at most",
                                "A browser carries it over at once; it needs no longer.",
                            ),
                            Guess::wrong(
                                "As long as your session",
                                "It would be a second session, which the house cannot end.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Open service B", &["hand-over begin"]),
                        Deed::new("Have the house sign", &["hand-over issue"]),
                    ],
                    look: Look::new(
                        Panel::XRay,
                        "Refused as an access token: it is of another kind.",
                    ),
                    shows: &[
                        "hand-over begin: service B sets a state cookie",
                        "hand-over issue: the house issues a token for https://service-b.example",
                    ],
                },
                Stage {
                    say: "Your browser brings the note to service B, which has the public key and \
                          its own books, and asks the house nothing.",
                    predict: Some(Prediction {
                        asks: "What does service B do?",
                        guesses: &[
                            Guess::wrong(
                                "It asks the house about you",
                                "The signature is enough, as with any signed token.",
                            ),
                            Guess::right(
                                "It lets you in and writes the note down",
                                "It begins a session of its own, and remembers the note as used.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Bring it over", &["hand-over bring"])],
                    look: Look::new(Panel::Diagram, "You are in at service B."),
                    shows: &["hand-over bring: service B lets the browser in"],
                },
                Stage {
                    say: "The note is in your history now. You press Back, and bring it once more, \
                          in the same minute, in the same browser.",
                    predict: Some(Prediction {
                        asks: "What does service B say?",
                        guesses: &[
                            Guess::wrong("It lets you in again", "Then a copy would do as well."),
                            Guess::wrong("It has expired", "It has half a minute left."),
                            Guess::right(
                                "It was used before",
                                "Its books have the number of each note until it expires.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Bring it again", &["hand-over bring"])],
                    look: Look::new(Panel::Diagram, "Refused: one use was all."),
                    shows: &["hand-over bring: refused: used before"],
                },
            ],
        },
        Branch {
            slug: "planted",
            name: "An attacker's link",
            setting: None,
            stages: &[
                Stage {
                    say: "An attacker begins the way to service B and sends you the link with their \
                          note, signed and not used. You want nothing of service B, and press it.",
                    predict: Some(Prediction {
                        asks: "What happens at service B?",
                        guesses: &[
                            Guess::wrong(
                                "You are in, as the attacker",
                                "So it is where the note alone decides: what you do there is theirs.",
                            ),
                            Guess::right(
                                "You are refused",
                                "Your browser has no cookie of a way that it began.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Press the link", &["hand-over plant", "hand-over bring"])],
                    look: Look::new(Panel::Diagram, "Refused: this browser has not asked for it."),
                    shows: &[
                        "hand-over plant: a link brings the attacker's token",
                        "hand-over bring: refused: this browser has not asked for it",
                    ],
                },
                Stage {
                    say: "Now you do want to go there, and have begun. The attacker's next link \
                          comes at that very moment.",
                    predict: Some(Prediction {
                        asks: "And now, with a cookie of your own?",
                        guesses: &[
                            Guess::right(
                                "Refused: made for another browser",
                                "A note names, by a mark, the cookie of the browser that began.",
                            ),
                            Guess::wrong(
                                "You are in, as the attacker",
                                "Any cookie is not enough: it must be the one of that note.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Open service B", &["hand-over begin"]),
                        Deed::new("Press the link", &["hand-over plant", "hand-over bring"]),
                    ],
                    look: Look::new(Panel::Diagram, "Refused, and the note is used up."),
                    shows: &[
                        "hand-over begin: service B sets a state cookie",
                        "hand-over plant: a link brings the attacker's token",
                        "hand-over bring: refused: made for another browser",
                    ],
                },
                Stage {
                    say: "You go on with the way that you began.",
                    predict: None,
                    deeds: &[Deed::new("Sign, and bring", &["hand-over issue", "hand-over bring"])],
                    look: Look::new(Panel::Diagram, "Your own way was not harmed."),
                    shows: &[
                        "hand-over issue: the house issues a token for https://service-b.example",
                        "hand-over bring: service B lets the browser in",
                    ],
                },
            ],
        },
        Branch {
            slug: "late-or-elsewhere",
            name: "Too late, or for another",
            setting: None,
            stages: &[
                Stage {
                    say: "The house signs a note, and your train enters a tunnel. A minute later \
                          your browser brings it.",
                    predict: Some(Prediction {
                        asks: "Is it still good?",
                        guesses: &[
                            Guess::wrong(
                                "Yes: it was never used",
                                "It is past its time, used or not.",
                            ),
                            Guess::right(
                                "No: it has expired",
                                "So service B may forget used notes after a minute, too.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new(
                            "Open B, have it signed",
                            &["hand-over begin", "hand-over issue"],
                        ),
                        Deed::new("A minute later, bring it", &["wait 61s", "hand-over bring"]),
                    ],
                    look: Look::new(Panel::Diagram, "Refused: expired."),
                    shows: &[
                        "hand-over begin: service B sets a state cookie",
                        "hand-over issue: the house issues a token for https://service-b.example",
                        "hand-over bring: refused: expired",
                    ],
                },
                Stage {
                    say: "The bakery is a third service that the house knows. A note for the \
                          bakery, with the right signature, comes to service B.",
                    predict: Some(Prediction {
                        asks: "Does service B take it?",
                        guesses: &[
                            Guess::wrong(
                                "Yes: the house signed it",
                                "Then the bakery could use your notes at every other service.",
                            ),
                            Guess::right(
                                "No: it is for another",
                                "A note names the one service that it is for.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new(
                        "Bring the bakery's",
                        &["hand-over issue-elsewhere", "hand-over bring"],
                    )],
                    look: Look::new(Panel::XRay, "It names the bakery as the one it is for."),
                    shows: &[
                        "hand-over issue-elsewhere: the house issues a token for \
                         https://bakery.example",
                        "hand-over bring: refused: meant for another audience",
                    ],
                },
                Stage {
                    say: "A note for service B, in time.",
                    predict: None,
                    deeds: &[Deed::new("Sign, and bring", &["hand-over issue", "hand-over bring"])],
                    look: Look::new(Panel::Diagram, "You are in."),
                    shows: &[
                        "hand-over issue: the house issues a token for https://service-b.example",
                        "hand-over bring: service B lets the browser in",
                    ],
                },
            ],
        },
    ],
    failure: "The reusable hand-over: a link from a log, a history or a mail opens the account, or \
              puts a victim into the attacker's.",
    caveat: "Service B's own session is not drawn here, and signing out at the house does not end \
             it. Two programs on two host names do all of this for real: coatroom and its service-b.",
    sources: &[
        Source::new(
            "RFC 9700 §4.7: requests that another site begins, and the value that binds them",
            "https://www.rfc-editor.org/rfc/rfc9700#section-4.7",
        ),
        Source::new(
            "RFC 8725 §3.9: the audience, used and validated",
            "https://www.rfc-editor.org/rfc/rfc8725#section-3.9",
        ),
        Source::new(
            "RFC 7519 §4.1.7: the id of a token, against replays",
            "https://www.rfc-editor.org/rfc/rfc7519#section-4.1.7",
        ),
    ],
    tour: None,
};
