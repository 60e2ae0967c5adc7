//! 8: a sign-out and a refresh under way at the same time, in both orders.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 8,
    slug: "sign-out-against-refresh",
    title: "Sign-out and refresh meet on the road",
    question: "Can a refresh that is under way undo my sign-out?",
    claim: "You press sign out in one tab while another one refreshes. If tokens were born after \
            the sign-out, the button would have lied. Two requests can commit in two orders, and \
            their answers arrive in two more: nothing may live after any of them.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "sign-out-first",
            name: "The sign-out is first",
            setting: None,
            stages: &[
                UNDER_WAY,
                Stage {
                    say: "The sign-out is the first to reach the server.",
                    predict: None,
                    deeds: &[Deed::new("Deliver the sign-out", &["deliver 3"])],
                    look: Look::new(
                        Panel::Diagram,
                        "The session is revoked, and the answer says: signed out.",
                    ),
                    shows: &["tab2 sign-out: 200 · writes revoke · deletes access, refresh"],
                },
                Stage {
                    say: "The refresh comes second. Its refresh token is genuine, and of the \
                          current generation.",
                    predict: Some(Prediction {
                        asks: "Does it get new tokens?",
                        guesses: &[
                            Guess::wrong(
                                "Yes: it was sent before the sign-out",
                                "The order of arrival counts, and the sign-out arrived first.",
                            ),
                            Guess::right(
                                "No: the session is over",
                                "Once a session is revoked, the server looks no further at its \
                                 tokens.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Deliver the refresh", &["deliver 2"])],
                    look: Look::new(Panel::Diagram, "Row 2, Ended: 401, no write and no cookie."),
                    shows: &["tab1 refresh: 401 · access revoked · row 2 Ended"],
                },
                Stage {
                    say: "Both answers come home: the refusal, then the sign-out's. Then tab 1 \
                          calls.",
                    predict: Some(Prediction {
                        asks: "Which access token does that call bring?",
                        guesses: &[
                            Guess::right(
                                "None",
                                "The refusal set no cookie, and the sign-out deleted those that \
                                 were there.",
                            ),
                            Guess::wrong(
                                "The one that tab 1 had",
                                "Tabs have no tokens of their own. All share one jar.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Deliver both answers", &["deliver 2", "deliver 3"]),
                        Deed::new("Call", &["tab1 call"]),
                    ],
                    look: Look::new(Panel::CookieJar, "Empty: no token is left."),
                    shows: &["tab1 call: 401 · access none"],
                },
                LATE_CALL,
            ],
        },
        Branch {
            slug: "refresh-first",
            name: "The refresh is first",
            setting: None,
            stages: &[
                UNDER_WAY,
                Stage {
                    say: "The refresh is the first to reach the server.",
                    predict: None,
                    deeds: &[Deed::new("Deliver the refresh", &["deliver 2"])],
                    look: Look::new(
                        Panel::Lineage,
                        "Generation 1 is current, and not seen in the browser yet.",
                    ),
                    shows: &["tab1 refresh: 200 · row 6 Rotate · writes rotate · \
                              sets access, refresh 1"],
                },
                Stage {
                    say: "The sign-out comes second. It brings the tokens of generation 0, and the \
                          server is at 1.",
                    predict: Some(Prediction {
                        asks: "What does it end?",
                        guesses: &[
                            Guess::wrong(
                                "Nothing: its tokens are out of date",
                                "They still name the session, and that is all a sign-out needs.",
                            ),
                            Guess::wrong(
                                "Generation 0 only",
                                "A session ends as a whole. There is no ending of one generation.",
                            ),
                            Guess::right(
                                "The session, generation 1 included",
                                "A sign-out ends the session, and every generation belongs to it.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Deliver the sign-out", &["deliver 3"])],
                    look: Look::new(
                        Panel::Lineage,
                        "The session with its two generations is over: signed out.",
                    ),
                    shows: &["tab2 sign-out: 200 · writes revoke · deletes access, refresh"],
                },
                Stage {
                    say: "The answers come home in the worst order: first the sign-out's, which \
                          deletes the cookies, then the refresh's, which sets new ones.",
                    predict: None,
                    deeds: &[Deed::new("Deliver both answers", &["deliver 3", "deliver 2"])],
                    look: Look::new(
                        Panel::CookieJar,
                        "Full again: two cookies, the refresh token of generation 1.",
                    ),
                    shows: &[],
                },
                Stage {
                    say: "So the jar holds a brand-new access token, after you signed out. Tab 1 \
                          calls with it.",
                    predict: Some(Prediction {
                        asks: "Is the call let in?",
                        guesses: &[
                            Guess::right(
                                "No, it is refused",
                                "The token names a session that the server knows as revoked, \
                                 however new it is.",
                            ),
                            Guess::wrong(
                                "Yes, and you are signed in again",
                                "Cookies can come back to the jar. The session cannot: revoked is \
                                 for good.",
                            ),
                            Guess::wrong(
                                "Yes, until the token expires",
                                "So it is where nothing but signature and time are checked.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call from tab 1", &["tab1 call"])],
                    look: Look::new(
                        Panel::Now,
                        "Revoked access token: the session is over, whatever the jar holds.",
                    ),
                    shows: &["tab1 call: 401 · access revoked"],
                },
            ],
        },
    ],
    failure: "The resurrected session: a refresh that commits around a sign-out, or an answer that \
              comes home after it, brings back what was ended.",
    caveat: "What ends here is one session. A page that got its answer late drops it, if its \
             client is ours; a jar that keeps dead cookies is cleared when it next asks.",
    sources: &[
        Source::new(
            "keycloak/keycloak #51312: a refresh that races a revocation still mints tokens",
            "https://github.com/keycloak/keycloak/issues/51312",
        ),
        Source::new(
            "auth0/nextjs-auth0 #544: an answer after the sign-out puts the old cookie back",
            "https://github.com/auth0/nextjs-auth0/issues/544",
        ),
        Source::new(
            "RFC 7009 §2.1: revocation is at once, but for its way to other servers",
            "https://www.rfc-editor.org/rfc/rfc7009#section-2.1",
        ),
    ],
    tour: None,
};

/// The last stage of the first branch.
const LATE_CALL: Stage = Stage {
    say: "Tab 3's call left before the sign-out arrived, with an access token that is good for \
          twelve seconds more. It arrives only now.",
    predict: Some(Prediction {
        asks: "Is the call let in?",
        guesses: &[
            Guess::wrong(
                "Yes: the token has not expired",
                "So it is where nothing but signature and time are checked.",
            ),
            Guess::wrong(
                "Yes: it was sent in time",
                "What counts is the moment at which it is checked.",
            ),
            Guess::right(
                "No: the session is revoked",
                "The server keeps the ids of revoked sessions in memory, and finds this one there.",
            ),
        ],
    }),
    deeds: &[Deed::new("Deliver tab 3's call", &["deliver 4"])],
    look: Look::new(Panel::Diagram, "The late call is refused: 401."),
    shows: &["tab3 call: 401 · access revoked"],
};

/// The first stage of both branches.
const UNDER_WAY: Stage = Stage {
    say: "You are signed in; all tabs share one cookie jar. Tab 1 calls, and 48 seconds later it \
          refreshes by a timer, just as you sign out in tab 2 and call in tab 3.",
    predict: None,
    deeds: &[
        Deed::new("Call, wait 48 seconds", &["tab1 call", "wait 48s"]),
        Deed::new(
            "Let three requests leave",
            &["tab1 sends refresh", "tab2 sends sign-out", "tab3 sends call"],
        ),
    ],
    look: Look::new(Panel::Network, "Three requests under way, and each carries generation 0."),
    shows: &["tab1 call: 200 · writes acknowledge"],
};
