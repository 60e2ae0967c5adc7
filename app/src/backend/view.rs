//! The state of a session, as a page is shown it.

use std::{ops::Range, sync::Arc, time::Duration};

use coatroom::{
    Accounts, Principal, Session, Timestamp, TokenInfo, User,
    config::Scheme,
    session::Persistence,
    store::{AccountEvent, AccountEventKind, Event, EventKind, Overview, OverviewQuery, Trigger},
    user::Email,
    web::{AuthSession, CookieKind, Identity, NewSession, SameSite},
};

use super::{account_of, reason, too_many};
use crate::{
    drawn,
    error::ApiError,
    model::{self, Brief, SessionView, SignedIn},
    scheme_told,
};

/// The most events of its session that a page is told of.
const EVENTS: u32 = 12;
/// The most rows of failed sign-ins that a page is told of, and the time for which it is told.
const FAILED: u32 = 3;
const FAILED_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// The part of a session that is read and told: what a page does not show is not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it, for the token page, and for functions, whose callers may show it.
    Whole,
    /// The person who is signed in, for every other page.
    Brief,
}

/// Returns the state of the session of a request.
pub(crate) async fn view(
    session: &AuthSession,
    accounts: &Accounts,
    extent: Extent,
) -> Result<SessionView, ApiError> {
    match session.identity() {
        Identity::SignedIn(principal) => {
            let info = session.token();
            let found = find(session, accounts, principal, extent).await?;
            Ok(found.map_or_else(SessionView::from, |mut found| {
                // The proof is noted in a background task; the page shows already what that will write.
                found.delivered |= session.proves_delivery()
                    && info.is_some_and(|info| info.claims.generation == found.generation());
                match extent {
                    Extent::Whole => whole(session, principal, info, &found),
                    Extent::Brief => {
                        let lifetime = lifetime(session, principal, info, found.now);
                        let email = found.user.email.to_string();
                        brief(lifetime, found.now, email, found.delivered)
                    }
                }
            }))
        }
        Identity::SignedOut(ended) => Ok(SessionView::SignedOut { ended: ended.map(reason) }),
        Identity::RefreshDue => Err(ApiError::AccessExpired),
        Identity::TooManyReplays(retry_after) => Err(too_many(*retry_after)),
        Identity::Unavailable => Err(ApiError::Unavailable),
    }
}

/// Returns the state of a session that has just begun, for the address that was signed in with. Nothing is read for it:
/// the page asks for the whole once its browser has shown that it keeps the cookies.
pub(crate) fn begun(session: &AuthSession, new: &NewSession, email: &str) -> SessionView {
    let email = Email::parse(email).map_or_else(|_| email.to_owned(), |email| email.to_string());
    let auth = session.auth();
    let (now, delivered) = (auth.now(), !matches!(auth.config().scheme, Scheme::Hybrid(_)));
    brief(lifetime(session, &new.principal, new.info.as_ref(), now), now, email, delivered)
}

/// A session that lives, as the store has it.
struct Found {
    user: User,
    /// The session's row; a token alone has none.
    row: Option<Session>,
    delivered: bool,
    events: Vec<Event>,
    account_events: Vec<AccountEvent>,
    now: Timestamp,
}

impl Found {
    fn generation(&self) -> u64 {
        self.row.as_ref().map_or(0, |row| row.generation)
    }
}

/// The end of a session that a request was let in with: the row says it, and its access token not yet.
struct Over(Option<model::EndReason>);

impl From<Over> for SessionView {
    fn from(Over(ended): Over) -> Self {
        Self::SignedOut { ended }
    }
}

/// Reads the account and the row of a principal, and as much of what happened to them as is told. The row is read for
/// every page: if two of them disagreed on who is signed in, they would redirect to each other.
async fn find(
    session: &AuthSession,
    accounts: &Accounts,
    principal: &Principal,
    extent: Extent,
) -> Result<Result<Found, Over>, ApiError> {
    let auth = session.auth();
    let scheme = auth.config().scheme;
    let has_row = !matches!(scheme, Scheme::Token(_));
    let Some(user) = account_of(&principal.subject) else { return Ok(Err(Over(None))) };
    let (events, account_events) = match extent {
        Extent::Whole if has_row => (EVENTS, FAILED),
        Extent::Whole => (0, FAILED),
        Extent::Brief => (0, 0),
    };
    let query = OverviewQuery { user, session: principal.session, events, account_events };
    let Some(overview) = accounts.overview(&query).await? else { return Ok(Err(Over(None))) };
    let Overview { user, session: row, events, account_events } = overview;
    let now = auth.now();
    if row.is_none() && has_row {
        return Ok(Err(Over(None)));
    }
    if let Some(ended) = row.as_ref().and_then(|row| row.end_reason(now)) {
        return Ok(Err(Over(Some(reason(ended)))));
    }
    let delivered = !matches!(scheme, Scheme::Hybrid(_))
        || row.as_ref().is_some_and(|row| row.acknowledged_at.is_some());
    Ok(Ok(Found { user, row, delivered, events, account_events, now }))
}

