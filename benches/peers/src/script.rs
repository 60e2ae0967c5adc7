//! Scripts on a `SQLite` database, because not every machine has a shell for one.

use std::path::{Path, PathBuf};

use clap::Args;
use futures::TryStreamExt as _;
use sqlx::{
    Connection as _, Either, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::Result;

#[derive(Args)]
pub struct Options {
    /// The database of a Coatroom server that is stopped
    #[arg(long)]
    database: PathBuf,
    /// The statements
    script: String,
}

/// Returns the first figure that the script selects; 0 if it selects none.
pub async fn run(options: Options) -> Result<f64> {
    let mut connection = connect(&options.database).await?;
    let mut figure = None;
    let mut steps = sqlx::raw_sql(&options.script).fetch_many(&mut connection);
    while let Some(step) = steps.try_next().await? {
        if let (Either::Right(row), None) = (step, figure) {
            figure = Some(row.try_get::<i64, _>(0)?);
        }
    }
    drop(steps);
    connection.close().await?;
    Ok(f64::from(i32::try_from(figure.unwrap_or(0))?))
}

/// Connects as no server would: nothing is lost by a crash but the benchmark.
pub async fn connect(database: &Path) -> Result<SqliteConnection> {
    let connect = SqliteConnectOptions::new()
        .filename(database)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-2000000");
    Ok(SqliteConnection::connect_with(&connect).await?)
}
