//! The sessions that a request holds tokens of, and the one that it comes from.
//!
//! A jar may hold the cookies of several: a late answer brings those of a session that is over, and two sign-ins at
//! once leave two that live. The request comes from the newest session that lives. Invariant: a token only ever counts
//! for the session that it names, and one that this server did not make counts for none.

mod status;

use std::{cmp::Reverse, sync::Arc};

pub(super) use self::status::SessionStatus;
use super::{
    Identity,
    cookies::{RequestTokens, Tag},
    request::Sender,
};
use crate::{
    access_token::TokenInfo,
    auth::{Access, Auth, IssueError, Opened, Refreshed, Validity},
    config::Scheme,
    log_throttle::LogThrottle,
    refresh_token::RefreshToken,
    session::{Decision, EndReason, Invalid, SessionId},
    store::{StoreError, Trigger},
};

/// The tokens of one session in a request.
#[derive(Clone, Debug)]
pub(super) struct SessionTokens {
    pub(super) session: SessionId,
    /// The best of its access tokens that are ours.
    pub(super) access: Option<Access>,
    /// A refresh token that names it: of several, one that the engine derived; one alone is still to be checked.
    pub(super) refresh: Option<RefreshToken>,
    /// Its opaque token, which this server derived, as its row says it.
    pub(super) opened: Option<Opened>,
    /// True if a cookie without a tag carried one of these tokens.
    pub(super) untagged: bool,
    /// True if the session is known to be ours and over.
    pub(super) dead: bool,
}

/// The sessions and tokens that were found in a request, and its refresh if there was one.
#[derive(Debug)]
pub(super) struct RequestAuthentication {
    pub(super) identity: Identity,
    /// The access token that is good, as it came or as the refresh brought it.
    pub(super) token: Option<Arc<TokenInfo>>,
    pub(super) held: Vec<SessionTokens>,
    /// The session that the request comes from.
    pub(super) session: Option<SessionId>,
    /// The worth of its access token: that of the session it comes from, or the last one.
    pub(super) validity: Option<Validity>,
    /// Shared, so that it takes a few bytes of every request: few refresh.
    pub(super) refreshed: Option<Arc<Refreshed>>,
}

/// Finds out which session a request comes from. With a trigger, refreshes it in passing if no access token is good.
pub(super) async fn find(
    auth: &Auth,
    presented: &RequestTokens,
    in_passing: Option<Trigger>,
    sender: &Sender,
) -> RequestAuthentication {
    let mut found = RequestAuthentication {
        identity: Identity::Unavailable,
        token: None,
        held: Vec::new(),
        session: None,
        validity: None,
        refreshed: None,
    };
    match found.look(auth, presented, in_passing, sender).await {
        Ok(identity) => found.identity = identity,
        Err(error) => {
            static FAILED: LogThrottle = LogThrottle::new();
            FAILED.count_with(
                || tracing::error!(%error, "authenticating a request failed"),
                |times| tracing::error!(times, "authenticating requests failed"),
            );
        }
    }
    found
}

impl RequestAuthentication {
    async fn look(
        &mut self,
        auth: &Auth,
        presented: &RequestTokens,
        in_passing: Option<Trigger>,
        sender: &Sender,
    ) -> Result<Identity, IssueError> {
        self.held = self.sort(auth, presented).await?;
        let mut statuses = self.statuses(auth).await?;
        // The newest first; of two of one instant the one whose cookies came last: browsers send the newest last.
        statuses.sort_by_key(|(number, status)| Reverse((status.begun(), *number)));
        let mut over = None;
        for (number, status) in &statuses {
            if let SessionStatus::Dead { reason, .. } = status {
                self.held[*number].dead = true;
                over = over.or(*reason);
            }
        }
        for (number, status) in statuses {
            let SessionStatus::Living { good, .. } = status else { continue };
            match self.go_on(number, good, auth, in_passing, sender).await? {
                // The end that the refresh has just found takes precedence.
                Identity::SignedOut(reason) => over = reason.or(over),
                identity => return Ok(identity),
            }
        }
        Ok(Identity::SignedOut(over))
    }

    /// Sorts the tokens of a request by the sessions they name. Those of another scheme count for nothing.
    async fn sort(
        &mut self,
        auth: &Auth,
        presented: &RequestTokens,
    ) -> Result<Vec<SessionTokens>, StoreError> {
        let mut found: Vec<SessionTokens> = Vec::new();
        match auth.config().scheme {
            // Boxed, as each that few requests need: the future of every request has room for what it holds unboxed,
            // and is moved with it.
            Scheme::Opaque => Box::pin(self.open(auth, presented, &mut found)).await?,
            Scheme::Token(_) => self.sort_access(auth, presented, &mut found).await?,
            Scheme::Hybrid(_) => {
                self.sort_access(auth, presented, &mut found).await?;
                sort_refresh(auth, presented, &mut found).await?;
            }
        }
        Ok(found)
    }

    /// Opens the sessions of opaque tokens. One that this server did not derive names none.
    async fn open(
        &mut self,
        auth: &Auth,
        presented: &RequestTokens,
        found: &mut Vec<SessionTokens>,
    ) -> Result<(), StoreError> {
        for (_, token) in &presented.session {
            let opened = auth.open(token).await?;
            self.validity = Some(opened.validity());
            if !matches!(opened, Opened::Unknown) {
                of_session(found, token.sid()).opened = Some(opened);
            }
        }
        Ok(())
    }

