//! Support of the tests: an engine on every store, with a clock that the test moves itself.

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod flaky;
pub(crate) mod listen;
pub(crate) mod postgres;
pub(crate) mod redis;
mod world;

use std::sync::Arc;

use coatroom::store::sqlite::SqliteStore;

pub(crate) use self::world::{
    ACCESS, D, DAY, EMAIL, G, HOUR, PASSWORD, Place, START, TICK, World, account_of, config,
    context, credentials, just_under, memory, refresh_token, secret, signed, tokens, until,
};

/// Declares a module for each store, in which each case is a test on an empty one.
macro_rules! on_every_store {
    ($($case:ident),+ $(,)?) => {
        mod on_memory {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case($crate::support::memory()).await;
            })+
        }
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case($crate::support::sqlite().await).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                if let Some(place) = $crate::support::postgres::place().await {
                    super::$case(place).await;
                }
            })+
        }
    };
}
pub(crate) use on_every_store;

pub(crate) async fn sqlite() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("coatroom.db")).await.expect("a database");
    Place::full(Arc::new(store)).keeping(folder)
}

impl World {
    /// A world on a store that can be made to fail.
    pub(crate) async fn flaky() -> (Self, Arc<flaky::FlakyStore>) {
        let store = Arc::new(flaky::FlakyStore::default());
        (Self::on(Place::full(store.clone())).await, store)
    }
}
