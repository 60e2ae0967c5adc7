//! From a URL to a database with the right schema.

use std::{io::ErrorKind, str::FromStr as _};

use sqlx::{ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};
use tokio::time::timeout;

use super::{MIGRATION_PATIENCE, MIGRATIONS, PostgresOptions, wire::in_time};
use crate::{
    store::{
        Migrate, SchemaError, StoreError,
        failure::{compare, first},
        respell::{MIGRATION, respell, respelled},
        sql,
    },
    user::UserId,
};

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

const ESCAPED: &str =
    "in a password, characters such as # / ? and @ are written as %23 %2F %3F and %40";

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
        return refuse(format!("the URL has a part that it cannot have; {ESCAPED}"));
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
                "the URL's parameter {key} has a value that it does not take{}",
                values(&key)
            ));
        }
    }
    PgConnectOptions::from_str(url).or_else(|_| {
        refuse("a name or the password in the URL is no text when its %-signs are read".into())
    })
}

fn values(key: &str) -> &'static str {
    match key {
        "sslmode" | "ssl-mode" => ": disable, allow, prefer, require, verify-ca or verify-full",
        "port" => ": 0 to 65535",
        "hostaddr" => ": an address, not a name",
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
    let mut connection = in_time(options.patience, connect.connect()).await?;
    let checked = timeout(options.patience, check(&mut connection)).await;
    let late = |_| Err(sqlx::Error::Io(ErrorKind::TimedOut.into()).into());
    let mut migrated = checked.unwrap_or_else(late);
    // Only then: a role that may not change the schema can serve one that is up to date.
    if let (Err(StoreError::Schema(SchemaError::Older { lacks })), Migrate::Auto) =
        (&migrated, options.migrate)
    {
        migrated = apply(&mut connection, *lacks).await;
    }
    // The lock goes with the connection either way.
    let _closed = in_time(options.patience, connection.close()).await;
    migrated
}

/// Migrates all or nothing. The lock is held until the end, and `sqlx`'s own would go before.
async fn apply(connection: &mut PgConnection, lacks: i64) -> Result<(), StoreError> {
    let mut tx = connection.begin().await?;
    sqlx::query("select pg_advisory_xact_lock(hashtext('coatroom schema'))")
        .execute(&mut *tx)
        .await?;
    MIGRATIONS.run(&mut *tx).await?;
    if lacks <= MIGRATION {
        respell!(tx);
    }
    Ok(tx.commit().await?)
}

async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    const KNOWN: &str = "select to_regclass('_sqlx_migrations') is not null";
    let known: bool = sqlx::query_scalar(KNOWN).fetch_one(&mut *connection).await?;
    if known { compare(connection, &MIGRATIONS).await } else { Err(first(&MIGRATIONS)) }
}
