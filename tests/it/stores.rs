//! The conformance suite on every store, and what a store of one kind alone has to show.

mod files;
mod log;
mod postgres;
mod respelled;

/// In memory.
mod on_memory {
    async fn empty() -> coatroom::store::conformance::Place {
        crate::support::memory()
    }
    coatroom::store_conformance!(empty);
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
        Place::new(Arc::new(store)).with_second(Arc::new(second)).keeping(folder)
    }
    coatroom::store_conformance!(empty);
}

/// On a server, with another process's door.
mod on_postgres {
    use std::sync::Arc;

    use coatroom::store::conformance::Place;

    use crate::support::postgres::Database;

    async fn empty() -> Option<Place> {
        let database = Database::create().await?;
        let (store, second) = (database.store().await, database.store().await);
        Some(Place::new(Arc::new(store)).with_second(Arc::new(second)).keeping(database))
    }
    coatroom::store_conformance!(empty);
}
