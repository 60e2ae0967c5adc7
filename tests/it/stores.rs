//! The conformance suite on every store, and what a store of one kind alone has to show.

mod adopted;
mod files;
mod log;
mod own;
mod postgres;
mod redis;
mod shared;
mod shutdown;

/// In memory.
mod on_memory {
    async fn empty() -> coatroom::store::conformance::Place {
        crate::support::memory()
    }
    coatroom::store_conformance!(empty);
    coatroom::account_conformance!(empty);
}

/// In a store of an application's own.
mod on_own {
    use coatroom::store::conformance::Place;

    async fn empty() -> Place {
        Place::new(std::sync::Arc::new(super::own::OwnStore::default()))
    }
    coatroom::store_conformance!(empty);

    #[test]
    fn a_session_store_takes_under_160_lines() {
        let code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
        let lines = include_str!("stores/own.rs").lines().filter(code).count();
        assert!(lines < 160, "{lines}");
    }
}

/// In a file, with another process's door.
mod on_sqlite {
    use std::sync::Arc;

    use coatroom::store::{conformance::Place, sqlite::SqliteStore};

    async fn empty() -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("coatroom.db");
        let store = SqliteStore::open(&file).await.expect("a database");
        let second = SqliteStore::open(&file).await.expect("opened again");
        Place::full(Arc::new(store)).with_full_second(Arc::new(second)).keeping(folder)
    }
    coatroom::store_conformance!(empty);
    coatroom::account_conformance!(empty);
}

/// On a server, with another process's door.
mod on_postgres {
    use std::sync::Arc;

    use coatroom::store::conformance::Place;

    use crate::support::postgres::Database;

    async fn empty() -> Option<Place> {
        let database = Database::create().await?;
        let (store, second) = (database.store().await, database.store().await);
        Some(Place::full(Arc::new(store)).with_full_second(Arc::new(second)).keeping(database))
    }
    coatroom::store_conformance!(empty);
    coatroom::account_conformance!(empty);
}

/// On a server that keeps no accounts, with another process's door.
mod on_redis {
    use std::sync::Arc;

    use coatroom::store::conformance::Place;

    use crate::support::redis::Keys;

    async fn empty() -> Option<Place> {
        let keys = Keys::create()?;
        let (store, second) = (keys.store().await, keys.store().await);
        Some(Place::new(Arc::new(store)).with_second(Arc::new(second)))
    }
    coatroom::store_conformance!(empty);
}
