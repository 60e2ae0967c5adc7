//! A PostgreSQL database of a test's own, on the server that `COATROOM_TEST_POSTGRES` names.

use std::{
    env,
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::{Connection as _, Executor as _, PgConnection};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A database, which is dropped with the server.
#[derive(Debug)]
pub(crate) struct Database {
    base: String,
    name: String,
}

impl Database {
    /// Makes a new database, or none if there is no server; the run says so, and fails in CI, where no person would
    /// read it.
    #[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
    pub(crate) async fn create() -> Option<Self> {
        let Ok(base) = env::var("COATROOM_TEST_POSTGRES") else {
            assert!(env::var_os("CI").is_none(), "COATROOM_TEST_POSTGRES is not set");
            eprintln!("SKIPPED: no PostgreSQL; run through scripts/with-postgres");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("coatroom_server_{}_{number}", std::process::id());
        let mut connection = PgConnection::connect(&base).await.expect("PostgreSQL answers");
        let create = format!("create database {name}");
        connection.execute(sqlx::AssertSqlSafe(create)).await.expect("created");
        Some(Self { base, name })
    }

    /// Returns its URL.
    pub(crate) fn url(&self) -> String {
        let mut url = url::Url::parse(&self.base).expect("a URL");
        url.set_path(&self.name);
        url.into()
    }

    /// Returns its URL at another port of this machine.
    pub(crate) fn url_at(&self, port: u16) -> String {
        let mut url = url::Url::parse(&self.url()).expect("a URL");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(port)).expect("a port");
        url.into()
    }

    /// Returns the address at which its server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        let url = url::Url::parse(&self.base).expect("a URL");
        let addresses = url.socket_addrs(|| Some(5432)).expect("an address");
        addresses[0]
    }

    /// Opens a connection to it.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.expect("PostgreSQL answers")
    }
}
