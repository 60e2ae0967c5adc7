//! The state of a session, as a page is shown it.

use std::time::Duration;

use coatroom::{
    Accounts, Principal, Session, Timestamp, TokenInfo, User,
    config::Scheme,
    session::Persistence,
    store::{AccountEvent, AccountEventKind, Event, EventKind, Trigger},
    web::{AuthSession, CookieKind, Identity, NewSession, SameSite},
};

use super::{account_of, reason, too_many};
use crate::{
    drawn,
    error::ApiError,
    model::{self, SessionView, SignedIn},
    scheme_told,
};

/// The most events of its session that a page is told of.
const EVENTS: u32 = 12;
/// The most rows of failed sign-ins that a page is told of, and the time for which it is told.
const FAILED: usize = 3;
const FAILED_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// Returns the state of the session of a request.
pub(crate) async fn view(
    session: &AuthSession,
    accounts: &Accounts,
) -> Result<SessionView, ApiError> {
    match session.identity() {
        Identity::SignedIn(principal) => {
            let mut view = view_of(session, accounts, principal, session.token()).await?;
            // The proof is noted in a background task; the page shows already what that will write.
            if let (SessionView::SignedIn(shown), Some(info)) = (&mut view, session.token())
                && shown.generation == info.claims.generation
            {
                shown.delivered |= session.proves_delivery();
            }
            Ok(view)
        }
        Identity::SignedOut(ended) => Ok(SessionView::SignedOut { ended: ended.map(reason) }),
        Identity::RefreshDue => Err(ApiError::AccessExpired),
        Identity::TooManyReplays(retry_after) => Err(too_many(*retry_after)),
        Identity::Unavailable => Err(ApiError::Unavailable),
    }
}

/// Returns the state of a session that has just begun.
pub(crate) async fn begun(
    session: &AuthSession,
    accounts: &Accounts,
    new: &NewSession,
) -> Result<SessionView, ApiError> {
    view_of(session, accounts, &new.principal, new.info.as_ref()).await
}

/// Returns the state of the session of a principal, with the access token that proves it if the scheme has one.
pub(crate) async fn view_of(
    session: &AuthSession,
    accounts: &Accounts,
    principal: &Principal,
    info: Option<&TokenInfo>,
) -> Result<SessionView, ApiError> {
    let auth = session.auth();
    let Some(account) = account_of(&principal.subject) else {
        return Ok(SessionView::SignedOut { ended: None });
    };
    let Some(user) = accounts.user(account).await? else {
        return Ok(SessionView::SignedOut { ended: None });
    };
    // A token alone has no row.
    let row = if let Scheme::Token(_) = auth.config().scheme {
        None
    } else {
        let Some(row) = auth.session(principal.session).await? else {
            return Ok(SessionView::SignedOut { ended: None });
        };
        if let Some(ended) = row.end_reason(auth.now()) {
            return Ok(SessionView::SignedOut { ended: Some(reason(ended)) });
        }
        Some(row)
    };
    let events = auth.events(principal.session, EVENTS).await?;
    let told = told(session, accounts, &user).await?;
    let now = auth.now();
    let rotates = matches!(auth.config().scheme, Scheme::Hybrid(_));
    let ends = row.as_ref().map_or(principal.expires_at, |row| row.absolute_expires_at);
    Ok(SessionView::SignedIn(Box::new(SignedIn {
        email: user.email.as_str().to_owned(),
        server_now: now.millis(),
        access: match info {
            Some(info) if rotates => access(info),
            // Nothing renews it: the page counts from now, and asks before it ends.
            Some(info) => model::Access { issued_at: now.millis(), ..access(info) },
            None => lasting(now, principal.expires_at),
        },
        access_ttl: i64::try_from(auth.config().signed_ttl().as_millis()).unwrap_or(i64::MAX),
        generation: row.as_ref().map_or(0, |row| row.generation),
        replays: row.as_ref().map_or(0, |row| row.replays),
        delivered: !rotates || row.as_ref().is_some_and(|row| row.acknowledged_at.is_some()),
        remembered: row.as_ref().is_some_and(|row| row.persistence == Persistence::Remembered),
        idle_expires_at: row.as_ref().map_or(ends, |row| row.idle_expires_at).millis(),
        absolute_expires_at: ends.millis(),
        events: events.iter().map(event).collect(),
        cookies: cookies(session, principal, row.as_ref()),
        panel: scheme_told::panel(auth.config(), row.as_ref()),
        told,
    })))
}

