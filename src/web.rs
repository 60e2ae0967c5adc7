//! For axum: the layer that authenticates requests, and its findings as handlers see them.
//!
//! [`AuthLayer`] takes both token cookies out of the request, so that neither handlers nor logs hold them, checks the
//! access token, and, if that has expired, refreshes in passing, before anything is rendered ([`RefreshOn`]). It puts
//! its findings into the request's extensions as an [`AuthSession`]; handlers learn from it, or from the extractor
//! [`CurrentUser`], which user sent the request. Checks stand in handlers, not on routes.
//!
//! Place it inside the same-origin check and outside everything that renders; static files stand outside of it.
//! Invariants: an answer sets and deletes the cookies of sessions that this server knows, each under names of its own;
//! those of a session that may live are deleted only by its sign-out; a store that does not answer signs no user out;
//! no cache stores an answer that passed through the layer.
//!
//! # What an application brings
//! - Routes for [`sign_up`](AuthSession::sign_up), [`sign_in`](AuthSession::sign_in) and
//!   [`sign_out`](AuthSession::sign_out), each a `POST`. `examples/axum_login.rs` has no others; a user who lost a
//!   device looks for one for [`sign_out_everywhere`](AuthSession::sign_out_everywhere).
//! - If scripts call: [`routes`]. Before a WebSocket is opened, the page asks for `/session`, because an upgrade is not
//!   refreshed; `examples/live_page/coatroom.js` does it in 30 lines. With [`RefreshOn::Documents`] it posts to
//!   `/refresh`, one request at a time, before the access token expires or after a 401 `access_expired`.
//! - [`SameOriginUpgrade`] in each handler of a WebSocket: a handshake is a `GET`, and a same-origin check of posts lets
//!   it pass.
//! - `ConnectInfo<SocketAddr>` in the request's extensions, if sessions and events are to name a network.
//! - [`jwks`] at [`JWKS_PATH`], if other services check tokens.

mod cookies;
mod extract;
mod held;
mod jwks;
mod layer;
mod origin;
mod request;
mod routes;
mod session;

#[cfg(feature = "paseto")]
pub use self::jwks::{HANDSHAKE_PASERKS_PATH, handshake_paserks};
pub use self::{
    cookies::{CookieKind, CookiePolicy, InvalidCookieDomain, InvalidCookieName, SameSite},
    extract::{AuthRejection, BearerUser, CurrentUser, bearer},
    jwks::{HANDSHAKE_JWKS_PATH, JWKS_PATH, handshake_jwks, jwks},
    layer::{AuthLayer, Verdict},
    origin::{CrossOrigin, SameOriginUpgrade, check_change, check_upgrade},
    request::{RefreshOn, network_of},
    routes::routes,
    session::{AuthSession, Identity, NewSession, RefreshOutcome},
};
