//! A database for each test, on the server that `COATROOM_TEST_POSTGRES` names (`scripts/with-postgres`).

use std::{
    env,
    io::Write as _,
    str::FromStr as _,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use coatroom::{
    SessionId,
    store::postgres::{PostgresOptions, PostgresStore},
};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection,
    postgres::PgConnectOptions,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use super::Place;

/// An empty store, if there is a server.
pub(crate) async fn place() -> Option<Place> {
    let database = Database::create().await?;
    let store = Arc::new(database.store().await);
    Some(Place::full(store).keeping(database))
}

/// A database of a test's own, dropped with this.
#[derive(Debug)]
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    /// Makes one. If no server is named, says that a test was skipped; if `CI` is set, that is a failure.
    pub(crate) async fn create() -> Option<Self> {
        let Ok(server) = env::var("COATROOM_TEST_POSTGRES") else {
            assert!(env::var_os("CI").is_none(), "COATROOM_TEST_POSTGRES is not set");
            let test = thread::current();
            let test = test.name().unwrap_or("a test");
            // Not `eprintln`, which is only shown of tests that fail.
            writeln!(std::io::stderr(), "SKIPPED, COATROOM_TEST_POSTGRES is not set: {test}")
                .expect("said");
            return None;
        };
        let id = u128::from_be_bytes(*SessionId::random().as_bytes());
        let database = Self { server, name: format!("coatroom_{id:032x}") };
        let create = format!("create database {} template template0", database.name);
        let mut server = connect(&database.server).await;
        server.execute(AssertSqlSafe(create)).await.expect("created");
        server.close().await.expect("closed");
        Some(database)
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        let (server, _) = self.server.rsplit_once('/').expect("a URL with a database");
        format!("{server}/{}", self.name)
    }

    /// A store on it.
    pub(crate) async fn store(&self) -> PostgresStore {
        PostgresStore::connect_with(&self.url(), options()).await.expect("connected")
    }

    /// A connection to it, past any store.
    pub(crate) async fn raw(&self) -> PgConnection {
        connect(&self.url()).await
    }
}

/// Few connections, so that many tests go at once; and more patience than a server should need, so that a machine with
/// much else to do fails no test.
pub(crate) fn options() -> PostgresOptions {
    let mut options = PostgresOptions::default();
    options.max_connections = 4;
    options.patience = Duration::from_secs(30);
    options
}

async fn connect(url: &str) -> PgConnection {
    PgConnectOptions::from_str(url).expect("a URL").connect().await.expect("a connection")
}

impl Drop for Database {
    /// As well as can be: a server that is gone took the database with it.
    fn drop(&mut self) {
        let drop = format!("drop database if exists {} with (force)", self.name);
        let server = self.server.clone();
        // On a thread of its own, because this one may be waiting for a runtime already.
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut server = PgConnectOptions::from_str(&server)?.connect().await?;
                server.execute(AssertSqlSafe(drop)).await?;
                server.close().await
            })
        });
        let _best_effort: Option<Result<(), sqlx::Error>> = dropped.join().ok();
    }
}

/// A proxy between a store and its server. It can be cut: then no byte passes, and no connection ends.
#[derive(Debug)]
pub(crate) struct Proxy {
    port: u16,
    cuts: watch::Sender<Cuts>,
    shut: watch::Sender<bool>,
    connections: Arc<AtomicU32>,
}

/// The number of times that it was cut, and whether it is now. A connection from before a cut never carries anything
/// again.
#[derive(Clone, Copy, Debug, Default)]
struct Cuts {
    count: u32,
    cut: bool,
}

impl Proxy {
    /// Stands before the server of a database.
    pub(crate) async fn before(database: &Database) -> Self {
        let server = PgConnectOptions::from_str(&database.server).expect("a URL");
        Self::before_port(server.get_host().to_owned(), server.get_port()).await
    }

    /// Stands before any server, on a port of its own.
    pub(crate) async fn before_port(host: String, far: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (cuts, state) = watch::channel(Cuts::default());
        let (shut, mut door) = watch::channel(false);
        let connections = Arc::<AtomicU32>::default();
        let made = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                made.fetch_add(1, Relaxed);
                if door.wait_for(|shut| !shut).await.is_err() {
                    return;
                }
                let far = TcpStream::connect((host.as_str(), far)).await;
                let (near, far) = (near.into_split(), far.expect("the server").into_split());
                let count = state.borrow().count;
                tokio::spawn(pass(near.0, far.1, count, state.clone()));
                tokio::spawn(pass(far.0, near.1, count, state.clone()));
            }
        });
        Self { port, cuts, shut, connections }
    }

    /// The number of connections that were made through it, those included that are over.
    pub(crate) fn connections(&self) -> u32 {
        self.connections.load(Relaxed)
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// The database's URL by this way.
    pub(crate) fn url(&self, database: &Database) -> String {
        let port = PgConnectOptions::from_str(&database.server).expect("a URL").get_port();
        database.url().replace(&format!(":{port}/"), &format!(":{}/", self.port))
    }

    /// Takes new connections, and keeps them from the server while true; those there are go on.
    pub(crate) fn shut(&self, shut: bool) {
        self.shut.send_replace(shut);
    }

    /// Lets nothing through.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts = Cuts { count: cuts.count + 1, cut: true });
    }

    /// Lets through what connects from now on.
    pub(crate) fn restore(&self) {
        self.cuts.send_modify(|cuts| cuts.cut = false);
    }
}

/// Carries bytes one way, as long as the way was not cut since its connection was made.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    count: u32,
    mut state: watch::Receiver<Cuts>,
) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        let open = state.wait_for(|cuts| !cuts.cut && cuts.count == count).await.is_ok();
        if !open || to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
