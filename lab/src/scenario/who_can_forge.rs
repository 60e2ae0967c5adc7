//! 14: forged tokens, at a house with a pair of keys and at one with a shared secret.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::{action::Algorithm, setting::Setting};

const SHARED: Setting = Setting { algorithm: Algorithm::Hs256, ..Setting::DEFAULT };

const REFUSED: &[&str] = &["thief admin: 401 · access invalid"];

pub(super) const SCENARIO: Scenario = Scenario {
    number: 14,
    slug: "who-can-forge",
    title: "Anyone can write admin into a token. Who can sign it?",
    question: "The token says who I am. What stops me from changing it?",
    claim: "Your wristband is a text that you hold in your hand, so you can write on it. What you \
            cannot do is sign it again. That holds only if the door decides how it checks, and if \
            the means to check are not the means to sign. Houses have failed at both.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "forged",
            name: "A pair of keys (the default)",
            setting: None,
            stages: &[
                Stage {
                    say: "An attacker holds your access token. It says user. They write admin in \
                          its place, leave the signature as it is, and press the admin button.",
                    predict: Some(Prediction {
                        asks: "What stops them?",
                        guesses: &[
                            Guess::wrong(
                                "Nothing: the token says admin",
                                "What it says is read only after the signature was checked.",
                            ),
                            Guess::right(
                                "The signature: it breaks",
                                "It was made over every letter, the role's too.",
                            ),
                            Guess::wrong(
                                "403: the account is no admin",
                                "No account is looked up. The token is not believed at all.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Write admin", &["forge raise-role", "thief admin"])],
                    look: Look::new(Panel::XRay, "Every check passed, up to the signature."),
                    shows: REFUSED,
                },
                Stage {
                    say: "The head of a token names the way in which it was signed. The attacker \
                          writes none there.",
                    predict: Some(Prediction {
                        asks: "Which check stops it now?",
                        guesses: &[
                            Guess::right(
                                "The one before: the algorithm",
                                "The key says how it signs. The token has no say in it.",
                            ),
                            Guess::wrong(
                                "The signature again",
                                "It is not even looked at: the algorithm comes first.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Say none", &["forge alg-none", "thief admin"])],
                    look: Look::new(Panel::XRay, "It says none, and that key is for EdDSA."),
                    shows: REFUSED,
                },
                Stage {
                    say: "Everyone may have the public key. The attacker takes it for a shared \
                          secret, signs with it under HS256, and says so in the head. By that way \
                          of signing, the signature fits.",
                    predict: Some(Prediction {
                        asks: "Is it accepted?",
                        guesses: &[
                            Guess::wrong(
                                "Yes: the signature fits",
                                "It would, at a door that lets the token choose the algorithm.",
                            ),
                            Guess::wrong(
                                "No: the signature breaks",
                                "It fits, so this check alone would not help.",
                            ),
                            Guess::right(
                                "No: the algorithm is another",
                                "This key is for EdDSA alone, so HS256 is never tried.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new(
                        "Sign with the public key",
                        &["forge hmac-with-public-key", "thief admin"],
                    )],
                    look: Look::new(Panel::XRay, "It says HS256, and that key is for EdDSA."),
                    shows: REFUSED,
                },
            ],
        },
        Branch {
            slug: "shared-secret",
            name: "A shared secret",
            setting: Some(SHARED),
            stages: &[
                Stage {
                    say: "This house signs under HS256: one secret makes signatures and checks \
                          them. An attacker writes admin into your token, then also says none.",
                    predict: Some(Prediction {
                        asks: "Is a token under a shared secret easier to change?",
                        guesses: &[
                            Guess::wrong("Yes", "Without the secret, no signature is made."),
                            Guess::right(
                                "No: both are refused",
                                "The signature breaks; none is not what the key is for.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Write admin", &["forge raise-role", "thief admin"]),
                        Deed::new("Say none", &["forge alg-none", "thief admin"]),
                    ],
                    look: Look::new(Panel::XRay, "It says none, and that key is for HS256."),
                    shows: &[
                        "thief admin: 401 · access invalid",
                        "thief admin: 401 · access invalid",
                    ],
                },
                Stage {
                    say: "Service B checks tokens with what the house makes public. You bring it \
                          your own token, which is genuine.",
                    predict: Some(Prediction {
                        asks: "What does service B say?",
                        guesses: &[
                            Guess::wrong("200: it is genuine", "Service B cannot know that."),
                            Guess::right(
                                "401: it cannot check it",
                                "It needs the secret: what makes a signature is all that checks it.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call service B", &["tab1 call at service-b"])],
                    look: Look::new(
                        Panel::Network,
                        "Refused. A public key would check it, and could sign nothing.",
                    ),
                    shows: &["tab1 call at service-b: 401"],
                },
                Stage {
                    say: "So the house hands service B the secret. B makes a token that says \
                          admin, and presses the admin button at the house.",
                    predict: Some(Prediction {
                        asks: "Does the house see that B made it?",
                        guesses: &[
                            Guess::wrong(
                                "Yes: B is no admin",
                                "The token says admin, and its signature is the house's own.",
                            ),
                            Guess::right(
                                "No: B is an admin now",
                                "To check is to sign, with a shared secret.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Make it as service B", &["mint-at-b", "thief admin"])],
                    look: Look::new(Panel::XRay, "Every check is passed, the signature's too."),
                    shows: &["thief admin: 200"],
                },
            ],
        },
        Branch {
            slug: "service-b",
            name: "Service B has the public key",
            setting: None,
            stages: &[
                Stage {
                    say: "Service B checks your token with the house's public key. You call B.",
                    predict: Some(Prediction {
                        asks: "What did the house have to hand to B for that?",
                        guesses: &[
                            Guess::right(
                                "Nothing that is secret",
                                "The public key is shown to everyone, and is enough to check.",
                            ),
                            Guess::wrong(
                                "The key that it signs with",
                                "That stays in the house. A pair has a key for each purpose.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call service B", &["tab1 call at service-b"])],
                    look: Look::new(Panel::Network, "200: B knows you, and was told no secret."),
                    shows: &["tab1 call at service-b: 200"],
                },
                Stage {
                    say: "B turns against the house. With all that it was given, it makes a token \
                          that says admin, and presses the admin button at the house.",
                    predict: Some(Prediction {
                        asks: "Does the house let B in?",
                        guesses: &[
                            Guess::wrong(
                                "Yes, as with the secret",
                                "A public key checks. It makes no signature that fits.",
                            ),
                            Guess::right(
                                "No: it is refused",
                                "B can sign under HS256 at best, and that key is for EdDSA.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Make it as service B", &["mint-at-b", "thief admin"])],
                    look: Look::new(Panel::XRay, "It says HS256, and that key is for EdDSA."),
                    shows: REFUSED,
                },
                Stage {
                    say: "B still has one thing: your token, which you brought. It calls the \
                          house with that, as you.",
                    predict: Some(Prediction {
                        asks: "Is that refused as well?",
                        guesses: &[
                            Guess::right(
                                "No: it is your own token",
                                "A token that you show can be shown again, until it expires.",
                            ),
                            Guess::wrong(
                                "Yes: B is not you",
                                "A token does not say who brings it.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Call service B, which keeps it", &["tab1 call at bare-b"]),
                        Deed::new("Call the house as B", &["thief call"]),
                    ],
                    look: Look::new(
                        Panel::CookieJar,
                        "B has a copy. To make one is another thing.",
                    ),
                    shows: &["tab1 call at bare-b: 200", "thief call: 200 · writes acknowledge"],
                },
            ],
        },
    ],
    failure: "Libraries that took the algorithm from the token let anyone in as anyone: once with \
              none, once with the public key as the secret.",
    caveat: "Three forgeries of ten; the X-ray of any world makes the others. A thief of the \
             signing key makes genuine tokens, as service B does with the secret. Size and time of each \
             form of token are measured on the page Formats, under /lab/formats.",
    sources: &[
        Source::new(
            "RFC 8725 §3.1: the caller says which algorithms, the token does not",
            "https://www.rfc-editor.org/rfc/rfc8725#section-3.1",
        ),
        Source::new(
            "CVE-2015-9235: jsonwebtoken took the public key for a shared secret",
            "https://nvd.nist.gov/vuln/detail/CVE-2015-9235",
        ),
        Source::new(
            "CVE-2015-2951: F21 JWT let the token say how it is to be checked",
            "https://nvd.nist.gov/vuln/detail/CVE-2015-2951",
        ),
    ],
    tour: None,
};
