//! Beginning a session: for a password, a passkey, another service or whatever else proved who its owner is.

use super::{Auth, BeginError, Credential, IssueError, spans::Verb};
use crate::{
    config::Scheme,
    observer::Observation,
    principal::{Authority, Means, Subject},
    secret::random,
    session::{Client, EndReason, Persistence, Session, SessionId, SessionNonce},
    store::{Event, EventKind, Trigger},
};

/// The origin of a sign-in, and the session that it is to begin.
///
/// Stale [`AuthLayer`](crate::web::AuthLayer), [`AuthSession`](crate::web::AuthSession) makes it from the request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignInContext {
    /// The time for which the browser is to remember the session.
    pub persistence: Persistence,
    /// The browser that signs in.
    pub client: Client,
    /// The sessions that the request came with: they end, so that no attacker can plant one (session fixation).
    pub replaces: Vec<SessionId>,
}

impl SignInContext {
    /// Makes a context with an unknown client, which replaces no session. Set its fields to say more.
    pub fn new(persistence: Persistence) -> Self {
        Self { persistence, client: Client::default(), replaces: Vec::new() }
    }
}

impl Auth {
    /// Begins a session of a subject that has just proved, by these means, to be its owner.
    ///
    /// # Errors
    /// [`BeginError::NotFound`] if [`People`](crate::people::People) does not find the subject;
    /// [`BeginError::Issue`] if a store does not answer.
    ///
    /// # Security
    /// It checks no proof: the caller has done so.
    pub async fn begin(
        &self,
        subject: &Subject,
        means: Means,
        context: SignInContext,
    ) -> Result<Credential, BeginError> {
        self.begin_as(EventKind::SignedIn, subject, means, context).await
    }

    pub(crate) async fn begin_as(
        &self,
        kind: EventKind,
        subject: &Subject,
        means: Means,
        context: SignInContext,
    ) -> Result<Credential, BeginError> {
        let begun = async {
            // Before the subject is looked up: a change in between outdates the session.
            let version = self.0.store.authority_version(subject).await?;
            let authority = self.0.authority_of(subject, version).await?;
            let authority = authority.ok_or(BeginError::NotFound)?;
            Ok(self.add_session(kind, subject, authority, means, context).await?)
        };
        Verb::Begin.run(None, begun).await
    }

    /// Begins a session of a subject whose authority was read, with its version or after it.
    pub(crate) async fn begin_with(
        &self,
        subject: &Subject,
        authority: Authority,
        means: Means,
        context: SignInContext,
    ) -> Result<Credential, IssueError> {
        let begun = self.add_session(EventKind::SignedIn, subject, authority, means, context);
        Verb::Begin.run(None, begun).await
    }

    async fn add_session(
        &self,
        kind: EventKind,
        subject: &Subject,
        authority: Authority,
        means: Means,
        context: SignInContext,
    ) -> Result<Credential, IssueError> {
        let now = self.now();
        let lifetimes = self.0.config.lifetimes(context.persistence);
        let absolute_expires_at = now + lifetimes.absolute;
        let session = Session {
            id: SessionId::random(),
            subject: subject.clone(),
            newest_authority: authority.version,
            authority,
            created_at: now,
            authenticated_at: now,
            means,
            nonce: SessionNonce::from_bytes(random()),
            pepper_kid: self.0.peppers.current.kid.clone(),
            generation: 0,
            rotated_at: now,
            acknowledged_at: None,
            replays: 0,
            persistence: context.persistence,
            idle_expires_at: (now + lifetimes.idle).min(absolute_expires_at),
            absolute_expires_at,
            revoked: None,
            client: context.client.clone(),
            last_seen_at: now,
            // The newest that this node knows. If there is a later one, the row says so.
            epoch: self.0.follower.epoch(),
        };
        let client = context.client;
        let event = Event {
            at: now,
            kind,
            generation: 0,
            trigger: Trigger::Call,
            client: client.clone(),
            times: 1,
        };
        // A token alone is all there is of its session.
        if !matches!(self.0.config.scheme, Scheme::Token(_)) {
            self.0.store.add_session(&session, &event).await?;
        }
        self.0.observe(Observation::Begun { session: &session, kind });
        // Ended only after the new session is stored: had that failed, the old ones would have to live on.
        for old in context.replaces {
            self.revoke(old, EndReason::Replaced, EventKind::Replaced, client.clone()).await?;
        }
        Ok(self.0.credential(session, now)?)
    }
}
