//! The tables in which two of the documents compare sessions with tokens, each line beside what was measured.
//!
//! The words are the lab's own. The session is the opaque one in a shared store, the token the stateless one of `EdDSA`.

use super::{
    Comparison, Findings,
    text::{calls, onset},
};
use crate::seeds::Document;

/// A line of a table.
#[derive(Clone, Copy, Debug)]
pub struct Aspect {
    /// Its name.
    pub name: &'static str,
    /// The document.
    pub by: Document,
    /// The word for sessions.
    pub sessions: &'static str,
    /// The word for tokens.
    pub tokens: &'static str,
    measure: fn(&Findings) -> String,
}

impl Aspect {
    /// Returns what was measured of the session and of the token; `None` if they were not.
    pub fn measured(&self, all: &Comparison) -> Option<[String; 2]> {
        let [session, token] = ["opaque-store", "jwt-eddsa"].map(|slug| all.find(slug));
        Some([(self.measure)(session?), (self.measure)(token?)])
    }
}

const fn aspect(
    by: Document,
    name: &'static str,
    sessions: &'static str,
    tokens: &'static str,
    measure: fn(&Findings) -> String,
) -> Aspect {
    Aspect { name, by, sessions, tokens, measure }
}

use Document::{Guide, Interview};

/// All of them. The guide has a line on security as well, which is a matter of where a token is kept, and no figure.
pub const ASPECTS: [Aspect; 8] = [
    aspect(Guide, "The data", "with the server", "with the client", state),
    aspect(Guide, "Revocation", "at once", "on expiry", |found| onset(found.sign_out[1])),
    aspect(Guide, "Scaling", "harder", "easier", |found| found.alone.words().to_owned()),
    aspect(Interview, "State", "at the server", "at the client", state),
    aspect(Interview, "Scaling", "needs Redis", "by itself", |found| {
        found.alone.words().to_owned()
    }),
    aspect(Interview, "Revocation", "easy", "hard", |found| onset(found.sign_out[1])),
    aspect(Interview, "Speed", "a lookup", "a signature, and no lookup", |found| {
        format!("{} in {} requests", calls(found.requests), found.count)
    }),
    aspect(Interview, "Length", "short", "longer", |found| format!("{} bytes", found.cookie_bytes)),
];

/// Returns the writes of a sign-in: state that the server keeps from then on.
fn state(found: &Findings) -> String {
    match found.sign_in.writes {
        0 => "nothing is stored".to_owned(),
        1 => "a row is stored".to_owned(),
        count => format!("{count} rows are stored"),
    }
}
