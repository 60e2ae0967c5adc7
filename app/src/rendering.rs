//! What only a server knows while it renders a page, and what it can say with the response.

use axum::http::{HeaderValue, StatusCode, header::RETRY_AFTER, request::Parts};
use coatroom::web::AuthSession;
use leptos::{prelude::*, server_fn::error::ServerFnUrlError};
use leptos_axum::ResponseOptions;

use crate::{
    error::ApiError,
    lab::{Front, LabPage, Open},
    model::SessionView,
    path,
};

/// The error of a form that was posted without JavaScript, which its redirect brought back in the URL.
pub fn form_error(endpoint: &str) -> Option<ApiError> {
    let parts = use_context::<Parts>()?;
    let query = parts.uri.query()?;
    let value = |name: &str| {
        let prefix = format!("{name}=");
        query.split('&').find_map(|pair| pair.strip_prefix(&prefix)).map(percent_decoded)
    };
    if value("__path")? != endpoint {
        return None;
    }
    // A browser that reloads the page has nothing new to say; an error that cannot be read says nothing.
    match ServerFnUrlError::<ApiError>::decode_err(&value("__err")?) {
        ApiError::NoAnswer | ApiError::Unknown => None,
        error => Some(error),
    }
}

fn percent_decoded(text: &str) -> String {
    text.replace("%2F", "/").replace("%3D", "=")
}

/// What the page that is being rendered is told of the session.
pub fn session_view() -> SessionView {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<SessionView>().cloned())
        .unwrap_or(SessionView::SignedOut { ended: None })
}

/// The least number of characters of a new password.
pub fn password_min() -> u32 {
    use_context::<Parts>()
        .and_then(|parts| {
            let session = parts.extensions.get::<AuthSession>()?;
            u32::try_from(session.auth().config().passwords.min).ok()
        })
        .unwrap_or(0)
}

/// The title of the lab's page that is being rendered, if it is one.
pub fn lab_title() -> Option<String> {
    lab(|page| page.title.clone())
}

/// The content of the lab's page that is being rendered.
pub fn lab_page() -> String {
    lab(|page| {
        set_status(page.status);
        page.html.clone()
    })
    .unwrap_or_default()
}

/// The piece of the lab on the front page that is being rendered.
pub fn front() -> String {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<Front>().map(|Front(html)| html.clone()))
        .unwrap_or_default()
}

/// Whether there is a lab to link to.
pub fn lab_is_open() -> bool {
    use_context::<Parts>().is_some_and(|parts| parts.extensions.get::<Open>().is_some())
}

fn lab<T>(read: impl FnOnce(&LabPage) -> T) -> Option<T> {
    use_context::<Parts>().and_then(|parts| parts.extensions.get::<LabPage>().map(read))
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

/// Returns after how many seconds the page that is being rendered asks again by itself where no script does. Only a
/// page without a form does: nothing that is being typed is lost.
pub fn reloads_after() -> Option<u32> {
    let is_home = use_context::<Parts>()?.uri.path() == path::HOME;
    match session_view() {
        SessionView::Limited { retry_after } if is_home => Some(retry_after),
        _ => None,
    }
}
