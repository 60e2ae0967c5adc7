//! Opening the file: making it for its owner alone, and bringing its schema up to date while others do the same.

use std::{future::ready, io, path::Path, time::Duration};

use futures::FutureExt as _;
use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::{sleep, timeout};

use super::{FORMER, MIGRATIONS, PATIENCE, Pools, SqliteStore, file::File, writer::Writer};
use crate::{
    store::{
        Migrate, SchemaError, StoreError,
        failure::{is_busy, migration_error, store_error},
        lend::Lender,
        migrations::{APPLIED, FORMER as FORMER_TABLE, compare, former_lacks, is_former, nothing},
        respell::{MIGRATION, respell, respelled},
        sql,
    },
    user::UserId,
};

/// Moves the rows of a former release into the tables of today.
const ADOPT: &str = include_str!("adopt.sql");

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
        let connect = Self::connect_options(path);
        let mut connection = connect.connect().await.map_err(store_error)?;
        migrate(&mut connection, options.migrate).await?;
        connection.close().await.map_err(store_error)?;
        let pool = |connections| {
            Self::pool_options().max_connections(connections).connect_with(connect.clone())
        };
        let writer = pool(1).await.map_err(store_error)?;
        // A file that may only be read opens like any other; better to be told now than at every sign-in.
        sqlx::query(sql::BEAT).execute(&writer).await.map_err(store_error)?;
        let readers = pool(options.readers.max(1)).await.map_err(store_error)?;
        let readers = Lender::new(readers, PATIENCE);
        Ok(Self { readers, writer: Writer::new(writer), file: File::at(path)?, pools: Pools::Own })
    }

    /// Uses a database that an application has open, and brings the schema of this store's tables up to date. Their names
    /// begin with `coatroom_`, and their migrations are noted in a table of their own: an application's migrations may
    /// run before or after. The pool stays open when this store is closed.
    ///
    /// Make it of [`pool_options`](Self::pool_options) and [`connect_options`](Self::connect_options), and change in
    /// them what differs.
    ///
    /// # Errors
    /// [`StoreError::Settings`] if its connections do not write every commit through to the disk, in a write-ahead log,
    /// or have no file; and as those of [`open`](Self::open).
    pub async fn from_pool(pool: SqlitePool, migration: Migrate) -> Result<Self, StoreError> {
        let mut connection = pool.acquire().await.map_err(store_error)?;
        let journal: String = sqlx::query_scalar("pragma journal_mode")
            .fetch_one(&mut *connection)
            .await
            .map_err(store_error)?;
        let synchronous: i64 = sqlx::query_scalar("pragma synchronous")
            .fetch_one(&mut *connection)
            .await
            .map_err(store_error)?;
        if journal != "wal" || synchronous < FULL {
            let why = "the pool's connections need journal_mode = wal and synchronous = full";
            return Err(StoreError::Settings(why.into()));
        }
        migrate(&mut connection, migration).await?;
        drop(connection);
        let file = File::at(pool.connect_options().get_filename())?;
        let readers = Lender::new(pool.clone(), PATIENCE);
        Ok(Self { readers, writer: Writer::new(pool), file, pools: Pools::Shared })
    }

    /// Returns the options of this store's own connections to a file: a write-ahead log, every commit on the disk, and
    /// some seconds of patience with other writers.
    pub fn connect_options(path: impl AsRef<Path>) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
    }

    /// Returns the options of this store's own pools: they give out no connection that is inside of a transaction. If
    /// the disk is full, `SQLite` rolls back by itself and `sqlx`'s own rollback fails: the connection counts as inside
    /// of a transaction for ever, and could begin no other.
    pub fn pool_options() -> SqlitePoolOptions {
        SqlitePoolOptions::new()
            .acquire_timeout(PATIENCE)
            // Of a file in this process, each question takes as long as a query.
            .test_before_acquire(false)
            .before_acquire(|connection, _| ready(Ok(!connection.is_in_transaction())).boxed())
    }
}

/// `pragma synchronous`, where every commit reaches the disk before it is answered.
const FULL: i64 = 2;

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
            "'{}' is not the path of a file; use a MemoryStore to keep all in memory",
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
async fn migrate(connection: &mut SqliteConnection, migrate: Migrate) -> Result<(), StoreError> {
    match check(connection).await {
        Err(StoreError::Schema(SchemaError::Older { .. })) if migrate == Migrate::Auto => {
            apply(connection).await
        }
        checked => checked,
    }
}

/// Migrates as a writer from the beginning, so that of several processes one migrates, and the others find it done.
async fn apply(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut tx = connection.begin_with("begin immediate").await.map_err(store_error)?;
    let is_former = has(&mut tx, FORMER_TABLE).await?
        && !has(&mut tx, APPLIED).await?
        && is_former(&mut *tx, &FORMER).await?;
    if is_former && let Some(lacks) = former_lacks(&mut *tx, &FORMER).await? {
        FORMER.run_direct(None, &mut *tx, false).await.map_err(migration_error)?;
        if lacks <= MIGRATION {
            respell!(tx);
        }
    }
    MIGRATIONS.run_direct(None, &mut *tx, false).await.map_err(migration_error)?;
    if is_former {
        sqlx::raw_sql(ADOPT).execute(&mut *tx).await.map_err(store_error)?;
    }
    tx.commit().await.map_err(store_error)
}

async fn check(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    if has(connection, APPLIED).await? {
        compare(connection, &MIGRATIONS, APPLIED).await
    } else {
        Err(nothing())
    }
}

async fn has(connection: &mut SqliteConnection, table: &str) -> Result<bool, StoreError> {
    const HAS: &str = "select exists (select 1 from sqlite_master where name = $1)";
    sqlx::query_scalar(HAS).bind(table).fetch_one(connection).await.map_err(store_error)
}
