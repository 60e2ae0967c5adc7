//! The server's side of the application: gets the engine from a request's context, and translates its types for the
//! wire.

use std::time::Duration;

use axum::{extract::Request, http::request::Parts, middleware::Next, response::Response};
use coatroom::{
    Accounts, Credentials, Session, Subject, TokenInfo, UserId,
    accounts::{SignInError, SignUpError},
    auth::IssueError,
    log_throttle::LogThrottle,
    password::{HashError, PasswordError},
    session::{Decision, EndReason, Invalid, Persistence},
    store::{AccountEvent, AccountEventKind, Event, EventKind, StoreError, Trigger},
    web::{AuthRejection, AuthSession, CookieKind, Identity, SameSite},
};
use leptos::prelude::*;

use crate::{
    drawn,
    error::ApiError,
    lab,
    model::{self, SessionView, SignedIn},
    path,
    posted::{ByForm, came_from},
};

/// The most events of its session that a page is told of.
const EVENTS: u32 = 12;
/// The most rows of failed sign-ins that a page is told of, and the time for which it is told.
const FAILED: usize = 3;
const FAILED_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// Returns the sign-in of the request that is being answered.
pub(crate) fn auth_session() -> Result<AuthSession, ApiError> {
    attached("AuthLayer")
}

/// Returns the accounts that the server attached to the request that is being answered.
pub(crate) fn accounts() -> Result<Accounts, ApiError> {
    attached("the layer that attaches the accounts")
}

/// Returns what a layer attached to the request that is being answered.
fn attached<T: Clone + Send + Sync + 'static>(layer: &str) -> Result<T, ApiError> {
    use_context::<Parts>().and_then(|parts| parts.extensions.get().cloned()).ok_or_else(|| {
        tracing::error!("a server function ran outside of {layer}: add it to the router");
        ApiError::Internal
    })
}

/// Makes credentials of the fields of a form.
pub(crate) fn credentials(email: String, password: String) -> Credentials {
    Credentials::new(email, password)
}

/// Returns the persistence that the checkbox "stay signed in" asks for; nothing is guessed from other words.
pub(crate) fn persistence(stay: Option<&str>) -> Result<Persistence, ApiError> {
    match stay.unwrap_or_default() {
        "on" | "true" | "1" => Ok(Persistence::Remembered),
        "" | "off" | "false" | "0" => Ok(Persistence::Browser),
        _ => Err(ApiError::BadRequest),
    }
}

/// Makes an account and signs it in. A form that a browser posts by itself is sent twice by a double click, and the
/// browser shows the second answer alone: so the form of an account that exists signs in, if the password is right. A
/// wrong one is a guess like any other, with the same limits, and the owner is told.
pub(crate) async fn sign_up(
    session: &AuthSession,
    accounts: &Accounts,
    credentials: Credentials,
    persistence: Persistence,
) -> Result<TokenInfo, ApiError> {
    match session.sign_up(accounts, credentials.clone(), persistence).await {
        Err(SignUpError::EmailTaken) if is_form() => {
            session.sign_in(accounts, credentials, persistence).await.map_err(|error| match error {
                SignInError::InvalidCredentials => ApiError::EmailTaken,
                other => other.into(),
            })
        }
        other => Ok(other?),
    }
}

/// Returns the account of a subject; `None` if its name is that of no account.
pub(crate) fn account_of(subject: &Subject) -> Option<UserId> {
    UserId::parse(subject.as_str())
}

/// Returns true if the request is a form that a browser posted by itself.
fn is_form() -> bool {
    use_context::<Parts>().is_some_and(|parts| parts.extensions.get::<ByForm>().is_some())
}

/// A middleware for documents: looks up what the page will show before it is rendered, so that rendering waits
/// for nothing and the first byte is final.
pub async fn attach_view(mut request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/")
        && let Some(session) = request.extensions().get::<AuthSession>().cloned()
        && let Some(accounts) = request.extensions().get::<Accounts>().cloned()
    {
        let view = match session.identity() {
            Identity::RefreshDue => SessionView::SignedOut { ended: None },
            _ => view(&session, &accounts).await.unwrap_or_else(|error| match error {
                ApiError::TooManyRequests { retry_after } => SessionView::Limited { retry_after },
                _ => SessionView::Unavailable,
            }),
        };
        let view = match view {
            SessionView::SignedOut { ended: None } if is_ended(&request) => {
                SessionView::SignedOut { ended: Some(model::EndReason::SignedOut) }
            }
            view => view,
        };
        if request.uri().path() == path::HOME && matches!(view, SessionView::SignedOut { .. }) {
            let open = request.extensions().get().cloned();
            let query = request.uri().query().map(str::to_owned);
            let front = lab::front(open.as_ref(), query.as_deref()).await;
            request.extensions_mut().insert(front);
        }
        request.extensions_mut().insert(view);
    }
    next.run(request).await
}

