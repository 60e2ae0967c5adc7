//! Ending sessions by decision: one, or all of a subject.
//!
//! Sessions end here because their owner, an administrator or the application asks for it, or a sign-in takes their
//! place. The rule ends a session whose
//! token was stolen (`auth/refresh.rs`). Invariant: the store and this node's memory agree about an end, even if the
//! caller is dropped.

use std::sync::Arc;

use super::{Auth, Inner, spans::Verb};
use crate::{
    background,
    config::{Scheme, Verification},
    id::TokenId,
    observer::Observation,
    principal::Subject,
    session::{Client, EndReason, Session, SessionId},
    store::{Change, Denied, Event, EventKind, StoreError, Trigger},
};

/// The author of a decision to end a session that is not its owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndedBy {
    /// An administrator.
    Administrator,
    /// The application by itself.
    Application,
}

impl EndedBy {
    pub(super) const fn reason(self) -> EndReason {
        match self {
            Self::Administrator => EndReason::Administrator,
            Self::Application => EndReason::Application,
        }
    }

    pub(super) const fn event(self) -> EventKind {
        match self {
            Self::Administrator => EventKind::EndedByAdministrator,
            Self::Application => EventKind::EndedByApplication,
        }
    }
}

impl Auth {
    /// Signs out of a session.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer; the session lives on then.
    ///
    /// # Security
    /// A token without a session ([`Scheme::Token`]) is put on the denylist. Without one, with
    /// [`Verification::Stateless`], nothing can be done: a copy of the token is good until it expires.
    pub async fn sign_out(&self, id: SessionId, client: Client) -> Result<(), StoreError> {
        let ended = self.revoke(id, EndReason::SignedOut, EventKind::SignedOut, client);
        Verb::SignOut.run(Some(id), ended).await
    }

    /// Ends a session by a decision that is not its owner's: an administrator's, or the application's own, such as a job
    /// that found a reason.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer; the session lives on then.
    pub async fn end(&self, id: SessionId, by: EndedBy) -> Result<(), StoreError> {
        self.revoke(id, by.reason(), by.event(), Client::default()).await
    }

    /// Signs a subject out everywhere: ends each of its living sessions, and returns how many it ended.
    ///
    /// Their access tokens are refused from then on: by this node at once, by other nodes as soon as they hear of it.
    /// Under [`Scheme::Token`] no store has a list of them: each token that the subject was given is refused from then on
    /// as if its authority had changed, their number is not known, and 0 is returned.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer. Some sessions may have ended by then and others not; try again.
    ///
    /// # Security
    /// It ends the sessions that the store has when it lists them. A session that begins at the same time may be stored
    /// just afterwards, and lives on. Nor does it keep an attacker out who knows the password: that attacker can sign
    /// in again at any time, and only another password stops it.
    pub async fn sign_out_everywhere(
        &self,
        subject: &Subject,
        client: Client,
    ) -> Result<u32, StoreError> {
        if let Scheme::Token(_) = self.0.config.scheme {
            self.invalidate_authority(subject).await?;
            return Ok(0);
        }
        let (inner, subject) = (Arc::clone(&self.0), subject.clone());
        // In a background task, as a single end is.
        background::run_to_completion(
            async move { inner.sign_out_everywhere(&subject, client).await },
        )
        .await
    }

    /// Denies one token by its `jti`, such as one that a log or a backup holds. Its session lives on: a refresh brings
    /// another token. Under [`Scheme::Token`] nothing brings another. With [`Verification::Stateless`] nothing is done.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer. Whether the token is denied is not known then; try again.
    pub async fn deny_token(&self, token: TokenId) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.0);
        background::run_to_completion(async move {
            match inner.config.scheme.verification() {
                Some(verification) => inner.deny(verification, Denied::Token(token)).await,
                None => Ok(()),
            }
        })
        .await
    }

    pub(super) async fn revoke(
        &self,
        id: SessionId,
        reason: EndReason,
        kind: EventKind,
        client: Client,
    ) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.0);
        // In a background task: the store and memory must agree, even if the caller is dropped between the two.
        background::run_to_completion(async move {
            if let Scheme::Token(verification) = inner.config.scheme {
                return inner.deny(verification, Denied::Session(id)).await;
            }
            let Some(session) = inner.store.session(id).await? else { return Ok(()) };
            inner.revoke(&session, reason, kind, client).await.map(|_| ())
        })
        .await
    }
}

impl Inner {
    /// Puts tokens on the denylist, if there is one.
    async fn deny(&self, verification: Verification, denied: Denied) -> Result<(), StoreError> {
        if verification == Verification::Stateless {
            return Ok(());
        }
        let now = self.clock.now();
        self.store.deny(denied, now).await?;
        self.note(denied.as_change(now));
        Ok(())
    }

    async fn sign_out_everywhere(
        &self,
        subject: &Subject,
        client: Client,
    ) -> Result<u32, StoreError> {
        let mut ended = 0;
        for session in self.store.sessions_of(subject).await? {
            let (reason, kind) = (EndReason::SignedOut, EventKind::SignedOut);
            let did = self.revoke(&session, reason, kind, client.clone()).await?;
            ended += u32::from(did);
        }
        Ok(ended)
    }

    /// Revokes a session, and returns whether this call ended it. An expired one keeps expiry as the reason of its end.
    pub(super) async fn revoke(
        &self,
        session: &Session,
        reason: EndReason,
        kind: EventKind,
        client: Client,
    ) -> Result<bool, StoreError> {
        let (id, now) = (session.id, self.clock.now());
        // A session that has just expired here may live for a node whose clock is behind, and be rotated there.
        if session.end_reason(now - self.config.clock_skew).is_some() {
            return Ok(false);
        }
        let event = Event {
            at: now,
            kind,
            generation: session.generation,
            trigger: Trigger::Call,
            client,
            times: 1,
        };
        let did = self.store.revoke(id, reason, &event).await?;
        if did {
            self.observe(Observation::Ended { session, reason, client: &event.client });
        }
        // Noted also if another call was faster: it may be another node's, of which this one has not heard yet.
        self.note(Change::Revoked { id, at: now });
        Ok(did)
    }
}
