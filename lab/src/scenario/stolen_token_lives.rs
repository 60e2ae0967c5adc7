//! 29: the life of a signed token is the time for which a copy of it works.

use coatroom::config::Verification;

use super::{Branch, Deed, Dial, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::{
    action::Carrier,
    setting::{Setting, Start},
};

const MINUTE: Setting = Setting {
    carrier: Carrier::Token,
    verification: Verification::Stateless,
    access_ttl_s: 60,
    ..Setting::DEFAULT
};

pub(super) const SCENARIO: Scenario = Scenario {
    number: 29,
    slug: "stolen-token-lives",
    title: "How long does a stolen token work?",
    question: "My token was copied. When does the copy stop working?",
    claim: "Here a wristband is all that you get: no ticket behind it, and no books. A copy of it \
            opens the same doors until the hour that is printed on it. To throw yours away changes \
            nothing about the copy, so that hour is the whole defence, and it is yours as well.",
    setting: MINUTE,
    branches: &[
        Branch {
            slug: "you-choose",
            name: "You choose",
            setting: Some(Setting { start: Start::SignedOut, ..MINUTE }),
            stages: &[
                Stage {
                    say: "You own the house, and choose how long its tokens live. Then you sign in, \
                          and malware copies your cookie jar for a thief.",
                    predict: None,
                    deeds: &[
                        Deed::chosen("Sign in", LIFE, &["set access {life}", "tab1 sign-in"]),
                        Deed::new("Copy the jar", &["steal"]),
                    ],
                    look: Look::new(
                        Panel::CookieJar,
                        "One token in two jars. Both end at the time that you chose.",
                    ),
                    shows: &["tab1 sign-in: 200 · sets access"],
                },
                Stage {
                    say: "You sign out. The thief waits, and calls in the last second of the time \
                          that you chose.",
                    predict: Some(Prediction {
                        asks: "What does the thief get?",
                        guesses: &[
                            Guess::right(
                                "200, however long that is",
                                "You set the end when you signed in. Nothing has moved it since.",
                            ),
                            Guess::wrong(
                                "401: you signed out",
                                "Your cookie was deleted. The server keeps no list of who left.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Sign out", &["tab1 sign-out"]),
                        Deed::new("Wait, call as thief", &["wait {almost}", "thief call"]),
                    ],
                    look: Look::new(
                        Panel::CookieJar,
                        "The thief's copy: a second is left of all that you gave it.",
                    ),
                    shows: &["tab1 sign-out: 200 · deletes access", "thief call: 200"],
                },
                Stage {
                    say: "Two seconds later the thief calls again.",
                    predict: Some(Prediction {
                        asks: "Would another choice have ended the copy sooner?",
                        guesses: &[
                            Guess::wrong(
                                "No: a thief finds a way",
                                "The thief's time was your choice, to the second.",
                            ),
                            Guess::right(
                                "Yes, a shorter one",
                                "And it would have signed you out as much sooner.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Wait, call as thief", &["wait 2s", "thief call"])],
                    look: BOTH_EMPTY,
                    shows: &["thief call: 401 · access none"],
                },
            ],
        },
        Branch {
            slug: "a-minute",
            name: "A minute",
            setting: None,
            stages: &[
                COPIED,
                Stage {
                    say: "Your token is good for a minute. You sign out: the server has your \
                          browser delete its cookie. Then the thief calls.",
                    predict: Some(Prediction {
                        asks: "What does the thief get?",
                        guesses: &[
                            Guess::wrong(
                                "401: you signed out",
                                "Your cookie was deleted. The server keeps no list of who left.",
                            ),
                            Guess::right(
                                "200, as before",
                                "Signature and time are right, and no more is checked.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Sign out", &["tab1 sign-out"]),
                        Deed::new("Call as thief", &["thief call"]),
                    ],
                    look: Look::new(
                        Panel::CookieJar,
                        "Your jar is empty, the thief's copy is not.",
                    ),
                    shows: &["tab1 sign-out: 200 · deletes access", "thief call: 200"],
                },
                Stage {
                    say: "The thief calls after 50 seconds, and again after 61.",
                    predict: Some(Prediction {
                        asks: "What are the two answers?",
                        guesses: &[
                            Guess::right(
                                "200, then 401",
                                "The end was signed into the token when you signed in.",
                            ),
                            Guess::wrong(
                                "200 twice: use makes it last",
                                "Use changes nothing in a signed token.",
                            ),
                            Guess::wrong(
                                "401 twice",
                                "Until its time is over, nothing here refuses it.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Wait, call as thief", &["wait 50s", "thief call"]),
                        Deed::new("Wait, call as thief", &["wait 11s", "thief call"]),
                    ],
                    look: BOTH_EMPTY,
                    shows: &["thief call: 200", "thief call: 401 · access none"],
                },
                Stage {
                    say: "A minute is short for a thief. You sign in again, read for a minute, \
                          and call.",
                    predict: Some(Prediction {
                        asks: "Are you still signed in?",
                        guesses: &[
                            Guess::wrong(
                                "Yes: you are the owner",
                                "The time is the same for the owner and for a thief.",
                            ),
                            Guess::right(
                                "No: sign in again",
                                "Nothing stands behind this token that could bring the next.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Sign in", &["tab1 sign-in"]),
                        Deed::new("Wait, call", &["wait 61s", "tab1 call"]),
                    ],
                    look: Look::new(Panel::Now, "No token is left: your minute is over too."),
                    shows: &["tab1 sign-in: 200 · sets access", "tab1 call: 401 · access none"],
                },
            ],
        },
        Branch {
            slug: "an-hour",
            name: "An hour",
            setting: Some(Setting { access_ttl_s: 3600, ..MINUTE }),
            stages: &[
                COPIED,
                Stage {
                    say: "Your token is good for an hour. You notice the theft, sign out and sign \
                          in again: now you have a new token. The thief calls with the old one.",
                    predict: Some(Prediction {
                        asks: "Does your new token replace the old one?",
                        guesses: &[
                            Guess::right(
                                "No: the thief gets 200",
                                "A token knows of no other. Each is good until its own time.",
                            ),
                            Guess::wrong(
                                "Yes: one at a time",
                                "To count tokens, a server would have to keep something of them.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Sign out, sign in", &["tab1 sign-out", "tab1 sign-in"]),
                        Deed::new("Call as thief", &["thief call"]),
                    ],
                    look: Look::new(
                        Panel::CookieJar,
                        "Two jars, two fingerprints: the old token and the new one.",
                    ),
                    shows: &[
                        "tab1 sign-out: 200 · deletes access",
                        "tab1 sign-in: 200 · sets access",
                        "thief call: 200",
                    ],
                },
                Stage {
                    say: "The thief goes on, and calls after 59 minutes and after 61.",
                    predict: Some(Prediction {
                        asks: "When does the copy end?",
                        guesses: &[
                            Guess::wrong(
                                "An hour after its last use",
                                "Use changes nothing in a signed token.",
                            ),
                            Guess::wrong(
                                "When you sign out once more",
                                "That deletes your cookie, and leaves the copy as it is.",
                            ),
                            Guess::right(
                                "An hour after you signed in",
                                "That time is in the token, under its signature.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Wait, call as thief", &["wait 59m", "thief call"]),
                        Deed::new("Wait, call as thief", &["wait 2m", "thief call"]),
                    ],
                    look: BOTH_EMPTY,
                    shows: &["thief call: 200", "thief call: 401 · access none"],
                },
            ],
        },
        Branch {
            slug: "eight-hours",
            name: "Eight hours",
            setting: Some(Setting { access_ttl_s: 28_800, ..MINUTE }),
            stages: &[
                COPIED,
                Stage {
                    say: "Your token is good for eight hours: you sign in once a day. You tell the site of the theft. An operator takes your token back, and you sign out.",
                    predict: Some(Prediction {
                        asks: "What does the thief get?",
                        guesses: &[
                            Guess::wrong(
                                "401: the operator took it back",
                                "These servers read no list, so there is no place to write it.",
                            ),
                            Guess::right(
                                "200, as before",
                                "Signature and time are right, and no more is checked.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Take the token back", &["deny token"]),
                        Deed::new("Sign out", &["tab1 sign-out"]),
                        Deed::new("Call as thief", &["thief call"]),
                    ],
                    look: Look::new(
                        Panel::Diagram,
                        "The thief's call: 200, and no line to the store.",
                    ),
                    shows: &["tab1 sign-out: 200 · deletes access", "thief call: 200"],
                },
                Stage {
                    say: "The operator tries one thing more: every server restarts. The thief \
                          calls at once, a minute before the eight hours are over, and a minute \
                          after.",
                    predict: Some(Prediction {
                        asks: "What ends the copy?",
                        guesses: &[
                            Guess::wrong("The restart", "To check a signature takes no memory."),
                            Guess::wrong(
                                "Neither: it works on",
                                "The end is signed into the token, and comes.",
                            ),
                            Guess::right(
                                "Its time alone",
                                "Eight hours were signed, and eight hours it works.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Restart, call as thief", &["restart", "thief call"]),
                        Deed::new("Wait, call as thief", &["wait 479m", "thief call"]),
                        Deed::new("Wait, call as thief", &["wait 2m", "thief call"]),
                    ],
                    look: BOTH_EMPTY,
                    shows: &["thief call: 200", "thief call: 200", "thief call: 401 · access none"],
                },
            ],
        },
    ],
    failure: "The long token: its life was chosen for the comfort of its owner, and a thief has \
              every hour of it.",
    caveat: "The thief's browser deletes the cookie when its time is over. A program of the \
             thief's would send it on: then the time in the token refuses it, to the second. A \
             signing key that is retired ends all its tokens, for everybody.",
    sources: &[
        Source::new(
            "RFC 7519 §4.1.4: the time on or after which a token must not be accepted",
            "https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4",
        ),
        Source::new(
            "RFC 6819 §5.1.5.3: a short life as the protection of a token that leaks",
            "https://www.rfc-editor.org/rfc/rfc6819#section-5.1.5.3",
        ),
        Source::new(
            "RFC 6265 §4.1.2.2: the time for which a browser keeps a cookie",
            "https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2.2",
        ),
    ],
    tour: None,
};

/// The life of a token, as its learner chooses it.
const LIFE: Dial = Dial { label: "A token lives", least: 1, most: 480, stands_at: 15 };

/// The end of a cookie, and of the token in it.
const BOTH_EMPTY: Look =
    Look::new(Panel::CookieJar, "Both jars are empty: cookie and token end in the same second.");

/// The first stage of each branch.
const COPIED: Stage = Stage {
    say: "You are signed in with one signed token, and no server keeps anything of it. Malware \
          copies your cookie jar for a thief.",
    predict: None,
    deeds: &[Deed::new("Call", &["tab1 call"]), Deed::new("Copy the jar", &["steal"])],
    look: Look::new(Panel::CookieJar, "Two jars, the same fingerprint: the very same token."),
    shows: &["tab1 call: 200"],
};
