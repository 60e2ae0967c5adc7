//! Errors of the database as errors of the store, in words that tell an operator what to change, if that can help.

use sqlx::migrate::MigrateError;

use super::{SchemaError, StoreError};

/// Returns an error of the database as one of the store. A function, and no `From`: that would be public, and `sqlx` with
/// it.
pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    match between(&error) {
        Some(advice) => StoreError::Unavailable(
            format!("a connection pooler refused: {advice}: {error}").into(),
        ),
        None => StoreError::Unavailable(error.into()),
    }
}

/// Returns an error of a migration as one of the store.
pub(super) fn migration_error(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(has) => SchemaError::Newer { has }.into(),
        MigrateError::VersionMismatch(version) => SchemaError::Differs(version).into(),
        MigrateError::Dirty(version) => SchemaError::Unfinished(version).into(),
        MigrateError::Execute(error) => store_error(error),
        other => StoreError::Unavailable(other.into()),
    }
}

/// Returns advice if it is `PgBouncer`, or a pooler of its kind, that refuses: it takes no startup parameters that it
/// does not know, and in transaction mode it loses what was prepared on another connection.
fn between(error: &sqlx::Error) -> Option<&'static str> {
    let error = error.as_database_error()?;
    match error.code()?.as_ref() {
        "08P01" if error.message().contains("unsupported startup parameter") => Some(
            "connect to PostgreSQL itself, or set in PgBouncer pool_mode = session and \
             ignore_startup_parameters = extra_float_digits,options",
        ),
        // A prepared statement that does not exist, or exists already.
        "26000" | "42P05" => {
            Some("connect to PostgreSQL itself, or set in PgBouncer pool_mode = session")
        }
        _ => None,
    }
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
