//! From a URL to a database with the right schema.

use std::{io::ErrorKind, str::FromStr as _};

use sqlx::{ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};
use tokio::time::timeout;

use super::{FORMER, MIGRATION_PATIENCE, MIGRATIONS, PostgresOptions, wire::in_time};
use crate::{
    store::{
        Migrate, SchemaError, StoreError,
        failure::{migration_error, store_error},
        migrations::{APPLIED, FORMER as FORMER_TABLE, compare, former_lacks, is_former, nothing},
        respell::{MIGRATION, respell, respelled},
        sql,
    },
    user::UserId,
};

/// Moves the rows of a former release into the tables of today.
const ADOPT: &str = include_str!("adopt.sql");

/// The parameters that a URL may have. Others are refused: a misspelt `sslmode` would be no encryption.
const PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

const ESCAPED: &str = "in a password, write # / ? and @ as %23 %2F %3F and %40";

/// Reads a URL, and repeats nothing of it that may be secret.
pub(super) fn read(url: &str) -> Result<PgConnectOptions, StoreError> {
    let refuse = |why: String| Err(StoreError::Settings(why));
    let parsed = match url::Url::parse(url) {
        Ok(parsed) if ["postgres", "postgresql"].contains(&parsed.scheme()) => parsed,
        Ok(_) => return refuse("the URL must begin with postgres://".into()),
        Err(error) => return refuse(format!("the URL cannot be read: {error}; {ESCAPED}")),
    };
    // The end of a password, taken for something else, which the error would show.
    if parsed.fragment().is_some() || parsed.path().contains('@') {
        return refuse(format!("the URL has a fragment, or an @ in its path; {ESCAPED}"));
    }
    for (key, value) in parsed.query_pairs() {
        let option = key.starts_with("options[") && key.ends_with(']');
        if !option && !PARAMETERS.contains(&&*key) {
            let known = PARAMETERS.join(", ");
            return refuse(format!("the URL has a parameter that is not known; known are {known}"));
        }
        let mut alone =
            url::Url::parse("postgres://h").map_err(|_| StoreError::Settings(String::new()))?;
        alone.query_pairs_mut().append_pair(&key, &value);
        if PgConnectOptions::from_str(alone.as_str()).is_err() {
            return refuse(format!(
                "the URL's parameter {key} has an invalid value{}",
                values(&key)
            ));
        }
    }
    PgConnectOptions::from_str(url).or_else(|_| {
        refuse("a name or the password in the URL is not valid UTF-8 after percent-decoding".into())
    })
}

fn values(key: &str) -> &'static str {
    match key {
        "sslmode" | "ssl-mode" => "; use disable, allow, prefer, require, verify-ca or verify-full",
        "port" => "; use 0 to 65535",
        "hostaddr" => "; use an address, not a name",
        _ => "",
    }
}

/// Brings the schema up to date, or says that it is not. On a connection of its own, which is closed afterwards: `sqlx`
/// keeps its advisory lock if it fails, and a migration may take longer than a call.
pub(super) async fn migrate(
    connect: &PgConnectOptions,
    options: PostgresOptions,
) -> Result<(), StoreError> {
    let connect =
        connect.clone().options([("statement_timeout", "0"), ("lock_timeout", MIGRATION_PATIENCE)]);
    let mut connection = in_time(options.patience, connect.connect()).await.map_err(store_error)?;
    let checked = timeout(options.patience, check(&mut connection)).await;
    let late = |_| Err(store_error(sqlx::Error::Io(ErrorKind::TimedOut.into())));
    let mut migrated = checked.unwrap_or_else(late);
    // Only then: a role that may not change the schema can serve one that is up to date.
    if let (Err(StoreError::Schema(SchemaError::Older { .. })), Migrate::Auto) =
        (&migrated, options.migrate)
    {
        migrated = apply(&mut connection).await;
    }
    // The lock goes with the connection either way.
    let _closed = in_time(options.patience, connection.close()).await;
    migrated
}

/// Migrates all or nothing. The lock is held until the end, and `sqlx`'s own would go before.
async fn apply(connection: &mut PgConnection) -> Result<(), StoreError> {
    let mut tx = connection.begin().await.map_err(store_error)?;
    sqlx::query("select pg_advisory_xact_lock(hashtext('coatroom schema'))")
        .execute(&mut *tx)
        .await
        .map_err(store_error)?;
    let is_former = has(&mut tx, FORMER_TABLE).await?
        && !has(&mut tx, APPLIED).await?
        && is_former(&mut *tx, &FORMER).await?;
    if is_former && let Some(lacks) = former_lacks(&mut *tx, &FORMER).await? {
        FORMER.run(&mut *tx).await.map_err(migration_error)?;
        if lacks <= MIGRATION {
            respell!(tx);
        }
    }
    MIGRATIONS.run(&mut *tx).await.map_err(migration_error)?;
    if is_former {
        sqlx::raw_sql(ADOPT).execute(&mut *tx).await.map_err(store_error)?;
    }
    tx.commit().await.map_err(store_error)
}

async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    if has(connection, APPLIED).await? {
        compare(connection, &MIGRATIONS, APPLIED).await
    } else {
        Err(nothing())
    }
}

async fn has(connection: &mut PgConnection, table: &str) -> Result<bool, StoreError> {
    let has = sqlx::query_scalar("select to_regclass($1) is not null").bind(table);
    has.fetch_one(connection).await.map_err(store_error)
}
