//! The browser's side of `rendering.rs`: it knows nothing but what the page says, in which the server's values reach
//! the browser.

use leptos::prelude::{document, window};

use crate::{error::ApiError, model::SessionView};

pub fn session_view() -> SessionView {
    SessionView::Unavailable
}

pub fn form_error(_: &str) -> Option<ApiError> {
    None
}

pub fn typed_email(_: &str) -> Option<String> {
    None
}

pub fn typed_stay(_: &str) -> bool {
    false
}

/// Returns nothing: the document's own text stays until there is something else to say.
pub fn outcome() -> String {
    String::new()
}

pub fn password_min() -> Option<String> {
    fact("data-password-min")
}

pub fn check() -> Option<String> {
    fact("data-check")
}

pub fn scheme() -> Option<String> {
    fact("data-scheme")
}

pub fn lead() -> Option<String> {
    fact("data-lead")
}

pub fn bounds() -> Option<String> {
    fact("data-bounds")
}

/// Returns the title that the document says the server sent. If a person comes back to a page of the lab by the
/// browser's history, and the document is another page by now, it is loaded anew.
pub fn lab_title() -> Option<String> {
    if first("body[data-hydrated]") {
        let _unlikely_to_fail = window().location().reload();
    }
    found(".lab")?.get_attribute("data-title")
}

pub fn lab_page() -> String {
    String::new()
}

pub fn front() -> String {
    String::new()
}

pub fn lab_is_open() -> bool {
    first(".top a[href='/lab']")
}

/// Returns what the document says of its server, for pages that are built in the browser later.
fn fact(name: &str) -> Option<String> {
    found("main")?.get_attribute(name)
}

fn first(selector: &str) -> bool {
    found(selector).is_some()
}

fn found(selector: &str) -> Option<web_sys::Element> {
    document().query_selector(selector).ok().flatten()
}

pub fn set_status(_: u16) {}

pub fn set_too_many_requests(_: u32) {}
