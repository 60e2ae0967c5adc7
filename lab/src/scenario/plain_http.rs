//! 33: one page asked for by plain http, while an attacker on the way reads along.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::{action::Slip, setting::Setting};

pub(super) const SCENARIO: Scenario = Scenario {
    number: 33,
    slug: "plain-http",
    title: "One page by plain http is enough",
    question: "My site has https. Why must its cookies say Secure?",
    claim: "What goes by https, only you and the server read. What goes by plain http, everyone \
            on the way reads too, as in the wireless network of a cafe. An old link is enough to \
            ask by plain http once. The server may send you on to https: your cookies have left \
            by then. Secure keeps them at home.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "without",
            name: "Without Secure",
            setting: Some(Setting { slip: Slip::NotSecure, ..Setting::DEFAULT }),
            stages: &[
                Stage {
                    say: "You sit in a cafe, signed in by https. This house left Secure out, \
                          the mark of a cookie that goes out by https alone.",
                    predict: None,
                    deeds: &[Deed::new("Call by https", &["tab1 call"])],
                    look: Look::new(Panel::CookieJar, "Neither cookie says Secure."),
                    shows: &["tab1 call: 200 · writes acknowledge"],
                },
                Stage {
                    say: "You follow an old link, which begins with http. Between you and the \
                          server a thief reads along.",
                    predict: Some(Prediction {
                        asks: "What does the thief get?",
                        guesses: &[
                            Guess::wrong(
                                "Nothing: you signed in by https",
                                "A cookie forgets how it came. Its marks say where it may go.",
                            ),
                            Guess::right(
                                "Both cookies",
                                "The browser adds them, and nothing on the way hides them.",
                            ),
                            Guess::wrong(
                                "The address of the page alone",
                                "All of the request can be read, with its headers.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Follow the old link", &["tab1 reload at plain-http"])],
                    look: Look::new(Panel::Network, "Both cookies, sent for everyone to read."),
                    shows: &["tab1 reload at plain-http: 200"],
                },
                Stage {
                    say: "The thief puts the copies into another browser and calls, by https.",
                    predict: Some(Prediction {
                        asks: "What is the answer?",
                        guesses: &[
                            Guess::wrong(
                                "401: the tokens were seen by plain http",
                                "The server cannot know who read along.",
                            ),
                            Guess::wrong(
                                "401: the thief has no password",
                                "A token is there so that no password is asked.",
                            ),
                            Guess::right(
                                "200: as if it were you",
                                "https hides what is sent. It does not tell who sends it.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call as the thief", &["thief call"])],
                    look: Look::new(Panel::CookieJar, "Two jars, with the same fingerprints."),
                    shows: &["thief call: 200"],
                },
                Stage {
                    say: "You notice, and sign out by https.",
                    predict: Some(Prediction {
                        asks: "Does that put the thief out?",
                        guesses: &[
                            Guess::right(
                                "Yes, at once",
                                "The session is revoked, and the denylist knows: for all copies.",
                            ),
                            Guess::wrong(
                                "No: the copies stay good",
                                "They would if your browser alone forgot its cookies.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Sign out", &["tab1 sign-out"]),
                        Deed::new("Call as the thief", &["thief call"]),
                    ],
                    look: Look::new(Panel::Now, "Signed out; the copies open nothing."),
                    shows: &[
                        "tab1 sign-out: 200 · writes revoke · deletes access, refresh",
                        "thief call: 401 · access revoked",
                    ],
                },
            ],
        },
        Branch {
            slug: "with",
            name: "With Secure",
            setting: None,
            stages: &[
                Stage {
                    say: "You sit in a cafe, signed in by https. Your cookies say Secure: they \
                          go out by https alone.",
                    predict: None,
                    deeds: &[Deed::new("Call by https", &["tab1 call"])],
                    look: Look::new(Panel::CookieJar, "Secure, at both cookies."),
                    shows: &["tab1 call: 200 · writes acknowledge"],
                },
                Stage {
                    say: "You follow an old link, which begins with http. Between you and the \
                          server a thief reads along.",
                    predict: Some(Prediction {
                        asks: "What do you get to see?",
                        guesses: &[
                            Guess::right(
                                "The form to sign in",
                                "303 sends you there: no cookie came, so the server does not know you.",
                            ),
                            Guess::wrong(
                                "The page, as always",
                                "For that the cookies would have to go along.",
                            ),
                            Guess::wrong(
                                "Nothing: the browser does not ask",
                                "It does ask. Secure holds back the cookies, and not the request.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Follow the old link", &["tab1 reload at plain-http"])],
                    look: Look::new(Panel::Network, "A request without cookies."),
                    shows: &["tab1 reload at plain-http: 303 · access none"],
                },
                Stage {
                    say: "The thief calls with what was to be read. Then you go back to https, \
                          and call.",
                    predict: Some(Prediction {
                        asks: "What are the answers?",
                        guesses: &[
                            Guess::wrong("401 for both", "You were never signed out."),
                            Guess::right(
                                "401 for the thief, 200 for you",
                                "Your cookies stayed in your jar, and none came into the thief's.",
                            ),
                            Guess::wrong("200 for both", "The thief read no token."),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Call as the thief", &["thief call"]),
                        Deed::new("Call by https", &["tab1 call"]),
                    ],
                    look: Look::new(Panel::CookieJar, "Yours as before; the thief's is empty."),
                    shows: &["thief call: 401 · access none", "tab1 call: 200"],
                },
            ],
        },
    ],
    failure: "A session cookie without Secure goes out by plain http, and all who read along are \
              signed in.",
    caveat: "This thief reads and changes nothing. One who answers in the server's place can show \
             a false form to sign in: against that stands HSTS, by which a browser asks by https \
             alone, from its first visit on.",
    sources: &[
        Source::new(
            "RFC 6265 §4.1.2.5: Secure, and §8.3 on cookies in clear text",
            "https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2.5",
        ),
        Source::new(
            "RFC 6750 §5.3: tokens are sent over TLS, always",
            "https://www.rfc-editor.org/rfc/rfc6750#section-5.3",
        ),
        Source::new(
            "RFC 6797 §2.3.1: what HSTS stands against, and reading along first of all",
            "https://www.rfc-editor.org/rfc/rfc6797#section-2.3.1",
        ),
    ],
    tour: None,
};
