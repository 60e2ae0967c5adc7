//! The database that the operator chose.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use coatroom::store::{
    FullStore, Migrate, SchemaError, Store, StoreError,
    memory::MemoryStore,
    postgres::{PostgresOptions, PostgresStore},
    redis::RedisStore,
    sqlite::{SqliteOptions, SqliteStore},
};

/// The place where accounts and sessions are kept.
#[derive(Clone)]
pub enum Database {
    /// In a file.
    Sqlite(PathBuf),
    /// On a server, under this URL.
    Postgres(String),
}

/// The place where sessions and signing keys are kept, if it is not the database.
#[derive(Clone)]
pub enum SessionsAt {
    /// In the memory of this process: they end with it, and no other node knows them.
    Memory,
    /// On a Redis server, under this URL.
    Redis(String),
}

/// The stores of a server, which are one unless the operator says otherwise.
#[derive(Clone)]
pub struct Stores {
    /// The database.
    pub accounts: Arc<dyn FullStore>,
    /// The store of sessions and signing keys.
    pub sessions: Arc<dyn Store>,
}

impl Stores {
    /// Opens the store of sessions beside the database.
    ///
    /// # Errors
    /// The reason why it cannot be used, in one line without its password.
    pub async fn beside(
        accounts: Arc<dyn FullStore>,
        at: Option<&SessionsAt>,
    ) -> Result<Self, String> {
        let sessions: Arc<dyn Store> = match at {
            None => Arc::<dyn FullStore>::clone(&accounts),
            Some(SessionsAt::Memory) => Arc::new(MemoryStore::new()),
            Some(SessionsAt::Redis(url)) => {
                let store = RedisStore::connect(url).await;
                Arc::new(store.map_err(|error| format!("COATROOM_SESSIONS: Redis: {error}"))?)
            }
        };
        Ok(Self { accounts, sessions })
    }

    /// Returns true if sessions are in the database of accounts.
    pub fn are_one(&self) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&self.accounts), Arc::as_ptr(&self.sessions))
    }

    /// Closes both, after the calls that are under way.
    pub async fn close(&self) {
        self.sessions.close().await;
        self.accounts.close().await;
    }
}

/// Options for opening the database.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// True makes a file that is missing, whatever becomes of an older schema.
    pub create: bool,
    /// Treatment of an older schema.
    pub migrate: Migrate,
    /// Connections at most, in place of the store's own number.
    pub connections: Option<u32>,
}

impl Database {
    /// Opens it.
    ///
    /// # Errors
    /// The reason why it cannot be used, in one line without its password, and the remedy.
    pub async fn open(&self, opening: Opening) -> Result<Arc<dyn FullStore>, String> {
        let opened = match self.opened(opening).await {
            // A new database is not older than the program.
            Err(StoreError::Schema(SchemaError::Missing)) if opening.create => {
                self.opened(Opening { migrate: Migrate::Auto, ..opening }).await
            }
            opened => opened,
        };
        opened.map_err(|error| {
            let helps = match error {
                StoreError::Schema(SchemaError::Missing) => {
                    "; if there should be one, check the path and restore it; `coatroom migrate` creates an empty one"
                }
                StoreError::Schema(SchemaError::Older { .. }) => {
                    "; run `coatroom migrate` first, as a database role that may change the schema"
                }
                StoreError::Schema(SchemaError::Newer { .. }) => "; run the version of coatroom that migrated it, or a later one",
                _ => "",
            };
            format!("DATABASE_URL: {self:?}: {error}{helps}")
        })
    }

    async fn opened(&self, opening: Opening) -> Result<Arc<dyn FullStore>, StoreError> {
        match self {
            Self::Sqlite(path) => sqlite(path, opening).await,
            Self::Postgres(url) => postgres(url, opening).await,
        }
    }
}

async fn sqlite(path: &Path, opening: Opening) -> Result<Arc<dyn FullStore>, StoreError> {
    let mut options = SqliteOptions::default();
    options.create = opening.create;
    options.migrate = opening.migrate;
    options.readers = opening.connections.unwrap_or(options.readers);
    let store = SqliteStore::open_with(path, options).await?;
    warn_of_readers(path);
    Ok(Arc::new(store))
}

async fn postgres(url: &str, opening: Opening) -> Result<Arc<dyn FullStore>, StoreError> {
    let mut options = PostgresOptions::default();
    options.migrate = opening.migrate;
    options.max_connections = opening.connections.unwrap_or(options.max_connections);
    Ok(Arc::new(PostgresStore::connect_with(url, options).await?))
}

/// Warns of a database that other users can read. A file that was there may be open to them, and stays as its owner
/// made it.
fn warn_of_readers(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let beside = |end: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        };
        let open = ["", "-wal", "-shm"].map(beside).into_iter().filter(|file| {
            std::fs::metadata(file).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
        });
        let open: Vec<_> = open.map(|file| file.display().to_string()).collect();
        if !open.is_empty() {
            let files = open.join(" ");
            tracing::warn!("other users of this machine can read the database: chmod 600 {files}");
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let mode = std::fs::metadata(folder).map_or(0, |folder| folder.permissions().mode());
        // Under a sticky bit, as in /tmp, users may remove their own files alone, and cannot replace this one.
        if mode & 0o022 != 0 && mode & 0o1000 == 0 {
            let folder = folder.display();
            tracing::warn!("other users can write to the database's folder: chmod 700 {folder}");
        }
    }
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

impl fmt::Debug for SessionsAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            // Its URL may hold a password.
            Self::Redis(_) => f.write_str("Redis"),
        }
    }
}
