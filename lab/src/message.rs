//! A message of a world: a request and its answer, as far as they may be shown.
//!
//! Headers and cookies stand here without their values; the values themselves stay in [`world`](super::world), and only
//! while a message is under way.

use std::fmt;

use coatroom::{
    auth::Validity,
    clock::Timestamp,
    session::{Decision, Invalid, Replay, Reuse, Revocation, Session, SessionId},
    web::CookieKind,
};

use super::{
    action::{Ask, Request},
    jar::Shown,
    ledger::{Statement, Writes},
};

/// A request, and the answer once there is one.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its number, from 1.
    pub number: u32,
    /// The sender, what it asks for, and the receiver.
    pub request: Request,
    /// The message that it is a copy of.
    pub copy_of: Option<u32>,
    /// The phase that it is in.
    pub phase: Phase,
    /// The cookies that it carries; a browser sends no attributes.
    pub cookies: Vec<Shown>,
    /// The answer of the server.
    pub answer: Option<Answer>,
}

/// The phase of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The request is under way.
    Asked,
    /// The answer is under way.
    Answered,
    /// The answer arrived.
    Received,
    /// The request was lost.
    RequestLost,
    /// The answer was lost.
    AnswerLost,
}

impl Phase {
    /// Returns true if it can be delivered, lost or doubled.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Asked | Self::Answered)
    }
}

/// The answer of a server, and how the server came to it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The time.
    pub at: Timestamp,
    /// The status.
    pub status: u16,
    /// The error code in its body.
    pub error: Option<String>,
    /// Its headers, those with secrets redacted.
    pub head: Vec<(String, String)>,
    /// The worth of the access token; `None` if none came, or the node has no such check.
    pub access: Option<Validity>,
    /// The presence of an access token in the request.
    pub carried: Carried,
    /// The decision on the refresh token.
    pub decision: Option<Decision>,
    /// The calls to the store.
    pub statements: Vec<Statement>,
    /// The cookies that it sets; those it deletes have no fingerprint.
    pub cookies: Vec<Shown>,
    /// The rows that it changed, of the sessions that the request's tokens name, and of the one that began with it.
    pub changes: Vec<Changed>,
    /// The time that the node took, in microseconds, by the machine's clock.
    pub micros: u64,
}

/// A session's row that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The session.
    pub session: SessionId,
    /// The row before; `None` if the session is new.
    pub before: Option<Row>,
    /// The row since.
    pub after: Row,
}

/// The parts of a session's row that change in a world; the secret that its tokens are derived from is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// [`Session::generation`].
    pub generation: u64,
    /// [`Session::rotated_at`].
    pub rotated_at: Timestamp,
    /// [`Session::acknowledged_at`].
    pub acknowledged_at: Option<Timestamp>,
    /// [`Session::replays`].
    pub replays: u32,
    /// [`Session::idle_expires_at`].
    pub idle_expires_at: Timestamp,
    /// [`Session::revoked`].
    pub revoked: Option<Revocation>,
    /// The version of [`Session::authority`].
    pub authority_version: u64,
}

impl From<&Session> for Row {
    fn from(session: &Session) -> Self {
        Self {
            generation: session.generation,
            rotated_at: session.rotated_at,
            acknowledged_at: session.acknowledged_at,
            replays: session.replays,
            idle_expires_at: session.idle_expires_at,
            revoked: session.revoked,
            authority_version: session.authority.version,
        }
    }
}

/// The presence of an access token in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// It carried one.
    Token,
    /// It carried none.
    Nothing,
}

