//! Service A in a handshake: asks the signed-in user, and sends the browser on with a token.
//!
//! The token goes in the address of a redirect (303). A form that posts itself would keep it out of addresses, but a
//! browser sends no `SameSite=Lax` cookie with a post from another site, and the state in that cookie is what no attacker
//! can plant. So the address is made harmless instead: the token in it is used up as it arrives, lives for a minute, is
//! worth nothing without the cookie, and the receiver answers it with a redirect.
//!
//! The address that the browser is sent to comes from the operator's settings. A request names a receiver, and never an
//! address.

use std::sync::Arc;

use app::{
    error::ApiError,
    handoff::{self as pages, HANDOFF, HANDOFF_SIGN_IN, Wish},
};
use axum::{
    Extension, Router,
    extract::{RawQuery, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
    routing::{get, post},
};
use coatroom::{
    Accounts, AuthSession, Credentials, Persistence, Principal, UserId,
    handshake::{HandshakeIssuer, Nonce},
    web::{self, AuthRejection},
};
use url::form_urlencoded;

use crate::{
    api_boundary,
    config::{Config, Receiver},
    same_origin::LeavesFor,
    security_headers::NO_REFERRER,
};

/// The place where handshakes begin: the receivers, and the keys that sign for them.
pub struct Desk {
    receivers: Vec<Receiver>,
    issuer: Arc<HandshakeIssuer>,
    max_age: std::time::Duration,
}

/// The same, with the name of the style sheet of its pages.
struct Pages {
    receivers: Vec<Receiver>,
    issuer: Arc<HandshakeIssuer>,
    css: String,
}

impl Desk {
    /// Makes it; none if there are no receivers.
    ///
    /// # Errors
    /// An error if the keys cannot be derived.
    pub fn new(config: &Config) -> Result<Option<Self>, Box<dyn std::error::Error + Send + Sync>> {
        let receivers = config.handoff.receivers.clone();
        if receivers.is_empty() {
            return Ok(None);
        }
        let auth = &config.auth;
        let issuer = HandshakeIssuer::new(&auth.issuer, &auth.secret, &auth.old_secrets)?
            .with_lifetime(config.handoff.ttl)?;
        Ok(Some(Self { receivers, issuer: Arc::new(issuer), max_age: auth.jwks_max_age }))
    }

    /// Returns the routes of the pages, for the inside of authentication and of the same-origin check.
    pub fn pages(&self, css: &str) -> Router {
        let (receivers, issuer) = (self.receivers.clone(), Arc::clone(&self.issuer));
        Router::new()
            .route(HANDOFF, get(ask).post(go_on))
            .route(HANDOFF_SIGN_IN, post(sign_in))
            .with_state(Arc::new(Pages { receivers, issuer, css: css.to_owned() }))
    }

    /// Returns the routes of the public keys.
    pub fn keys(self) -> Router {
        let Self { issuer, max_age, .. } = self;
        Router::new()
            .route(web::HANDSHAKE_JWKS_PATH, web::handshake_jwks(Arc::clone(&issuer), max_age))
            .route(web::HANDSHAKE_PASERKS_PATH, web::handshake_paserks(issuer, max_age))
    }
}

/// `GET /handoff?to=…&nonce=…`: asks whether the user wants to go on, who signs in first if they are signed out.
async fn ask(
    State(pages): State<Arc<Pages>>,
    Extension(accounts): Extension<Accounts>,
    session: AuthSession,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let Some((receiver, nonce)) = pages.read(query.as_bytes()) else { return pages.unknown() };
    let text = nonce.to_string();
    let wish = wish(receiver, &text);
    let page = match session.current_user() {
        Ok(principal) => match email_of(&accounts, principal).await {
            Ok(email) => pages::confirm(&pages.css, wish, &email),
            Err(error) => return pages.failed(error),
        },
        Err(AuthRejection::Missing | AuthRejection::InvalidToken) => {
            pages::sign_in(&pages.css, wish, "", None)
        }
        Err(rejection) => return pages.failed(rejection.into()),
    };
    leaving_for(receiver, Html(page).into_response())
}

/// `POST /handoff`: issues the token, and sends the browser to the receiver with it.
async fn go_on(
    State(pages): State<Arc<Pages>>,
    session: AuthSession,
    request: Request,
) -> Response {
    let form = match api_boundary::checked(request).await {
        Ok((_, form)) => form,
        Err(refused) => return refused,
    };
    let Some((receiver, nonce)) = pages.read(&form) else { return pages.unknown() };
    let principal = match session.current_user() {
        Ok(principal) => principal,
        Err(AuthRejection::Missing | AuthRejection::InvalidToken) => {
            return see_other(&address(receiver, &nonce));
        }
        Err(rejection) => return pages.failed(rejection.into()),
    };
    let now = session.auth().now();
    let (form, audience) = (receiver.form, &receiver.origin);
    match pages.issuer.issue(form, audience, &principal.subject, &nonce, now) {
        Ok(token) => {
            tracing::info!(to = receiver.name, sub = %principal.subject, "a handshake was issued");
            let mut answer = see_other(&format!("{}?token={}", receiver.callback, token.reveal()));
            let policy = HeaderValue::from_static(NO_REFERRER);
            answer.headers_mut().insert(header::REFERRER_POLICY, policy);
            leaving_for(receiver, answer)
        }
        Err(error) => {
            tracing::error!(%error, "no handshake could be issued");
            pages.failed(ApiError::Internal)
        }
    }
}

/// `POST /handoff/sign-in`: checks a password, within the limits of every sign-in, and asks then.
async fn sign_in(
    State(pages): State<Arc<Pages>>,
    Extension(accounts): Extension<Accounts>,
    session: AuthSession,
    request: Request,
) -> Response {
    let form = match api_boundary::checked(request).await {
        Ok((_, form)) => form,
        Err(refused) => return refused,
    };
    let Some((receiver, nonce)) = pages.read(&form) else { return pages.unknown() };
    let (email, password) = (one(&form, "email"), one(&form, "password"));
    let (Some(email), Some(password)) = (email, password) else { return pages.unknown() };
    let credentials = Credentials::new(email.clone(), password);
    match session.sign_in(&accounts, credentials, Persistence::Browser).await {
        Ok(_) => see_other(&address(receiver, &nonce)),
        Err(error) => {
            let error = ApiError::from(error);
            let (text, said) = (nonce.to_string(), error.to_string());
            let page = pages::sign_in(&pages.css, wish(receiver, &text), &email, Some(&said));
            with_status_of(error, Html(page).into_response())
        }
    }
}

impl Pages {
    /// Reads the receiver and the nonce that a request names, each once.
    fn read(&self, pairs: &[u8]) -> Option<(&Receiver, Nonce)> {
        let to = one(pairs, "to")?;
        let receiver = self.receivers.iter().find(|receiver| receiver.name == to)?;
        Some((receiver, Nonce::parse(&one(pairs, "nonce")?)?))
    }

    fn unknown(&self) -> Response {
        let text = "This address names no service that this one knows, or it is not complete. Begin again where you \
                    came from.";
        let page = pages::notice(&self.css, "No such service", text);
        (StatusCode::BAD_REQUEST, Html(page)).into_response()
    }

    fn failed(&self, error: ApiError) -> Response {
        let page = pages::notice(&self.css, "Not now", &error.to_string());
        with_status_of(error, Html(page).into_response())
    }
}

async fn email_of(accounts: &Accounts, principal: &Principal) -> Result<String, ApiError> {
    let id = UserId::parse(principal.subject.as_str()).ok_or(ApiError::Unauthenticated)?;
    let user = accounts.user(id).await?.ok_or(ApiError::Unauthenticated)?;
    Ok(user.email.to_string())
}

fn wish<'a>(receiver: &'a Receiver, nonce: &'a str) -> Wish<'a> {
    Wish { to: &receiver.name, origin: &receiver.origin, nonce }
}

/// Returns the address of the question. Names and nonces are of letters that need no escape.
fn address(receiver: &Receiver, nonce: &Nonce) -> String {
    format!("{HANDOFF}?to={}&nonce={nonce}", receiver.name)
}

/// Returns the one value of that name: of two, a reader before this one may have taken the other.
pub fn one(pairs: &[u8], name: &str) -> Option<String> {
    let mut values = form_urlencoded::parse(pairs).filter(|(found, _)| found == name);
    let (_, value) = values.next()?;
    values.next().is_none().then(|| value.into_owned())
}

pub fn see_other(location: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

fn leaving_for(receiver: &Receiver, mut answer: Response) -> Response {
    answer.extensions_mut().insert(LeavesFor(receiver.origin.clone()));
    answer
}

/// Gives an answer the status of an error, and says when to try again.
pub fn with_status_of(error: ApiError, mut answer: Response) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *answer.status_mut() = status;
    if let Some(seconds) = error.retry_after() {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}
