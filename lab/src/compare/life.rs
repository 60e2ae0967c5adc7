//! Sessions and jars of a rerun: what they hold, and what becomes of them.
//!
//! Nothing here is a token. A jar names a session by its place, and a token by what its server calls it.

use coatroom::clock::Timestamp;

use super::{Cause, End, Lived, Moment};
use crate::policy::{Server, Token};

/// A session on its server.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) server: Server,
    pub(super) newest: Token,
    /// The time at which it expires if nothing is heard from it; never later than it expires for certain.
    pub(super) expires_at: Timestamp,
    pub(super) absolute_expires_at: Timestamp,
    /// The tokens that were refused, as they will always be.
    pub(super) refused: Vec<Token>,
    pub(super) lived: Lived,
}

/// The content of a jar, in the order of arrival; sessions are called by their place.
#[derive(Clone, Debug, Default)]
pub(super) struct Jar {
    pub(super) held: Vec<Held>,
    /// The cause for which it was emptied, if it ever was.
    pub(super) emptied: Option<Cause>,
}

/// The cookies of one session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) session: usize,
    pub(super) access: Option<Access>,
    pub(super) refresh: Option<Token>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    pub(super) session: usize,
    /// The refresh token that it was issued with.
    pub(super) token: Token,
    pub(super) key: usize,
    pub(super) authority_version: u32,
    pub(super) issued_at: i64,
    pub(super) expires_at: i64,
}

/// The change that an answer makes to a jar: each session's cookies have names of their own.
#[derive(Clone, Debug, Default)]
pub(super) struct Cookies {
    pub(super) set: Option<Held>,
    pub(super) forget: Vec<usize>,
}

impl Life {
    /// Returns the cause for which it is over, if it is.
    pub(super) fn over(&self, now: Timestamp) -> Option<Cause> {
        let expired = now >= self.expires_at;
        let ended = self.lived.end.map(|end| end.cause);
        ended.or_else(|| expired.then_some(Cause::Expiry))
    }

    /// The reason why nothing can be had for that token any more, if that is so.
    pub(super) fn spent(&self, now: Timestamp, token: Option<Token>) -> Option<Cause> {
        let refused = token.is_some_and(|token| self.refused.contains(&token));
        self.over(now).or_else(|| refused.then_some(Cause::Refusal))
    }

    /// Ends it, unless it is over already.
    pub(super) fn end(&mut self, cause: Cause, at: Moment) {
        if self.over(at.at).is_none() {
            self.lived.end = Some(End { cause, at });
        }
    }
}

impl Jar {
    /// Takes an answer, whenever it arrives: it touches what it names and nothing else.
    pub(super) fn receive(&mut self, Cookies { set, forget }: Cookies) {
        self.held.retain(|held| !forget.contains(&held.session));
        if !forget.is_empty() && self.held.is_empty() {
            self.emptied = Some(Cause::Request);
        }
        let Some(new) = set else { return };
        match self.held.iter_mut().find(|held| held.session == new.session) {
            Some(held) => {
                held.access = new.access.or(held.access);
                held.refresh = new.refresh.or(held.refresh);
            }
            None => self.held.push(new),
        }
    }
}
