//! The worth of one session's tokens in a request: by themselves, or by the session's row.

use super::SessionTokens;
use crate::{
    auth::{Access, Auth, Opened},
    clock::Timestamp,
    config::Scheme,
    principal::Principal,
    session::{EndReason, SessionId},
    store::StoreError,
};

/// The worth of one session's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum SessionStatus {
    /// It lives, and the request can go on with it.
    Living {
        /// Its beginning.
        begun: Timestamp,
        /// True if its access token is good.
        good: bool,
    },
    /// It is ours, and over.
    Dead {
        /// Its beginning; `None` if its row is gone.
        begun: Option<Timestamp>,
        /// The reason why it is over, if a row says so.
        reason: Option<EndReason>,
    },
    /// Not ours, or of no use: its access token expired and there is no refresh token, or one ahead of the row.
    Nothing,
}

impl SessionTokens {
    pub(super) const fn new(session: SessionId) -> Self {
        Self { session, access: None, refresh: None, opened: None, untagged: false, dead: false }
    }

    /// Returns the worth of its tokens by themselves; a refresh will tell the rest.
    pub(super) async fn status_alone(&self, auth: &Auth) -> SessionStatus {
        let begun = Timestamp::from_millis(0);
        match (&self.access, &self.refresh) {
            (Some(Access::Valid(_)), _) => SessionStatus::Living { begun, good: true },
            // If the store does not answer, the reason is left out.
            (Some(Access::Revoked(_)), _) => {
                let row = auth.session(self.session).await.ok().flatten();
                let reason = row.and_then(|row| row.end_reason(auth.now()));
                SessionStatus::Dead { begun: None, reason }
            }
            (_, Some(_)) => SessionStatus::Living { begun, good: false },
            (_, None) => SessionStatus::Nothing,
        }
    }

    /// Returns the worth of its tokens, by its row if it has one.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub(in crate::web) async fn status(&self, auth: &Auth) -> Result<SessionStatus, StoreError> {
        match auth.config().scheme {
            Scheme::Opaque => Ok(self.status_opened()),
            Scheme::Token(_) => Ok(self.status_of_token()),
            Scheme::Hybrid(_) => self.status_by_row(auth).await,
        }
    }

    fn status_opened(&self) -> SessionStatus {
        match &self.opened {
            Some(Opened::Living(row)) => {
                SessionStatus::Living { begun: row.created_at, good: true }
            }
            Some(Opened::Over(row, reason)) => {
                SessionStatus::Dead { begun: Some(row.created_at), reason: Some(*reason) }
            }
            Some(Opened::Unknown) | None => SessionStatus::Nothing,
        }
    }

    fn status_of_token(&self) -> SessionStatus {
        let Some(info) = self.access.as_ref().and_then(Access::info) else {
            return SessionStatus::Nothing;
        };
        let begun = info.claims.issued_at();
        let over = |reason| SessionStatus::Dead { begun: Some(begun), reason: Some(reason) };
        match &self.access {
            Some(Access::Valid(_)) => SessionStatus::Living { begun, good: true },
            Some(Access::Expired(_)) => over(EndReason::AbsoluteExpiry),
            _ => over(EndReason::Denied),
        }
    }

    /// Returns the owner that its tokens prove, if they are good.
    pub(super) fn principal(&self) -> Option<Principal> {
        match (&self.access, &self.opened) {
            (Some(Access::Valid(info)), _) => Some(info.claims.principal()),
            (_, Some(Opened::Living(row))) => Some(row.principal()),
            _ => None,
        }
    }

    async fn status_by_row(&self, auth: &Auth) -> Result<SessionStatus, StoreError> {
        let derived = match &self.refresh {
            Some(refresh) => auth.session_of(refresh).await?,
            None => None,
        };
        let refreshes = match (&derived, &self.refresh) {
            (Some(row), Some(refresh)) => refresh.generation() <= row.generation,
            _ => false,
        };
        let row = match derived {
            Some(row) => Some(row),
            // No token shows that the session is ours.
            None if self.access.is_none() => return Ok(SessionStatus::Nothing),
            None => auth.session(self.session).await?,
        };
        // Deleted with its account, or pruned long ago.
        let Some(row) = row else { return Ok(SessionStatus::Dead { begun: None, reason: None }) };
        let begun = row.created_at;
        if let Some(reason) = row.end_reason(auth.now()) {
            return Ok(SessionStatus::Dead { begun: Some(begun), reason: Some(reason) });
        }
        let good = matches!(self.access, Some(Access::Valid(_)));
        Ok(if good || refreshes {
            SessionStatus::Living { begun, good }
        } else {
            SessionStatus::Nothing
        })
    }

    /// True if a token other than a refresh token proves, by itself and now, that the request comes from the session. An expired one
    /// proves nothing: an attacker may have it from any old log or backup.
    pub(in crate::web) const fn is_proven(&self) -> bool {
        matches!(self.access, Some(Access::Valid(_) | Access::Outdated(_)))
            || matches!(self.opened, Some(Opened::Living(_)))
    }
}

impl SessionStatus {
    pub(super) const fn begun(&self) -> Option<Timestamp> {
        match self {
            Self::Living { begun, .. } => Some(*begun),
            Self::Dead { begun, .. } => *begun,
            Self::Nothing => None,
        }
    }
}
