//! The flows of a session, of a signed token and of the hybrid, as the lab draws them.
//!
//! The first two are the guide's, with the words of this lab.

/// A flow: who sends what to whom.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// Its name in the page.
    pub slug: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The parties, from left to right: two or three.
    pub lanes: &'static [&'static str],
    /// The steps, in their order.
    pub steps: &'static [Step],
    /// A remark below it.
    pub remark: &'static str,
}

/// A step of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The heading of the steps that follow.
    Part(&'static str),
    /// A message from one lane to another, by their indices.
    Sends(usize, usize, &'static str),
    /// Work that a lane does alone.
    Does(usize, &'static str),
}

use Step::{Does, Part, Sends};

const BROWSER: &str = "Browser";
const SERVER: &str = "Server";
const STORE: &str = "Store";

/// All of them.
pub const FLOWS: [Flow; 3] = [
    Flow {
        slug: "sessions",
        title: "Server sessions",
        lanes: &[BROWSER, SERVER, STORE],
        steps: &[
            Part("Sign in"),
            Sends(0, 1, "address, password"),
            Sends(1, 2, "a new session"),
            Sends(1, 0, "its number, a cookie"),
            Part("Each request"),
            Sends(0, 1, "request, number"),
            Sends(1, 2, "which session is that?"),
            Sends(2, 1, "its row"),
            Sends(1, 0, "answer"),
        ],
        remark: "The guide sends the cookie before it creates the session. Here the row is written first: a number \
                 without a row would be a ticket without a coat.",
    },
    Flow {
        slug: "jwt",
        title: "JWT",
        lanes: &[BROWSER, SERVER],
        steps: &[
            Part("Sign in"),
            Sends(0, 1, "address, password"),
            Sends(1, 0, "a signed token"),
            Part("Each request"),
            Sends(0, 1, "request, token"),
            Does(1, "checks the signature"),
            Sends(1, 0, "answer"),
            Part("Once it has expired"),
            Sends(0, 1, "refresh token"),
            Sends(1, 0, "a new token"),
        ],
        remark: "The guide's picture leaves out the store that the refresh token is checked against. Without one, a \
                 refresh token cannot be revoked either.",
    },
    Flow {
        slug: "hybrid",
        title: "The hybrid, as it is here",
        lanes: &[BROWSER, SERVER, STORE],
        steps: &[
            Part("Sign in"),
            Sends(0, 1, "address, password"),
            Sends(1, 2, "a new session"),
            Sends(1, 0, "both tokens, two cookies"),
            Part("Each request"),
            Sends(0, 1, "request, access token"),
            Does(1, "signature, list in memory"),
            Sends(1, 0, "answer"),
            Part("Once it has expired"),
            Sends(0, 1, "request, refresh token"),
            Sends(1, 2, "exchange, if still current"),
            Sends(1, 0, "answer, two new cookies"),
        ],
        remark: "No request has to be sent only to refresh: any request that comes after the end is answered, and \
                 brings the new cookies along.",
    },
];

impl Flow {
    /// The flow as one text, for visitors who hear it.
    pub fn told(&self) -> String {
        let lane = |index: usize| self.lanes.get(index).copied().unwrap_or_default();
        let steps = self.steps.iter().map(|step| match *step {
            Part(name) => format!("{name}."),
            Sends(from, to, says) => format!("{} to {}: {says}.", lane(from), lane(to)),
            Does(at, says) => format!("{}: {says}.", lane(at)),
        });
        steps.collect::<Vec<_>>().join(" ")
    }
}
