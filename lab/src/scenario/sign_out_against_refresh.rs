//! 8: a sign-out and a refresh under way at the same time, in both orders.

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
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
                    say: "The sign-out arrives. The session's row is revoked, and this node keeps \
                          its id in mind.",
                    acts: &["deliver 3"],
                    look: Look::new(
                        Panel::Diagram,
                        "The row gets a time and a reason, and the answer deletes both cookies.",
                    ),
                    shows: &["tab2 sign-out: 200 · writes revoke · deletes access, refresh"],
                },
                Stage {
                    say: "The refresh comes second. Its ticket is genuine and current, and that \
                          does not matter any more: a revoked session is never looked at further.",
                    acts: &["deliver 2"],
                    look: Look::new(Panel::Diagram, "Row 2, Ended: no write and no cookie."),
                    shows: &["tab1 refresh: 401 · access revoked · row 2 Ended"],
                },
                Stage {
                    say: "Both answers come home, and tab 1 tries a call.",
                    acts: &["deliver 2", "deliver 3", "tab1 call"],
                    look: Look::new(Panel::CookieJar, "Empty. The refusal had set nothing."),
                    shows: &["tab1 call: 401 · access none"],
                },
            ],
        },
        Branch {
            slug: "refresh-first",
            name: "The refresh is first",
            setting: None,
            stages: &[
                UNDER_WAY,
                Stage {
                    say: "The refresh arrives first, and generation 1 is born. Its cookies are on \
                          their way to the jar.",
                    acts: &["deliver 2"],
                    look: Look::new(Panel::Lineage, "Generation 1 is current."),
                    shows: &[
                        "tab1 refresh: 200 · row 6 Rotate · writes rotate · sets access, refresh 1",
                    ],
                },
                Stage {
                    say: "The sign-out brings tokens of generation 0. They name the session, and \
                          the session ends: with every generation it has.",
                    acts: &["deliver 3"],
                    look: Look::new(Panel::Lineage, "The whole chain is revoked, 1 included."),
                    shows: &["tab2 sign-out: 200 · writes revoke · deletes access, refresh"],
                },
                Stage {
                    say: "The worst order home: the deletion first, and the new cookies after it. \
                          The jar is full again, of tokens that nobody believes.",
                    acts: &["deliver 3", "deliver 2", "tab1 call"],
                    look: Look::new(
                        Panel::CookieJar,
                        "Two cookies of generation 1, and a call that is refused all the same.",
                    ),
                    shows: &["tab1 call: 401 · access revoked"],
                },
            ],
        },
    ],
    quiz: Quiz {
        asks: "Tab 3's call left before the sign-out was done, with an access token that is good for \
               twelve seconds more. It arrives only now. Does it run?",
        options: &[
            QuizOption::wrong(
                "Yes: the token has not expired",
                "So it is where nothing but the signature and the time are checked. Here the node \
                 also remembers what was taken back.",
            ),
            QuizOption::right(
                "No: the session is revoked",
                "The node finds its id among the revoked ones, in memory. It reads the store only \
                 to say why.",
            ),
            QuizOption::wrong(
                "Yes: it was sent in time",
                "What counts is when it is checked, and not when it left.",
            ),
        ],
        acts: &["deliver 4"],
        shows: &["tab3 call: 401 · access revoked"],
    },
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

/// The first stage of both branches.
const UNDER_WAY: Stage = Stage {
    say: "At four fifths of the minute tab 1 refreshes by its timer. At that moment you sign out \
          in tab 2, and tab 3 calls. All three are on the road.",
    acts: &[
        "tab1 call",
        "wait 48s",
        "tab1 sends refresh",
        "tab2 sends sign-out",
        "tab3 sends call",
    ],
    look: Look::new(Panel::Network, "Three requests, all with the tokens of generation 0."),
    shows: &["tab1 call: 200 · writes acknowledge"],
};
