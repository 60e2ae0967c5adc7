//! Sign-in for axum and Leptos: a short-lived access token and a rotating refresh token in `HttpOnly` cookies, with
//! revocation.
//!
//! # Why two tokens
//!
//! Every node can check a signed token without asking the store, and no node can take it back. A session can be revoked
//! at once, but has to be looked up at every request. Coatroom issues both. The **access token** is a JWT of some
//! minutes (in the shape of [RFC 9068]), checked by its signature and one look into memory. The **refresh token** is
//! numbered, and exchanged for the one of the next number by a fixed rule, [`session::decide`]: it signs no honest
//! browser out whose answers arrive within the grace, or not at all, and it ends the session if a copy of a spent token
//! turns up ([RFC 9700 §4.14.2]).
//!
#![doc = include_str!("hybrid.svg")]
//!
//! # Quick start
//!
//! You bring a store, a secret, the forms, and a check that posts come from your own pages. [`AuthLayer`] does the
//! rest: it takes the cookies out of the request, checks them, and refreshes *before* a page is rendered, so that no
//! user sees a flash of being signed out. Handlers take an [`AuthSession`], which signs in, up and out, or a
//! [`CurrentUser`], which lets no other request in. [`Accounts`] are the built-in people; an application that has
//! people of its own [does without](#people-of-your-own).
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::{Form, Json, Router, extract::State, http::StatusCode, routing::{get, post}};
//! use coatroom::{
//!     Accounts, AuthConfig, AuthLayer, AuthSession, Credentials, CurrentUser, Persistence, Role, ServerSecret,
//!     Subject, accounts::SignInError, store::memory::MemoryStore,
//! };
//! use tower_http::csrf::CsrfLayer;
//!
//! async fn sign_in(
//!     State(accounts): State<Accounts>,
//!     session: AuthSession,
//!     Form(who): Form<Credentials>,
//! ) -> StatusCode {
//!     match session.sign_in(&accounts, who, Persistence::Remembered).await {
//!         Ok(_) => StatusCode::NO_CONTENT,
//!         Err(SignInError::InvalidCredentials) => StatusCode::UNAUTHORIZED,
//!         Err(_) => StatusCode::SERVICE_UNAVAILABLE,
//!     }
//! }
//!
//! async fn whoami(CurrentUser(principal): CurrentUser) -> Json<Subject> {
//!     Json(principal.subject)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let text = ServerSecret::generate();
//! let secret = ServerSecret::new(text)?; // yours comes from a file that only the server reads
//! let config = AuthConfig::new("https://example.com", secret);
//! let accounts = Accounts::new(config, Arc::new(MemoryStore::new())).await?;
//! let ada = Credentials::new("ada@example.com", "a quiet harbour at dawn");
//! let ada = accounts.add_user(&ada, Role::USER).await?;
//!
//! let app: Router = Router::new()
//!     .route("/sign-in", post(sign_in))
//!     .route("/whoami", get(whoami))
//!     .layer(AuthLayer::new(accounts.auth().clone()))
//!     .layer(CsrfLayer::new())
//!     .with_state(accounts);
//!
//! // A browser signs in, and asks:
//! # use axum::{body::{Body, to_bytes}, http::{Request, header}};
//! # use tower::ServiceExt as _;
//! # let ask = async |request: Request<Body>| app.clone().oneshot(request).await;
//! let form = "email=ada%40example.com&password=a+quiet+harbour+at+dawn";
//! let form = Request::post("/sign-in")
//!     .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
//!     .body(Body::from(form))?;
//! let answer = ask(form).await?;
//! let cookies: Vec<&str> = answer
//!     .headers()
//!     .get_all(header::SET_COOKIE)
//!     .iter()
//!     .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
//!     .collect();
//! assert_eq!(cookies.len(), 2);
//!
//! let request = Request::get("/whoami").header(header::COOKIE, cookies.join("; "));
//! let answer = ask(request.body(Body::empty())?).await?;
//! assert_eq!(to_bytes(answer.into_body(), 100).await?, format!("\"{}\"", ada.id));
//!
//! let stranger = ask(Request::get("/whoami").body(Body::empty())?).await?;
//! assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
//! # Ok(()) }
//! ```
//!
//! `examples/axum_login.rs` is a whole application with forms that need no script; `examples/leptos_minimal` is one in
//! Leptos.
//!
//! # What a request can be
//!
//! | [`Identity`] | when | what [`CurrentUser`] makes of it |
//! |---|---|---|
//! | [`SignedIn`](Identity::SignedIn) | its access token is good, or it was refreshed on the way ([`RefreshOn`](web::RefreshOn)) | the handler runs |
//! | [`RefreshDue`](Identity::RefreshDue) | its access token has expired, it brings a refresh token, and it is none to be refreshed on the way | 401 `access_expired`: nothing ran; refresh once, and ask again |
//! | [`SignedOut`](Identity::SignedOut) | it has no token of worth; the reason if its session is over | 401 `unauthenticated` or `invalid_token` |
//! | [`Unavailable`](Identity::Unavailable) | the store does not answer | 503 and `Retry-After`; no client is signed out |
//!
//! A page asks for a refresh by a route that calls [`AuthSession::refresh`]. A refresh never deletes a cookie; a page
//! that is told "signed out" may ask for [`AuthSession::clear_if_dead`].
//!
//! # Configuration
//!
//! [`AuthConfig::new`] sets the defaults, its fields change them, and [`AuthConfig::check`] refuses what does not fit
//! together.
//!
//! | field | default | |
//! |---|---|---|
//! | [`issuer`](AuthConfig::issuer), [`audience`](AuthConfig::audience) | none, `coatroom` | `iss` and `aud` of access tokens |
//! | [`realm`](AuthConfig::realm) | `sign-in` | the name of what a user signs in to, in the challenge of a 401 |
//! | [`access_ttl`](AuthConfig::access_ttl) | 15 min | the life of an access token; at most that |
//! | [`clock_skew`](AuthConfig::clock_skew) | 5 s | how far the clocks of two nodes may differ; at most 5 min |
//! | [`browser`](AuthConfig::browser) | 1 h idle, 24 h in all | a session that ends with the browser |
//! | [`remembered`](AuthConfig::remembered) | 14 d idle, 30 d in all | a session whose owner asked to stay signed in |
//! | [`grace`](AuthConfig::grace) | 30 s | how long a spent refresh token is answered once its successor has arrived; 0 is strict |
//! | [`replays`](AuthConfig::replays) | 50, and one a second | how often, for each session and network, before 429 |
//! | [`lock_step`](AuthConfig::lock_step) | 3, report | how many refreshes in step make two clients of one session suspect, and what is done then |
//! | [`scheme`](AuthConfig::scheme) | `Hybrid(Denylist)` | what a client holds of its session, and what is looked at before it is believed |
//! | [`token_ttl`](AuthConfig::token_ttl) | 8 h | the life of a token that is all there is of its session; at most 12 h |
//! | [`feed`](AuthConfig::feed) | poll 1 s, bound 5 s | how late a node may learn of a revocation on another |
//! | [`algorithm`](AuthConfig::algorithm), [`jwks_max_age`](AuthConfig::jwks_max_age) | `EdDSA`, 5 min | how tokens are signed, and how long other services cache the public keys |
//! | [`retention`](AuthConfig::retention) | 30 d | how long a session is kept after its end; [`Auth::prune`] deletes it then |
//! | [`passwords`](AuthConfig::passwords) | 15 to 256 characters, no words of the application's | NIST SP 800-63B-4 §3.1.1.2 |
//! | [`hashing`](AuthConfig::hashing) | Argon2id, 19 MiB, t=2, p=1 | the cost of a hash, and how many run at once |
//! | [`foreign_hashes`](AuthConfig::foreign_hashes) | none | the verifier of password hashes of another make |
//! | [`observer`](AuthConfig::observer) | none | the listener to sign-ins, decisions and endings |
//!
//! For metrics, [`Auth::counts`] has the number of decisions of each row of the rule. For traces, `sign_up`, `sign_in`,
//! `begin`, `refresh` and `sign_out` are spans of [`tracing`] at the level `DEBUG`, with the fields `sid`, `outcome` and,
//! for a refresh, `row`: no address, no token, no secret.
//!
//! # Features
//!
//! | feature | | brings |
//! |---|---|---|
//! | `axum` | default | the layer, the cookies and the extractors of [`web`] |
//! | `sqlite` | | the store in an embedded database, [`store::sqlite`] |
//! | `paseto` | | the handshake between services as PASETO v4.public, besides JWT: [`handshake`] |
//! | `postgres` | | the store in `PostgreSQL`, with a feed of changes: `store::postgres` |
//! | `redis` | | the store of sessions on Redis, without accounts: `store::redis` |
//! | `test-util` | | the suite that every store passes: `store::conformance` |
//!
//! The default brings no database; [`store::memory`] is always there. Name the one that you have:
//!
//! ```toml
//! coatroom = { version = "0.1", features = ["sqlite"] }
//! ```
//!
//! The oldest Rust that it needs is the `rust-version` of its `Cargo.toml`.
//!
//! # Other schemes
//!
//! [`AuthConfig::scheme`] chooses what a client holds. The layer, the extractors and the accounts stay the same; a
//! sign-in returns a [`Credential`](auth::Credential), which holds what the scheme has.
//!
//! | scheme | a client holds | each request costs | a sign-out holds |
//! |---|---|---|---|
//! | [`Hybrid`](config::Scheme::Hybrid) | an access token and a refresh token | a signature, a look into memory | at once |
//! | [`Opaque`](config::Scheme::Opaque) | a session token, which says nothing | a query | at once |
//! | [`Token(Denylist)`](config::Scheme::Token) | one signed token, for hours | a signature, a look into memory | at once |
//! | [`Token(Stateless)`](config::Scheme::Token) | the same | a signature | once the token expires |
//!
//! At once means: on the node that did it, and under `Opaque` on every node; on others within
//! [`feed`](AuthConfig::feed)'s bound. A token alone has no row: no list of sessions, no reuse detection, and after a
//! change of its owner's rights it is refused, or under `Stateless` unchanged. No scheme takes the tokens of another, so
//! a change of it signs every user out.
//!
//! # People of your own
//!
//! A session belongs to a [`Subject`]: the id that your table has, as text. Implement [`People`], one method that says
//! who may be signed in now, with which role and claims; make an [`Auth`] with it; and call [`AuthSession::begin`] after
//! you have checked a password, a passkey, or what another service says. Tell it of a change by
//! [`Auth::invalidate_authority`]. There is no account here, and no row of yours is touched.
//!
//! ```
//! # use std::sync::Arc;
//! use coatroom::{
//!     Auth, AuthConfig, Means, People, Person, Persistence, Role, ServerSecret, SignInContext, Subject,
//!     people::PeopleError, store::memory::MemoryStore,
//! };
//!
//! #[derive(Debug)]
//! struct Staff;
//!
//! #[async_trait::async_trait]
//! impl People for Staff {
//!     async fn find(&self, subject: &Subject) -> Result<Option<Person>, PeopleError> {
//!         // select role from staff where badge = $1 and left_at is null
//!         Ok((subject.as_str() == "4711").then(|| Person::new(Role::ADMIN)))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let config = AuthConfig::new("https://example.com", ServerSecret::new(ServerSecret::generate())?);
//! let auth = Auth::new(config, Arc::new(MemoryStore::new()), Arc::new(Staff)).await?;
//! let context = SignInContext::new(Persistence::Browser);
//! let begun = auth.begin(&Subject::new("4711")?, Means::KEY, context).await?;
//! assert_eq!(begun.principal().authority.role, Role::ADMIN);
//! # Ok(()) }
//! ```
//!
//! # A store of your own
//!
//! Implement [`Store`]: some twenty methods, each one atomic step and none with a rule in it. What they make of a session
//! are functions of [`Session`]. The module [`store`] says what they promise, [`store::memory`] is the one to be held
//! against, and `coatroom::store_conformance!(your_store);` declares a test for each promise that can be broken from
//! outside.
//!
//! A database may be your application's as well: hand your pool in (`SqliteStore::from_pool`,
//! `PostgresStore::from_pool`). Tables begin with `coatroom_`, and have migrations of their own.
//!
//! # In another service
//!
//! A [`Verifier`] checks access tokens by the public keys alone, which [`web::jwks`] shows at [`web::JWKS_PATH`].
//!
//! ```
//! use coatroom::{AccessToken, Verifier, access_token::Verified};
//! # use std::sync::Arc;
//! # use coatroom::{Accounts, AuthConfig, Credentials, Persistence, ServerSecret, SignInContext};
//! # use coatroom::store::memory::MemoryStore;
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let config = AuthConfig::new("https://example.com", ServerSecret::new(ServerSecret::generate())?);
//! # let accounts = Accounts::new(config, Arc::new(MemoryStore::new())).await?;
//! # let (auth, who) = (accounts.auth(), Credentials::new("ada@example.com", "a quiet harbour at dawn"));
//! # let begun = accounts.sign_up(who, SignInContext::new(Persistence::Browser)).await?;
//! # let tokens = begun.into_signed().ok_or("signed tokens")?;
//! # let (jwks, bearer, now) = (auth.jwks(), tokens.access.reveal(), auth.now());
//! # let ada = tokens.session.subject;
//!
//! let verifier = Verifier::from_jwks(&jwks, "https://example.com", "coatroom")?;
//! match verifier.verify(&AccessToken::parse(bearer)?, now)? {
//!     Verified::Valid(token) => assert_eq!(token.claims.sub, ada),
//!     Verified::Expired(_) => panic!("it was issued just now"),
//! }
//! # Ok(()) }
//! ```
//!
//! A [`RemoteVerifier`] fetches the keys itself, by the HTTP client that the service has, and keeps them: for five
//! minutes, and for an hour more while the issuer does not answer. It asks again about a key that it does not know, at
//! most every ten seconds; and without keys it says "unavailable" of a token, never "invalid".
//! `examples/another_service.rs` is such a service.
//!
//! ```
//! use coatroom::{AccessToken, RemoteVerifier, access_token::Verified, verifier::RemoteConfig};
//! # use std::sync::Arc;
//! # use coatroom::{Accounts, AuthConfig, Credentials, Persistence, ServerSecret, SignInContext};
//! # use coatroom::store::memory::MemoryStore;
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let config = AuthConfig::new("https://example.com", ServerSecret::new(ServerSecret::generate())?);
//! # let accounts = Accounts::new(config, Arc::new(MemoryStore::new())).await?;
//! # let who = Credentials::new("ada@example.com", "a quiet harbour at dawn");
//! # let begun = accounts.sign_up(who, SignInContext::new(Persistence::Browser)).await?;
//! # let tokens = begun.into_signed().ok_or("signed tokens")?;
//! # let (jwks, bearer) = (accounts.auth().jwks(), tokens.access.reveal());
//! # let get = move |_: &str| { let jwks = jwks.clone(); async move { Ok(jwks) } };
//!
//! let fetch = move || get("https://example.com/.well-known/jwks.json"); // by your HTTP client
//! let verifier = RemoteVerifier::new(RemoteConfig::new("https://example.com", "coatroom"), fetch)?;
//! let verified = verifier.verify(&AccessToken::parse(bearer)?, verifier.now()).await?;
//! assert!(matches!(verified, Verified::Valid(_)));
//! # Ok(()) }
//! ```
//!
//! Neither sees a revocation: there, a token is good until it expires. That is what the minutes are for.
//!
//! A service with sessions of its own takes another token: one that is used once, and bound to the browser that asked
//! for it. [`handshake`] has both sides.
//!
//! # Many nodes
//!
//! Any number of servers share a store and a secret; requests need not stick to one. A revocation is known at once to
//! the node that made it. The others learn of it by the store's feed, if it has one, and by polling the store every
//! [`poll`](config::FeedTiming::poll). A node whose last answer is older than the [`bound`](config::FeedTiming::bound)
//! reads the session's row at every request until the store answers again, and answers 503 if that fails: it fails
//! closed ([`Auth::is_up_to_date`]). [`Verification::Strict`](config::Verification) reads the row always;
//! `Stateless` never, and shows what that costs.
//!
//! Their clocks may differ by [`clock_skew`](AuthConfig::clock_skew). Beyond it, a token of the one is from the future
//! to the other: its browser refreshes once, and the log names the clock. No node refuses a token of its own, whatever
//! its clock did. Nodes of two versions may run side by side: a name that only the newer one knows, of an event, an
//! end or a claim, the older one reads as what does least harm.
//!
//! # Security
//!
//! - **HTTPS.** The cookies are `Secure` and named `__Host-Http-…`, which older browsers take for `__Host-`
//!   (RFC 6265bis §4.1.3.2). Browsers but Safari keep them of `http://localhost` too.
//! - **The secret** opens everything: an attacker who has it and the store can sign in as any user. Keep it in a file
//!   that only the server reads, never in a repository, never in an argument of a process.
//! - **A same-origin check** stands outside of [`AuthLayer`], such as `tower_http::csrf::CsrfLayer`. `SameSite=Lax`
//!   alone lets a neighbouring subdomain post.
//! - **Caches.** Every request that passes the layer is answered with `Cache-Control: no-store`. Keep static files
//!   outside.
//! - **A script on your page** cannot read a token: none is in any answer but as its cookie. It can act while it runs,
//!   as its user. Only a content security policy and clean code keep it out.
//! - **A thief who holds both cookies** ends with the session as soon as owner and thief have each refreshed more than
//!   the grace apart (rows 9 and 10 of the rule). One who follows every refresh within the grace looks like a second
//!   tab; two clients that do so three times in a row are reported, or end the session if
//!   [`lock_step`](AuthConfig::lock_step) says so. Signing out ends both at once.
//! - **Handlers use [`AuthSession`]**, which acts for its own request alone. [`Auth`] trusts its caller:
//!   [`Auth::sign_out`] ends whichever session it is told to.
//! - **Guessing.** An unknown user and a wrong password are one answer after one and the same work.
//!   [`Guessing`](config::Guessing) bounds the rates of attempts by network, and by address and network, in the memory
//!   of each node. If all nodes together are to have one bound, put it in front of them.
//! - **A refresh token is no bearer token** ([RFC 6750]): only its cookie takes it, and it is never stored, not even
//!   hashed.
//!
//! # What may change
//!
//! Configuration, credentials, errors and the names of events grow in compatible versions and are `#[non_exhaustive]`:
//! start from a constructor, and expect another case. Two kinds of types are closed on purpose, and grow in breaking
//! versions alone. One is answers: [`Identity`], [`Access`], [`session::Decision`], [`access_token::Verified`]; a
//! catch-all arm would let a client in by mistake. The other is what a store is given and keeps: [`Session`],
//! [`store::Rotation`], [`store::Event`], [`keyring::KeyRecord`]; a store that would lose a new field must not compile.
//!
//! [RFC 6750]: https://www.rfc-editor.org/rfc/rfc6750
//! [RFC 9068]: https://www.rfc-editor.org/rfc/rfc9068
//! [RFC 9700 §4.14.2]: https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2

