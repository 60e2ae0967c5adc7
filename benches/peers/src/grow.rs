//! Millions of sessions in a `SQLite` database, five to a user, whose ids are as random as real ones.

use std::{path::PathBuf, time::Instant};

use clap::Args;
use sqlx::Connection as _;

use crate::{Result, script};

#[derive(Args)]
pub struct Options {
    /// The database of a Coatroom server that is stopped
    #[arg(long)]
    database: PathBuf,
    #[arg(long)]
    sessions: i64,
}

const ACCOUNTS: &str = "with recursive n (n) as (select 0 union all select n + 1 from n where n < $1 / 5) \
     insert into coatroom_account (id, email, password_hash, role, created_at) \
     select 'grown' || n, 'grown' || n || '@example.com', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$', 'user', 1 from n";
const SESSIONS: &str = "with recursive n (n) as (select 1 union all select n + 1 from n where n < $1), \
     clock (now) as (select cast(unixepoch() as integer) * 1000) \
     insert into coatroom_session (id, subject, role, claims, authority_version, means, created_at, authenticated_at, \
     nonce, pepper_kid, generation, rotated_at, acknowledged_at, replays, persistence, idle_expires_at, \
     absolute_expires_at, client_label, user_agent_hash, ip_prefix, last_seen_at, epoch) \
     select randomblob(16), 'grown' || (n / 5), 'user', '', 0, 'pwd', now, now, zeroblob(32), 'k', 3, now, now, 0, \
     'persistent', now + 1209600000, now + 2592000000, 'Firefox', 'hash', '127.0.0.0/24', now, 0 from n, clock";

/// Returns the number of sessions that were added in a second.
pub async fn grow(options: Options) -> Result<f64> {
    let begun = Instant::now();
    let mut connection = script::connect(&options.database).await?;
    for statement in [ACCOUNTS, SESSIONS] {
        sqlx::query(statement).bind(options.sessions).execute(&mut connection).await?;
    }
    connection.close().await?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok(f64::from(u32::try_from(options.sessions)?) / seconds)
}
