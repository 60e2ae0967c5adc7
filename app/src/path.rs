//! The addresses of the pages and of what their forms post to, each in one place.

/// The token page, or the welcome of somebody who is signed out.
pub const HOME: &str = "/";
/// The sign-in page.
pub const SIGN_IN: &str = "/sign-in";
/// The sign-up page.
pub const SIGN_UP: &str = "/sign-up";
/// The lab.
pub const LAB: &str = "/lab";
#[cfg_attr(not(feature = "ssr"), expect(dead_code, reason = "only the server redirects to it"))]
/// The home page with the answer of the protected function, for browsers without JavaScript.
pub const ADMITTED: &str = "/?admitted";
