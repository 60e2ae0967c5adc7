//! Bringing a database's schema up to date, beside the tables and migrations of an application.
//!
//! Releases whose tables had no prefix noted their migrations in `sqlx`'s own table. A database of such a release is
//! recognized by the first of them, brought to their last, and its rows are moved into the tables of today; all in one
//! transaction. Whatever else that table holds is an application's, and not looked at.

use sqlx::migrate::{Migrate, Migration, Migrator};

use super::{SchemaError, StoreError};
use crate::store::failure::migration_error;

/// The table in which this program notes its migrations.
pub(super) const APPLIED: &str = "coatroom_migrations";
/// The table in which `sqlx` notes an application's migrations, and in which former releases noted theirs.
pub(super) const FORMER: &str = "_sqlx_migrations";

/// Compares what was applied with what this program has; writes nothing.
pub(super) async fn compare<C>(
    connection: &mut C,
    known: &Migrator,
    noted_in: &str,
) -> Result<(), StoreError>
where
    C: Migrate,
{
    if let Some(version) = connection.dirty_version(noted_in).await.map_err(migration_error)? {
        return Err(SchemaError::Unfinished(version).into());
    }
    let applied = connection.list_applied_migrations(noted_in).await.map_err(migration_error)?;
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

/// Returns whether the noted migrations are those of a former release, whose tables were not moved yet.
pub(super) async fn is_former<C>(connection: &mut C, former: &Migrator) -> Result<bool, StoreError>
where
    C: Migrate,
{
    let applied = connection.list_applied_migrations(FORMER).await.map_err(migration_error)?;
    let first: Option<&Migration> = former.iter().next();
    let began = first.is_some_and(|first| {
        applied.iter().any(|one| one.version == 1 && one.checksum == first.checksum)
    });
    Ok(began && applied.iter().all(|one| former.version_exists(one.version)))
}

/// Returns the first migration of a former release that a database lacks, if it lacks one.
///
/// # Errors
/// [`StoreError::Schema`] if the database is no sound one of such a release.
pub(super) async fn former_lacks<C>(
    connection: &mut C,
    former: &Migrator,
) -> Result<Option<i64>, StoreError>
where
    C: Migrate,
{
    match compare(connection, former, FORMER).await {
        Ok(()) => Ok(None),
        Err(StoreError::Schema(SchemaError::Older { lacks })) => Ok(Some(lacks)),
        Err(error) => Err(error),
    }
}

/// The state of a database in which this program applied nothing.
pub(super) fn nothing() -> StoreError {
    SchemaError::Older { lacks: 1 }.into()
}

/// The migrations of a folder, noted in a table of this program's own.
macro_rules! migrations {
    ($folder:literal) => {
        std::sync::LazyLock::new(|| {
            let mut migrations = sqlx::migrate!($folder);
            migrations.dangerous_set_table_name($crate::store::migrations::APPLIED);
            migrations
        })
    };
}
pub(super) use migrations;
