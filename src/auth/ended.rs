//! Waiting for the end of a session: for a connection that outlives the check of its request.

use std::{pin::pin, time::Duration};

use tokio::time::sleep;

use super::Auth;
use crate::{
    config::{Scheme, Verification},
    principal::Principal,
    session::{EndReason, SessionId},
};

/// The pause before a store that does not answer is asked again.
const RETRY: Duration = Duration::from_secs(2);

impl Auth {
    /// Waits until a session is over, and returns the reason; `None` if the store has no such session (any more), because
    /// its owner was deleted. For a WebSocket or a stream of events, which would outlive a sign-out: close it then.
    ///
    /// It hears of a revocation as requests do: at once on the node that did it, on others within
    /// [`AuthConfig::feed`](crate::AuthConfig::feed)'s bound. A lifetime that ends is noticed within that bound, too. It
    /// reads the session's row, if the scheme has one, once at its beginning, at the end of a lifetime, and for as long
    /// as this node hears of no changes once in a bound. While the store does not answer it goes on waiting: nothing is known then.
    ///
    /// ```
    /// # use coatroom::{Auth, Principal};
    /// # async fn socket(auth: Auth, principal: Principal, next: impl Future<Output = Option<String>> + Unpin) {
    /// # let mut next = next;
    /// tokio::select! {
    ///     _reason = auth.wait_until_ended(&principal) => { /* close the connection */ }
    ///     _message = &mut next => { /* go on */ }
    /// }
    /// # }
    /// ```
    pub async fn wait_until_ended(&self, principal: &Principal) -> Option<EndReason> {
        match self.0.config.scheme {
            Scheme::Hybrid(_) | Scheme::Opaque => self.wait_by_row(principal.session).await,
            Scheme::Token(verification) => Some(self.wait_by_token(principal, verification).await),
        }
    }

    /// Waits for what ends a token that has no row: its expiry, or an entry of the denylist.
    async fn wait_by_token(&self, principal: &Principal, verification: Verification) -> EndReason {
        let denylist = &self.0.denylist;
        let epoch = self.0.follower.epoch();
        let mut changed = pin!(denylist.changed());
        loop {
            // From before the look, so that no change falls between.
            changed.set(denylist.changed());
            changed.as_mut().enable();
            if self.now() >= principal.expires_at {
                return EndReason::AbsoluteExpiry;
            }
            let denied = denylist.denies_owner(principal) || self.0.follower.epoch() != epoch;
            if verification == Verification::Denylist && denied {
                return EndReason::Denied;
            }
            tokio::select! {
                () = changed.as_mut() => {}
                () = sleep(self.config().feed.bound) => {}
            }
        }
    }

    async fn wait_by_row(&self, id: SessionId) -> Option<EndReason> {
        let denylist = &self.0.denylist;
        let mut changed = pin!(denylist.changed());
        loop {
            // From before the row is read, so that no change falls between.
            changed.set(denylist.changed());
            changed.as_mut().enable();
            let epoch = self.0.follower.epoch();
            let session = match self.session(id).await {
                Ok(Some(session)) => session,
                Ok(None) => return None,
                Err(_) => {
                    sleep(RETRY).await;
                    continue;
                }
            };
            if let Some(reason) = session.end_reason(self.now()) {
                return Some(reason);
            }
            // The row of a subject that was deleted may have stayed behind; its tokens are refused.
            if denylist.ends(id, &session.subject) {
                return Some(EndReason::Unknown);
            }
            let ends = session.idle_expires_at.min(session.absolute_expires_at);
            let is_news = || {
                denylist.ends(id, &session.subject)
                    || self.0.follower.epoch() != epoch
                    || self.now() >= ends
                    || !self.is_up_to_date()
            };
            while !is_news() {
                tokio::select! {
                    () = changed.as_mut() => {
                        changed.set(denylist.changed());
                        changed.as_mut().enable();
                    }
                    () = sleep(self.config().feed.bound) => {}
                }
            }
            if !self.is_up_to_date() {
                sleep(self.config().feed.bound).await;
            }
        }
    }
}
