//! Errors of the database as errors of the store, in words that tell an operator what to change, if that can help.

use sqlx::migrate::{Migrate, MigrateError, Migrator};

use super::{SchemaError, StoreError};

/// The table in which `sqlx` notes the applied migrations.
const APPLIED: &str = "_sqlx_migrations";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match between(&error) {
            Some(advice) => Self::Unavailable(
                format!("a connection pooler stands in between: {advice}: {error}").into(),
            ),
            None => Self::Unavailable(error.into()),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(has) => SchemaError::Newer { has }.into(),
            MigrateError::VersionMismatch(version) => SchemaError::Differs(version).into(),
            MigrateError::Dirty(version) => SchemaError::Unfinished(version).into(),
            MigrateError::Execute(error) => error.into(),
            other => Self::Unavailable(other.into()),
        }
    }
}

/// Returns advice if it is `PgBouncer`, or a pooler of its kind, that refuses: it takes no startup parameters that it
/// does not know, and in transaction mode it loses what was prepared on another connection.
fn between(error: &sqlx::Error) -> Option<&'static str> {
    let error = error.as_database_error()?;
    match error.code()?.as_ref() {
        "08P01" if error.message().contains("unsupported startup parameter") => Some(
            "connect to PostgreSQL itself, or let PgBouncer have pool_mode = session and \
             ignore_startup_parameters = extra_float_digits,options",
        ),
        // A prepared statement that does not exist, or exists already.
        "26000" | "42P05" => {
            Some("connect to PostgreSQL itself, or let PgBouncer have pool_mode = session")
        }
        _ => None,
    }
}

/// Compares what was applied with what this program has; writes nothing.
pub(super) async fn compare<C>(connection: &mut C, known: &Migrator) -> Result<(), StoreError>
where
    C: Migrate,
{
    if let Some(version) = connection.dirty_version(APPLIED).await? {
        return Err(SchemaError::Unfinished(version).into());
    }
    let applied = connection.list_applied_migrations(APPLIED).await?;
    if let Some(unknown) = applied.iter().find(|one| !known.version_exists(one.version)) {
        return Err(SchemaError::Newer { has: unknown.version }.into());
    }
    for migration in known.iter() {
        let version = migration.version;
        match applied.iter().find(|one| one.version == version) {
            None => return Err(SchemaError::Older { lacks: version }.into()),
            Some(one) if one.checksum != migration.checksum => {
                return Err(SchemaError::Differs(version).into());
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The state of a database in which nothing was ever applied.
pub(super) fn first(known: &Migrator) -> StoreError {
    let lacks = known.iter().map(|migration| migration.version).min().unwrap_or_default();
    SchemaError::Older { lacks }.into()
}

/// True if another connection had the file locked (`SQLITE_BUSY`, with its extended codes): to be tried again.
#[cfg(feature = "sqlite")]
pub(super) fn is_busy(error: &StoreError) -> bool {
    const BUSY: i32 = 5;
    let StoreError::Unavailable(cause) = error else { return false };
    let database = cause.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
    let code = database.and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse().ok()).is_some_and(|code: i32| code & 0xff == BUSY)
}
