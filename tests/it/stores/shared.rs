//! One database for an application and for Coatroom: each has tables and migrations of its own, whichever comes first.

use std::{borrow::Cow, sync::Arc, time::Duration};

use coatroom::store::{
    Migrate, Store as _, StoreError,
    conformance::{
        Place,
        sample::{log, read, session},
    },
    postgres::PostgresStore,
    sqlite::SqliteStore,
};
use futures::future::join_all;
use sqlx::{
    PgPool, SqlitePool,
    migrate::{Migration, MigrationType, Migrator},
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use crate::support::{
    World,
    postgres::{Database, options},
};

/// An application's migration, with tables of the names that former releases had.
fn application() -> Migrator {
    let sql = "create table account (id int primary key, name text); create table session (id int); \
               insert into account values (1, 'Ada')";
    let (description, kind) = (Cow::Borrowed("of the application"), MigrationType::Simple);
    let sql = sqlx::SqlStr::from_static(sql);
    let migration = Migration::new(1, description, kind, sql, false);
    Migrator { migrations: Cow::Owned(vec![migration]), ..Migrator::DEFAULT }
}

async fn works(store: impl coatroom::store::FullStore + 'static) {
    let store = Arc::new(store);
    let held = session(&*store, |_| ()).await;
    assert_eq!(read(&*store, held.id).await, held);
    assert_eq!(log(&*store).await, []);
    let world = World::on(Place::full(store)).await;
    let signed_up = world.sign_up().await;
    world.rotate(&signed_up).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_shared_with_an_application_in_either_order() {
    for ours_first in [true, false] {
        let folder = tempfile::tempdir().expect("a folder");
        let connect = SqliteStore::connect_options(folder.path().join("app.db"));
        let connect = connect.create_if_missing(true);
        let pool = SqliteStore::pool_options().connect_with(connect).await.expect("a pool");
        if !ours_first {
            application().run(&pool).await.expect("migrated");
        }
        let store = SqliteStore::from_pool(pool.clone(), Migrate::Auto).await.expect("opened");
        application().run(&pool).await.expect("migrated, or up to date");
        SqliteStore::from_pool(pool.clone(), Migrate::Off).await.expect("up to date");
        works(store.clone()).await;
        store.close().await;
        let names: Vec<String> =
            sqlx::query_scalar("select name from account").fetch_all(&pool).await.expect("open");
        assert_eq!(names, ["Ada"]);
    }
}

#[tokio::test]
async fn a_pool_that_would_lose_commits_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let connect = SqliteConnectOptions::new().filename(folder.path().join("app.db"));
    let pool = SqlitePoolOptions::new().connect_with(connect.create_if_missing(true)).await;
    let pool: SqlitePool = pool.expect("a pool");
    let error = SqliteStore::from_pool(pool, Migrate::Auto).await.expect_err("refused");
    assert!(matches!(error, StoreError::Settings(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_shared_with_an_application_in_either_order() {
    for ours_first in [true, false] {
        let Some(database) = Database::create().await else { return };
        let pool = PgPool::connect(&database.url()).await.expect("a pool");
        if !ours_first {
            application().run(&pool).await.expect("migrated");
        }
        let store = PostgresStore::from_pool(pool.clone(), options()).await.expect("opened");
        application().run(&pool).await.expect("migrated, or up to date");
        works(store.clone()).await;
        store.close().await;
        let names: Vec<String> =
            sqlx::query_scalar("select name from account").fetch_all(&pool).await.expect("open");
        assert_eq!(names, ["Ada"]);
        pool.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_gets_its_turn_while_calls_keep_coming() {
    let Some(database) = Database::create().await else { return };
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(5));
    let pool = pool.connect(&database.url()).await.expect("a pool");
    let store = PostgresStore::from_pool(pool.clone(), options()).await.expect("opened");
    let write = async || loop {
        store.ping().await.expect("written");
    };
    tokio::select! {
        _ = join_all((0..8).map(|_| write())) => unreachable!("they never end"),
        connection = pool.acquire() => drop(connection.expect("a turn")),
    }
}
