//! Facts that only a server knows while it renders a page, and what it can say with the response.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header::RETRY_AFTER, request::Parts};
use coatroom::{
    AuthConfig,
    config::{Scheme, Verification},
    web::AuthSession,
};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::{
    error::ApiError,
    lab::{Front, LabPage, Open},
    model::SessionView,
    path,
    posted::{CarriedForm, Posted},
    scheme::{HYBRID, OPAQUE},
    scheme_told::lead as lead_of,
};

/// Returns the error that a form comes back with, if a browser posted it by itself and it failed, or no cookie was
/// kept.
pub fn form_error(action: &str) -> Option<ApiError> {
    match brought()? {
        CarriedForm::Outcome(posted) => posted.error_at(action),
        CarriedForm::Nothing => {
            let is_out = attached(|view| matches!(view, SessionView::SignedOut { .. }));
            is_out.unwrap_or(true).then_some(ApiError::NotKept)
        }
    }
}

/// Returns the address that was typed into a form that comes back.
pub fn typed_email(action: &str) -> Option<String> {
    typed_at(action).map(|posted| posted.email)
}

/// Returns true if the checkbox of a form that comes back was checked.
pub fn typed_stay(action: &str) -> bool {
    typed_at(action).is_some_and(|posted| posted.stay)
}

/// Returns the outcome of a button that a browser posted by itself, as HTML.
pub fn outcome() -> String {
    match brought() {
        Some(CarriedForm::Outcome(posted)) => posted.words(),
        _ => String::new(),
    }
}

fn brought() -> Option<CarriedForm> {
    attached(CarriedForm::clone)
}

/// Reads what was attached to the request that is being answered. Of the request in the context nothing else is copied:
/// `use_context` would copy its headers and all that is attached to it, for each event of a list once more.
pub(crate) fn attached<T: Send + Sync + 'static, R>(read: impl FnOnce(&T) -> R) -> Option<R> {
    with_context(|parts: &Parts| parts.extensions.get().map(read)).flatten()
}

fn typed_at(action: &str) -> Option<Posted> {
    match brought()? {
        CarriedForm::Outcome(posted) if posted.function == action => Some(posted),
        _ => None,
    }
}

/// Returns what the page that is being rendered is told of the session.
pub fn session_view() -> SessionView {
    attached(SessionView::clone).unwrap_or(SessionView::SignedOut { ended: None })
}

/// Returns the least number of characters of a new password.
pub fn password_min() -> Option<String> {
    config(|config| config.passwords.min.to_string())
}

/// Returns the cost of checking an access token, in words.
pub fn check() -> Option<String> {
    config(|config| {
        let check = match config.scheme {
            Scheme::Opaque => "one query",
            Scheme::Hybrid(Verification::Stateless) | Scheme::Token(Verification::Stateless) => {
                "one signature, and nothing else"
            }
            Scheme::Hybrid(Verification::Strict) => "one signature, one query",
            _ => "one signature, no query",
        };
        check.to_owned()
    })
}

/// Returns the scheme in force, as pages name it.
pub fn scheme() -> Option<String> {
    config(|config| {
        let name = match config.scheme {
            Scheme::Hybrid(_) => HYBRID,
            Scheme::Opaque => OPAQUE,
            _ => "token",
        };
        name.to_owned()
    })
}

/// Returns what carries a session, as a sentence.
pub fn lead() -> Option<String> {
    config(|config| lead_of(config.scheme).to_owned())
}

/// Returns the grace and the idle lifetimes of sessions, as a sentence of the welcome.
pub fn bounds() -> Option<String> {
    config(|config| {
        format!(
            "Here the grace is {}, and a session that is not used is over after {}, or {} if you stay signed in.",
            span(config.grace),
            span(config.browser.idle),
            span(config.remembered.idle),
        )
    })
}

/// Says a length of time in the greatest unit that it is a whole number of; no line ends between the two.
pub fn span(length: Duration) -> String {
    let ms = length.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min")];
    match units.into_iter().find(|(unit, _)| ms >= *unit && ms.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{}\u{a0}{name}", ms / unit),
        None => format!("{}\u{a0}s", length.as_secs_f64()),
    }
}

fn config<T>(read: impl FnOnce(&AuthConfig) -> T) -> Option<T> {
    attached(|session: &AuthSession| read(session.auth().config()))
}

/// Returns the title of the lab's page that is being rendered, if it is one.
pub fn lab_title() -> Option<String> {
    lab(|page| page.title.clone())
}

/// Returns the content of the lab's page that is being rendered.
pub fn lab_page() -> String {
    lab(|page| {
        set_status(page.status);
        page.html.clone()
    })
    .unwrap_or_default()
}

/// Returns the piece of the lab on the front page that is being rendered.
pub fn front() -> String {
    attached(|Front(html)| html.clone()).unwrap_or_default()
}

/// Returns true if there is a lab to link to.
pub fn lab_is_open() -> bool {
    attached(|_: &Open| ()).is_some()
}

fn lab<T>(read: impl FnOnce(&LabPage) -> T) -> Option<T> {
    attached(read)
}

/// Gives the page that is being rendered a status.
pub fn set_status(status: u16) {
    let Some(response) = use_context::<ResponseOptions>() else { return };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.set_status(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header(RETRY_AFTER, HeaderValue::from_static("2"));
    }
}

/// Gives the page that is being rendered the status 429.
pub fn set_too_many_requests(retry_after: u32) {
    set_status(429);
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(RETRY_AFTER, HeaderValue::from(retry_after));
    }
}

/// Returns the seconds after which the page that is being rendered asks again by itself if no script does. Only a page
/// without a form does: nothing that a person is typing is lost.
pub fn reloads_after() -> Option<u32> {
    let is_home = with_context(|parts: &Parts| parts.uri.path() == path::HOME)?;
    attached(|view| match view {
        SessionView::Limited { retry_after } if is_home => Some(*retry_after),
        _ => None,
    })?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_said_in_its_greatest_whole_unit() {
        let said = |ms| span(Duration::from_millis(ms));
        let all = [400, 5_000, 90_000, 120_000, 3_600_000, 1_209_600_000].map(said);
        assert_eq!(
            all,
            ["0.4\u{a0}s", "5\u{a0}s", "90\u{a0}s", "2\u{a0}min", "1\u{a0}h", "14\u{a0}d"]
        );
    }
}
