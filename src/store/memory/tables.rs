//! The tables of the store in memory, and which of their rows stand.

use std::collections::HashMap;

use crate::{
    clock::Timestamp,
    keyring::{KeyRecord, Schedule},
    password_hash::PasswordHash,
    principal::Subject,
    session::{EndReason, Revocation, Session, SessionId},
    store::{AccountEvent, Change, Event},
    user::{User, UserId},
};

#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) users: HashMap<UserId, Account>,
    pub(super) sessions: HashMap<SessionId, (Session, Vec<Event>)>,
    /// The versions of what subjects may do, where they were changed.
    pub(super) authorities: HashMap<Subject, u64>,
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

    /// The session as it is read: with the end that an epoch made, and the newest version of its owner's authority.
    pub(super) fn as_read(&self, session: &Session) -> Session {
        Session {
            revoked: session.revoked.or_else(|| self.ended_by_epoch(session)),
            newest_authority: self.authorities.get(&session.subject).copied().unwrap_or(0),
            ..session.clone()
        }
    }

    pub(super) fn stands(&self, session: &Session) -> bool {
        session.revoked.is_none() && self.ended_by_epoch(session).is_none()
    }

    /// Changes a session by one of its transitions, if that applies. Returns the session as it is then, and its events.
    pub(super) fn change(
        &mut self,
        id: SessionId,
        transition: impl FnOnce(&Session, u64) -> Option<Session>,
    ) -> Option<(Session, &mut Vec<Event>)> {
        let epoch = self.epoch();
        let (session, _) = self.sessions.get(&id)?;
        let changed = transition(&self.as_read(session), epoch)?;
        let (session, events) = self.sessions.get_mut(&id)?;
        *session = changed.clone();
        Some((changed, events))
    }
}
