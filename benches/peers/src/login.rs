//! A sign-in with axum-login over tower-sessions, as its documentation builds one: every request reads the session from
//! its store, and the user from the database.

use std::path::Path;

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _, password_hash::phc};
use axum::{
    Form, Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use axum_login::{AuthManagerLayerBuilder, AuthSession, AuthUser, AuthnBackend, UserId};
use serde::{Deserialize, Serialize};
use sqlx::{
    FromRow, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use tokio::task::spawn_blocking;
use tower_sessions::{SessionManagerLayer, SessionStore};
use tower_sessions_redis_store::{
    RedisStore,
    fred::prelude::{ClientLike as _, Config, Pool},
};
use tower_sessions_sqlx_store::SqliteStore;

use crate::Result;

/// As in the example of the store.
const REDIS_CONNECTIONS: usize = 6;

pub const EMAIL: &str = "bench@example.com";
pub const PASSWORD: &str = "a quiet harbour at dawn";

#[derive(Clone, Debug, FromRow)]
struct User {
    id: i64,
    email: String,
    password_hash: String,
    role: String,
}

impl AuthUser for User {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }

    fn session_auth_hash(&self) -> &[u8] {
        self.password_hash.as_bytes()
    }
}

#[derive(Clone, Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

#[derive(Clone, Debug)]
struct Users(SqlitePool);

impl AuthnBackend for Users {
    type User = User;
    type Credentials = Credentials;
    type Error = sqlx::Error;

    async fn authenticate(&self, given: Credentials) -> Result<Option<User>, sqlx::Error> {
        let user: Option<User> =
            sqlx::query_as("select id, email, password_hash, role from user where email = $1")
                .bind(&given.email)
                .fetch_optional(&self.0)
                .await?;
        let checked = spawn_blocking(move || {
            user.filter(|user| {
                phc::PasswordHash::new(&user.password_hash).is_ok_and(|hash| {
                    Argon2::default().verify_password(given.password.as_bytes(), &hash).is_ok()
                })
            })
        });
        Ok(checked.await.ok().flatten())
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, sqlx::Error> {
        sqlx::query_as("select id, email, password_hash, role from user where id = $1")
            .bind(id)
            .fetch_optional(&self.0)
            .await
    }
}

/// The answer of whoami.
#[derive(Serialize)]
struct Who {
    role: String,
    sub: String,
    email: String,
}

async fn whoami(session: AuthSession<Users>) -> Response {
    match session.user {
        Some(user) => {
            let who = Who { role: user.role, sub: user.id.to_string(), email: user.email };
            Json(who).into_response()
        }
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn sign_in(mut session: AuthSession<Users>, Form(given): Form<Credentials>) -> StatusCode {
    match session.authenticate(given).await {
        Ok(Some(user)) if session.login(&user).await.is_ok() => StatusCode::OK,
        Ok(None) => StatusCode::UNAUTHORIZED,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

pub async fn with_sqlite(database: &Path) -> Result<Router> {
    let pool = users(database).await?;
    let store = SqliteStore::new(pool.clone());
    store.migrate().await?;
    Ok(router(store, pool))
}

pub async fn with_redis(database: &Path, url: &str) -> Result<Router> {
    let redis = Pool::new(Config::from_url(url)?, None, None, None, REDIS_CONNECTIONS)?;
    // It ends with the process.
    let _connections = redis.connect();
    redis.wait_for_connect().await?;
    Ok(router(RedisStore::new(redis), users(database).await?))
}

fn router(store: impl SessionStore + Clone, users: SqlitePool) -> Router {
    let sessions = SessionManagerLayer::new(store).with_secure(false);
    let auth = AuthManagerLayerBuilder::new(Users(users), sessions).build();
    Router::new()
        .route("/api/whoami", get(whoami))
        .route("/api/sign_in", post(sign_in))
        .layer(auth)
        .route("/healthz", get(async || "ok"))
}

/// Opens the database, with the one user that signs in.
async fn users(database: &Path) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePool::connect_with(options).await?;
    sqlx::raw_sql(
        "create table if not exists user (id integer primary key, email text not null unique, \
         password_hash text not null, role text not null)",
    )
    .execute(&pool)
    .await?;
    // Another peer may have the same file: a new hash would sign its user out.
    let hash: phc::PasswordHash = Argon2::default()
        .hash_password(PASSWORD.as_bytes())
        .map_err(|error| format!("no hash: {error}"))?;
    sqlx::query(
        "insert or ignore into user (id, email, password_hash, role) values (1, $1, $2, 'user')",
    )
    .bind(EMAIL)
    .bind(hash.to_string())
    .execute(&pool)
    .await?;
    Ok(pool)
}
