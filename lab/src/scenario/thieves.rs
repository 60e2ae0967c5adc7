//! 7: a copied cookie jar, used by its owner first, by the thief first, or by the thief in step.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 7,
    slug: "thieves",
    title: "Two have the same ticket. Who finds out?",
    question: "What happens when somebody steals my cookies?",
    claim: "Malware copies your cookie jar. Two browsers now hold the same wristband and the same \
            ticket, and neither bears a face: the house cannot see which of them is you. But it \
            can see one ticket used twice.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "owner-first",
            name: "You come first",
            setting: None,
            stages: &[
                COPIED,
                Stage {
                    say: "A minute later the access token has expired. You refresh before the \
                          thief does, then call.",
                    predict: None,
                    deeds: &[
                        Deed::new("Wait, refresh", &["wait 61s", "tab1 refresh"]),
                        Deed::new("Call", &["tab1 call"]),
                    ],
                    look: Look::new(
                        Panel::Lineage,
                        "Generation 1 is current; the one before still opens for five seconds, the grace.",
                    ),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 1",
                        "tab1 call: 200 · writes acknowledge",
                    ],
                },
                Stage {
                    say: "Six seconds later, after the grace, the thief brings the spent ticket.",
                    predict: Some(Prediction {
                        asks: "What does the thief get?",
                        guesses: &[
                            Guess::wrong(
                                "The same two cookies as you",
                                "Within the grace, yes: a second tab of yours would ask like that.",
                            ),
                            Guess::right(
                                "A refusal, and no cookie",
                                "Your new tokens have been in use for six seconds: more than the grace.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Wait, refresh as thief", &["wait 6s", "thief refresh"])],
                    look: Look::new(Panel::Diagram, "Row 9, Reuse(recent): 401, and no cookie."),
                    shows: &["thief refresh: 401 · access expired · row 9 Reuse(recent) · \
                              writes revoke"],
                },
                Stage {
                    say: "Your own access token is fresh, and you call.",
                    predict: Some(Prediction {
                        asks: "Is your call let in?",
                        guesses: &[
                            Guess::right(
                                "No: you are out as well",
                                "The server ended the session, and keeps that in memory: it cannot know which is you.",
                            ),
                            Guess::wrong(
                                "Yes: only the thief was refused",
                                "The server cannot tell the two of you apart, so it ended the \
                                 session itself.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call from tab 1", &["tab1 call"])],
                    look: Look::new(
                        Panel::Now,
                        "The session is over: a spent token was presented.",
                    ),
                    shows: &["tab1 call: 401 · access revoked"],
                },
                ALONE,
            ],
        },
        Branch {
            slug: "thief-first",
            name: "The thief comes first",
            setting: None,
            stages: &[
                COPIED,
                Stage {
                    say: "A minute later the access token has expired. This time the thief is \
                          quicker, refreshes before you, and calls.",
                    predict: Some(Prediction {
                        asks: "Does the server see that it is not you?",
                        guesses: &[
                            Guess::wrong(
                                "Yes, by the other network and browser",
                                "Honest people change networks too, so the server refuses nothing \
                                 for that.",
                            ),
                            Guess::right(
                                "No: it is a refresh like any other",
                                "The ticket is genuine and current, and it is here for the first \
                                 time.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Wait, refresh as thief", &["wait 61s", "thief refresh"]),
                        Deed::new("Call as thief", &["thief call"]),
                    ],
                    look: Look::new(
                        Panel::CookieJar,
                        "The thief's copy is at generation 1, and your jar at generation 0.",
                    ),
                    shows: &[
                        "thief refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 1",
                        "thief call: 200 · writes acknowledge",
                    ],
                },
                Stage {
                    say: "Six seconds later your own browser refreshes, with the ticket that the \
                          thief has spent.",
                    predict: Some(Prediction {
                        asks: "What comes of it?",
                        guesses: &[
                            Guess::right(
                                "A refusal, and the session ends",
                                "A ticket that comes twice, after its grace, rings the alarm, even \
                                 from its owner's hands.",
                            ),
                            Guess::wrong(
                                "You get generation 1 as well",
                                "So you would within the grace, as a second tab does.",
                            ),
                            Guess::wrong(
                                "You are refused, and the thief stays",
                                "The server cannot tell the two apart, so it ends the session they \
                                 share.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Wait; refresh in tab 1", &["wait 6s", "tab1 refresh"])],
                    look: Look::new(
                        Panel::Diagram,
                        "Row 9, Reuse(recent): 401, and the one write is: revoke.",
                    ),
                    shows: &["tab1 refresh: 401 · access expired · row 9 Reuse(recent) · \
                              writes revoke"],
                },
                Stage {
                    say: "The thief has an access token that is six seconds old and well signed, \
                          and calls.",
                    predict: Some(Prediction {
                        asks: "For how long does it still work?",
                        guesses: &[
                            Guess::wrong(
                                "Until it expires",
                                "So it is where nothing but signature and time are checked.",
                            ),
                            Guess::right(
                                "Not one call more",
                                "The server also remembers, in memory, which sessions were \
                                 revoked.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call as thief", &["thief call"])],
                    look: Look::new(
                        Panel::Cost,
                        "The stopwatch counts from the revocation: the thief was refused at once.",
                    ),
                    shows: &["thief call: 401 · access revoked"],
                },
            ],
        },
        Branch {
            slug: "lock-step",
            name: "In lock-step",
            setting: None,
            stages: &[
                COPIED,
                Stage {
                    say: "A minute later you refresh. This thief has read the rule, and refreshes \
                          right after you. Only then do you call with your new tokens.",
                    predict: Some(Prediction {
                        asks: "What does the thief get?",
                        guesses: &[
                            Guess::wrong(
                                "A refusal, and the session ends",
                                "Not so soon: this is just what a second tab of yours would do.",
                            ),
                            Guess::wrong(
                                "Generation 2, a step ahead of you",
                                "No generation is left before it was seen in use.",
                            ),
                            Guess::right(
                                "The same two cookies as you",
                                "Your new tokens were not seen in use yet, so this may be you, \
                                 asking again.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Wait, refresh in tab 1", &["wait 61s", "tab1 refresh"]),
                        Deed::new("Refresh as thief", &["thief refresh"]),
                        Deed::new("Call in tab 1", &["tab1 call"]),
                    ],
                    look: Look::new(
                        Panel::Diagram,
                        "Row 7, Replay(undelivered): the thief gets what you got.",
                    ),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 1",
                        "thief refresh: 200 · access expired · row 7 Replay(undelivered) · \
                         writes count_replay · sets access, refresh 1",
                        "tab1 call: 200 · writes acknowledge",
                    ],
                },
                Stage {
                    say: "A minute later, the same again. One replay from elsewhere may be a lost \
                          answer and a change of network; two in a row are odd.",
                    predict: None,
                    deeds: &[
                        Deed::new("Wait, refresh in tab 1", &["wait 61s", "tab1 refresh"]),
                        Deed::new("Refresh as thief", &["thief refresh"]),
                        Deed::new("Call in tab 1", &["tab1 call"]),
                    ],
                    look: Look::new(
                        Panel::Lineage,
                        "Generations 1 and 2 are marked ×2: each was given twice.",
                    ),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 2",
                        "thief refresh: 200 · access expired · row 7 Replay(undelivered) · \
                         writes count_replay · sets access, refresh 2",
                        "tab1 call: 200 · writes acknowledge",
                    ],
                },
                Stage {
                    say: "A minute later, again: the third generation in a row.",
                    predict: Some(Prediction {
                        asks: "What does the server do this time?",
                        guesses: &[
                            Guess::right(
                                "It answers, and warns you",
                                "One browser hardly does this three times. It is no proof, so the \
                                 server only reports it.",
                            ),
                            Guess::wrong(
                                "It notices nothing",
                                "It compares networks and browser names, and another client came \
                                 three times.",
                            ),
                            Guess::wrong(
                                "It ends the session",
                                "It could be set to. Here it only reports: odd is not yet proven.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Wait, refresh in tab 1", &["wait 61s", "tab1 refresh"]),
                        Deed::new("Refresh as thief", &["thief refresh"]),
                        Deed::new("Call in tab 1", &["tab1 call"]),
                    ],
                    look: Look::new(
                        Panel::Now,
                        "A warning: another browser may be using this sign-in.",
                    ),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 3",
                        "thief refresh: 200 · access expired · row 7 Replay(undelivered) · \
                         writes count_replay, record · sets access, refresh 3",
                        "tab1 call: 200 · writes acknowledge",
                    ],
                },
            ],
        },
    ],
    failure: "The unnoticed copy: a refresh token that works for whoever holds it, for weeks.",
    caveat: "Two in step are told apart by network and browser name. A thief who shares both is \
             not, and on a machine that is not yours alone no rule about cookies helps.",
    sources: &[
        Source::new(
            "RFC 9700 §4.14.2: one of the two will present a spent token; which one is not known",
            "https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2",
        ),
        Source::new(
            "Okta, October 2023: copied HAR files held session tokens, which act for their owners",
            "https://sec.okta.com/harfiles",
        ),
    ],
    tour: Some(5),
};

/// The last stage of the first branch.
const ALONE: Stage = Stage {
    say: "You sign in again, the jar is copied again, and you close the laptop. The thief refreshes twice.",
    predict: Some(Prediction {
        asks: "Is the thief found out?",
        guesses: &[
            Guess::wrong(
                "Yes, at the second refresh",
                "The thief's ticket is new each time, and only a spent one is noticed.",
            ),
            Guess::right(
                "No: both refreshes succeed",
                "Only two who use one ticket collide. A thief alone stays until the session's \
                 last day.",
            ),
        ],
    }),
    deeds: &[
        Deed::new("Sign in, call", &["tab1 sign-in", "tab1 call"]),
        Deed::new("Copy the jar", &["steal"]),
        Deed::new("Refresh as thief", &["wait 61s", "thief refresh", "thief call"]),
        Deed::new("Refresh as thief again", &["wait 61s", "thief refresh"]),
    ],
    look: Look::new(Panel::CookieJar, "The thief's copy is at generation 2, your jar at 0."),
    shows: &[
        "tab1 sign-in: 200 · writes add_session · sets access, refresh 0, deletes those before",
        "tab1 call: 200 · writes acknowledge",
        "thief refresh: 200 · access expired · row 6 Rotate · writes rotate · \
         sets access, refresh 1",
        "thief call: 200 · writes acknowledge",
        "thief refresh: 200 · access expired · row 6 Rotate · writes rotate · \
         sets access, refresh 2",
    ],
};

/// The first stage of each branch.
const COPIED: Stage = Stage {
    say: "You are signed in and at work in tab 1. Malware is about to copy your cookie jar, with \
          both tokens, for a thief.",
    predict: None,
    deeds: &[Deed::new("Call", &["tab1 call"]), Deed::new("Copy the jar", &["steal"])],
    look: Look::new(Panel::CookieJar, "Two jars, same fingerprints: the very same tokens."),
    shows: &["tab1 call: 200 · writes acknowledge"],
};