#![forbid(unsafe_code)]
#![warn(missing_docs, missing_debug_implementations)]
#![cfg_attr(
    all(doc, not(all(feature = "axum", feature = "sqlite"))),
    expect(rustdoc::broken_intra_doc_links, reason = "what is explained here has its features")
)]

pub mod access_token;
pub mod accounts;
pub mod auth;
mod background;
pub mod claims;
pub mod clock;
pub mod config;
pub mod handshake;
mod id;
mod issuer;
mod json;
mod key;
pub mod keyring;
pub mod keys;
pub mod log_throttle;
#[cfg(doctest)]
mod misuse;
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
mod named;
pub mod observer;
pub mod password;
mod password_hash;
pub mod people;
pub mod principal;
pub mod refresh_token;
pub mod replays;
mod revocation;
pub mod risk;
mod secret;
pub mod session;
pub mod session_token;
pub mod store;
pub mod user;
pub mod verifier;
#[cfg(feature = "axum")]
pub mod web;

#[cfg(feature = "axum")]
pub use crate::web::{AuthLayer, AuthSession, CurrentUser, Identity};
pub use crate::{
    access_token::{AccessToken, TokenInfo},
    accounts::{Accounts, Credentials},
    auth::{Access, Auth, SignInContext},
    claims::Claims,
    clock::{Clock, SystemClock, Timestamp},
    config::AuthConfig,
    id::TokenId,
    keys::Keys,
    people::{People, Person},
    principal::{Means, Principal, Role, Subject},
    secret::{MIN_SECRET_BYTES, ServerSecret, WeakSecret},
    session::{Persistence, Session, SessionId},
    store::Store,
    user::{User, UserId},
    verifier::{RemoteVerifier, Verifier},
};