/// Draws what the owner of an account is told: a theft, and wrong passwords of late.
async fn told(session: &AuthSession, accounts: &Accounts, user: &User) -> Result<String, ApiError> {
    // Reads all that are kept, or many of one kind would hide the others.
    let of_account = accounts.account_events(user.id, u32::MAX).await?;
    let now = session.auth().now();
    let recent = |event: &&AccountEvent| {
        event.kind == AccountEventKind::SignInFailed && now.since(event.last_at) < FAILED_FOR
    };
    let failed: Vec<_> = of_account.iter().filter(recent).take(FAILED).collect();
    Ok(drawn::told(drawn::stolen_at(&of_account), &failed))
}

/// Returns the times of a session without an access token, for the page's timer.
const fn lasting(now: Timestamp, until: Timestamp) -> model::Access {
    model::Access {
        issued_at: now.millis(),
        expires_at: until.millis(),
        size: 0,
        header: Vec::new(),
        claims: Vec::new(),
    }
}

/// Draws the cookies of a session.
fn cookies(session: &AuthSession, principal: &Principal, row: Option<&Session>) -> String {
    let attributes = attributes(session, row);
    let kinds = CookieKind::of(session.auth().config().scheme).iter();
    let cookies = kinds.map(|kind| drawn::Cookie {
        name: session.cookie_policy().cookie_name(*kind, principal.session),
        attributes: attributes.clone(),
    });
    drawn::jar(&cookies.collect::<Vec<_>>())
}

fn access(info: &TokenInfo) -> model::Access {
    let claims = &info.claims;
    let text = |name: &str, value: &str| model::Member {
        name: name.into(),
        value: value.into(),
        at: None,
    };
    let instant = |name: &str, seconds: i64| model::Member {
        name: name.into(),
        value: seconds.to_string(),
        at: Some(seconds.saturating_mul(1000)),
    };
    model::Access {
        issued_at: claims.issued_at().millis(),
        expires_at: claims.expires_at().millis(),
        size: u32::try_from(info.size).unwrap_or(u32::MAX),
        header: vec![
            text("typ", &info.typ),
            text("alg", info.algorithm.as_str()),
            text("kid", info.kid.as_str()),
        ],
        claims: vec![
            text("iss", &claims.iss),
            text("aud", &claims.aud),
            text("sub", &claims.sub.to_string()),
            text("sid", &claims.sid.to_string()),
            instant("iat", claims.iat),
            instant("exp", claims.exp),
            text("jti", &claims.jti),
            instant("auth_time", claims.auth_time),
            text("amr", claims.amr.as_str()),
            text("gen", &claims.generation.to_string()),
            text("role", claims.role.as_str()),
            text("av", &claims.authority_version.to_string()),
        ],
    }
}

/// Returns the attributes of the cookies. No store has the choice to stay signed in of a token without a row.
fn attributes(session: &AuthSession, row: Option<&Session>) -> Vec<String> {
    let same_site = match session.cookie_policy().same_site {
        SameSite::Lax => "SameSite=Lax",
        SameSite::Strict => "SameSite=Strict",
    };
    let mut attributes: Vec<String> =
        ["Secure", "HttpOnly", same_site, "Path=/"].map(str::to_owned).into();
    if let Some(row) = row
        && row.persistence == Persistence::Remembered
    {
        let left = row.absolute_expires_at.since(row.rotated_at).as_secs();
        attributes.push(format!("Max-Age={left}"));
    }
    attributes
}

fn event(event: &Event) -> model::Event {
    let client = &event.client;
    let parts = [client.label.as_str(), client.ip_prefix.as_str()];
    let from: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    model::Event {
        at: event.at.millis(),
        kind: match event.kind {
            EventKind::SignedUp => model::EventKind::SignedUp,
            EventKind::SignedIn => model::EventKind::SignedIn,
            EventKind::Rotated => model::EventKind::Rotated,
            EventKind::ReplayedUndelivered => model::EventKind::ReplayedUndelivered,
            EventKind::ReplayedConcurrent => model::EventKind::ReplayedConcurrent,
            EventKind::LockStep => model::EventKind::LockStep,
            EventKind::EndedByAdministrator => model::EventKind::EndedByAdministrator,
            EventKind::Unknown => model::EventKind::Unknown,
            _ => model::EventKind::Other,
        },
        generation: event.generation,
        document: event.trigger == Trigger::Document,
        from: from.join(" · "),
    }
}
