//! Refreshing: what each decision of the rule writes and answers.

use std::sync::Arc;

use super::{
    Auth, Inner, IssueError, authority::AuthorityRenewal, single_flight::Flight, spans::Verb,
};
use crate::{
    access_token::{AccessToken, TokenInfo},
    background,
    clock::Timestamp,
    observer::Observation,
    principal::Authority,
    refresh_token::RefreshToken,
    revocation::Moment,
    session::{Client, Decision, EndReason, Invalid, Replay, Reuse, Session, SessionId},
    store::{Change, Event, EventKind, Rotation, StoreError, Trigger},
};

/// The number of times that a refresh is decided, if other requests change the session in between. The request that
/// wins a race leaves the session where every later decision is final, so the second attempt decides; the third is for
/// an authority that another request renewed, the fourth for a revocation in between.
const ATTEMPTS: usize = 4;

/// The tokens of an answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenPair {
    /// The access token.
    pub access: AccessToken,
    /// The refresh token, if the browser is to replace the one it has.
    pub refresh: Option<RefreshToken>,
    /// The contents of the access token.
    pub info: TokenInfo,
    /// The session they belong to.
    pub session: Session,
}

/// The answer to a refresh.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refreshed {
    /// The decision of the rule, or of the engine on too many replays.
    pub decision: Decision,
    /// The tokens that the browser gets; `None` if it gets none.
    pub tokens: Option<TokenPair>,
}

impl Auth {
    /// Exchanges a refresh token, by the rule of [`decide`](crate::session::decide).
    ///
    /// Runs to its end even if the caller is dropped, so that the store and this node agree. Concurrent calls with one
    /// token from one client share one answer: of a burst of them one rotates, and no other writes.
    ///
    /// # Errors
    /// [`IssueError`] if the store does not answer, or the access token cannot be signed. The browser keeps the cookies
    /// it has, and can try again.
    pub async fn refresh(
        &self,
        presented: Option<RefreshToken>,
        trigger: Trigger,
        client: Client,
    ) -> Result<Refreshed, IssueError> {
        let named = presented.as_ref().map(RefreshToken::sid);
        let race = presented.as_ref().map(|token| Flight::new(token, &client));
        let inner = Arc::clone(&self.0);
        let refresh = || {
            background::run_to_completion(async move {
                inner.refresh(presented.as_ref(), trigger, client).await
            })
        };
        let refreshed = async {
            match race {
                Some(race) => self.0.refreshes.share(race, refresh).await,
                None => refresh().await,
            }
        };
        Verb::Refresh.run(named, refreshed).await
    }
}

