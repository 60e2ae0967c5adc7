//! Sessions and jars of a rerun: what they hold, and what becomes of them.
//!
//! Nothing here is a token. Whoever holds one of a session names the session by its place, and the
//! token by what its server calls it.

use super::{Cause, End, Lived, Moment};
use crate::{
    clock::Timestamp,
    lab::policy::{Server, Token},
};

/// A session on its server.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) server: Server,
    pub(super) newest: Token,
    /// When it expires if nothing is heard from it; never after it expires for certain.
    pub(super) expires_at: Timestamp,
    pub(super) absolute_expires_at: Timestamp,
    pub(super) lived: Lived,
}

/// What a jar holds; sessions are called by their place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Jar {
    pub(super) access: Option<Access>,
    pub(super) refresh: Option<(usize, Token)>,
    /// Why it is empty, where it is.
    pub(super) emptied: Option<Cause>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    pub(super) session: usize,
    /// The refresh token that it was issued with.
    pub(super) token: Token,
    pub(super) key: usize,
    pub(super) authz_version: u32,
    pub(super) issued_at: i64,
    pub(super) expires_at: i64,
}

/// What an answer does to a jar.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cookies {
    Kept,
    Set { access: Option<Access>, refresh: Option<(usize, Token)> },
    Deleted,
}

impl Life {
    /// Why it is over, if it is.
    pub(super) fn over(&self, now: Timestamp) -> Option<Cause> {
        let expired = now >= self.expires_at;
        let ended = self.lived.end.map(|end| end.cause);
        ended.or_else(|| expired.then_some(Cause::Expiry))
    }

    /// Ends it, unless it is over already.
    pub(super) fn end(&mut self, cause: Cause, at: Moment) {
        if self.over(at.at).is_none() {
            self.lived.end = Some(End { cause, at });
        }
    }
}

impl Jar {
    /// Whatever arrives last wins.
    pub(super) fn receive(&mut self, answer: Cookies) {
        match answer {
            Cookies::Kept => {}
            Cookies::Set { access, refresh } => {
                self.access = access.or(self.access);
                self.refresh = refresh.or(self.refresh);
            }
            Cookies::Deleted => *self = Self { emptied: Some(Cause::Request), ..Self::default() },
        }
    }

    /// The sessions that it is of: two where a late answer has mixed them.
    pub(super) fn sessions(&self) -> impl Iterator<Item = usize> + use<> {
        let access = self.access.map(|access| access.session);
        let refresh = self.refresh.map(|(session, _)| session);
        access.into_iter().chain(refresh.filter(|session| Some(*session) != access))
    }
}
