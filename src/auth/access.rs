//! Checking access tokens: the cost of each request.
//!
//! It is a signature and a look into memory, unless the configuration asks for more, the node is cut off from changes,
//! or the token is older than the newest epoch; then the session's row decides, and if it cannot be read, the answer is
//! an error.

use std::sync::Arc;

use super::{Auth, Inner};
use crate::{
    access_token::{AccessToken, TokenError, TokenInfo, Verified},
    claims::Claims,
    clock::Timestamp,
    config::{Scheme, Verification},
    revocation::{ClaimsStatus, Moment},
    session::SessionId,
    store::StoreError,
};

/// The worth of an access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Good.
    Valid(Arc<TokenInfo>),
    /// Ours, and past its time, or denied by itself ([`Auth::deny_token`]): a refresh is due, and it proves nothing.
    Expired(Arc<TokenInfo>),
    /// Ours and in its time, but its owner's authority was changed since: a refresh is due.
    Outdated(Arc<TokenInfo>),
    /// Ours, and its session was revoked.
    Revoked(Arc<TokenInfo>),
    /// Not ours, or not acceptable to this node.
    Invalid(TokenError),
}

/// The worth of an access token, without its contents: for logs and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// [`Access::Valid`].
    Valid,
    /// [`Access::Expired`].
    Expired,
    /// [`Access::Outdated`].
    Outdated,
    /// [`Access::Revoked`].
    Revoked,
    /// [`Access::Invalid`].
    Invalid(TokenError),
}

impl Access {
    /// Returns the worth alone.
    pub const fn validity(&self) -> Validity {
        match self {
            Self::Valid(_) => Validity::Valid,
            Self::Expired(_) => Validity::Expired,
            Self::Outdated(_) => Validity::Outdated,
            Self::Revoked(_) => Validity::Revoked,
            Self::Invalid(error) => Validity::Invalid(*error),
        }
    }

    /// Returns the contents of the token, to be kept; `None` if it is invalid.
    #[cfg(feature = "axum")]
    pub(crate) fn shared_info(&self) -> Option<Arc<TokenInfo>> {
        match self {
            Self::Valid(info)
            | Self::Expired(info)
            | Self::Outdated(info)
            | Self::Revoked(info) => Some(Arc::clone(info)),
            Self::Invalid(_) => None,
        }
    }

    /// Returns the contents of the token; `None` if it is invalid.
    pub fn info(&self) -> Option<&TokenInfo> {
        match self {
            Self::Valid(info)
            | Self::Expired(info)
            | Self::Outdated(info)
            | Self::Revoked(info) => Some(info),
            Self::Invalid(_) => None,
        }
    }
}

impl Auth {
    /// Checks an access token by its signature and this node's memory, without a query, unless
    /// [`AuthConfig::scheme`](crate::AuthConfig::scheme) says otherwise, the node is cut off from changes,
    /// or the token is older than the newest epoch. Notes in a background task that its generation reached the browser.
    ///
    /// # Errors
    /// [`StoreError`] if the session's row had to be read and could not be. The caller must not treat the client as
    /// signed out.
    pub async fn authenticate(&self, token: &AccessToken) -> Result<Access, StoreError> {
        // Read once: each look at a clock is a hundredth of an authenticated request.
        let moment = Moment::of(&*self.0.clock);
        let access = self.examine_at(token, moment).await?;
        match &access {
            Access::Valid(info) | Access::Expired(info) | Access::Outdated(info) => {
                if matches!(self.0.config.scheme, Scheme::Hybrid(_)) {
                    self.acknowledge(info.claims.sid, info.claims.generation, moment);
                }
            }
            Access::Invalid(error) => self.0.report(token, *error),
            Access::Revoked(_) => {}
        }
        Ok(access)
    }

    /// Checks an access token as [`authenticate`](Self::authenticate) does, and notes and logs nothing: for a token
    /// that did not come from its browser. A token that a person pastes proves no delivery. A false proof would let the
    /// retry of a browser whose answer was lost look like reuse, once the grace is over.
    ///
    /// # Errors
    /// As those of [`authenticate`](Self::authenticate).
    pub async fn examine(&self, token: &AccessToken) -> Result<Access, StoreError> {
        self.examine_at(token, Moment::of(&*self.0.clock)).await
    }

