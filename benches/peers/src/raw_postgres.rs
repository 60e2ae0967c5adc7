//! The rate at which `SQLx` rotates sessions on `PostgreSQL` by the statements of Coatroom's store alone.
//!
//! A request reads its session and then writes it: a rotation is two rows read and two statements that write, each with
//! a round trip of its own. Beside pgbench, which reads nothing, it shows the limit that the client library sets.

use std::{sync::Arc, time::Instant};

use clap::Args;
use sqlx::{PgPool, postgres::PgPoolOptions};

use crate::{Result, raw::rate};

#[derive(Args)]
pub struct Options {
    /// The URL of a database with the schema of a Coatroom server, and with sessions whose ids are numbers
    #[arg(long)]
    database: String,
    /// The number of sessions that are rotated at the same time
    #[arg(long)]
    connections: u8,
    #[arg(long)]
    milliseconds: u64,
}

/// As in `PostgresOptions::default`.
const POOL: u32 = 10;

/// The condition of `stands` in `src/store/sql.rs`.
macro_rules! stands {
    () => {
        "revoked_at is null and (select min(e.at) from coatroom_epoch e where e.number > coatroom_session.epoch \
         and (e.since is null or coatroom_session.last_seen_at >= e.since)) is null"
    };
}

/// As `session_from` in `src/store/sql.rs`.
macro_rules! session_from {
    ($s:literal) => {
        concat!(
            "select s.id, s.subject, s.role, s.claims, s.authority_version, coalesce(a.version, 0) as newest_authority, \
             s.means, s.created_at, s.authenticated_at, s.nonce, s.pepper_kid, s.generation, s.rotated_at, \
             s.acknowledged_at, s.replays, s.persistence, s.idle_expires_at, s.absolute_expires_at, s.revoked_at, \
             s.revoked_reason, s.client_label, s.user_agent_hash, s.ip_prefix, s.last_seen_at, s.epoch, \
             (select min(e.at) from coatroom_epoch e where e.number > s.epoch \
             and (e.since is null or s.last_seen_at >= e.since)) as ended_at from ",
            $s,
            " left join coatroom_authority a on a.subject = s.subject"
        )
    };
}

/// As `SESSION` in `src/store/sql.rs`, `acknowledge!` in `src/store/sql/steps.rs`, and `ROTATE` in
/// `src/store/postgres/statements.rs`: those that ask for one session alone.
const SESSION: &str = concat!(session_from!("coatroom_session s"), " where s.id = $1");
const ACKNOWLEDGE: &str = concat!(
    "update coatroom_session set acknowledged_at = $3 \
     where id = $1 and generation = $2 and acknowledged_at is null and ",
    stands!()
);
const ROTATE: &str = concat!(
    "with s as (update coatroom_session set generation = generation + 1, rotated_at = $3, acknowledged_at = null, \
     replays = 0, last_seen_at = greatest(last_seen_at, $3), idle_expires_at = least($5, absolute_expires_at), \
     role = $6, claims = $7, authority_version = $8, \
     epoch = (select coalesce(max(number), 0) from coatroom_epoch) \
     where id = $1 and generation = $2 and acknowledged_at <= $4 \
     and idle_expires_at > $3 and absolute_expires_at > $3 and ",
    stands!(),
    " returning *), told as (insert into coatroom_session_event \
     (session_id, at, kind, generation, cause, client_label, user_agent_hash, ip_prefix) \
     select id, $9, $10, $11, $12, $13, $14, $15 from s), trimmed as (delete from coatroom_session_event \
     where session_id = (select id from s where generation % 16 = 0) \
     and id < (select id from coatroom_session_event where session_id = $1 order by id desc limit 1 offset 49)) ",
    session_from!("s")
);
/// The session is rotated from the first generation in every run.
const RESET: &str = "update coatroom_session set generation = 0, acknowledged_at = null, rotated_at = 1 where id = $1";

/// Any instant of the future, in milliseconds.
const FUTURE: i64 = 4_000_000_000_000;

/// Returns the number of rotations in a second.
pub async fn rotations(options: Options) -> Result<f64> {
    let pool = PgPoolOptions::new()
        .max_connections(POOL)
        .test_before_acquire(false)
        .connect(&options.database)
        .await?;
    let ids: Vec<Arc<[u8]>> =
        (0..options.connections).map(|place| id(place).to_vec().into()).collect();
    for id in &ids {
        sqlx::query(RESET).bind(&id[..]).execute(&pool).await?;
    }
    rate(ids, options.milliseconds, |id, until| rotate(pool.clone(), id, until)).await
}

/// The id of a session as the harness makes it for pgbench: the decimal digits of its number, read as hexadecimal ones.
fn id(number: u8) -> [u8; 16] {
    let mut id = [0; 16];
    id[15] = number / 10 % 10 * 16 + number % 10;
    id[14] = number / 100;
    id
}

/// Rotates one session again and again. Returns the number of rotations.
async fn rotate(pool: PgPool, id: Arc<[u8]>, until: Instant) -> Result<u32> {
    let mut generation = 0_i64;
    while Instant::now() < until {
        let now = 2 + generation;
        sqlx::query(SESSION).bind(&id[..]).fetch_one(&pool).await?;
        let seen = sqlx::query(ACKNOWLEDGE).bind(&id[..]).bind(generation).bind(now);
        let seen = seen.execute(&pool).await?.rows_affected();
        sqlx::query(SESSION).bind(&id[..]).fetch_one(&pool).await?;
        let rotated = sqlx::query(ROTATE)
            .bind(&id[..])
            .bind(generation)
            .bind(now)
            .bind(now)
            .bind(FUTURE)
            .bind("user")
            .bind("")
            .bind(0_i64)
            .bind(now)
            .bind("rotated")
            .bind(generation + 1)
            .bind("endpoint")
            .bind("curl")
            .bind("hash")
            .bind("127.0.0.0/24")
            .fetch_optional(&pool)
            .await?;
        if seen != 1 || rotated.is_none() {
            return Err("the statement changed no row".into());
        }
        generation += 1;
    }
    Ok(u32::try_from(generation)?)
}
