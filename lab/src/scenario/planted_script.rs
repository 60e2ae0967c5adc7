//! 12: a script that an attacker planted in the page, against cookies that scripts read and cookies that none reads.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::{action::Slip, setting::Setting};

pub(super) const SCENARIO: Scenario = Scenario {
    number: 12,
    slug: "planted-script",
    title: "A planted script takes what it can read",
    question: "Where is a token safe: in local storage, or in a cookie?",
    claim: "A page shows what its visitors write. If one comment gets through with a script in \
            it, your browser runs that script as a part of the page. It reads what scripts may \
            read, and it asks the server for what you may ask. HttpOnly prevents the first. \
            Only a page without foreign scripts prevents the second.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "readable",
            name: "Where scripts can read it",
            setting: Some(Setting { slip: Slip::ReadByScripts, ..Setting::DEFAULT }),
            stages: &[
                Stage {
                    say: "You are signed in, and read a page with comments. One of them hides a \
                          thief's script, and your tab runs it. This house left HttpOnly out, \
                          the mark of a cookie that no script may read.",
                    predict: None,
                    deeds: &[Deed::new("Call from your tab", &["tab1 call"])],
                    look: Look::new(
                        Panel::CookieJar,
                        "Neither cookie says HttpOnly: scripts can read both.",
                    ),
                    shows: &["tab1 call: 200 · writes acknowledge"],
                },
                Stage {
                    say: "The script reads your tokens, just as it would in local storage, where a page's scripts keep texts. It sends them to the thief, who uses them elsewhere.",
                    predict: Some(Prediction {
                        asks: "What is the thief's call answered?",
                        guesses: &[
                            Guess::right(
                                "200: as if it were yours",
                                "They are your tokens, and they work for their holder.",
                            ),
                            Guess::wrong(
                                "401: it is another browser",
                                "The tokens work in any browser.",
                            ),
                            Guess::wrong(
                                "403: a thief may not call",
                                "The server sees tokens, and no thief.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Let the script take them", &["plunder"]),
                        Deed::new("Call as the thief", &["thief call"]),
                    ],
                    look: Look::new(Panel::CookieJar, "The thief's jar: both of your cookies."),
                    shows: &["thief call: 200"],
                },
                SCRIPT_CALLS,
                Stage {
                    say: "You close the tab: the script is gone. A minute later the access token \
                          has expired, and the thief's copy with it.",
                    predict: Some(Prediction {
                        asks: "Is the thief out?",
                        guesses: &[
                            Guess::wrong(
                                "Yes: the script is gone",
                                "The thief has copies, and needs no script now.",
                            ),
                            Guess::right(
                                "No: the thief refreshes",
                                "The refresh token was taken too. It is good for days.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new(
                        "Wait, then refresh as the thief",
                        &["wait 61s", "thief refresh", "thief call"],
                    )],
                    look: Look::new(Panel::Lineage, "Generation 1: in the thief's hands alone."),
                    shows: &[
                        "thief refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 1",
                        "thief call: 200 · writes acknowledge",
                    ],
                },
            ],
        },
        Branch {
            slug: "http-only",
            name: "In HttpOnly cookies",
            setting: None,
            stages: &[
                Stage {
                    say: "You are signed in, and read a page with comments. One of them hides a \
                          thief's script, and your tab runs it. Your cookies say HttpOnly: no \
                          script may read them.",
                    predict: None,
                    deeds: &[Deed::new("Call from your tab", &["tab1 call"])],
                    look: Look::new(Panel::CookieJar, "HttpOnly at both cookies."),
                    shows: &["tab1 call: 200 · writes acknowledge"],
                },
                Stage {
                    say: "The script takes every cookie that it can read to the thief, who calls \
                          from a browser elsewhere.",
                    predict: Some(Prediction {
                        asks: "What is the thief's call answered?",
                        guesses: &[
                            Guess::wrong(
                                "200: as if it were yours",
                                "For that the thief would need your access token.",
                            ),
                            Guess::wrong(
                                "200 for a minute, then 401",
                                "Not even the access token could be read.",
                            ),
                            Guess::right(
                                "401: the thief has no token",
                                "The browser hands HttpOnly cookies to servers, and to no script.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Let the script take them", &["plunder"]),
                        Deed::new("Call as the thief", &["thief call"]),
                    ],
                    look: Look::new(Panel::CookieJar, "The thief's jar is empty."),
                    shows: &["thief call: 401 · access none"],
                },
                SCRIPT_CALLS,
                Stage {
                    say: "You sign out. The page stays open, and the script in it still runs.",
                    predict: Some(Prediction {
                        asks: "The script calls again. What is the answer?",
                        guesses: &[
                            Guess::wrong(
                                "200: it is the same page",
                                "The page opens nothing by itself. The cookies did.",
                            ),
                            Guess::right(
                                "401: there is no token to send",
                                "The script never had your cookies, and your jar is empty now.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Sign out", &["tab1 sign-out"]),
                        Deed::new("Let the script call", &["script call"]),
                    ],
                    look: Look::new(Panel::CookieJar, "Both jars are empty."),
                    shows: &[
                        "tab1 sign-out: 200 · writes revoke · deletes access, refresh",
                        "script call: 401 · access none",
                    ],
                },
            ],
        },
    ],
    failure: "Cross-site scripting: one foreign script in a page, and every token that scripts \
              can read is copied.",
    caveat: "HttpOnly bounds what is carried away, and not what is done meanwhile: in your page \
             the script can press every button, or show you a false form for your password. Here \
             cookies without HttpOnly stand for local storage.",
    sources: &[
        Source::new(
            "RFC 6265 §4.1.2.6: HttpOnly keeps a cookie from scripts",
            "https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2.6",
        ),
        Source::new(
            "OWASP ASVS 4.0.3, 3.4.2: session cookies are to be HttpOnly",
            "https://github.com/OWASP/ASVS/blob/v4.0.3/4.0/en/0x12-V3-Session-management.md",
        ),
        Source::new(
            "OAuth for browser-based applications, draft 26, §5.1.4: requests through the user's browser",
            "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-browser-based-apps-26#section-5.1.4",
        ),
    ],
    tour: None,
};

/// The stage of both branches in which the script acts by itself.
const SCRIPT_CALLS: Stage = Stage {
    say: "Your page is still open. This time the script calls by itself, from there.",
    predict: Some(Prediction {
        asks: "What is the script's call answered?",
        guesses: &[
            Guess::wrong(
                "401: it has no token of its own",
                "It needs none: your browser adds your cookies.",
            ),
            Guess::right(
                "200: it is your page that asks",
                "The request is no different from one of the page's own.",
            ),
            Guess::wrong("403: another site asks", "It comes from the house's own page."),
        ],
    }),
    deeds: &[Deed::new("Let the script call", &["script call"])],
    look: Look::new(Panel::Network, "Your cookies went along: the browser adds them."),
    shows: &["script call: 200"],
};
