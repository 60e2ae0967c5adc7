//! The database that the operator chose.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use coatroom::{
    Store,
    store::{StoreError, postgres::PostgresStore, sqlite::SqliteStore},
};

/// Where accounts and sessions are kept.
#[derive(Clone)]
pub enum Database {
    /// In a file.
    Sqlite(PathBuf),
    /// On a server, under this URL.
    Postgres(String),
}

impl Database {
    /// Opens it, and brings its schema up to date.
    ///
    /// # Errors
    /// Why it cannot be used, in one line without its password.
    pub async fn open(&self) -> Result<Arc<dyn Store>, String> {
        let opened = match self {
            Self::Sqlite(path) => sqlite(path).await,
            Self::Postgres(url) => postgres(url).await,
        };
        opened.map_err(|error| format!("DATABASE_URL: {self:?}: {error}"))
    }
}

async fn sqlite(path: &Path) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(SqliteStore::open(path).await?))
}

async fn postgres(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(PostgresStore::connect(url).await?))
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            // Its URL may hold a password.
            Self::Postgres(_) => f.write_str("PostgreSQL"),
        }
    }
}
