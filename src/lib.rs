//! Sign-in for axum and Leptos: a short-lived access token and a rotating refresh token in `HttpOnly` cookies,
//! with instant revocation.
//!
//! A signed token is a wristband that every bouncer can read without asking; a session is a coat-check ticket
//! that the house can void at once. Coatroom hands out both. The **access token** is a JWT of some minutes, checked
//! by its signature and one look into memory. The **refresh token** is a numbered ticket, exchanged for the next
//! number by a rule that never signs an honest browser out and notices a stolen copy: [`session::decide`].
//!
//! ```
//! use std::sync::Arc;
//! use axum::{Json, Router, routing::get};
//! use coatroom::{Auth, AuthConfig, ServerSecret, store::memory::MemoryStore};
//! use coatroom::web::{AuthLayer, CurrentUser};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = ServerSecret::new(ServerSecret::generate())?;
//! let config = AuthConfig::new("https://example.com", secret);
//! let auth = Auth::new(config, Arc::new(MemoryStore::new())).await?;
//!
//! let app: Router = Router::new()
//!     .route("/me", get(|CurrentUser(token): CurrentUser| async move { Json(token.claims.sub) }))
//!     .layer(AuthLayer::new(auth));
//! # Ok(()) }
//! ```
//!
//! # Features
//! - `axum` (default): the tower layer, the cookies and the extractors of [`web`].
//! - `sqlite` (default): the store in an embedded database, [`store::sqlite`].
//! - `postgres`: the store in a `PostgreSQL` database, `store::postgres`.
//! - `test-util`: the suite that every store passes, `store::conformance`, for stores of your own.
//!
//! # Security
//! Put a same-origin check outside of [`web::AuthLayer`], serve over HTTPS (browsers accept `Secure` cookies on
//! `http://localhost` too), keep the secret in a file that only the server reads.

#![forbid(unsafe_code)]
#![warn(missing_docs, missing_debug_implementations)]

pub mod access_token;
pub mod auth;
pub mod claims;
pub mod clock;
pub mod config;
pub mod keyring;
pub mod keys;
#[cfg(doctest)]
mod misuse;
pub mod password;
pub mod refresh_token;
mod revocation;
mod secret;
pub mod session;
pub mod store;
pub mod user;
pub mod verifier;
#[cfg(feature = "axum")]
pub mod web;

#[cfg(feature = "axum")]
pub use crate::web::{AuthLayer, AuthSession, CurrentUser, Identity};
pub use crate::{
    access_token::{AccessToken, TokenInfo},
    auth::{Access, Auth, Credentials, SignInContext},
    claims::Claims,
    clock::{Clock, SystemClock, Timestamp},
    config::AuthConfig,
    keys::Keys,
    secret::{MIN_SECRET_BYTES, ServerSecret, WeakSecret},
    session::{Persistence, Session, SessionId},
    store::Store,
    user::{Role, User, UserId},
    verifier::Verifier,
};
