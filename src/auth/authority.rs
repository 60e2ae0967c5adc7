//! The authority of a session's owner: asked for when the session begins, at each rotation, and after a change.
//!
//! Invariant: a version is read before the application is asked, and never after. A change in between makes the answer
//! an older version than the newest one, and the session asks again.

use std::sync::Arc;

use super::{Auth, Inner};
use crate::{
    background,
    principal::{Authority, Subject},
    session::Session,
    store::{Change, StoreError},
};

impl Auth {
    /// Tells that what a subject may do was changed, after the application has changed it. Its access tokens are out of
    /// date on this node at once and on others as soon as they hear of it; a refresh asks
    /// [`People`](crate::people::People) again, and gives the client the new authority. It stays signed in, unless the
    /// subject is no longer found.
    ///
    /// An application that never calls it is asked at each rotation all the same: a change is noticed at the latest when
    /// an access token expires.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer. Whether the change was noted is not known then; try again.
    pub async fn invalidate_authority(&self, subject: &Subject) -> Result<(), StoreError> {
        let (inner, subject) = (Arc::clone(&self.0), subject.clone());
        // In a background task, as a revocation is: the store and this node's memory must agree.
        background::run_to_completion(async move {
            let now = inner.clock.now();
            let version = inner.store.outdate(&subject, now).await?;
            inner.note(Change::Authority { subject, version, at: now });
            Ok(())
        })
        .await
    }
}

impl Inner {
    /// Asks for the authority of a subject; `None` if it may not be signed in. The version was read before.
    pub(super) async fn authority_of(
        &self,
        subject: &Subject,
        version: u64,
    ) -> Result<Option<Authority>, StoreError> {
        let found = self.people.find(subject).await.map_err(StoreError::Unavailable)?;
        Ok(found.map(|person| person.with_version(version)))
    }

    /// Brings the authority of a session up to date, if it is not.
    pub(super) async fn bring_up_to_date(
        &self,
        session: &Session,
    ) -> Result<AuthorityRenewal, StoreError> {
        if !session.is_outdated() {
            return Ok(AuthorityRenewal::As(Box::new(session.clone())));
        }
        let found = self.authority_of(&session.subject, session.newest_authority).await?;
        let Some(authority) = found else { return Ok(AuthorityRenewal::OwnerGone) };
        Ok(if self.store.renew_authority(session.id, &authority).await? {
            AuthorityRenewal::As(Box::new(Session { authority, ..session.clone() }))
        } else {
            AuthorityRenewal::Changed
        })
    }
}

/// A session whose authority was brought up to date.
pub(super) enum AuthorityRenewal {
    /// As it is now, at the same generation.
    As(Box<Session>),
    /// Another request changed it meanwhile. It may be of a later generation now, whose refresh token this client was
    /// not given: an access token of that one would prove a delivery that was none. To be decided anew.
    Changed,
    /// Its owner may not be signed in any more.
    OwnerGone,
}
