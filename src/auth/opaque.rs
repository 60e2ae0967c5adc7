//! Opaque sessions: the row is read at each request, and decides alone.
//!
//! So a revocation, an expiry and a change of authority hold from the next request on, on every node; and a store that
//! does not answer makes every request unavailable.

use std::{sync::Arc, time::Duration};

use super::{Auth, Inner, Validity, authority::AuthorityRenewal};
use crate::{
    access_token::TokenError,
    config::Scheme,
    revocation::Moment,
    session::{Client, EndReason, Session},
    session_token::SessionToken,
    store::{EventKind, StoreError, Touch},
};

/// The most often that requests of one session write its sign of life; a tenth of a shorter idle lifetime.
const TOUCH_SPACING: Duration = Duration::from_secs(60);

/// The number of times that a row is read, if other requests change its authority in between.
const ATTEMPTS: usize = 4;

/// The worth of a session token.
#[derive(Clone, Debug)]
pub enum Opened {
    /// Good: the session as its row says it.
    Living(Box<Session>),
    /// Ours, and its session is over.
    Over(Box<Session>, EndReason),
    /// Not ours, or of a session that is no more.
    Unknown,
}

impl Opened {
    /// Returns the worth alone, for logs and metrics. One that is not known is as good as wrongly signed.
    pub const fn validity(&self) -> Validity {
        match self {
            Self::Living(_) => Validity::Valid,
            Self::Over(_, EndReason::IdleExpiry | EndReason::AbsoluteExpiry) => Validity::Expired,
            Self::Over(..) => Validity::Revoked,
            Self::Unknown => Validity::Invalid(TokenError::Signature),
        }
    }
}

impl Auth {
    /// Reads the session of an opaque token, with the authority that its owner has now, and notes the sign of life in a
    /// background task, at most once a minute. Under another scheme than [`Scheme::Opaque`] no token is known.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer. The caller must not treat the client as signed out.
    pub async fn open(&self, token: &SessionToken) -> Result<Opened, StoreError> {
        let opened = self.0.opened(token).await?;
        if let Opened::Living(session) = &opened {
            self.touch(session);
        }
        Ok(opened)
    }

    fn touch(&self, session: &Session) {
        let idle_ttl = self.0.config.lifetimes(session.persistence).idle;
        let spacing = TOUCH_SPACING.min(idle_ttl / 10);
        let touch = Touch { id: session.id, now: self.now(), spacing, idle_ttl };
        // A number that changes with each sign of life, so that a burst on this node asks the store once.
        let seen = session.last_seen_at.millis().cast_unsigned();
        if session.touched(&touch).is_some()
            && self.0.seen.first(session.id, seen, Moment::of(&*self.0.clock))
        {
            let inner = Arc::clone(&self.0);
            self.0.background.run(async move {
                if let Err(error) = inner.store.touch(&touch).await {
                    tracing::warn!(%error, "recording a sign of life failed; the next request tries again");
                    inner.seen.forget(touch.id);
                }
            });
        }
    }
}

impl Inner {
    async fn opened(&self, token: &SessionToken) -> Result<Opened, StoreError> {
        if self.config.scheme != Scheme::Opaque {
            return Ok(Opened::Unknown);
        }
        for _ in 0..ATTEMPTS {
            let session = self.store.session(token.sid()).await?.filter(|session| {
                let pepper = self.peppers.find(&session.pepper_kid);
                pepper.is_some_and(|pepper| token.is_derived_for(session, pepper))
            });
            let Some(session) = session else { return Ok(Opened::Unknown) };
            if let Some(reason) = session.end_reason(self.clock.now()) {
                return Ok(Opened::Over(Box::new(session), reason));
            }
            match self.bring_up_to_date(&session).await? {
                AuthorityRenewal::As(session) => return Ok(Opened::Living(session)),
                AuthorityRenewal::Changed => {}
                AuthorityRenewal::OwnerGone => {
                    let (reason, kind) = (EndReason::OwnerGone, EventKind::OwnerGone);
                    self.revoke(&session, reason, kind, Client::default()).await?;
                    return Ok(Opened::Over(Box::new(session), reason));
                }
            }
        }
        Err(StoreError::Unavailable(
            "other requests changed the session during every attempt".into(),
        ))
    }
}
