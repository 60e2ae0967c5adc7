//! The browser's side of what only a server knows while it renders: nothing. What the server knew reaches the browser
//! in the page.

use crate::{error::ApiError, model::SessionView};

pub fn session_view() -> SessionView {
    SessionView::Unavailable
}

pub fn form_error(_: &str) -> Option<ApiError> {
    None
}

pub fn password_min() -> u32 {
    0
}

pub fn set_status(_: u16) {}