impl Answer {
    /// The names of the writing calls that changed something, in order.
    pub fn writes(&self) -> impl Iterator<Item = &'static str> {
        self.changing().map(|statement| statement.call)
    }

    fn changing(&self) -> impl Iterator<Item = &Statement> {
        let changed = |each: &&Statement| each.writes == Writes::Yes && each.rows > Some(0);
        self.statements.iter().filter(changed)
    }

    /// The sessions that it ended by decision.
    pub fn ended(&self) -> impl Iterator<Item = SessionId> {
        let revoked = self.changing().filter(|statement| statement.call == "revoke");
        revoked.filter_map(|statement| statement.session)
    }

    /// Number of calls that read, and number of calls that write, whatever came of them.
    pub fn cost(&self) -> (usize, usize) {
        let writes = self.statements.iter().filter(|each| each.writes == Writes::Yes).count();
        (self.statements.len() - writes, writes)
    }

    /// The generation of the refresh token that it sets.
    pub fn refresh(&self) -> Option<u64> {
        self.cookies.iter().find_map(|cookie| cookie.generation)
    }

    /// The worth of the access token, in a word; nothing if it was good, or was not checked.
    pub fn validity(&self) -> Option<&'static str> {
        match (self.access, self.carried) {
            (Some(worth), _) => validity_word(worth),
            (None, Carried::Nothing) => Some("none"),
            (None, Carried::Token) => None,
        }
    }

    /// The change that it makes to the jar, in words.
    pub fn jar(&self) -> Option<String> {
        let (deleted, set): (Vec<&Shown>, Vec<&Shown>) =
            self.cookies.iter().partition(|cookie| cookie.is_deletion());
        let names = |cookies: &[&Shown]| {
            let has = |kind| cookies.iter().any(|cookie| cookie.kind == Some(kind));
            let refresh = cookies.iter().find_map(|cookie| cookie.generation);
            let refresh =
                refresh.map_or("refresh".to_owned(), |number| format!("refresh {number}"));
            let kinds = [
                (CookieKind::Access, "access".to_owned()),
                (CookieKind::Refresh, refresh),
                (CookieKind::Session, "session".to_owned()),
            ];
            let named = kinds.into_iter().filter(|(kind, _)| has(*kind)).map(|(_, name)| name);
            let others = cookies.iter().filter(|cookie| cookie.kind.is_none());
            let named = named.chain(others.map(|cookie| cookie.name.clone()));
            named.collect::<Vec<_>>().join(", ")
        };
        match (set.is_empty(), deleted.is_empty()) {
            (true, true) => None,
            (true, false) => Some(format!("deletes {}", names(&deleted))),
            (false, true) => Some(format!("sets {}", names(&set))),
            (false, false) => Some(format!("sets {}, deletes those before", names(&set))),
        }
    }
}

/// A word for what an access token is worth; nothing for a good one.
pub const fn validity_word(validity: Validity) -> Option<&'static str> {
    match validity {
        Validity::Valid => None,
        Validity::Expired => Some("expired"),
        Validity::Outdated => Some("outdated"),
        Validity::Revoked => Some("revoked"),
        Validity::Invalid(_) => Some("invalid"),
    }
}

/// The name of a decision, as the rule's table has it.
pub const fn decision_name(decision: Decision) -> &'static str {
    match decision {
        Decision::Invalid(Invalid::Unrecognized) => "Unrecognized",
        Decision::Invalid(Invalid::Ahead) => "Ahead",
        Decision::Ended(_) => "Ended",
        Decision::Debounced { .. } => "Debounced",
        Decision::Rotate => "Rotate",
        Decision::Replay(Replay::Undelivered) => "Replay(undelivered)",
        Decision::Replay(Replay::Concurrent) => "Replay(concurrent)",
        Decision::TooManyReplays { .. } => "TooManyReplays",
        Decision::Reuse(Reuse::Recent) => "Reuse(recent)",
        Decision::Reuse(Reuse::Stale) => "Reuse(stale)",
    }
}

/// Writes the outcome in one line: `tab1 refresh: 200 · row 6 Rotate · writes rotate · sets access, refresh 1`.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.request.from.word(), self.request)?;
        let Some(answer) = &self.answer else { return f.write_str("no answer") };
        write!(f, "{}", answer.status)?;
        if self.request.ask != Ask::SignIn
            && let Some(worth) = answer.validity()
        {
            write!(f, " · access {worth}")?;
        }
        if let Some(decision) = answer.decision {
            write!(f, " · row {} {}", decision.row(), decision_name(decision))?;
        }
        let writes: Vec<&str> = answer.writes().collect();
        if !writes.is_empty() {
            write!(f, " · writes {}", writes.join(", "))?;
        }
        answer.jar().map_or(Ok(()), |jar| write!(f, " · {jar}"))
    }
}
