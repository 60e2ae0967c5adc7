//! For axum: the layer that authenticates requests, and what handlers see of it.
//!
//! [`AuthLayer`] takes both token cookies out of the request, so that neither handlers nor logs hold them, checks
//! the access token, and, if that has expired, refreshes in passing, before anything is rendered
//! ([`RefreshOn`]). What it found goes into the request's extensions as an [`AuthSession`]; handlers ask it, or the
//! extractor [`CurrentUser`], who somebody is. Checks stand in handlers, not on routes.
//!
//! Place it inside the same-origin check and outside everything that renders; static files stand outside of it.
//! Invariants: an answer sets and deletes the cookies of sessions that this server knows, each under names of its own;
//! none of a session that may live is deleted but by its sign-out; a store that does not answer signs nobody out; no
//! answer that passed through the layer is stored by a cache.
//!
//! # What an application brings
//! - Routes for [`sign_up`](AuthSession::sign_up), [`sign_in`](AuthSession::sign_in) and
//!   [`sign_out`](AuthSession::sign_out), each a `POST`. `examples/axum_login.rs` has no others; one for
//!   [`sign_out_everywhere`](AuthSession::sign_out_everywhere) is what people look for who lost a device.
//! - With [`RefreshOn::Documents`], and if scripts call: [`routes`], of which a page posts to `/refresh` before its token
//!   expires or after a 401 `access_expired`, one at a time.
//! - `ConnectInfo<SocketAddr>` in the request's extensions, if sessions and events are to name a network.
//! - [`jwks`] at [`JWKS_PATH`], if other services check tokens.

mod cookies;
mod extract;
mod held;
mod jwks;
mod layer;
mod request;
mod routes;
mod session;

pub use self::{
    cookies::{CookieKind, CookiePolicy, InvalidCookieName, SameSite},
    extract::{AuthRejection, BearerUser, CurrentUser},
    jwks::{JWKS_PATH, jwks},
    layer::{AuthLayer, Verdict},
    request::{RefreshOn, network_of},
    routes::routes,
    session::{AuthSession, Identity, RefreshOutcome},
};
