//! Spans of the engine's verbs, for an application's traces: the session, the row of the rule and the outcome.
//!
//! They are `sign_up`, `sign_in`, `begin`, `refresh` and `sign_out`, at the level `DEBUG`, so that the log of an
//! application that asks for `INFO` stays as it is. Invariant: no field holds an address, a token, a secret or any other
//! text of a client's.

use std::future::Future;

use tracing::{Instrument as _, Span, debug_span, field};

use super::{BeginError, Credential, IssueError, Refreshed};
use crate::{
    session::{Decision, Invalid, SessionId},
    store::StoreError,
};

/// A verb of the engine, as its span is named.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verb {
    SignUp,
    SignIn,
    Begin,
    Refresh,
    SignOut,
}

impl Verb {
    /// Runs a verb in its span, and notes its outcome there. `named` is the session that the caller named.
    pub(crate) async fn run<T: Done, E: Failed>(
        self,
        named: Option<SessionId>,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let span = self.span();
        let result = work.instrument(span.clone()).await;
        let (sid, outcome) = match &result {
            Ok(done) => (done.sid(named), done.outcome()),
            Err(error) => (error.sid(named), error.outcome()),
        };
        if let Some(sid) = sid {
            span.record("sid", field::display(sid));
        }
        if let Some(row) = result.as_ref().ok().and_then(Done::row) {
            span.record("row", row);
        }
        span.record("outcome", outcome);
        result
    }

    fn span(self) -> Span {
        match self {
            Self::SignUp => debug_span!("sign_up", sid = field::Empty, outcome = field::Empty),
            Self::SignIn => debug_span!("sign_in", sid = field::Empty, outcome = field::Empty),
            Self::Begin => debug_span!("begin", sid = field::Empty, outcome = field::Empty),
            Self::Refresh => {
                let none = field::Empty;
                debug_span!("refresh", sid = none, row = none, outcome = none)
            }
            Self::SignOut => debug_span!("sign_out", sid = field::Empty, outcome = field::Empty),
        }
    }
}

/// The result of a verb that the store carried out.
pub(crate) trait Done {
    /// Returns the session that it was about, if it is one of this server's.
    fn sid(&self, named: Option<SessionId>) -> Option<SessionId>;

    /// Returns the row of the rule that decided.
    fn row(&self) -> Option<u8> {
        None
    }

    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl Done for Credential {
    fn sid(&self, _: Option<SessionId>) -> Option<SessionId> {
        Some(self.sid())
    }
}

impl Done for () {
    fn sid(&self, named: Option<SessionId>) -> Option<SessionId> {
        named
    }
}

impl Done for Refreshed {
    fn sid(&self, named: Option<SessionId>) -> Option<SessionId> {
        // A token that is not recognized names what its client likes.
        named.filter(|_| self.decision != Decision::Invalid(Invalid::Unrecognized))
    }

    fn row(&self) -> Option<u8> {
        Some(self.decision.row())
    }

    fn outcome(&self) -> &'static str {
        match self.decision {
            Decision::Invalid(Invalid::Unrecognized) => "unrecognized",
            Decision::Invalid(Invalid::Ahead) => "ahead",
            Decision::Ended(_) => "ended",
            Decision::Debounced { .. } => "debounced",
            Decision::Rotate => "rotated",
            Decision::Replay(_) => "replayed",
            Decision::TooManyReplays { .. } => "too_many_replays",
            Decision::Reuse(_) => "reuse",
        }
    }
}

/// The reason why a verb was not carried out.
pub(crate) trait Failed {
    /// Returns the session that it was about, if it is one of this server's.
    fn sid(&self, _named: Option<SessionId>) -> Option<SessionId> {
        None
    }

    fn outcome(&self) -> &'static str;
}

/// The failure of a sign-out, which the application asked for by the session's id.
impl Failed for StoreError {
    fn sid(&self, named: Option<SessionId>) -> Option<SessionId> {
        named
    }

    fn outcome(&self) -> &'static str {
        "unavailable"
    }
}

impl Failed for IssueError {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Store(_) => "unavailable",
            Self::Sign(_) => "unsigned",
        }
    }
}

impl Failed for BeginError {
    fn outcome(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Issue(error) => error.outcome(),
        }
    }
}
