//! 34: an id that an attacker planted before the sign-in, and ids that an attacker guesses.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::{
    action::{Carrier, Slip},
    setting::{Setting, Start},
};

/// A house that gives a new id at sign-in, long and random.
const NEW: Setting = Setting { carrier: Carrier::Opaque, ..Setting::DEFAULT };
/// One that counts visitors, and keeps the number that it is brought.
const KEPT: Setting = Setting { slip: Slip::KeepsId, ..NEW };

pub(super) const SCENARIO: Scenario = Scenario {
    number: 34,
    slug: "planted-id",
    title: "The thief knew your session before you had it",
    question: "Can a thief know my session before I sign in?",
    claim: "Some houses know you by a number, which your browser has before you sign in, and keeps. \
            A thief who gets a number of theirs into your browser waits until you sign in: for \
            both of you. A house that draws a new number at sign-in leaves them with the old one. \
            And a number that is easy to guess need not be planted.",
    setting: NEW,
    branches: &[
        Branch {
            slug: "kept",
            name: "The number is kept",
            setting: Some(Setting { start: Start::SignedOut, ..KEPT }),
            stages: &[
                Stage {
                    say: "This house gives a number to everyone who loads a page, and knows them \
                          by it. A thief comes, with no password, and is sent on (303) to the \
                          form to sign in.",
                    predict: Some(Prediction {
                        asks: "What has the thief now?",
                        guesses: &[
                            Guess::wrong(
                                "Nothing: no password, no number",
                                "This house gives numbers to visitors who are signed out too.",
                            ),
                            Guess::right(
                                "A number, with no sign-in behind it",
                                "It stands for a visitor who has not signed in.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Come as the thief", &["visit", "thief reload"])],
                    look: Look::new(Panel::CookieJar, "One cookie, in the thief's jar."),
                    shows: &["thief reload: 303 · access none · sets sid"],
                },
                Stage {
                    say: "The thief gets this cookie into your jar: by a page of a neighbour \
                          site, or by hand on a computer that you share. Then you sign in.",
                    predict: Some(Prediction {
                        asks: "Which number do you have now?",
                        guesses: &[
                            Guess::wrong(
                                "A new one, for you alone",
                                "You brought a number, and this house takes any.",
                            ),
                            Guess::wrong(
                                "None: it was not given to you",
                                "The house does not ask who a number was given to.",
                            ),
                            Guess::right(
                                "The thief's, as before",
                                "The sign-in is noted behind the number that came with it.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Plant the cookie", &["plant"]),
                        Deed::new("Sign in", &["tab1 sign-in"]),
                    ],
                    look: Look::new(Panel::CookieJar, "One fingerprint in two jars."),
                    shows: &["tab1 sign-in: 200 · writes add_session"],
                },
                Stage {
                    say: "The thief has done nothing since, and calls.",
                    predict: Some(Prediction {
                        asks: "What is the answer?",
                        guesses: &[
                            Guess::right(
                                "200: you signed both in",
                                "One number, one session. Your password stayed with you, and was \
                                 of no use.",
                            ),
                            Guess::wrong(
                                "401: the thief never signed in",
                                "The number did, and the house asks for no more.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call as the thief", &["thief call"])],
                    look: Look::new(Panel::Diagram, "200, with a cookie older than your sign-in."),
                    shows: &["thief call: 200"],
                },
            ],
        },
        Branch {
            slug: "new",
            name: "A new number at sign-in",
            setting: Some(Setting { start: Start::SignedOut, ..NEW }),
            stages: &[
                Stage {
                    say: "This house has numbers for sessions alone. A thief comes, with no \
                          password, and is sent on (303) to the form to sign in.",
                    predict: Some(Prediction {
                        asks: "What has the thief now?",
                        guesses: &[
                            Guess::right(
                                "Nothing to plant",
                                "Without a session there is no number, and no cookie.",
                            ),
                            Guess::wrong(
                                "A number, with no sign-in behind it",
                                "Some houses give one. This one waits for the sign-in.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Come as the thief", &["visit", "thief reload"])],
                    look: Look::new(Panel::CookieJar, "The thief's jar is empty."),
                    shows: &["thief reload: 303 · access none"],
                },
                Stage {
                    say: "The thief plants all there is in that jar, which is nothing. Then you \
                          sign in.",
                    predict: Some(Prediction {
                        asks: "Where does your number come from?",
                        guesses: &[
                            Guess::wrong(
                                "From your browser",
                                "The house takes no number that it did not draw.",
                            ),
                            Guess::right(
                                "It is drawn now, at random",
                                "Each sign-in begins a session, with a number of its own.",
                            ),
                            Guess::wrong(
                                "It is the next after the last",
                                "Then a thief could count along.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Plant what there is", &["plant"]),
                        Deed::new("Sign in", &["tab1 sign-in"]),
                    ],
                    look: Look::new(Panel::CookieJar, "One cookie, in your jar alone."),
                    shows: &["tab1 sign-in: 200 · writes add_session · sets session"],
                },
                Stage {
                    say: "The thief calls.",
                    predict: Some(Prediction {
                        asks: "What is the answer?",
                        guesses: &[
                            Guess::wrong(
                                "200: you signed both in",
                                "There is no number that both of you have.",
                            ),
                            Guess::right(
                                "401: nothing came along",
                                "Your number did not exist before you signed in.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call as the thief", &["thief call"])],
                    look: Look::new(Panel::Diagram, "401: a request without a cookie."),
                    shows: &["thief call: 401 · access none"],
                },
            ],
        },
        Branch {
            slug: "guess-short",
            name: "A short number, guessed",
            setting: Some(KEPT),
            stages: &[
                Stage {
                    say: "You are signed in. This house counts: each visitor gets the next \
                          number, of four digits.",
                    predict: None,
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::CookieJar, "One short cookie, in your jar."),
                    shows: &["tab1 call: 200"],
                },
                Stage {
                    say: "A thief comes, with no password, loads a page, and is sent on (303) to \
                          the form to sign in.",
                    predict: Some(Prediction {
                        asks: "What does the thief's own number tell?",
                        guesses: &[
                            Guess::right(
                                "What yours is like",
                                "It is the one after yours: four digits, counted up.",
                            ),
                            Guess::wrong(
                                "Nothing: it is the thief's own",
                                "It shows how numbers are made.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Come as the thief", &["visit", "thief reload"])],
                    look: Look::new(Panel::CookieJar, "Two numbers, one after the other."),
                    shows: &["thief reload: 303 · access none · sets sid"],
                },
                GUESSED_SHORT,
            ],
        },
        Branch { slug: "guess-long", name: "A long number, guessed", setting: None, stages: LONG },
    ],
    failure: "Session fixation: you sign in on a number that a thief knows already. Or the number is short, and the thief guesses it.",
    caveat: "A thousand tries prove little: the length of the number is what counts. And a thief \
             could plant a session of their own account, so that you work in theirs. Our cookie's \
             name, with __Host-, lets no neighbour site plant it.",
    sources: &[
        Source::new(
            "OWASP ASVS 4.0.3, 3.2.1 and 3.2.2: a new session token at sign-in, of 64 bits at least",
            "https://github.com/OWASP/ASVS/blob/v4.0.3/4.0/en/0x12-V3-Session-management.md",
        ),
        Source::new(
            "RFC 6265 §8.4: a session identifier that an attacker planted",
            "https://www.rfc-editor.org/rfc/rfc6265#section-8.4",
        ),
        Source::new(
            "fastify-passport, GHSA-4m3m-ppvx-xgw9: it kept the session's id at sign-in",
            "https://github.com/fastify/fastify-passport/security/advisories/GHSA-4m3m-ppvx-xgw9",
        ),
    ],
    tour: None,
};

/// The last stage of the third branch.
const GUESSED_SHORT: Stage = Stage {
    say: "The thief tries a thousand numbers, each with one call, and keeps the first that is \
          answered 200.",
    predict: Some(Prediction {
        asks: "Does one of them let the thief in?",
        guesses: &[
            Guess::wrong("No: yours was never shown", "It need not be shown if it can be counted."),
            Guess::wrong(
                "No: no script can read it",
                "The thief did not read your copy, but made another.",
            ),
            Guess::right("Yes: yours is among them", "The number is all that the house asks for."),
        ],
    }),
    deeds: &[
        Deed::new("Try a thousand numbers", &["guess"]),
        Deed::new("Call as the thief", &["thief call"]),
    ],
    look: Look::new(Panel::CookieJar, "Your fingerprint, in the thief's jar."),
    shows: &["thief call: 200"],
};

/// The stages of the fourth branch.
const LONG: &[Stage] = &[
    Stage {
        say: "You are signed in. This house draws the number of a session at random, and makes a \
              signature for it: 70 letters in all.",
        predict: None,
        deeds: &[Deed::new("Call", &["tab1 call"])],
        look: Look::new(Panel::CookieJar, "A long cookie, which says nothing."),
        shows: &["tab1 call: 200"],
    },
    Stage {
        say: "A thief comes, makes up a thousand such texts, and tries each with one call. A text \
              that is answered 200 would be kept.",
        predict: Some(Prediction {
            asks: "The thief calls with what was kept. What is the answer?",
            guesses: &[
                Guess::wrong(
                    "200: one of a thousand was good",
                    "There are more such numbers than drops in the sea.",
                ),
                Guess::right(
                    "401: none was good",
                    "The server looked each of them up, and found no session.",
                ),
                Guess::wrong(
                    "429: it was tried too often",
                    "No limit stands here: the length alone has to do.",
                ),
            ],
        }),
        deeds: &[
            Deed::new("Try a thousand texts", &["visit", "guess"]),
            Deed::new("Call as the thief", &["thief call"]),
        ],
        look: Look::new(Panel::CookieJar, "The thief's jar is empty."),
        shows: &["thief call: 401 · access none"],
    },
    Stage {
        say: "The thief could go on, with a billion tries in each second. You call meanwhile.",
        predict: Some(Prediction {
            asks: "How long may it take to meet your number?",
            guesses: &[
                Guess::wrong("A week", "In a week, all numbers of 14 digits can be tried."),
                Guess::wrong("A hundred years", "In that time, all numbers of 18 digits."),
                Guess::right(
                    "Longer than the world is old",
                    "It has 39 digits, and the signature is to be guessed as well.",
                ),
            ],
        }),
        deeds: &[Deed::new("Call", &["tab1 call"])],
        look: Look::new(Panel::Diagram, "200 for you, as before."),
        shows: &["tab1 call: 200"],
    },
];
