//! 10: a role is taken away while tokens that name it are in use.

use coatroom::config::Verification;

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
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
                    say: "A colleague makes you a plain user. Your token still says admin, but it \
                          names a version of your rights, and the site's two servers (nodes) \
                          hear of a newer one.",
                    predict: Some(Prediction {
                        asks: "You press the button again. What comes?",
                        guesses: &[
                            Guess::wrong(
                                "It works: the token says admin",
                                "It is an older version's word, and the nodes know.",
                            ),
                            Guess::wrong(
                                "403: only for admins",
                                "Not yet: an old token is not judged by its role.",
                            ),
                            Guess::right(
                                "401: a newer token is due",
                                "The token is genuine, and out of date.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Take the role", &["role user"]),
                        Deed::new(
                            "Press the button at both",
                            &["tab1 admin", "tab1 admin at node-b"],
                        ),
                    ],
                    look: Look::new(Panel::Now, "Out of date: the token and the account differ."),
                    shows: &[
                        "tab1 admin: 401 · access outdated",
                        "tab1 admin at node-b: 401 · access outdated",
                    ],
                },
                Stage {
                    say: "So the page brings its refresh token, moments after you signed in.",
                    predict: Some(Prediction {
                        asks: "What does the server set?",
                        guesses: &[
                            Guess::right(
                                "A new access token alone",
                                "The role is read anew; the refresh token is too young to rotate.",
                            ),
                            Guess::wrong(
                                "Two new tokens",
                                "A refresh token seen only moments ago is not rotated.",
                            ),
                            Guess::wrong("Nothing", "To lose a role ends no session."),
                        ],
                    }),
                    deeds: &[Deed::new("Refresh", &["tab1 refresh"])],
                    look: Look::new(Panel::Diagram, "Row 5, Debounced: access alone is set."),
                    shows: &["tab1 refresh: 200 · access outdated · row 5 Debounced · \
                              writes renew_authority · sets access"],
                },
                Stage {
                    say: "The new access token says user. You press the button, then do an \
                          everyday call.",
                    predict: Some(Prediction {
                        asks: "What are the answers?",
                        guesses: &[
                            Guess::wrong("401 twice: sign in again", "You were never signed out."),
                            Guess::right(
                                "403 for the button, 200 for the call",
                                "The server knows you, and users may not press it.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Press the button", &["tab1 admin"]),
                        Deed::new("Call", &["tab1 call"]),
                    ],
                    look: Look::new(Panel::Now, "Signed in, as a user."),
                    shows: &["tab1 admin: 403", "tab1 call: 200"],
                },
                MISTAKE,
            ],
        },
        Branch {
            slug: "stateless",
            name: "Signature alone",
            setting: Some(Setting { verification: Verification::Stateless, ..ADMIN }),
            stages: &[
                IN_OFFICE,
                Stage {
                    say: "A colleague makes you a plain user. The site's two servers, node A and \
                          node B, look at a token's signature and time, and at nothing else.",
                    predict: Some(Prediction {
                        asks: "You press the button at both nodes. What comes?",
                        guesses: &[
                            Guess::wrong(
                                "403: only for admins",
                                "They would have to read the account for that.",
                            ),
                            Guess::right(
                                "200: it works at both",
                                "The token says admin until it expires, and is all they look at.",
                            ),
                            Guess::wrong(
                                "401: a newer token is due",
                                "They would have to hear of the change for that.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Take the role", &["role user"]),
                        Deed::new(
                            "Press the button at both",
                            &["tab1 admin", "tab1 admin at node-b"],
                        ),
                    ],
                    look: Look::new(Panel::Now, "The token says admin, the account says user."),
                    shows: &["tab1 admin: 200", "tab1 admin at node-b: 200"],
                },
                Stage {
                    say: "A minute passes. The access token expires: the next call gets 401, and \
                          the page refreshes.",
                    predict: Some(Prediction {
                        asks: "Which role will the new access token name?",
                        guesses: &[
                            Guess::wrong(
                                "Admin, as when you signed in",
                                "The role is not fixed at sign-in.",
                            ),
                            Guess::right(
                                "User, as the account says now",
                                "A refresh reads the role anew once it has changed.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Let a minute pass, then press", &["wait 61s", "tab1 admin"]),
                        Deed::new("Refresh", &["tab1 refresh"]),
                    ],
                    look: Look::new(Panel::Now, "Signed in, as a user: token and account agree."),
                    shows: &[
                        "tab1 admin: 401 · access expired",
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 1",
                    ],
                },
                Stage {
                    say: "You press the admin button with the new token.",
                    predict: Some(Prediction {
                        asks: "What does the server answer?",
                        guesses: &[
                            Guess::right(
                                "403: not allowed",
                                "It knows you, and users may not press it.",
                            ),
                            Guess::wrong(
                                "401: sign in again",
                                "The token is good. To sign in again would change nothing.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Press the button", &["tab1 admin"])],
                    look: Look::new(Panel::Network, "Served last, the admin call: 403 after all."),
                    shows: &["tab1 admin: 403 · writes acknowledge"],
                },
            ],
        },
    ],
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

/// The last stage of the first branch.
const MISTAKE: Stage = Stage {
    say: "It was a mistake: you are made an admin again.",
    predict: Some(Prediction {
        asks: "What must you do?",
        guesses: &[
            Guess::wrong("Sign out and in again", "A refresh reads the role too."),
            Guess::right("Just click", "One silent refresh follows, and it works."),
            Guess::wrong("Wait for expiry", "The version is checked at every call."),
        ],
    }),
    deeds: &[
        Deed::new("Give the role back", &["role admin"]),
        Deed::new("Press the button", &["tab1 admin", "tab1 refresh", "tab1 admin"]),
    ],
    look: Look::new(Panel::Now, "Signed in, as an admin."),
    shows: &[
        "tab1 admin: 401 · access outdated",
        "tab1 refresh: 200 · access outdated · row 5 Debounced · writes renew_authority · \
         sets access",
        "tab1 admin: 200",
    ],
};

/// The first stage of both branches.
const IN_OFFICE: Stage = Stage {
    say: "You are an admin, and your access token says so. You press a button for admins only.",
    predict: None,
    deeds: &[Deed::new("Press the button", &["tab1 admin"])],
    look: Look::new(Panel::Now, "Signed in, as an admin."),
    shows: &["tab1 admin: 200 · writes acknowledge"],
};
