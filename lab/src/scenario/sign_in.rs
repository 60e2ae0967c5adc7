//! 1: what a sign-in gives, and what a request costs afterwards.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::{Setting, Start};

pub(super) const SCENARIO: Scenario = Scenario {
    number: 1,
    slug: "sign-in",
    title: "One sign-in, two cookies",
    question: "What does signing in put into my browser?",
    claim: "A club that asks its books at every door is slow; one that believes every face is \
            robbed. So this house gives you two things: a wristband that every bouncer can read \
            (the access token, which fades after a minute), and a coat-check ticket that only the \
            house can exchange (the refresh token).",
    setting: Setting { start: Start::SignedOut, ..Setting::DEFAULT },
    branches: &[Branch {
        slug: "story",
        name: "The story",
        setting: None,
        stages: &[
            Stage {
                say: "Before you have signed in, tab 1 calls the server: it asks for something that only users get.",
                predict: Some(Prediction {
                    asks: "What does the server do?",
                    guesses: &[
                        Guess::wrong(
                            "It looks you up",
                            "No cookie came, so there was nothing to look up.",
                        ),
                        Guess::wrong(
                            "It sends a sign-in form",
                            "To show a form is the page's work.",
                        ),
                        Guess::right("It refuses", "A call without a cookie names no user."),
                    ],
                }),
                deeds: &[Deed::new("Call", &["tab1 call"])],
                look: Look::new(
                    Panel::Network,
                    "No cookie went along; the answer is 401: not signed in.",
                ),
                shows: &["tab1 call: 401 · access none"],
            },
            Stage {
                say: "You sign in. The server checks your password once, and begins a session: one \
                      row in its store, the database.",
                predict: None,
                deeds: &[Deed::new("Sign in", &["tab1 sign-in"])],
                look: Look::new(
                    Panel::CookieJar,
                    "Two cookies that no script can read: access token, and refresh token, \
                     generation 0.",
                ),
                shows: &["tab1 sign-in: 200 · writes add_session · sets access, refresh 0"],
            },
            Stage {
                say: "Tab 1 calls again. The cookies go along, and the server checks the access \
                      token's signature and time.",
                predict: None,
                deeds: &[Deed::new("Call again", &["tab1 call"])],
                look: Look::new(
                    Panel::Lineage,
                    "Then the server noted: generation 0 has reached your browser.",
                ),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "Tab 2 calls this server, then service B. Service B is given the access \
                      token alone, and has the public key that checks it, but no store.",
                predict: Some(Prediction {
                    asks: "Who lets tab 2 in?",
                    guesses: &[
                        Guess::right("Both", "It is one signed token: both check the signature."),
                        Guess::wrong(
                            "This server only",
                            "The token itself says who you are, signed.",
                        ),
                        Guess::wrong(
                            "Neither: tab 1 signed in",
                            "Cookies belong to the browser, so its tabs share them.",
                        ),
                    ],
                }),
                deeds: &[
                    Deed::new("Call this server", &["tab2 call"]),
                    Deed::new("Call service B", &["tab2 call at service-b"]),
                ],
                look: Look::new(
                    Panel::Diagram,
                    "200, let in: from this server, node A, and from service B.",
                ),
                shows: &["tab2 call: 200", "tab2 call at service-b: 200"],
            },
            Stage {
                say: "You go on working: tab 1 calls three times more.",
                predict: Some(Prediction {
                    asks: "How often does the server look you up in its store?",
                    guesses: &[
                        Guess::wrong(
                            "Three times",
                            "Older sites do: the cookie is a number, looked up each time.",
                        ),
                        Guess::right(
                            "Not once",
                            "Who you are stands in the token, signed. The list of revoked sessions \
                             is in memory.",
                        ),
                        Guess::wrong(
                            "Once, and then it remembers",
                            "There is nothing to remember: the token says it again each time.",
                        ),
                    ],
                }),
                deeds: &[Deed::new("Call three times", &["tab1 call", "tab1 call", "tab1 call"])],
                look: Look::new(Panel::Diagram, "Three times 200, and no arrow to the store."),
                shows: &["tab1 call: 200", "tab1 call: 200", "tab1 call: 200"],
            },
        ],
    }],
    failure: "One credential for everything: looked up at every door, or good for so long that \
              nobody can take it back.",
    caveat: "The browser here is a jar that follows the rules of cookies, not a real one, and its \
             password hash is made cheap. The application beside the lab has the real ones.",
    sources: &[
        Source::new(
            "RFC 6749 §1.5: why there are two tokens",
            "https://www.rfc-editor.org/rfc/rfc6749#section-1.5",
        ),
        Source::new(
            "RFC 9068 §2: the shape of this access token, but for client_id, which one house needs not",
            "https://www.rfc-editor.org/rfc/rfc9068#section-2",
        ),
        Source::new(
            "@fastify/passport, GHSA-4m3m-ppvx-xgw9: a sign-in that kept the session it came with",
            "https://github.com/fastify/fastify-passport/security/advisories/GHSA-4m3m-ppvx-xgw9",
        ),
    ],
    tour: Some(1),
};
