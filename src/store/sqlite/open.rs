//! Opening the file: making it for its owner alone, and bringing its schema up to date while others do the same.

use std::{future::ready, io, path::Path, time::Duration};

use futures::FutureExt as _;
use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::{sleep, timeout};

use super::{MIGRATIONS, PATIENCE, SqliteStore, file::File};
use crate::{
    store::{
        Migrate, SchemaError, StoreError,
        failure::{compare, first, is_busy},
        respell::{MIGRATION, respell, respelled},
        sql,
    },
    user::UserId,
};

/// Options of a [`SqliteStore`]. Start from the default and change what differs.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// Makes the file if there is none. If that is off, an empty file counts as none, too.
    pub create: bool,
    /// Treatment of an older schema.
    pub migrate: Migrate,
    /// Connections that read at most; one more writes.
    pub readers: u32,
}

impl Default for SqliteOptions {
    /// Makes the file, brings it up to date, and reads by four connections.
    fn default() -> Self {
        Self { create: true, migrate: Migrate::Auto, readers: 4 }
    }
}

impl SqliteStore {
    /// Opens the database at `path`, makes it if there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it cannot be opened or written, or is no database; [`StoreError::Schema`] if it
    /// is newer than this program; [`StoreError::Settings`] if the path names no file.
    ///
    /// # Security
    /// A new file can be read by its owner alone. One that others may read is opened as it is.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with(path, SqliteOptions::default()).await
    }

    /// Opens as [`open`](Self::open) does, with other options. Any number of processes may open one new file at once.
    ///
    /// # Errors
    /// As those of [`open`](Self::open); [`StoreError::Schema`] also if there is no file, or its schema is older, and
    /// that was not to be changed.
    pub async fn open_with(
        path: impl AsRef<Path>,
        options: SqliteOptions,
    ) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let opened = timeout(OPENING, async {
            loop {
                match Self::open_once(path, options).await {
                    Err(error) if is_busy(&error) => sleep(AGAIN).await,
                    done => return done,
                }
            }
        });
        let late = |_| Err(StoreError::Unavailable("other programs keep the file locked".into()));
        opened.await.unwrap_or_else(late)
    }

    async fn open_once(path: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        make(path, options)?;
        let connect = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE);
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(PATIENCE)
                // If the disk is full, SQLite rolls back by itself and `sqlx`'s own rollback fails: the connection
                // counts as inside of a transaction for ever, and could begin no other.
                .before_acquire(|connection, _| ready(Ok(!connection.is_in_transaction())).boxed())
                .connect_with(connect.clone())
        };
        migrate(&connect, options.migrate).await?;
        let writer = pool(1).await?;
        // A file that may only be read opens like any other; better to be told now than at every sign-in.
        sqlx::query("delete from account where false").execute(&writer).await?;
        Ok(Self { readers: pool(options.readers.max(1)).await?, writer, file: File::at(path)? })
    }
}

/// The time for which several processes that open one new file wait for each other, and their pause. `SQLite` does not
/// wait by itself when a file becomes one with a write-ahead log, nor when the last connection clears the log away.
const OPENING: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(20);

/// Makes the file if it is missing and may be made: readable for its owner alone, whatever the umask. `SQLite` gives
/// its other files, the write-ahead log among them, the permissions of this one.
fn make(path: &Path, options: SqliteOptions) -> Result<(), StoreError> {
    // Names of which SQLite makes something else than a file of that name.
    let special = path.as_os_str().is_empty()
        || path.to_string_lossy().starts_with("file:")
        || path == Path::new(":memory:");
    if special {
        let why = format!(
            "'{}' names no file; what is to stay in memory is a MemoryStore",
            path.display()
        );
        return Err(StoreError::Settings(why));
    }
    let empty = std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0);
    if !options.create || options.migrate == Migrate::Off {
        let missing = matches!(path.try_exists(), Ok(false));
        return if missing || empty { Err(SchemaError::Missing.into()) } else { Ok(()) };
    }
    let mut file = std::fs::OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    match file.open(path) {
        Ok(_) => Ok(()),
        // SQLite says what is wrong with the file that is there.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(_) if path.exists() => Ok(()),
        Err(error) => Err(StoreError::Unavailable(error.into())),
    }
}

/// Brings the schema up to date, or says that it is not.
async fn migrate(connect: &SqliteConnectOptions, migrate: Migrate) -> Result<(), StoreError> {
    let mut connection = connect.connect().await?;
    let mut migrated = check(&mut connection).await;
    if let (Err(StoreError::Schema(SchemaError::Older { lacks })), Migrate::Auto) =
        (&migrated, migrate)
    {
        migrated = apply(&mut connection, *lacks).await;
    }
    connection.close().await?;
    migrated
}

/// Migrates as a writer from the beginning, so that of several processes one migrates, and the others find it done.
async fn apply(connection: &mut SqliteConnection, lacks: i64) -> Result<(), StoreError> {
    let mut tx = connection.begin_with("begin immediate").await?;
    MIGRATIONS.run_direct(None, &mut *tx, false).await?;
    if lacks <= MIGRATION {
        respell!(tx);
    }
    Ok(tx.commit().await?)
}

async fn check(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    const KNOWN: &str =
        "select exists (select 1 from sqlite_master where name = '_sqlx_migrations')";
    let known: bool = sqlx::query_scalar(KNOWN).fetch_one(&mut *connection).await?;
    if known { compare(connection, &MIGRATIONS).await } else { Err(first(&MIGRATIONS)) }
}
