//! 18: the server starts anew, the database does not answer, and no visitor is signed out.

use coatroom::config::Verification;

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 18,
    slug: "restart-and-outage",
    title: "The server restarts, the database is down. Who is signed out?",
    question: "Why was I signed out by a deployment?",
    claim: "Sessions in a server's memory die with it. And a house that cannot find its books may \
            take you for a stranger: cookies deleted, everybody at the door when the books are \
            back. Not knowing is an answer of its own.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "denylist",
            name: "With a list (the default)",
            setting: None,
            stages: &[
                Stage {
                    say: "You are at work while every node is restarted. What a wristband says \
                          needs no memory, and what was revoked is read before the first request.",
                    acts: &["tab1 call", "restart", "tab1 call"],
                    look: Look::new(Panel::Now, "Signed in, the same session, generation 0."),
                    shows: &["tab1 call: 200 · writes acknowledge", "tab1 call: 200"],
                },
                Stage {
                    say: "You refresh, as every minute. Then the database stops answering, and the \
                          next call does not even notice.",
                    acts: &[
                        "wait 61s",
                        "tab1 refresh",
                        "tab1 call",
                        "wait 40s",
                        "database down",
                        "tab1 call",
                    ],
                    look: Look::new(
                        Panel::Diagram,
                        "The last call: no line to the store, and 200.",
                    ),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 1",
                        "tab1 call: 200 · writes acknowledge",
                        "tab1 call: 200",
                    ],
                },
                Stage {
                    say: "The token expires, and to refresh takes the books. 503, try again: the \
                          house does not say that you are nobody, and touches no cookie.",
                    acts: &["wait 21s", "tab1 call", "tab1 refresh", "tab1 reload"],
                    look: Look::new(Panel::CookieJar, "Both cookies are there, as they were."),
                    shows: &[
                        "tab1 call: 401 · access expired",
                        "tab1 refresh: 503 · access expired",
                        "tab1 reload: 503 · access expired",
                    ],
                },
                Stage {
                    say: "Half a minute without news: somebody may have signed out elsewhere, so the \
                          node trusts its memory no more, and asks for the row.",
                    acts: &["wait 10s", "tab1 call"],
                    look: Look::new(Panel::Diagram, "This call does ask the store: 503."),
                    shows: &["tab1 call: 503"],
                },
                Stage {
                    say: "The database is back. The next attempt works as if nothing had been.",
                    acts: &["database up", "tab1 refresh", "tab1 call"],
                    look: Look::new(Panel::Lineage, "Generation 2, in the session of before."),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 2",
                        "tab1 call: 200 · writes acknowledge",
                    ],
                },
            ],
        },
        Branch {
            slug: "strict",
            name: "A lookup at every door",
            setting: Some(Setting { verification: Verification::Strict, ..Setting::DEFAULT }),
            stages: &[
                Stage {
                    say: "Here every request reads the session's row. You are at work.",
                    acts: &["tab1 call"],
                    look: Look::new(Panel::Cost, "One read for one call."),
                    shows: &["tab1 call: 200 · writes acknowledge"],
                },
                Stage {
                    say: "The database stops answering, and so does every door, at once. Nobody is \
                          let in, and still nobody is signed out.",
                    acts: &["database down", "tab1 call", "tab1 reload"],
                    look: Look::new(Panel::CookieJar, "Both cookies are there, as they were."),
                    shows: &["tab1 call: 503", "tab1 reload: 503"],
                },
                Stage {
                    say: "It is back, and you go on with the tokens you had.",
                    acts: &["database up", "tab1 call"],
                    look: Look::new(Panel::Now, "Signed in, the same session, generation 0."),
                    shows: &["tab1 call: 200"],
                },
            ],
        },
    ],
    quiz: Quiz {
        asks: "The database goes down again, and right then you press sign out. What happens?",
        options: &[
            QuizOption::wrong(
                "I am signed out here; the rest follows later",
                "If the cookies were deleted now and the row never revoked, a copy of them would \
                 live on, and you would not know.",
            ),
            QuizOption::right(
                "It fails, says so, and I am still signed in",
                "A sign-out that is not written is none. 503, the cookies stay, and you can press \
                 again.",
            ),
            QuizOption::wrong(
                "The node remembers it and writes it later",
                "Until a restart forgets it. Nothing is promised that is not committed.",
            ),
        ],
        acts: &["database down", "tab1 sign-out", "database up", "tab1 call", "tab1 sign-out"],
        shows: &[
            "tab1 sign-out: 503",
            "tab1 call: 200",
            "tab1 sign-out: 200 · writes revoke · deletes access, refresh",
        ],
    },
    failure: "The outage that signs everybody out: a refresh that fails for whatever reason is \
              read as 'not signed in'.",
    caveat: "Half a minute is this world's bound, in its own time; in earnest it is five seconds. \
             A node that has heard nothing of the store for longer reads a row for each request, \
             and answers 503 where it cannot.",
    sources: &[
        Source::new(
            "metadist/synaplan #1355: active users are signed out by rolling deployments",
            "https://github.com/metadist/synaplan/pull/1355",
        ),
        Source::new(
            "matrix-org/matrix-js-sdk #5495: any 4xx to a refresh ended the session",
            "https://github.com/matrix-org/matrix-js-sdk/issues/5495",
        ),
        Source::new(
            "RFC 9110 §15.6.4: 503, and when to try again",
            "https://www.rfc-editor.org/rfc/rfc9110#section-15.6.4",
        ),
    ],
    tour: None,
};
