//! 20: an answer of the session before arrives after a new sign-in.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 20,
    slug: "late-answer-after-sign-in",
    title: "A late answer of the session before",
    question: "I signed out and in again, and was thrown out. Why?",
    claim: "An answer is on the road while you sign out and sign in again. Then it lands, and sets \
            two cookies: the old ones. Where every session's cookies have the same names, the old \
            pair replaces the new one, and you are a stranger with a password just typed.",
    setting: Setting::DEFAULT,
    branches: &[Branch {
        slug: "story",
        name: "The story",
        setting: None,
        stages: &[
            Stage {
                say: "You are signed in on a web site. After a minute the access token has \
                      expired, and tab 1 asks for new tokens. The answer will be slow.",
                predict: None,
                deeds: &[
                    Deed::new("Call, wait a minute", &["tab1 call", "wait 61s"]),
                    Deed::new("Refresh", &["tab1 sends refresh", "deliver 2"]),
                ],
                look: Look::new(Panel::Network, "An answer under way, with two new cookies."),
                shows: &[
                    "tab1 call: 200 · writes acknowledge",
                    "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                     sets access, refresh 1",
                ],
            },
            Stage {
                say: "You do not wait. In tab 2 you sign out, and in again: a new session.",
                predict: None,
                deeds: &[
                    Deed::new("Sign out", &["tab2 sign-out"]),
                    Deed::new("Sign in", &["tab2 sign-in"]),
                    Deed::new("Call", &["tab2 call"]),
                ],
                look: Look::new(
                    Panel::CookieJar,
                    "Two cookies, whose names end in a mark of their session.",
                ),
                shows: &[
                    "tab2 sign-out: 200 · access expired · writes revoke · deletes access, refresh",
                    "tab2 sign-in: 200 · writes add_session · sets access, refresh 0",
                    "tab2 call: 200 · writes acknowledge",
                ],
            },
            Stage {
                say: "Four seconds later the late answer lands, with the two cookies of the \
                      session that you ended.",
                predict: Some(Prediction {
                    asks: "What is in the cookie jar then?",
                    guesses: &[
                        Guess::wrong(
                            "The old session's two cookies",
                            "So it is where sessions share cookie names.",
                        ),
                        Guess::wrong(
                            "The new session's two cookies",
                            "A browser sets what an answer says, however late.",
                        ),
                        Guess::right(
                            "All four, side by side",
                            "The names differ, so nothing is overwritten.",
                        ),
                    ],
                }),
                deeds: &[Deed::new("Deliver the late answer", &["wait 4s", "deliver 2"])],
                look: Look::new(Panel::CookieJar, "Four cookies, of two sessions."),
                shows: &[],
            },
            Stage {
                say: "Tab 1 calls twice. Its first call brings all four cookies.",
                predict: Some(Prediction {
                    asks: "Are you signed in?",
                    guesses: &[
                        Guess::right(
                            "Yes, in the new session",
                            "The server finds the living one, and clears the other's away.",
                        ),
                        Guess::wrong(
                            "No, the old cookies came last",
                            "Their session was revoked, and opens nothing.",
                        ),
                    ],
                }),
                deeds: &[Deed::new("Call twice in tab 1", &["tab1 call", "tab1 call"])],
                look: Look::new(Panel::CookieJar, "Two cookies again: the new session's."),
                shows: &["tab1 call: 200 · deletes access, refresh", "tab1 call: 200"],
            },
            Stage {
                say: "Now tab 1 signs out, and that answer is slow. You sign in again in tab 2. \
                      Then it lands, and deletes cookies.",
                predict: Some(Prediction {
                    asks: "Which ones does it delete?",
                    guesses: &[
                        Guess::wrong(
                            "All that this site has set",
                            "Where names are shared it does, and signs you out again.",
                        ),
                        Guess::right(
                            "Those of the session you ended",
                            "A deletion names its cookies; the new ones' names differ.",
                        ),
                        Guess::wrong(
                            "None: browsers drop late answers",
                            "A browser does what an answer says, when it comes.",
                        ),
                    ],
                }),
                deeds: &[
                    Deed::new("Sign out", &["tab1 sends sign-out", "deliver 8"]),
                    Deed::new("Sign in", &["tab2 sign-in"]),
                    Deed::new("Deliver the late answer", &["deliver 8"]),
                    Deed::new("Call", &["tab2 call"]),
                ],
                look: Look::new(Panel::Now, "Signed in, in the newest session."),
                shows: &[
                    "tab1 sign-out: 200 · writes revoke · deletes access, refresh",
                    "tab2 sign-in: 200 · writes add_session · \
                     sets access, refresh 0, deletes those before",
                    "tab2 call: 200 · writes acknowledge",
                ],
            },
        ],
    }],
    failure: "The displaced session: one answer of yesterday's session overwrites today's cookies, \
              and leaves behind a session that nobody can end.",
    caveat: "Names that differ cost a jar some bytes while two sessions are in it, until the next \
             answer clears the dead one's away.",
    sources: &[
        Source::new(
            "RFC 6265 §4.1.1: several answers that set cookies at once are a race",
            "https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1",
        ),
        Source::new(
            "auth0/nextjs-auth0 #544: an answer after the sign-out puts the old cookie back",
            "https://github.com/auth0/nextjs-auth0/issues/544",
        ),
    ],
    tour: None,
};