/// Tells all of a session.
fn whole(
    session: &AuthSession,
    principal: &Principal,
    info: Option<&TokenInfo>,
    found: &Found,
) -> SessionView {
    let config = session.auth().config();
    let row = found.row.as_ref();
    let ends = row.map_or(principal.expires_at, |row| row.absolute_expires_at);
    SessionView::SignedIn(Arc::new(SignedIn {
        email: found.user.email.as_str().to_owned(),
        server_now: found.now.millis(),
        access: access(lifetime(session, principal, info, found.now), info),
        access_ttl: i64::try_from(config.signed_ttl().as_millis()).unwrap_or(i64::MAX),
        generation: found.generation(),
        replays: row.map_or(0, |row| row.replays),
        delivered: found.delivered,
        remembered: row.is_some_and(|row| row.persistence == Persistence::Remembered),
        idle_expires_at: row.map_or(ends, |row| row.idle_expires_at).millis(),
        absolute_expires_at: ends.millis(),
        events: found.events.iter().map(event).collect(),
        cookies: cookies(session, principal, row),
        panel: scheme_told::panel(config, row),
        told: told(found),
    }))
}

/// Tells who is signed in.
fn brief(
    lifetime: Range<Timestamp>,
    now: Timestamp,
    email: String,
    delivered: bool,
) -> SessionView {
    SessionView::Brief(Brief {
        email,
        server_now: now.millis(),
        issued_at: lifetime.start.millis(),
        expires_at: lifetime.end.millis(),
        delivered,
    })
}

/// Draws what the owner of an account is told: a theft, and wrong passwords of late.
fn told(found: &Found) -> String {
    let recent = |event: &&AccountEvent| {
        event.kind == AccountEventKind::SignInFailed && found.now.since(event.last_at) < FAILED_FOR
    };
    let failed: Vec<_> = found.account_events.iter().filter(recent).collect();
    drawn::told(drawn::stolen_at(&found.account_events), &failed)
}

/// Returns the times of an access token, for the page's timer. Nothing renews one of another scheme than the hybrid:
/// the page counts from now, and asks before it ends.
fn lifetime(
    session: &AuthSession,
    principal: &Principal,
    info: Option<&TokenInfo>,
    now: Timestamp,
) -> Range<Timestamp> {
    match info.map(|info| &info.claims) {
        Some(claims) if session.rotates() => claims.issued_at()..claims.expires_at(),
        Some(claims) => now..claims.expires_at(),
        None => now..principal.expires_at,
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

/// Tells an access token; without one, as under an opaque scheme, its times alone.
fn access(lifetime: Range<Timestamp>, info: Option<&TokenInfo>) -> model::Access {
    model::Access {
        issued_at: lifetime.start.millis(),
        expires_at: lifetime.end.millis(),
        size: info.map_or(0, |info| u32::try_from(info.size).unwrap_or(u32::MAX)),
        header: info.map(header).unwrap_or_default(),
        claims: info.map(claims).unwrap_or_default(),
    }
}

fn header(info: &TokenInfo) -> Vec<model::Member> {
    vec![
        text("typ", &info.typ),
        text("alg", info.algorithm.as_str()),
        text("kid", info.kid.as_str()),
    ]
}

fn claims(info: &TokenInfo) -> Vec<model::Member> {
    let claims = &info.claims;
    let instant = |name: &str, seconds: i64| model::Member {
        name: name.into(),
        value: seconds.to_string(),
        at: Some(seconds.saturating_mul(1000)),
    };
    vec![
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
    ]
}

fn text(name: &str, value: &str) -> model::Member {
    model::Member { name: name.into(), value: value.into(), at: None }
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
