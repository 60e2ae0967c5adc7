//! 1: what a sign-in gives, and what a request costs afterwards.

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
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
                say: "Nobody has signed in, and tab 1 calls a function for guests only. Without a \
                      wristband the bouncer does not even look into the books, the store.",
                acts: &["tab1 call"],
                look: Look::new(
                    Panel::Network,
                    "No cookie goes along, and the answer is 401: nobody.",
                ),
                shows: &["tab1 call: 401 · access none"],
            },
            Stage {
                say: "Sign in. The password is checked once, slowly on purpose. A new session \
                      begins, one row in the store, whatever cookies came along. Both tokens leave \
                      in cookies that no script can read.",
                acts: &["tab1 sign-in"],
                look: Look::new(
                    Panel::CookieJar,
                    "Two cookies, both HttpOnly, Secure and SameSite=Lax. The ticket is numbered: \
                     generation 0.",
                ),
                shows: &["tab1 sign-in: 200 · writes add_session · sets access, refresh 0"],
            },
            Stage {
                say: "Tab 1 calls again. The bouncer checks signature and time, and asks nobody. \
                      As generation 0 is seen in use for the first time, the house notes that it \
                      arrived, behind the request.",
                acts: &["tab1 call"],
                look: Look::new(
                    Panel::Lineage,
                    "Generation 0 is acknowledged: proven to be in the browser.",
                ),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "Tab 2 has the same jar, so the same wristband. Service B can read it as well: \
                      it has public keys and no books, and is handed no ticket.",
                acts: &["tab2 call", "tab2 call at service-b"],
                look: Look::new(Panel::Diagram, "Neither call has a line to the store."),
                shows: &["tab2 call: 200", "tab2 call at service-b: 200"],
            },
        ],
    }],
    quiz: Quiz {
        asks: "Tab 1 calls three times more. How often does the house look you up in its store?",
        options: &[
            QuizOption::wrong(
                "Three times",
                "That is the session of old: a bare reference, looked up at every door.",
            ),
            QuizOption::right(
                "Not once",
                "Who you are stands in the token, signed. Whether it was taken back, each node \
                 keeps in memory.",
            ),
            QuizOption::wrong(
                "Once, and then it remembers",
                "There is nothing to remember: the token says it again each time.",
            ),
        ],
        acts: &["tab1 call", "tab1 call", "tab1 call"],
        shows: &["tab1 call: 200", "tab1 call: 200", "tab1 call: 200"],
    },
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
