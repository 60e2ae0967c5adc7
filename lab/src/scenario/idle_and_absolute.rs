//! 28: a session ends if it is not used, and at the latest on its last day.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::{action::Carrier, setting::Setting};

const NUMBER: Setting = Setting { carrier: Carrier::Opaque, ..Setting::DEFAULT };

pub(super) const SCENARIO: Scenario = Scenario {
    number: 28,
    slug: "idle-and-absolute",
    title: "Two clocks. Which ends the session?",
    question: "Why must I sign in again, though I was here yesterday?",
    claim: "A coat that no guest asks for is cleared away after a while. And once a month every \
            hook is cleared, whoever comes by daily. The first clock ends what you forgot, in a \
            cafe or on an old phone. The second ends what a thief would keep in use for ever.",
    setting: NUMBER,
    branches: &[
        Branch {
            slug: "idle",
            name: "Left alone",
            setting: None,
            stages: &[
                Stage {
                    say: "Your session ends after 14 days without use. You sign in, go away for \
                          13 days, and call.",
                    predict: Some(Prediction {
                        asks: "You are still in. When will it end, if you never come back?",
                        guesses: &[
                            Guess::wrong(
                                "Tomorrow",
                                "So it was before your call; the call moved it.",
                            ),
                            Guess::right(
                                "In 14 days from now",
                                "Your call is a use, and the 14 days begin again.",
                            ),
                            Guess::wrong("Never", "Then a forgotten session would be open still."),
                        ],
                    }),
                    deeds: &[Deed::new("Wait 13 days, call", &["wait 13d", "tab1 call"])],
                    look: Look::new(Panel::Now, "Good for 14 days more."),
                    shows: &["tab1 call: 200 · writes touch"],
                },
                Stage {
                    say: "You go away for 14 days this time, then call.",
                    predict: Some(Prediction {
                        asks: "What do you get?",
                        guesses: &[
                            Guess::right(
                                "401: the session is over",
                                "It was not used for 14 days. The cookie may be there; it opens \
                                 nothing.",
                            ),
                            Guess::wrong(
                                "200, and 14 days more",
                                "A use moves the end only while the session lives.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Wait 14 days, call", &["wait 14d", "tab1 call"])],
                    look: Look::new(Panel::Diagram, "The row was read; its time is over: 401."),
                    shows: &["tab1 call: 401 · access expired"],
                },
                Stage {
                    say: "You reload the page, then sign in.",
                    predict: Some(Prediction {
                        asks: "What comes of it?",
                        guesses: &[
                            Guess::wrong("The old session again", "What ended stays ended."),
                            Guess::right(
                                "The form, then a new session",
                                "With a number of its own, and both clocks begin.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Reload", &["tab1 reload"]),
                        Deed::new("Sign in, call", &["tab1 sign-in", "tab1 call"]),
                    ],
                    look: Look::new(Panel::CookieJar, "Another cookie, for another session."),
                    shows: &[
                        "tab1 reload: 303 · access expired",
                        "tab1 sign-in: 200 · writes add_session · sets session, deletes those \
                         before",
                        "tab1 call: 200",
                    ],
                },
            ],
        },
        Branch {
            slug: "absolute",
            name: "Always in use",
            setting: None,
            stages: &[
                Stage {
                    say: "Your session ends after 14 days without use, and 30 days after sign-in \
                          at the latest. You call on day 13.",
                    predict: None,
                    deeds: &[Deed::new("Wait 13 days, call", &["wait 13d", "tab1 call"])],
                    look: Look::new(Panel::Now, "Good for 14 days more: until day 27."),
                    shows: &["tab1 call: 200 · writes touch"],
                },
                Stage {
                    say: "You call on day 26.",
                    predict: Some(Prediction {
                        asks: "Which end comes first after that call?",
                        guesses: &[
                            Guess::wrong(
                                "Day 40: 14 days without use",
                                "No use moves the end to after the last day.",
                            ),
                            Guess::wrong(
                                "Day 27, as before",
                                "Your call moved that one, as far as it goes.",
                            ),
                            Guess::right(
                                "Day 30: the last day",
                                "It was fixed at sign-in, and comes before day 40.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Wait 13 days, call", &["wait 13d", "tab1 call"])],
                    look: Look::new(Panel::Now, "Good for four days more, not 14."),
                    shows: &["tab1 call: 200 · writes touch"],
                },
                Stage {
                    say: "You call on day 29, and are in. You call again on day 31.",
                    predict: Some(Prediction {
                        asks: "What does the call of day 31 get?",
                        guesses: &[
                            Guess::right(
                                "401: sign in again",
                                "The last day is over, however lately you were here.",
                            ),
                            Guess::wrong(
                                "200: you were here two days ago",
                                "That counts for the other clock alone.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Wait 3 days, call", &["wait 3d", "tab1 call"]),
                        Deed::new("Wait 2 days, call", &["wait 2d", "tab1 call"]),
                    ],
                    look: Look::new(Panel::CookieJar, "Empty: the cookie's own time was over too."),
                    shows: &["tab1 call: 200 · writes touch", "tab1 call: 401 · access none"],
                },
            ],
        },
    ],
    failure: "The session without an end: a copy of a cookie that is used now and then stays good \
              for as long as its thief likes.",
    caveat: "14 and 30 days are this house's; a bank takes minutes and hours. The server notes a \
             use once in a while, not at each request, so that the idle end may come a little \
             sooner than the last click says.",
    sources: &[
        Source::new(
            "OWASP ASVS v5.0 §7.3: an end by inactivity, and an absolute one",
            "https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/0x16-V7-Session-Management.md",
        ),
        Source::new(
            "NIST SP 800-63B §4.1.3: sign in anew at least once in 30 days, active or not",
            "https://pages.nist.gov/800-63-3/sp800-63b.html",
        ),
    ],
    tour: None,
};
