//! The server's side of the application: gets the engine from a request's context, and translates its types for the
//! wire.

mod view;

use std::time::Duration;

use axum::{extract::Request, middleware::Next, response::Response};
use coatroom::{
    Accounts, Credentials, Subject, UserId,
    accounts::{SignInError, SignUpError},
    auth::IssueError,
    log_throttle::LogThrottle,
    password::{HashError, PasswordError},
    session::{Decision, EndReason, Invalid, Persistence},
    store::StoreError,
    web::{AuthRejection, AuthSession, Identity, NewSession},
};

pub(crate) use self::view::{Extent, begun, view};

use crate::{
    error::ApiError,
    lab,
    model::{self, SessionView},
    path,
    posted::{ByForm, came_from},
    rendering,
};

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
    rendering::attached(T::clone).ok_or_else(|| {
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
) -> Result<NewSession, ApiError> {
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
    rendering::attached(|_: &ByForm| ()).is_some()
}

/// A middleware for documents: looks up what the page will show before it is rendered, so that rendering waits
/// for nothing and the first byte is final.
pub async fn attach_view(mut request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/")
        && let Some(session) = request.extensions().get::<AuthSession>().cloned()
        && let Some(accounts) = request.extensions().get::<Accounts>().cloned()
    {
        // The home page alone shows more than who is signed in.
        let extent = if request.uri().path() == path::HOME { Extent::Whole } else { Extent::Brief };
        let view = match session.identity() {
            Identity::RefreshDue => SessionView::SignedOut { ended: None },
            _ => view(&session, &accounts, extent).await.unwrap_or_else(|error| match error {
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

/// Returns the reason as a page is told it.
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
