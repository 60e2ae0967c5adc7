//! The rate at which `SQLite` rotates sessions by the statements of Coatroom's store alone, as durable as there.
//!
//! The rule lets a session rotate once its latest token was seen, and notes that with a write of its own: a rotation is
//! two statements here, as it is two requests there.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::task::JoinSet;

use crate::Result;

#[derive(Args)]
pub struct Options {
    /// The database of a Coatroom server that is stopped
    #[arg(long)]
    database: PathBuf,
    /// The number of sessions that are rotated at the same time
    #[arg(long)]
    connections: u8,
    #[arg(long)]
    milliseconds: u64,
}

/// As `ROTATE` in `src/store/sqlite/sessions.rs` and `acknowledge!` in `src/store/sql/steps.rs`.
const ROTATE: &str = "update coatroom_session set generation = generation + 1, rotated_at = $3, \
     acknowledged_at = null, replays = 0, last_seen_at = max(last_seen_at, $3), \
     idle_expires_at = min($5, absolute_expires_at), role = $6, claims = $7, authority_version = $8, \
     epoch = (select coalesce(max(number), 0) from coatroom_epoch) \
     where id = $1 and generation = $2 and acknowledged_at <= $4 \
     and idle_expires_at > $3 and absolute_expires_at > $3 and revoked_at is null \
     and (select min(e.at) from coatroom_epoch e where e.number > coatroom_session.epoch \
     and (e.since is null or coatroom_session.last_seen_at >= e.since)) is null";
const ACKNOWLEDGE: &str = "update coatroom_session set acknowledged_at = $3 \
     where id = $1 and generation = $2 and acknowledged_at is null and revoked_at is null \
     and (select min(e.at) from coatroom_epoch e where e.number > coatroom_session.epoch \
     and (e.since is null or coatroom_session.last_seen_at >= e.since)) is null";
const ADD: &str = "insert or replace into coatroom_session (id, subject, role, claims, authority_version, means, \
     created_at, authenticated_at, nonce, pepper_kid, generation, rotated_at, acknowledged_at, replays, persistence, \
     idle_expires_at, absolute_expires_at, client_label, user_agent_hash, ip_prefix, last_seen_at, epoch) \
     values ($1, 'bench', 'user', '', 0, 'pwd', 1, 1, zeroblob(32), 'k', 0, 1, null, 0, 'persistent', $2, $2, \
     'curl', 'hash', '127.0.0.0/24', 1, (select coalesce(max(number), 0) from coatroom_epoch))";

/// Any instant of the future, in milliseconds.
const FUTURE: i64 = 4_000_000_000_000;

/// Returns the number of rotations in a second.
pub async fn rotations(options: Options) -> Result<f64> {
    let connect = SqliteConnectOptions::new()
        .filename(&options.database)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true);
    // SQLite has one writer, and so has the store; neither asks first if a file is still there.
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_with(connect)
        .await?;
    let ids: Vec<Arc<[u8]>> = (0..options.connections).map(|place| [place; 16].into()).collect();
    for id in &ids {
        sqlx::query(ADD).bind(&id[..]).bind(FUTURE).execute(&pool).await?;
    }
    rate(ids, options.milliseconds, |id, until| rotate(pool.clone(), id, until)).await
}

/// Rotates all sessions at the same time, and returns the number of rotations in a second.
pub async fn rate<F>(
    ids: Vec<Arc<[u8]>>,
    milliseconds: u64,
    rotate: impl Fn(Arc<[u8]>, Instant) -> F,
) -> Result<f64>
where
    F: Future<Output = Result<u32>> + Send + 'static,
{
    let begun = Instant::now();
    let until = begun + Duration::from_millis(milliseconds);
    let mut rotating: JoinSet<Result<u32>> = ids.into_iter().map(|id| rotate(id, until)).collect();
    let mut count = 0;
    while let Some(rotated) = rotating.join_next().await {
        count += rotated??;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}

/// Rotates one session again and again. Returns the number of rotations.
async fn rotate(pool: SqlitePool, id: Arc<[u8]>, until: Instant) -> Result<u32> {
    let mut generation = 0;
    while Instant::now() < until {
        let now = 2 + i64::from(generation);
        let seen = sqlx::query(ACKNOWLEDGE).bind(&id[..]).bind(generation).bind(now);
        let seen = seen.execute(&pool).await?;
        let rotated = sqlx::query(ROTATE)
            .bind(&id[..])
            .bind(generation)
            .bind(now)
            .bind(now)
            .bind(FUTURE)
            .bind("user")
            .bind("")
            .bind(0)
            .execute(&pool)
            .await?;
        if (seen.rows_affected(), rotated.rows_affected()) != (1, 1) {
            return Err("the statement changed no row".into());
        }
        generation += 1;
    }
    Ok(u32::try_from(generation)?)
}