/// Returns true if a page that knew that its session is over was loaded again: by itself, or by the person, for whom
/// browsers say `none`. A link from another site is not believed.
fn is_ended(request: &Request) -> bool {
    request.uri().path_and_query().is_some_and(|address| address == path::ENDED)
        && came_from(request.headers(), &["same-origin", "none"])
}

/// Returns the state of the session of a request.
pub(crate) async fn view(
    session: &AuthSession,
    accounts: &Accounts,
) -> Result<SessionView, ApiError> {
    match (session.identity(), session.token()) {
        (Identity::SignedIn(_), Some(info)) => {
            let mut view = view_of(session, accounts, info).await?;
            // The proof is noted in a background task; the page shows already what that will write.
            if let SessionView::SignedIn(shown) = &mut view
                && shown.generation == info.claims.generation
            {
                shown.delivered |= session.proves_delivery();
            }
            Ok(view)
        }
        (Identity::SignedOut(ended), _) => Ok(SessionView::SignedOut { ended: ended.map(reason) }),
        (Identity::RefreshDue, _) => Err(ApiError::AccessExpired),
        (Identity::TooManyReplays(retry_after), _) => Err(too_many(*retry_after)),
        (Identity::SignedIn(_) | Identity::Unavailable, _) => Err(ApiError::Unavailable),
    }
}

