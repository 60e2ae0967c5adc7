//! Ending sessions by decision: one, or all of an account.
//!
//! What is ended here was told to be: by its owner, or by a sign-in that takes its place. The end of a session whose
//! token was stolen is the rule's (`auth/refresh.rs`). Invariant: what the store knows and what this node's memory knows
//! of an end agree, also where the caller goes away.

use std::sync::Arc;

use super::{Auth, Inner, behind};
use crate::{
    session::{Client, EndReason, Session, SessionId},
    store::{Change, Event, EventKind, StoreError, Trigger},
    user::UserId,
};

impl Auth {
    /// Signs out of a session.
    ///
    /// # Errors
    /// [`StoreError`] where the store does not answer; the session lives on then.
    pub async fn sign_out(&self, id: SessionId, client: Client) -> Result<(), StoreError> {
        self.revoke(id, EndReason::SignedOut, EventKind::SignedOut, client).await
    }

    /// Signs an account out everywhere: ends each of its sessions that lives, and returns how many it ended.
    ///
    /// Their access tokens are refused from then on: here at once, on other nodes as soon as they hear of it.
    ///
    /// # Errors
    /// [`StoreError`] where the store does not answer. Some sessions may have ended by then and others not; try again.
    ///
    /// # Security
    /// It ends the sessions that the store has when it is asked for them. One that begins at the very same time may be
    /// stored just afterwards, and lives on. Nor does it keep anybody out: whoever knows the password can sign in again
    /// at any time, and against that only another password helps.
    pub async fn sign_out_everywhere(
        &self,
        user: UserId,
        client: Client,
    ) -> Result<u32, StoreError> {
        let inner = Arc::clone(&self.0);
        // In a task of its own, as a single one is.
        behind::whole(async move { inner.sign_out_everywhere(user, client).await }).await
    }

    pub(super) async fn revoke(
        &self,
        id: SessionId,
        reason: EndReason,
        kind: EventKind,
        client: Client,
    ) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.0);
        // In a task of its own: what the store knows and what memory knows must agree, also where the caller
        // goes away between the two.
        behind::whole(async move {
            let Some(session) = inner.store.session(id).await? else { return Ok(()) };
            inner.revoke(&session, reason, kind, client).await.map(|_| ())
        })
        .await
    }
}

impl Inner {
    async fn sign_out_everywhere(&self, user: UserId, client: Client) -> Result<u32, StoreError> {
        let mut ended = 0;
        for session in self.store.sessions_of(user).await? {
            let (reason, kind) = (EndReason::SignedOut, EventKind::SignedOut);
            let did = self.revoke(&session, reason, kind, client.clone()).await?;
            ended += u32::from(did);
        }
        Ok(ended)
    }

    /// Returns whether this call ended it. One that has expired keeps that as the reason of its end.
    async fn revoke(
        &self,
        session: &Session,
        reason: EndReason,
        kind: EventKind,
        client: Client,
    ) -> Result<bool, StoreError> {
        let (id, now) = (session.id, self.clock.now());
        // One that has just expired here may live on for a node whose clock is behind, and be rotated there.
        if session.ended(now - self.config.clock_skew).is_some() {
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
        // Also where another call was faster: by another node, perhaps, of which this one has not heard yet.
        self.note(Change::Revoked { id, at: now });
        Ok(did)
    }
}
