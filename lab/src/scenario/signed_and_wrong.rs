//! 37: tokens that the house's own key signed, and that are refused all the same.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

const REFUSED: &[&str] = &["thief call: 401 · access invalid"];

pub(super) const SCENARIO: Scenario = Scenario {
    number: 37,
    slug: "signed-and-wrong",
    title: "The signature is right. The token is refused.",
    question: "The signature is genuine. Is that not enough?",
    claim: "A signature says that a key wrote this text. It does not say that the text is meant \
            for this door, of this kind, or for now. One key may sign for many doors. A bouncer \
            who looks at the signature alone lets in all that was ever signed for any of them.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "elsewhere",
            name: "Meant for elsewhere",
            setting: None,
            stages: &[
                Stage {
                    say: "Your house also signs tokens for a bakery next door, with the same key. An attacker gets a genuine one for the bakery, and brings it here.",
                    predict: Some(Prediction {
                        asks: "What does your house say?",
                        guesses: &[
                            Guess::wrong(
                                "200: the signature is right",
                                "It is, and that was checked first. It was not the last check.",
                            ),
                            Guess::wrong(
                                "401: the signature breaks",
                                "No letter was changed, and the key is your house's own.",
                            ),
                            Guess::right(
                                "401: it is for another door",
                                "A token names its audience: the service that it is for.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new(
                        "Bring the bakery's token",
                        &["mint audience", "thief call"],
                    )],
                    look: Look::new(Panel::XRay, "The signature passed. The audience did not."),
                    shows: REFUSED,
                },
                Stage {
                    say: "The bakery gets a copy of the key, and signs for itself. Its token says that it is for your house, and that the bakery issued it.",
                    predict: Some(Prediction {
                        asks: "Is such a token good here?",
                        guesses: &[
                            Guess::right(
                                "No: another house issued it",
                                "A token names its issuer. Only your house may issue for itself.",
                            ),
                            Guess::wrong(
                                "Yes: key and audience are right",
                                "The issuer is a claim too, and it is checked.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Bring that token", &["mint issuer", "thief call"])],
                    look: Look::new(Panel::XRay, "The issuer is compared letter by letter."),
                    shows: REFUSED,
                },
                Stage {
                    say: "You call with your own token, which the same key signed.",
                    predict: Some(Prediction {
                        asks: "What comes?",
                        guesses: &[
                            Guess::wrong(
                                "401: the key is not trusted any more",
                                "The key did nothing wrong. Those tokens were for elsewhere.",
                            ),
                            Guess::right(
                                "200",
                                "By this house, for this house, of the right kind.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::Network, "Your call is answered, the others were not."),
                    shows: &["tab1 call: 200 · writes acknowledge"],
                },
            ],
        },
        Branch {
            slug: "not-now",
            name: "Of another kind, or of another time",
            setting: None,
            stages: &[
                Stage {
                    say: "The same key signs another kind of token too: one that is a session by itself. Its issuer and its audience are right. An attacker brings one as an access token.",
                    predict: Some(Prediction {
                        asks: "Which check sees it?",
                        guesses: &[
                            Guess::wrong(
                                "None: all claims are right",
                                "Its head says another type, and that is compared.",
                            ),
                            Guess::right(
                                "The type, before the signature",
                                "A token's head names its kind: this door wants one kind alone.",
                            ),
                            Guess::wrong(
                                "The signature",
                                "It would pass: the key is the right one.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Bring the other kind", &["mint type", "thief call"])],
                    look: Look::new(
                        Panel::XRay,
                        "The type is refused, and nothing after it is read.",
                    ),
                    shows: REFUSED,
                },
                Stage {
                    say: "A node whose clock runs an hour ahead signs a token. If that is believed, it opens an hour too long.",
                    predict: Some(Prediction {
                        asks: "It has not expired. Is it good?",
                        guesses: &[
                            Guess::wrong(
                                "Yes, until it expires",
                                "Then a wrong clock makes tokens that live as long as it is wrong.",
                            ),
                            Guess::wrong(
                                "No: its signature breaks",
                                "A wrong clock changes no key: it is rightly signed.",
                            ),
                            Guess::right(
                                "No: it was issued in the future",
                                "A few seconds between clocks are forgiven, an hour is not.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Bring it now", &["mint future", "thief call"])],
                    look: Look::new(Panel::XRay, "The times: issued an hour from now."),
                    shows: REFUSED,
                },
                Stage {
                    say: "You call with your own access token.",
                    predict: Some(Prediction {
                        asks: "What comes?",
                        guesses: &[
                            Guess::right(
                                "200",
                                "The right kind, issued a moment ago, not expired.",
                            ),
                            Guess::wrong(
                                "401: the clocks differ",
                                "Your token was issued by a node whose clock is right.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::Network, "Your call is answered, the others were not."),
                    shows: &["tab1 call: 200 · writes acknowledge"],
                },
            ],
        },
    ],
    failure: "Services that checked the signature alone took tokens that were signed for a \
              neighbour, and refresh tokens in the place of access tokens.",
    caveat: "Four flaws; an end that has passed is in the lesson on silent refresh. That a bakery has your house's key is made up: with a key of its own, its token fails at the key. The house forgives clocks some seconds.",
    sources: &[
        Source::new(
            "RFC 8725 §3.9 and §3.11: check for whom a token is, and of which type",
            "https://www.rfc-editor.org/rfc/rfc8725#section-3.9",
        ),
        Source::new(
            "RFC 9068 §4: what is checked of an access token",
            "https://www.rfc-editor.org/rfc/rfc9068#section-4",
        ),
        Source::new(
            "CVE-2023-22482: Argo CD took tokens for other audiences",
            "https://nvd.nist.gov/vuln/detail/CVE-2023-22482",
        ),
        Source::new(
            "OFBIZ-13493: refresh tokens passed as access tokens",
            "https://issues.apache.org/jira/browse/OFBIZ-13493",
        ),
    ],
    tour: None,
};