/// Returns the state of the session that an access token belongs to.
pub(crate) async fn view_of(
    session: &AuthSession,
    accounts: &Accounts,
    info: &TokenInfo,
) -> Result<SessionView, ApiError> {
    let auth = session.auth();
    let sid = info.claims.sid;
    let signed_out = SessionView::SignedOut { ended: None };
    let Some(account) = account_of(&info.claims.sub) else { return Ok(signed_out) };
    let user = accounts.user(account).await?;
    let (Some(user), Some(row)) = (user, auth.session(sid).await?) else {
        return Ok(signed_out);
    };
    if let Some(ended) = row.end_reason(auth.now()) {
        return Ok(SessionView::SignedOut { ended: Some(reason(ended)) });
    }
    let events = auth.events(sid, EVENTS).await?;
    // Reads all that are kept, or many of one kind would hide the others.
    let of_account = accounts.account_events(user.id, u32::MAX).await?;
    let recent = |event: &&AccountEvent| {
        event.kind == AccountEventKind::SignInFailed && auth.now().since(event.last_at) < FAILED_FOR
    };
    let failed: Vec<_> = of_account.iter().filter(recent).take(FAILED).collect();
    let attributes = attributes(session, &row);
    Ok(SessionView::SignedIn(Box::new(SignedIn {
        email: user.email.as_str().to_owned(),
        server_now: auth.now().millis(),
        access: access(info),
        access_ttl: i64::try_from(auth.config().access_ttl.as_millis()).unwrap_or(i64::MAX),
        generation: row.generation,
        replays: row.replays,
        delivered: row.acknowledged_at.is_some(),
        remembered: row.persistence == Persistence::Remembered,
        idle_expires_at: row.idle_expires_at.millis(),
        absolute_expires_at: row.absolute_expires_at.millis(),
        events: events.iter().map(event).collect(),
        cookies: [CookieKind::Access, CookieKind::Refresh]
            .map(|kind| model::Cookie {
                name: session.cookie_policy().cookie_name(kind, sid),
                attributes: attributes.clone(),
            })
            .into(),
        told: drawn::told(drawn::stolen_at(&of_account), &failed),
    })))
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

fn attributes(session: &AuthSession, row: &Session) -> Vec<String> {
    let same_site = match session.cookie_policy().same_site {
        SameSite::Lax => "SameSite=Lax",
        SameSite::Strict => "SameSite=Strict",
    };
    let mut attributes: Vec<String> =
        ["Secure", "HttpOnly", same_site, "Path=/"].map(str::to_owned).into();
    if row.persistence == Persistence::Remembered {
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

fn reason(reason: EndReason) -> model::EndReason {
    match reason {
        EndReason::Replaced => model::EndReason::Replaced,
        EndReason::Reuse => model::EndReason::Reuse,
        EndReason::IdleExpiry => model::EndReason::IdleExpiry,
        EndReason::AbsoluteExpiry => model::EndReason::AbsoluteExpiry,
        EndReason::SignedOut => model::EndReason::SignedOut,
        EndReason::Administrator => model::EndReason::Administrator,
        EndReason::Application => model::EndReason::Application,
        EndReason::OwnerGone => model::EndReason::OwnerGone,
        EndReason::Lost => model::EndReason::Lost,
        _ => model::EndReason::Unknown,
    }
}

/// Returns the error of a refresh that gave no tokens.
pub(crate) fn refusal(decision: Decision) -> ApiError {
    match decision {
        Decision::Ended(ended) => ApiError::SessionEnded { reason: reason(ended) },
        Decision::Reuse(_) => ApiError::SessionEnded { reason: model::EndReason::Reuse },
        Decision::TooManyReplays { retry_after, .. } => too_many(retry_after),
        Decision::Invalid(Invalid::Ahead) => {
            ApiError::SessionEnded { reason: model::EndReason::Lost }
        }
        _ => ApiError::InvalidToken,
    }
}

impl From<AuthRejection> for ApiError {
    fn from(rejection: AuthRejection) -> Self {
        match rejection {
            AuthRejection::Missing => Self::Unauthenticated,
            AuthRejection::AccessExpired => Self::AccessExpired,
            AuthRejection::TooManyReplays { retry_after } => too_many(retry_after),
            AuthRejection::Unavailable => Self::Unavailable,
            _ => Self::InvalidToken,
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        static FAILED: LogThrottle = LogThrottle::new();
        FAILED.count_with(
            || tracing::error!(%error, "a request failed: the store returned an error"),
            |times| tracing::error!(times, "requests failed: the store returned errors"),
        );
        Self::Unavailable
    }
}

impl From<IssueError> for ApiError {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::Store(error) => error.into(),
            other => {
                tracing::error!(error = %other, "no token could be issued");
                Self::Internal
            }
        }
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        static REFUSED: LogThrottle = LogThrottle::new();
        match error {
            HashError::Share => return too_many(Duration::from_secs(1)),
            HashError::Busy => REFUSED.count(|times| {
                tracing::warn!(times, "requests refused: the queue for password hashing is full");
            }),
            other => tracing::error!(error = %other, "hashing a password failed"),
        }
        Self::Unavailable
    }
}

/// Refuses a client that tries too often. Under a flood the log has a line every few seconds.
fn too_many(retry_after: Duration) -> ApiError {
    static REFUSED: LogThrottle = LogThrottle::new();
    REFUSED.count(|times| {
        tracing::warn!(times, "requests refused: clients exceeded a rate limit (sign-in, sign-up, password checks or replays)");
    });
    // Rounds up: a try that comes too early is refused again.
    let seconds = retry_after.as_millis().div_ceil(1000).max(1);
    ApiError::TooManyRequests { retry_after: u32::try_from(seconds).unwrap_or(u32::MAX) }
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::InvalidCredentials => Self::InvalidCredentials,
            SignInError::TooMany { retry_after } => too_many(retry_after),
            SignInError::Hash(error) => error.into(),
            SignInError::Issue(error) => error.into(),
            _ => Self::Internal,
        }
    }
}

impl From<SignUpError> for ApiError {
    fn from(error: SignUpError) -> Self {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        match error {
            SignUpError::Email(_) => Self::InvalidEmail,
            SignUpError::EmailTaken => Self::EmailTaken,
            SignUpError::TooMany { retry_after } => too_many(retry_after),
            SignUpError::Password(PasswordError::TooShort { min }) => {
                Self::PasswordTooShort { min: count(min) }
            }
            SignUpError::Password(PasswordError::TooLong { max }) => {
                Self::PasswordTooLong { max: count(max) }
            }
            SignUpError::Password(PasswordError::Common) => Self::PasswordCommon,
            SignUpError::Password(PasswordError::Context) => Self::PasswordContext,
            SignUpError::Hash(error) => error.into(),
            SignUpError::Store(error) => error.into(),
            SignUpError::Issue(error) => error.into(),
            _ => Self::Internal,
        }
    }
}