impl Inner {
    async fn refresh(
        &self,
        presented: Option<&RefreshToken>,
        trigger: Trigger,
        client: Client,
    ) -> Result<Refreshed, IssueError> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let session = self.find(presented).await?;
            let mut decision = self.decide(presented, session.as_ref(), now);
            let event = |kind, generation| Event {
                at: now,
                kind,
                generation,
                trigger,
                client: client.clone(),
                times: 1,
            };
            let Some(session) = session else {
                self.decided(None, decision, &client);
                return Ok(Refreshed { decision, tokens: None });
            };
            let id = session.id;
            if let Decision::Replay(replay) = decision
                && let Err(retry_after) =
                    self.replays.take(session.id, &client.ip_prefix, self.clock.elapsed())
            {
                decision = Decision::TooManyReplays { replay, retry_after };
            }
            let tokens = match decision {
                Decision::Debounced { first_proof } => {
                    // Another proof or a sign-out was faster: decide again on what it left.
                    let generation = session.generation;
                    if first_proof && !self.note_proof(id, generation, now).await? {
                        continue;
                    }
                    match self.bring_up_to_date(&session).await? {
                        AuthorityRenewal::As(session) => {
                            Some(TokenPair { refresh: None, ..self.signed(*session, now)? })
                        }
                        AuthorityRenewal::Changed => continue,
                        AuthorityRenewal::OwnerGone => {
                            return self.end_for_lost_owner(&session, &client).await;
                        }
                    }
                }
                Decision::Rotate => {
                    let version = session.newest_authority;
                    let Some(authority) = self.authority_of(&session.subject, version).await?
                    else {
                        return self.end_for_lost_owner(&session, &client).await;
                    };
                    let rotation = self.rotation(&session, authority, now);
                    let rotated = event(EventKind::Rotated, session.generation + 1);
                    match self.store.rotate(&rotation, &rotated).await? {
                        Some(rotated) => Some(self.signed(rotated, now)?),
                        // Another refresh or a sign-out was faster: decide again on what it left.
                        None => continue,
                    }
                }
                Decision::Replay(kind) => {
                    let session = match self.bring_up_to_date(&session).await? {
                        AuthorityRenewal::As(session) => *session,
                        AuthorityRenewal::Changed => continue,
                        AuthorityRenewal::OwnerGone => {
                            return self.end_for_lost_owner(&session, &client).await;
                        }
                    };
                    let event = event(replayed(kind), session.generation);
                    if !self.store.count_replay(session.id, session.generation, &event).await? {
                        continue;
                    }
                    if self.ended_in_lock_step(&session, &event).await? {
                        // The answer that every later request will get, too.
                        let decision = Decision::Ended(EndReason::Reuse);
                        self.decided(Some(id), decision, &client);
                        return Ok(Refreshed { decision, tokens: None });
                    }
                    Some(self.signed(session, now)?)
                }
                Decision::Reuse(reuse) => {
                    let event = event(reused(reuse), session.generation);
                    self.end_for_reuse(&session, &event).await?;
                    tracing::warn!(
                        sid = %session.id,
                        row = decision.row(),
                        "reuse of a spent refresh token: the session was ended",
                    );
                    None
                }
                Decision::Invalid(Invalid::Ahead) => {
                    self.store.record(id, &event(EventKind::Ahead, session.generation)).await?;
                    self.report_ahead(&session);
                    None
                }
                Decision::Invalid(Invalid::Unrecognized)
                | Decision::Ended(_)
                | Decision::TooManyReplays { .. } => None,
            };
            self.decided(Some(id), decision, &client);
            return Ok(Refreshed { decision, tokens });
        }
        Err(StoreError::Unavailable(
            "other requests changed the session during every attempt".into(),
        )
        .into())
    }

    /// Logs that a token is ahead of its session; once, because its browser presents it again and again.
    fn report_ahead(&self, session: &Session) {
        if self.reported.first(session.id, session.generation, Moment::of(&*self.clock)) {
            tracing::warn!(
                sid = %session.id,
                "a refresh token is ahead of its session: the database was restored from a copy or lost commits, or an \
                 attacker has the secret; after a restore, end the sessions that may have been revoked since",
            );
        }
    }

    /// Counts a decision that was carried out, and tells the listener of it.
    fn decided(&self, session: Option<SessionId>, decision: Decision, client: &Client) {
        self.counters.count(decision);
        self.observe(Observation::Decided { session, decision, client });
    }

    fn rotation(&self, session: &Session, authority: Authority, now: Timestamp) -> Rotation {
        let spacing = self.config.timing().spacing;
        let idle_ttl = self.config.lifetimes(session.persistence).idle;
        let (id, from) = (session.id, session.generation);
        Rotation { id, from, now, spacing, idle_ttl, authority }
    }

    /// Revokes a session whose tokens two clients hold. Committed before the client is answered: an error on the way
    /// out must not undo it. The owner is told of it at the next sign-in, from any device.
    pub(super) async fn end_for_reuse(
        &self,
        session: &Session,
        event: &Event,
    ) -> Result<(), StoreError> {
        let did = self.store.revoke(session.id, EndReason::Reuse, event).await?;
        self.note(Change::Revoked { id: session.id, at: event.at });
        if did {
            let (reason, client) = (EndReason::Reuse, &event.client);
            self.observe(Observation::Ended { session, reason, client });
            let noted = self.people.note_theft(&session.subject, client, event.at).await;
            if let Err(error) = noted {
                tracing::warn!(error, sid = %session.id, "recording the theft for the account's owner failed");
            }
        }
        Ok(())
    }

    /// Ends a session whose owner may not be signed in any more, and answers as every later request is answered.
    async fn end_for_lost_owner(
        &self,
        session: &Session,
        client: &Client,
    ) -> Result<Refreshed, IssueError> {
        let (reason, kind) = (EndReason::OwnerGone, EventKind::OwnerGone);
        self.revoke(session, reason, kind, client.clone()).await?;
        let decision = Decision::Ended(reason);
        self.decided(Some(session.id), decision, client);
        Ok(Refreshed { decision, tokens: None })
    }
}

const fn replayed(kind: Replay) -> EventKind {
    match kind {
        Replay::Undelivered => EventKind::ReplayedUndelivered,
        Replay::Concurrent => EventKind::ReplayedConcurrent,
    }
}

const fn reused(reuse: Reuse) -> EventKind {
    match reuse {
        Reuse::Recent => EventKind::ReuseRecent,
        Reuse::Stale => EventKind::ReuseStale,
    }
}
