//! 20: an answer of the session before arrives after a new sign-in.

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
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
                say: "Tab 1 refreshes. The ticket is exchanged, and the answer is slow.",
                acts: &["tab1 call", "wait 61s", "tab1 sends refresh", "deliver 2"],
                look: Look::new(
                    Panel::Network,
                    "An answer under way, with both cookies of generation 1.",
                ),
                shows: &[
                    "tab1 call: 200 · writes acknowledge",
                    "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                     sets access, refresh 1",
                ],
            },
            Stage {
                say: "You do not wait. In tab 2 you sign out, and in again: a new session, with \
                      tokens of its own.",
                acts: &["tab2 sign-out", "tab2 sign-in", "tab2 call"],
                look: Look::new(
                    Panel::CookieJar,
                    "Two cookies. Their names end in the tag of the new session.",
                ),
                shows: &[
                    "tab2 sign-out: 200 · access expired · writes revoke · deletes access, refresh",
                    "tab2 sign-in: 200 · writes add_session · sets access, refresh 0",
                    "tab2 call: 200 · writes acknowledge",
                ],
            },
            Stage {
                say: "Now the late answer lands, and the browser does as it is told. But the old \
                      session's cookies have the old session's names, so nothing of the new one \
                      is overwritten.",
                acts: &["wait 4s", "deliver 2"],
                look: Look::new(Panel::CookieJar, "Four cookies, of two sessions, side by side."),
                shows: &[],
            },
            Stage {
                say: "Tab 1 calls, and sends all four. The house finds the session that lives, \
                      answers for that one, and clears the dead one's cookies away by name.",
                acts: &["tab1 call", "tab1 call"],
                look: Look::new(Panel::Now, "Signed in, in the new session."),
                shows: &["tab1 call: 200 · deletes access, refresh", "tab1 call: 200"],
            },
        ],
    }],
    quiz: Quiz {
        asks: "The other way round: a sign-out is answered, its answer is slow, you sign in again, \
               and only then it lands. It deletes cookies. Which?",
        options: &[
            QuizOption::right(
                "Those of the session that was signed out",
                "A deletion names its cookies as well. The new session's have other names, and \
                 stay.",
            ),
            QuizOption::wrong(
                "All that this house ever set",
                "So it is where names are shared: the late answer of a sign-out signs you out \
                 again.",
            ),
            QuizOption::wrong(
                "None: a browser drops what is late",
                "A browser knows no late. It does what an answer says, when the answer comes.",
            ),
        ],
        acts: &["tab1 sends sign-out", "deliver 8", "tab2 sign-in", "deliver 8", "tab2 call"],
        shows: &[
            "tab1 sign-out: 200 · writes revoke · deletes access, refresh",
            "tab2 sign-in: 200 · writes add_session · sets access, refresh 0, deletes those before",
            "tab2 call: 200 · writes acknowledge",
        ],
    },
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
