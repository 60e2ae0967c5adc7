//! The addresses of the pages and of what their forms post to, each in one place.

/// The token page, or the welcome of a person who is signed out.
pub const HOME: &str = "/";
/// The sign-in page.
pub const SIGN_IN: &str = "/sign-in";
/// The sign-in page of a person whose session is over: if no cookie says so any more, a reload finds it here.
pub const ENDED: &str = "/sign-in?ended";
/// The sign-up page.
pub const SIGN_UP: &str = "/sign-up";
/// The lab.
pub const LAB: &str = "/lab";
