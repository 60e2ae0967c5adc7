//! From a URL to a schema: what is read, what is changed, and by which role.

use coatroom::store::{
    Migrate, SchemaError, Store as _, StoreError,
    conformance::sample::{read, session},
    postgres::{PostgresOptions, PostgresStore},
};
use sqlx::Executor as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::PASSWORD;
use crate::support::postgres::{Database, options};

fn told(migrate: Migrate) -> PostgresOptions {
    let mut options = options();
    options.migrate = migrate;
    options
}

async fn tables(database: &Database) -> i64 {
    let count = "select count(*) from pg_class where relnamespace = 'public'::regnamespace";
    sqlx::query_scalar(count).fetch_one(&mut database.raw().await).await.expect("answers")
}

#[tokio::test]
async fn a_schema_that_is_not_to_be_changed_is_only_looked_at() {
    let Some(database) = Database::create().await else { return };
    let refusal = async || {
        let opened = PostgresStore::connect_with(&database.url(), told(Migrate::Off)).await;
        opened.expect_err("refused")
    };
    let error = refusal().await;
    assert!(matches!(error, StoreError::Schema(SchemaError::Older { lacks: 1 })), "{error:?}");
    assert_eq!(tables(&database).await, 0, "nothing was made");

    database.store().await.close().await;
    let mut raw = database.raw().await;
    raw.execute("delete from coatroom_migrations where version = 2").await.expect("deleted");
    let error = refusal().await;
    assert!(matches!(error, StoreError::Schema(SchemaError::Older { lacks: 2 })), "{error:?}");
    raw.execute("drop table coatroom_account, coatroom_account_event; drop function coatroom_tell_of_end_of_account").await.expect("dropped");
    database.store().await.close().await;
    PostgresStore::connect_with(&database.url(), told(Migrate::Off)).await.expect("up to date");
}

#[tokio::test]
async fn a_role_that_may_change_rows_alone_can_serve() {
    let Some(database) = Database::create().await else { return };
    database.store().await.close().await;
    let role = database.url().rsplit('/').next().expect("a name").replace("coatroom_", "role_");
    let mut raw = database.raw().await;
    let grants = format!(
        "create role {role} login password '{PASSWORD}'; \
         revoke create on schema public from public; \
         grant select, insert, update, delete on all tables in schema public to {role}; \
         grant usage on all sequences in schema public to {role}"
    );
    raw.execute(sqlx::AssertSqlSafe(grants)).await.expect("granted");
    let (_, server) =
        database.url().split_once('@').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a role");
    let url = format!("postgres://{role}:{PASSWORD}@{server}");

    for migrate in [Migrate::Off, Migrate::Auto] {
        let store = PostgresStore::connect_with(&url, told(migrate)).await.expect("connected");
        let begun = session(&store, |_| ()).await;
        read(&store, begun.id).await;
        store.close().await;
    }
    raw.execute("delete from coatroom_migrations where version = 2").await.expect("deleted");
    let error = PostgresStore::connect_with(&url, told(Migrate::Auto)).await.expect_err("older");
    assert!(error.to_string().contains("permission denied"), "{error}");
    let gone = format!("drop owned by {role}; drop role {role}");
    raw.execute(sqlx::AssertSqlSafe(gone)).await.expect("dropped");
}

#[tokio::test]
async fn a_wrong_url_is_refused_by_its_cause_without_its_password() {
    for (url, named) in [
        (String::new(), "cannot be read"),
        ("nonsense".into(), "cannot be read"),
        ("https://example.com".into(), "must begin with postgres://"),
        (format!("postgres://a:{PASSWORD}@h/d?sslmode=some"), "parameter sslmode"),
        (format!("postgres://a:{PASSWORD}@h/d?ssl-mode="), "parameter ssl-mode"),
        (format!("postgres://a:{PASSWORD}@h/d?sslmod=require"), "not known; known are sslmode"),
        (format!("postgres://a:{PASSWORD}@h/d?port=65536"), "parameter port"),
        (format!("postgres://a:{PASSWORD}@h/d?hostaddr=h"), "parameter hostaddr"),
        (format!("postgres://a:1?{PASSWORD}@h/d"), "not known"),
        (format!("postgres://a:#{PASSWORD}@h/d"), "%23"),
        (format!("postgres://a:/{PASSWORD}@h/d"), "%2F"),
        (format!("postgres://a:{PASSWORD}%ff@h/d"), "percent-decoding"),
    ] {
        for refused in [
            PostgresStore::check_url(&url).expect_err(named),
            PostgresStore::connect_with(&url, options()).await.expect_err(named),
        ] {
            assert!(matches!(refused, StoreError::Settings(_)), "{refused:?}");
            let said = refused.to_string();
            assert!(said.contains(named) && !said.contains(PASSWORD), "{said}");
        }
    }
    for good in ["postgres://h", "postgresql://a:b%23@h:1/d?sslmode=verify-full&options[a]=b"] {
        PostgresStore::check_url(good).expect(good);
    }
}

/// The answer of `PgBouncer`, byte for byte, to a client that it refuses.
async fn refusing(code: &'static str, message: &'static str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut asked = [0; 1024];
            // The question about TLS, and then the start.
            let _eight = client.read(&mut asked[..8]).await;
            let _no = client.write_all(b"N").await;
            let _start = client.read(&mut asked).await;
            let fields = format!("SFATAL\0C{code}\0M{message}\0\0");
            let length = u32::try_from(fields.len() + 4).expect("short").to_be_bytes();
            let _told = client.write_all(&[b"E", &length[..], fields.as_bytes()].concat()).await;
        }
    });
    format!("postgres://a:b@127.0.0.1:{port}/d")
}

#[tokio::test]
async fn a_pooler_that_refuses_is_told_apart_with_what_to_change() {
    for (code, message, advice) in [
        ("08P01", "unsupported startup parameter: options", "ignore_startup_parameters"),
        ("26000", "prepared statement \"sqlx_s_1\" does not exist", "pool_mode = session"),
        ("42P05", "prepared statement \"sqlx_s_1\" already exists", "pool_mode = session"),
    ] {
        let url = refusing(code, message).await;
        let error = PostgresStore::connect_with(&url, options()).await.expect_err("refused");
        let said = error.to_string();
        assert!(said.contains(advice) && said.contains(message), "{said}");
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
    let url = refusing("08P01", "something else").await;
    let error = PostgresStore::connect_with(&url, options()).await.expect_err("refused");
    assert!(!error.to_string().contains("pooler"), "{error}");
}
