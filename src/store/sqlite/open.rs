//! Opening the file: making it for its owner alone, and bringing its schema up to date while others do the same.

use std::{io, path::Path, time::Duration};

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{MIGRATIONS, SqliteOptions};
use crate::store::{
    Migrate, SchemaError, StoreError,
    failure::{compare, first},
};

/// How long several processes that open one new file wait for each other, and how often they look. That a file becomes
/// one with a write-ahead log, and that the last connection clears the log away, are steps at which `SQLite` does not
/// wait by itself.
pub(super) const OPENING: Duration = Duration::from_secs(10);
pub(super) const AGAIN: Duration = Duration::from_millis(20);

/// Makes the file where it is missing and may be made: readable for its owner alone, whatever the umask. `SQLite` gives
/// its other files, the write-ahead log among them, the permissions of this one.
pub(super) fn make(path: &Path, options: SqliteOptions) -> Result<(), StoreError> {
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
        // Whatever is there, SQLite says what is wrong with it.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(_) if path.exists() => Ok(()),
        Err(error) => Err(StoreError::Unavailable(error.into())),
    }
}

/// Brings the schema up to date, or says that it is not.
pub(super) async fn migrate(
    connect: &SqliteConnectOptions,
    migrate: Migrate,
) -> Result<(), StoreError> {
    let mut connection = connect.connect().await?;
    let mut migrated = check(&mut connection).await;
    let older = matches!(migrated, Err(StoreError::Schema(SchemaError::Older { .. })));
    if older && migrate == Migrate::Auto {
        migrated = apply(&mut connection).await;
    }
    connection.close().await?;
    migrated
}

/// As a writer from the beginning, so that of several processes one migrates, and the others find it done.
async fn apply(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut tx = connection.begin_with("begin immediate").await?;
    MIGRATIONS.run_direct(None, &mut *tx, false).await?;
    Ok(tx.commit().await?)
}

async fn check(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    const KNOWN: &str =
        "select exists (select 1 from sqlite_master where name = '_sqlx_migrations')";
    let known: bool = sqlx::query_scalar(KNOWN).fetch_one(&mut *connection).await?;
    if known { compare(connection, &MIGRATIONS).await } else { Err(first(&MIGRATIONS)) }
}
