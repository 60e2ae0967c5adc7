//! The tables of the store in memory, and which of their rows stand.

use std::collections::HashMap;

use crate::{
    clock::Timestamp,
    keyring::{KeyRecord, Schedule},
    password::PasswordHash,
    session::{EndReason, Revocation, Session, SessionId},
    store::{AccountEvent, Change, Event},
    user::{User, UserId},
};

#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) users: HashMap<UserId, Account>,
    pub(super) sessions: HashMap<SessionId, (Session, Vec<Event>)>,
    pub(super) keys: Vec<KeyRecord>,
    pub(super) keys_version: u32,
    pub(super) schedule: Option<Schedule>,
    /// Marks, with the instants at which they may be forgotten.
    pub(super) used: HashMap<(String, String), Timestamp>,
    pub(super) log: Vec<Change>,
    /// Epochs, with their numbers, oldest first.
    pub(super) epochs: Vec<(u64, Epoch)>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Epoch {
    pub(super) at: Timestamp,
    pub(super) since: Option<Timestamp>,
}

#[derive(Debug)]
pub(super) struct Account {
    pub(super) user: User,
    pub(super) password: PasswordHash,
    pub(super) events: Vec<AccountEvent>,
}

impl Tables {
    pub(super) fn epoch(&self) -> u64 {
        self.epochs.last().map_or(0, |(number, _)| *number)
    }

    /// Returns the end of a session that an epoch ended.
    pub(super) fn ended_by_epoch(&self, session: &Session) -> Option<Revocation> {
        let ends = |(number, epoch): &&(u64, Epoch)| {
            *number > session.epoch && epoch.since.is_none_or(|since| session.last_seen_at >= since)
        };
        let ending = self.epochs.iter().filter(ends).map(|(_, epoch)| epoch.at).min();
        ending.map(|at| Revocation { at, reason: EndReason::Administrator })
    }

    /// The session, with what its account says now.
    pub(super) fn with_account(&self, session: &Session) -> Session {
        let mut session = session.clone();
        session.revoked = session.revoked.or_else(|| self.ended_by_epoch(&session));
        if let Some(Account { user, .. }) = self.users.get(&session.user_id) {
            (session.role, session.authz_version) = (user.role, user.authz_version);
        }
        session
    }

    pub(super) fn stands(&self, session: &Session) -> bool {
        session.revoked.is_none() && self.ended_by_epoch(session).is_none()
    }

    pub(super) fn live(&mut self, id: SessionId) -> Option<&mut (Session, Vec<Event>)> {
        let stands = self.sessions.get(&id).is_some_and(|(session, _)| self.stands(session));
        self.sessions.get_mut(&id).filter(|_| stands)
    }
}
