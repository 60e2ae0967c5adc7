//! 10: a role is taken away while tokens that name it are in use.

use coatroom::config::Verification;

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
use crate::{action::Rank, setting::Setting};

const ADMIN: Setting = Setting { role: Rank::Admin, ..Setting::DEFAULT };

pub(super) const SCENARIO: Scenario = Scenario {
    number: 10,
    slug: "from-admin-to-user",
    title: "The role is gone. And the button?",
    question: "My rights were taken away. Why do the buttons still work?",
    claim: "Your role is printed on the wristband, so that no door has to ask. Then somebody in \
            the house takes the role away. Print cannot be changed from afar: either every bouncer \
            knows which wristbands are out of date, or the old role works until they fade.",
    setting: ADMIN,
    branches: &[
        Branch {
            slug: "denylist",
            name: "With a list (the default)",
            setting: None,
            stages: &[
                IN_OFFICE,
                Stage {
                    say: "A colleague makes you a plain user. What you may do has a newer version, \
                          and every node hears of it. Your token is genuine, in time, and of an \
                          older version: a refresh is due.",
                    acts: &["role user", "tab1 admin", "tab1 admin at node-b"],
                    look: Look::new(Panel::Network, "401 from both nodes, and no cookie touched."),
                    shows: &[
                        "tab1 admin: 401 · access outdated",
                        "tab1 admin at node-b: 401 · access outdated",
                    ],
                },
                Stage {
                    say: "The client refreshes. The ticket is too young to be exchanged and stays \
                          as it is; the session reads the account again, and the new access \
                          token names the new role.",
                    acts: &["tab1 refresh"],
                    look: Look::new(Panel::Diagram, "Row 5, Debounced: a new access token alone."),
                    shows: &["tab1 refresh: 200 · access outdated · row 5 Debounced · \
                              writes renew_authority · sets access"],
                },
                Stage {
                    say: "The button is refused for what you are now, and everything else works. \
                          You were never signed out.",
                    acts: &["tab1 admin", "tab1 call"],
                    look: Look::new(Panel::Now, "Signed in, as a user."),
                    shows: &["tab1 admin: 403", "tab1 call: 200"],
                },
            ],
        },
        Branch {
            slug: "stateless",
            name: "Signature alone",
            setting: Some(Setting { verification: Verification::Stateless, ..ADMIN }),
            stages: &[
                IN_OFFICE,
                Stage {
                    say: "A colleague makes you a plain user. Nobody who reads the wristband can \
                          know, and the button works, on every node.",
                    acts: &["role user", "tab1 admin", "tab1 admin at node-b"],
                    look: Look::new(Panel::Now, "The account is a user's, the token an admin's."),
                    shows: &["tab1 admin: 200", "tab1 admin at node-b: 200"],
                },
                Stage {
                    say: "A minute later the token expires, and the refresh reads the account. \
                          Only then is the role gone.",
                    acts: &["wait 61s", "tab1 admin", "tab1 refresh", "tab1 admin"],
                    look: Look::new(Panel::Diagram, "Expired, refreshed, and 403 at last."),
                    shows: &[
                        "tab1 admin: 401 · access expired",
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 1",
                        "tab1 admin: 403 · writes acknowledge",
                    ],
                },
            ],
        },
    ],
    quiz: Quiz {
        asks: "It was a mistake, and you are made an admin again. What do you have to do?",
        options: &[
            QuizOption::wrong(
                "Sign out and in again",
                "That is what people are told where a role is fixed at sign-in. Here a refresh \
                 reads it from the account once it has changed.",
            ),
            QuizOption::right(
                "Nothing: the next click refreshes in silence",
                "The token is out of date once more. One refresh, and the button works.",
            ),
            QuizOption::wrong(
                "Wait until the token expires",
                "Its version is checked at every request. It need not expire first.",
            ),
        ],
        acts: &["role admin", "tab1 admin", "tab1 refresh", "tab1 admin"],
        shows: &[
            "tab1 admin: 401 · access outdated",
            "tab1 refresh: 200 · access outdated · row 5 Debounced · writes renew_authority · \
             sets access",
            "tab1 admin: 200",
        ],
    },
    failure: "The stale claim: whoever was demoted acts with the old role until the token expires, \
              and may use the time to make it last.",
    caveat: "A service that has only the public keys reads the old role until the token expires. \
             What must not happen once should read the account at that very moment.",
    sources: &[
        Source::new(
            "RFC 9068 §2.2.3.1: roles and groups as claims of an access token",
            "https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3.1",
        ),
        Source::new(
            "shellhub-io/shellhub #6773: demoted admins keep their access for up to 72 hours",
            "https://github.com/shellhub-io/shellhub/issues/6773",
        ),
        Source::new(
            "artifact-keeper/artifact-keeper #1821: a demoted admin makes a new one with the old \
             token",
            "https://github.com/artifact-keeper/artifact-keeper/issues/1821",
        ),
    ],
    tour: None,
};

/// The first stage of both branches.
const IN_OFFICE: Stage = Stage {
    say: "You are an admin, and use a function for admins only.",
    acts: &["tab1 admin"],
    look: Look::new(Panel::Now, "Signed in, as an admin."),
    shows: &["tab1 admin: 200 · writes acknowledge"],
};
