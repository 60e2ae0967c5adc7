//! The visible side of a world: all but the values of tokens.

use coatroom::{
    Role,
    access_token::{AccessToken, TokenError},
    auth::{Access, Validity},
    clock::{Clock as _, Timestamp},
    keyring::{KeyId, KeyState},
    session::{EndReason, Session},
    store::{AccountStore as _, Event, KeyStore as _, SessionStore as _, memory::MemoryStore},
    user::User,
};

use super::{ActError, Entry, EntryKind, World};
use crate::{
    action::{Carrier, Database, Party},
    forge::{Forgery, forge},
    jar::Jar,
    message::Message,
    setting::Setting,
    trace::Trace,
    xray::{XRay, xray},
};

/// The worth of a credential, whichever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its worth.
    pub validity: Validity,
    /// The role that it speaks for; that of an opaque session is the account's, read at each request.
    pub role: Option<Role>,
    /// The time at which it ends, if nothing happens before.
    pub expires_at: Option<Timestamp>,
}

impl Held {
    /// A credential that the node does not know.
    const UNKNOWN: Self =
        Self { validity: Validity::Invalid(TokenError::Signature), role: None, expires_at: None };
}

impl World {
    /// The time in it.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Its parameters, as they were in the beginning.
    pub fn began(&self) -> Setting {
        self.began
    }

    /// Its parameters, as they are now.
    pub fn setting(&self) -> Setting {
        self.setting
    }

    /// The trace that plays it again.
    pub fn trace(&self) -> Trace {
        Trace::of_world(self.began, self.done.clone())
    }

    /// The things that happened, in order.
    pub fn timeline(&self) -> &[Entry] {
        &self.timeline
    }

    /// All messages, in the order of their numbers.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The message of that number.
    pub fn message(&self, number: u32) -> Option<&Message> {
        self.messages.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// The outcome of each request that was served, and of each other deed that has one, in their order, from that entry
    /// of the timeline on.
    pub fn outcomes(&self, from: usize) -> Vec<String> {
        let entries = self.timeline.iter().enumerate().skip(from);
        let lines = entries.filter_map(|(place, entry)| match entry.kind {
            EntryKind::Served(number) => self.message(number).map(ToString::to_string),
            EntryKind::Done(action) => self.said(place).map(|said| format!("{action}: {said}")),
            _ => None,
        });
        lines.collect()
    }

    /// The result of the entry at that place, in words, if it is no message and has one.
    pub fn said(&self, place: usize) -> Option<&str> {
        self.said.get(&place).map(String::as_str)
    }

    /// The owner's jar.
    pub fn owner(&self) -> &Jar {
        &self.owner
    }

    /// The thief's, once there is one.
    pub fn thief(&self) -> Option<&Jar> {
        self.thief.as_ref()
    }

    /// The jar that a party sends its requests with.
    ///
    /// # Errors
    /// [`ActError::NoThief`] if it is the thief's, and there is none yet.
    pub fn jar(&self, of: Party) -> Result<&Jar, ActError> {
        match of {
            Party::Thief => self.thief.as_ref().ok_or(ActError::NoThief),
            _ => Ok(&self.owner),
        }
    }

    /// The access token in the jar of the owner, or of the thief, for a look at it.
    pub fn access_token(&self, of: Party) -> Option<AccessToken> {
        self.jar(of).ok()?.access(self.now())
    }

    /// The worth of the access token of the owner, or of the thief, to the first node, without anything noted; `None`
    /// if there is none.
    ///
    /// # Errors
    /// [`ActError`] if the node cannot tell, because the store does not answer.
    pub async fn standing(&self, of: Party) -> Result<Option<Access>, ActError> {
        let Some(token) = self.access_token(of) else { return Ok(None) };
        let standing = self.auth().examine(&token).await;
        self.forget_statements();
        Ok(Some(standing?))
    }

    /// The worth of the credential of the owner, or of the thief, to the first node, without anything noted; `None` if
    /// there is none.
    ///
    /// # Errors
    /// As those of [`standing`](Self::standing).
    pub async fn held(&self, of: Party) -> Result<Option<Held>, ActError> {
        if self.setting.carrier != Carrier::Opaque {
            let standing = self.standing(of).await?;
            return Ok(standing.map(|access| Held {
                validity: access.validity(),
                role: access.info().map(|info| info.claims.role.clone()),
                expires_at: access.info().map(|info| info.claims.expires_at()),
            }));
        }
        let shown = self.jar(of)?.shown(self.now());
        let Some(id) = shown.iter().rev().find_map(|cookie| cookie.session) else {
            return Ok(None);
        };
        self.node_a.ledger.answer()?;
        let Some(row) = self.memory().session(id).await? else { return Ok(Some(Held::UNKNOWN)) };
        let validity = match row.end_reason(self.now()) {
            None => Validity::Valid,
            Some(EndReason::IdleExpiry | EndReason::AbsoluteExpiry) => Validity::Expired,
            Some(_) => Validity::Revoked,
        };
        let ends = row.idle_expires_at.min(row.absolute_expires_at);
        let role = self.account().await.map(|account| account.role);
        Ok(Some(Held { validity, role, expires_at: Some(ends) }))
    }

    /// The X-ray of the token that was made last, or of the owner's, or of what is forged of it; `None` if there is none.
    ///
    /// # Errors
    /// As those of [`standing`](Self::standing).
    pub async fn xray(&self, forgery: Option<Forgery>) -> Result<Option<XRay>, ActError> {
        let (token, auth) = (self.access_token(Party::Tab1), self.auth());
        let text = match (forgery, token, &self.plate) {
            (Some(how), Some(token), _) => forge(&token, &auth.jwks(), how),
            (None, _, Some(made)) => made.clone(),
            (None, Some(token), None) => token.reveal().to_owned(),
            (_, None, _) => match self.owner.opaque(self.now()) {
                Some(token) => token,
                None => return Ok(None),
            },
        };
        let seen = xray(auth, &text).await;
        self.forget_statements();
        Ok(Some(seen?))
    }

    /// The store of the first node, never down and never written about.
    fn memory(&self) -> &MemoryStore {
        self.node_a.ledger.memory()
    }

    /// The account, as the store has it.
    pub async fn account(&self) -> Option<User> {
        self.memory().user(self.node_a.account).await.ok().flatten()
    }

    /// The signing keys, oldest first, each with what it may do now.
    pub async fn keys(&self) -> Vec<(KeyId, KeyState)> {
        let mut keys = self.memory().keys().await.unwrap_or_default();
        keys.sort_by_key(|key| (key.staged_at, key.active_at));
        keys.into_iter().map(|key| (key.kid.clone(), key.state(self.now()))).collect()
    }

    /// The state of the database.
    pub fn database(&self) -> Database {
        if self.node_a.ledger.is_down() { Database::Down } else { Database::Up }
    }

    /// The sessions that began in it, newest first, each with its events, newest first.
    pub async fn sessions(&self) -> Vec<(Session, Vec<Event>)> {
        let mut sessions = Vec::new();
        for id in self.sessions.iter().rev() {
            for node in self.nodes() {
                let memory = node.ledger.memory();
                // Memory answers always.
                if let Ok(Some(session)) = memory.session(*id).await {
                    let events = memory.events(*id, u32::MAX).await.unwrap_or_default();
                    sessions.push((session, events));
                    break;
                }
            }
        }
        sessions
    }

    /// Number of bytes that it keeps, by its own estimate.
    pub fn size(&self) -> usize {
        self.size
    }
}
