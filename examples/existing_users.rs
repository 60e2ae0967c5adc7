//! Sign-in for an application that has users already: a table of its own in `SQLite`, with UUIDs, usernames, three roles,
//! a plan, and password hashes of older makes. Coatroom keeps its sessions in the same file, and no account.
//!
//! `cargo run --example existing_users`, then open <http://localhost:3000>: by that name, and not in Safari, as
//! `axum_login.rs` explains. The users are in [`TABLE`]. Your `Cargo.toml` names `coatroom` with its feature `sqlite`,
//! and for the passwords `argon2`, `bcrypt`, `scrypt` and `governor`.
//!
//! To check a password is the application's own work here, and so is to bound guessing: `Guessing` in Coatroom's
//! configuration is for Coatroom's own accounts. Each network has sixty attempts at once, and one a minute from then on.
//! So no attacker elsewhere locks a user out, and one with N networks has N times the attempts. Until the last old hash
//! is replaced, the time of an answer tells its user from an unknown one.

use std::{
    net::SocketAddr,
    num::NonZeroU32,
    sync::{Arc, LazyLock},
};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use axum::{
    Form, RequestExt as _, Router,
    extract::{Request, State},
    http::StatusCode,
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use coatroom::{
    Auth, AuthConfig, AuthLayer, AuthSession, CurrentUser, Means, People, Persistence, Person,
    Role, ServerSecret, Subject,
    people::PeopleError,
    principal::OwnClaims,
    store::{Migrate, sqlite::SqliteStore},
    web::network_of,
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use scrypt::Scrypt;
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;
use tokio::{net::TcpListener, sync::Semaphore, task::block_in_place};
use tower_http::csrf::CsrfLayer;

/// The table that was there before. All three users have the password "a quiet harbour at dawn".
pub const TABLE: &str = "
create table if not exists users (
    id text primary key,
    username text not null unique,
    password text not null,
    role text not null check (role in ('viewer', 'editor', 'owner')),
    plan text not null,
    deleted_at text
);
insert or ignore into users (id, username, password, role, plan) values
('6c9f2b52-1f0e-4c3e-9a53-5a1b8f7f0c11', 'ada',
 '$2b$10$N9qo8uLOickgx2ZMRZoMyeBgpw7XVT0DaYneO7daus6J4oroLjdjW', 'owner', 'pro'),
('0f6d3c1e-8a52-4b7e-b1c9-2d4e6f8a9b33', 'bob',
 '$scrypt$ln=14,r=8,p=1$c2l4dGVlbiBzYWx0IGJ5dA$hv6y3EKbgZuahigh+/2vyFb5loZ6HM3YNyb3zDiBN2k', 'editor', 'free'),
('b7a1d2c3-4e5f-4a6b-8c7d-9e0f1a2b3c55', 'eve',
 '$2b$10$abcdefghijklmnopqrstuuyt3874Pu1SziwC6jVd23I6gjO0lJvzq', 'viewer', 'free');
";

/// The hash that an unknown user's password is checked against: of no text, by the cost of a new one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$WNzlHeMfa8PNgG3o2dCyOw$nYCKlizbnLIS/r5tI1m0XOEbUTSMd5NhJ8MvavVOsxU";

/// The passwords that are checked at once: each takes 19 MiB.
static CHECKS: Semaphore = Semaphore::const_new(8);
/// The attempts of late, by network.
static TRIED: LazyLock<DefaultKeyedRateLimiter<String>> =
    LazyLock::new(|| RateLimiter::keyed(Quota::per_hour(NonZeroU32::MIN.saturating_add(59))));

type Answer = Result<Response, StatusCode>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let connect = SqliteStore::connect_options("existing_users.sqlite").create_if_missing(true);
    let pool = SqliteStore::pool_options().connect_with(connect).await?;
    sqlx::raw_sql(TABLE).execute(&pool).await?;
    let store = Arc::new(SqliteStore::from_pool(pool.clone(), Migrate::Auto).await?);
    // Your secret comes from a file that only the server reads, or no session outlives a restart.
    let secret = ServerSecret::new(ServerSecret::generate())?;
    let config = AuthConfig::new("http://localhost:3000", secret);
    let auth = Auth::new(config, store, Arc::new(Users(pool.clone()))).await?;
    eprintln!("Open http://localhost:3000");
    let service = app(pool, auth).into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(TcpListener::bind("127.0.0.1:3000").await?, service).await?)
}

pub fn app(pool: SqlitePool, auth: Auth) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/sign-in", get(async || page(FORM)).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/drafts", get(async |me: AuthSession| only(&me, &["editor", "owner"], DRAFTS)))
        .route("/users", get(async |me: AuthSession| only(&me, &["owner"], USERS)).post(change))
        .layer(AuthLayer::new(auth))
        .layer(CsrfLayer::new())
        .with_state(pool)
}

/// The table, as Coatroom asks about it: for a new session, at each rotation, and after a change that it was told of.
#[derive(Debug)]
pub struct Users(pub SqlitePool);

/// The claims that the application adds to its tokens, so that a page needs no query.
#[derive(Serialize, Deserialize)]
struct Own {
    username: String,
    plan: String,
}

#[async_trait::async_trait]
impl People for Users {
    async fn find(&self, subject: &Subject) -> Result<Option<Person>, PeopleError> {
        let sql = "select username, role, plan from users where id = ? and deleted_at is null";
        let row = sqlx::query_as(sql).bind(subject.as_str()).fetch_optional(&self.0).await?;
        let Some((username, role, plan)): Option<(_, String, _)> = row else { return Ok(None) };
        let claims = OwnClaims::new(&Own { username, plan })?;
        Ok(Some(Person::new(Role::new(role)?).with_claims(claims)))
    }
}