    async fn examine_at(&self, token: &AccessToken, now: Moment) -> Result<Access, StoreError> {
        if self.0.config.scheme == Scheme::Opaque {
            return Ok(Access::Invalid(TokenError::Type));
        }
        let (info, in_time) = match self.0.tokens.verify(token, now.wall) {
            Ok(Verified::Valid(info)) => (info, true),
            Ok(Verified::Expired(info)) => (info, false),
            Err(error) => return Ok(Access::Invalid(error)),
        };
        Ok(match self.0.standing(&info.claims, now).await? {
            ClaimsStatus::Revoked => Access::Revoked(info),
            _ if !in_time => Access::Expired(info),
            // A client may have it from a log, so it is worth no more than one that expired.
            ClaimsStatus::Denied => match self.0.config.scheme {
                Scheme::Token(_) => Access::Revoked(info),
                Scheme::Hybrid(_) | Scheme::Opaque => Access::Expired(info),
            },
            ClaimsStatus::Outdated => Access::Outdated(info),
            ClaimsStatus::Good => Access::Valid(info),
        })
    }

    /// Returns whether this node hears of changes in time. If not, every request reads its session's row, unless
    /// [`Verification::Stateless`] is set.
    pub fn is_up_to_date(&self) -> bool {
        self.0.follower.is_current()
    }

    fn acknowledge(&self, id: SessionId, generation: u64, now: Moment) {
        if self.0.seen.first(id, generation, now) {
            let inner = Arc::clone(&self.0);
            self.0.background.run(async move {
                if let Err(error) = inner.note_proof(id, generation, now.wall).await {
                    // The loss only makes the rule more lenient, until the next proof.
                    tracing::warn!(%error, "recording a proof of delivery failed; the next use of the token tries again");
                    inner.seen.forget(id);
                }
            });
        }
    }
}

impl Inner {
    /// Notes the proof that a generation was delivered, once for all requests that bring it at the same time or read the
    /// row before the first of them had noted it. Returns false if it was noted otherwise, or the session has changed
    /// since.
    pub(super) async fn note_proof(
        &self,
        id: SessionId,
        generation: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if self.seen.was_just_stored(id, generation, self.clock.elapsed()) {
            return Ok(true);
        }
        let note = || async {
            let noted = self.store.acknowledge(id, generation, now).await?;
            if noted {
                self.seen.stored(id, generation, self.clock.elapsed());
            }
            Ok(noted)
        };
        self.proofs.share((id, generation), note).await
    }

    /// Checks that a token's claims still hold, as far as the verification mode looks.
    async fn standing(&self, claims: &Claims, now: Moment) -> Result<ClaimsStatus, StoreError> {
        match self.config.scheme {
            Scheme::Hybrid(Verification::Stateless) | Scheme::Token(Verification::Stateless) => {
                Ok(ClaimsStatus::Good)
            }
            Scheme::Hybrid(Verification::Denylist) => match self.denylist.standing(claims) {
                // A later epoch may have ended its session: the row tells, and the next token names the epoch.
                ClaimsStatus::Good
                    if !self.follower.is_current_at(now)
                        || claims.epoch < self.follower.epoch() =>
                {
                    self.standing_by_row(claims).await
                }
                standing => Ok(standing),
            },
            Scheme::Token(_) => self.standing_by_memory(claims, now),
            // One token of a session that lives may be denied, and no row tells of that.
            Scheme::Hybrid(Verification::Strict) | Scheme::Opaque => {
                match self.denylist.standing(claims) {
                    ClaimsStatus::Denied => Ok(ClaimsStatus::Denied),
                    _ => self.standing_by_row(claims).await,
                }
            }
        }
    }

    /// Asks this node's memory. There is no row to read if it may have missed a change, so the answer is unavailable until
    /// the next poll, as it is while a node that starts reads its log.
    fn standing_by_memory(&self, claims: &Claims, now: Moment) -> Result<ClaimsStatus, StoreError> {
        if !self.follower.is_current_at(now) {
            return Err(StoreError::Unavailable("the log of changes was not read in time".into()));
        }
        Ok(match self.denylist.standing(claims) {
            // An epoch ends every session before it, and no row tells of an exception.
            ClaimsStatus::Good if claims.epoch < self.follower.epoch() => ClaimsStatus::Revoked,
            standing => standing,
        })
    }

    async fn standing_by_row(&self, claims: &Claims) -> Result<ClaimsStatus, StoreError> {
        Ok(match self.store.session(claims.sid).await? {
            Some(session) if session.end_reason(self.clock.now()).is_some() => {
                ClaimsStatus::Revoked
            }
            Some(session) if session.newest_authority > claims.authority_version => {
                ClaimsStatus::Outdated
            }
            Some(_) => ClaimsStatus::Good,
            // Deleted, with its account or by pruning.
            None => ClaimsStatus::Revoked,
        })
    }
}