    async fn sort_access(
        &mut self,
        auth: &Auth,
        presented: &RequestTokens,
        found: &mut Vec<SessionTokens>,
    ) -> Result<(), StoreError> {
        for (tag, token) in &presented.access {
            let access = auth.authenticate(token).await?;
            self.validity = Some(access.validity());
            let Some(session) = access.info().map(|info| info.claims.sid) else {
                continue;
            };
            if tag.is_some_and(|tag| tag != Tag::of(session)) {
                continue;
            }
            let held = of_session(found, session);
            held.untagged |= tag.is_none();
            if held.access.as_ref().is_none_or(|other| rank(&access) > rank(other)) {
                held.access = Some(access);
            }
        }
        Ok(())
    }

    /// Returns the standing of each held session. One alone is not compared with others, and costs no query unless it
    /// was revoked.
    async fn statuses(&self, auth: &Auth) -> Result<Vec<(usize, SessionStatus)>, StoreError> {
        let mut statuses = Vec::new();
        for (number, held) in self.held.iter().enumerate() {
            let status =
                if self.held.len() == 1 && matches!(auth.config().scheme, Scheme::Hybrid(_)) {
                    held.status_alone(auth).await
                } else {
                    Box::pin(held.status(auth)).await?
                };
            statuses.push((number, status));
        }
        Ok(statuses)
    }

    /// Goes on with one session; [`Identity::SignedOut`] if its refresh finds it over, or its token worth nothing.
    async fn go_on(
        &mut self,
        number: usize,
        good: bool,
        auth: &Auth,
        in_passing: Option<Trigger>,
        sender: &Sender,
    ) -> Result<Identity, IssueError> {
        let held = &mut self.held[number];
        self.validity =
            held.access.as_ref().map_or(self.validity, |access| Some(access.validity()));
        if let (true, Some(principal)) = (good, held.principal()) {
            self.session = Some(held.session);
            self.token = held.access.as_ref().and_then(Access::shared_info);
            return Ok(Identity::SignedIn(Box::new(principal)));
        }
        let Some(trigger) = in_passing else {
            self.session = Some(held.session);
            return Ok(Identity::RefreshDue);
        };
        let refresh = auth.refresh(held.refresh.clone(), trigger, sender.client());
        let refreshed = Box::pin(refresh).await?;
        let identity = match (&refreshed.tokens, refreshed.decision) {
            (Some(tokens), _) => {
                self.session = Some(held.session);
                self.token = Some(Arc::new(tokens.info.clone()));
                Identity::SignedIn(Box::new(tokens.info.claims.principal()))
            }
            (None, Decision::TooManyReplays { retry_after, .. }) => {
                self.session = Some(held.session);
                Identity::TooManyReplays(retry_after)
            }
            (None, Decision::Ended(reason)) => {
                held.dead = true;
                Identity::SignedOut(Some(reason))
            }
            (None, Decision::Reuse(_)) => {
                held.dead = true;
                Identity::SignedOut(Some(EndReason::Reuse))
            }
            (None, Decision::Invalid(Invalid::Ahead)) => Identity::SignedOut(Some(EndReason::Lost)),
            (None, _) => Identity::SignedOut(None),
        };
        self.refreshed = Some(Arc::new(refreshed));
        Ok(identity)
    }

    /// Returns the refresh token that a request for a refresh is about: that of the session it comes from; if it comes
    /// from none, the first, so that the answer tells how its session ended.
    pub(super) fn refresh_token(&self) -> Option<&RefreshToken> {
        let of_session =
            |held: &&SessionTokens| self.session.is_none_or(|session| held.session == session);
        self.held.iter().filter(of_session).find_map(|held| held.refresh.as_ref())
    }
}

/// Adds the refresh tokens of a request to the sessions they name.
async fn sort_refresh(
    auth: &Auth,
    presented: &RequestTokens,
    found: &mut Vec<SessionTokens>,
) -> Result<(), StoreError> {
    for (number, (tag, token)) in presented.refresh.iter().enumerate() {
        let session = token.sid();
        let doubled =
            presented.refresh.iter().enumerate().any(|(other, (_, also))| {
                other != number && also.sid() == session && also != token
            });
        // Of several, an attacker may have planted one, and one may be left under an older name.
        if doubled && auth.session_of(token).await?.is_none() {
            continue;
        }
        let held = of_session(found, session);
        held.untagged |= tag.is_none();
        if held.refresh.as_ref().is_none_or(|other| token.generation() > other.generation()) {
            held.refresh = Some(token.clone());
        }
    }
    Ok(())
}

fn of_session(found: &mut Vec<SessionTokens>, session: SessionId) -> &mut SessionTokens {
    let number = found.iter().position(|held| held.session == session).unwrap_or_else(|| {
        found.push(SessionTokens::new(session));
        found.len() - 1
    });
    &mut found[number]
}

/// Returns the rank of an access token among those of its session: the better one is the greater.
fn rank(access: &Access) -> (u8, i64) {
    let worth = match access.validity() {
        Validity::Valid => 4,
        Validity::Outdated => 3,
        Validity::Expired => 2,
        Validity::Revoked => 1,
        Validity::Invalid(_) => 0,
    };
    (worth, access.info().map_or(0, |info| info.claims.exp))
}