#[derive(Deserialize)]
struct Who {
    username: String,
    password: String,
}

async fn sign_in(db: State<SqlitePool>, session: AuthSession, request: Request) -> Answer {
    let find = "select id, password from users where username = ? and deleted_at is null";
    let renew = "update users set password = ? where id = ? and password = ?";
    // All that refuses an attempt comes before it is known if there is such a user.
    TRIED.retain_recent();
    let free = TRIED.check_key(&network_of(&request)).is_ok();
    let Form(who) = request.extract::<Form<Who>, _>().await.map_err(|_| StatusCode::BAD_REQUEST)?;
    let _turn = CHECKS.try_acquire().ok().filter(|_| free).ok_or(StatusCode::TOO_MANY_REQUESTS)?;
    let row = sqlx::query_as(find).bind(who.username).fetch_optional(&*db).await.map_err(down)?;
    let (id, old): (String, String) = row.unwrap_or((String::new(), NOBODY.to_owned()));
    // Within this task, so that a client that goes away frees no place that is in use.
    if !block_in_place(|| verify(who.password.as_bytes(), &old)) || id.is_empty() {
        return Ok((StatusCode::UNAUTHORIZED, page(WRONG)).into_response());
    }
    // bcrypt read 72 bytes: the rest of a longer password may be mistyped.
    if !old.starts_with("$argon2id$") && who.password.len() <= 72 {
        let new = block_in_place(|| Argon2::default().hash_password(who.password.as_bytes()));
        let row = sqlx::query(renew).bind(new.map_err(down)?.to_string()).bind(&id).bind(old);
        row.execute(&*db).await.map_err(down)?;
    }
    let subject = Subject::new(id).map_err(down)?;
    let begun = session.begin(&subject, Means::PASSWORD, Persistence::Browser).await;
    begun.map(|_| Redirect::to("/").into_response()).map_err(down)
}

/// Returns whether a password is the one of a hash. Each make refuses the hashes of another at once.
fn verify(given: &[u8], hash: &str) -> bool {
    Argon2::default().verify_password(given, hash).is_ok()
        || PasswordHash::new(hash)
            .is_ok_and(|old| Scrypt::new().verify_password(given, &old).is_ok())
        || bcrypt::verify(given, hash).is_ok_and(|right| right)
}

async fn sign_out(session: AuthSession) -> Answer {
    session.sign_out().await.map(|()| Redirect::to("/sign-in").into_response()).map_err(down)
}

async fn home(user: Option<CurrentUser>) -> Answer {
    let Some(CurrentUser(me)) = user else { return Ok(Redirect::to("/sign-in").into_response()) };
    let Own { username, plan } = me.authority.claims.read().map_err(down)?;
    let (name, role) = (username.replace('&', "&amp;").replace('<', "&lt;"), me.authority.role);
    Ok(page(&format!("<p>You are {name}, {role}, on the plan {plan}.</p>{SIGN_OUT}")))
}

#[derive(Deserialize)]
struct Change {
    username: String,
    role: String,
    /// The word "now" for a user who is to be deleted.
    deleted: Option<String>,
}

/// Changes a user, as an owner may. The next request of that user has the new role, or is signed out.
async fn change(db: State<SqlitePool>, session: AuthSession, new: Form<Change>) -> Answer {
    let sql = "update users set role = ?, deleted_at = datetime(?) where username = ? returning id";
    only(&session, &["owner"], USERS)?;
    let row = sqlx::query_scalar(sql).bind(&new.role).bind(&new.deleted).bind(&new.username);
    let id: Option<String> = row.fetch_optional(&*db).await.map_err(down)?;
    let subject = Subject::new(id.ok_or(StatusCode::NOT_FOUND)?).map_err(down)?;
    // Not before the change: a session could ask too early.
    session.auth().invalidate_authority(&subject).await.map_err(down)?;
    Ok(Redirect::to("/users").into_response())
}

/// Shows a page to users with one of these roles. A role that has no meaning here grants nothing.
fn only(session: &AuthSession, roles: &[&str], body: &str) -> Answer {
    let me = session.current_user().map_err(|rejection| rejection.into_response().status())?;
    roles.contains(&me.authority.role.as_str()).then(|| page(body)).ok_or(StatusCode::FORBIDDEN)
}

/// Answers if the table or the store does not. That signs no user out.
fn down(error: impl std::fmt::Display) -> StatusCode {
    tracing::error!(%error, "a request failed");
    StatusCode::SERVICE_UNAVAILABLE
}

fn page(body: &str) -> Response {
    Html(format!(r#"<!doctype html><html lang="en"><title>Users</title>{body}"#)).into_response()
}

const FORM: &str = r#"<form method="post" action="/sign-in">
<p><label>Username <input name="username" autocomplete="username" required></label>
<p><label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<p><button>Sign in</button></form>"#;
const WRONG: &str = r#"<p role="alert">Wrong username or password. <a href="/sign-in">Again</a>"#;
const SIGN_OUT: &str = r#"<form method="post" action="/sign-out"><button>Sign out</button></form>"#;
const DRAFTS: &str = "<p>There are no drafts yet.";
const USERS: &str = r#"<form method="post" action="/users">
<p><label>Username <input name="username" required></label>
<p><label>Role <select name="role"><option>viewer<option>editor<option>owner</select></label>
<p><label><input type="checkbox" name="deleted" value="now"> Delete</label>
<p><button>Change</button></form>"#;
