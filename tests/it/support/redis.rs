//! Keys of a test's own, on the server that `COATROOM_TEST_REDIS` names (`scripts/with-redis`), and servers of a test's
//! own, which it may kill.

use std::{
    collections::HashMap,
    env,
    fs::File,
    io::Write as _,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
    time::Duration,
};

use coatroom::{
    SessionId,
    store::redis::{RedisOptions, RedisStore},
};
use tempfile::TempDir;

use super::until;

/// A prefix of a test's own. The keys stay: the server goes after the tests.
#[derive(Debug)]
pub(crate) struct Keys {
    server: String,
    prefix: String,
}

impl Keys {
    /// Makes one. If no server is named, says that a test was skipped; if `CI` is set, that is a failure.
    pub(crate) fn create() -> Option<Self> {
        let Ok(server) = env::var("COATROOM_TEST_REDIS") else {
            skip("COATROOM_TEST_REDIS is not set");
            return None;
        };
        Some(Self { server, prefix: format!("coatroom-test:{}:", SessionId::random()) })
    }

    /// A store on them.
    pub(crate) async fn store(&self) -> RedisStore {
        let mut options = options();
        options.prefix.clone_from(&self.prefix);
        RedisStore::connect_with(&self.server, options).await.expect("connected")
    }

    /// Runs a command on one of them, past any store.
    pub(crate) async fn run(&self, command: &str, key: &str, arguments: &[&str]) -> redis::Value {
        let key = format!("{}{key}", self.prefix);
        let mut asked = redis::cmd(command);
        asked.arg(key).arg(arguments);
        asked.query_async(&mut raw(&self.server).await).await.expect(command)
    }
}

/// More patience than a server should need, so that a machine with much else to do fails no test.
pub(crate) fn options() -> RedisOptions {
    let mut options = RedisOptions::default();
    options.patience = Duration::from_secs(30);
    options
}

async fn raw(url: &str) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(url).expect("a URL");
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await.expect("a connection")
}

/// Says that a test was skipped.
fn skip(why: &str) {
    assert!(env::var_os("CI").is_none(), "{why}");
    let test = thread::current();
    let test = test.name().unwrap_or("a test");
    // Not `eprintln`, which is only shown of tests that fail.
    writeln!(std::io::stderr(), "SKIPPED, {why}: {test}").expect("said");
}

/// A server of a test's own, killed with this.
#[derive(Debug)]
pub(crate) struct Server {
    settings: &'static [&'static str],
    folder: TempDir,
    port: u16,
    process: Child,
}

impl Server {
    /// Starts one on an empty folder. If there is no program, says that a test was skipped; if `CI` is set, that is a
    /// failure.
    pub(crate) async fn start(settings: &'static [&'static str]) -> Option<Self> {
        // Another program may take a port before the server does.
        for _ in 0..5 {
            let folder = tempfile::tempdir().expect("a folder");
            let free = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
            let port = free.local_addr().expect("an address").port();
            drop(free);
            let Some(process) = spawn(settings, folder.path(), port) else {
                skip("redis-server is not installed");
                return None;
            };
            let mut server = Self { settings, folder, port, process };
            if server.answers().await {
                return Some(server);
            }
        }
        panic!("no server started");
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A store on it, with as little patience as a busy machine allows.
    pub(crate) async fn store(&self) -> RedisStore {
        let mut options = options();
        options.patience = Duration::from_secs(5);
        RedisStore::connect_with(&self.url(), options).await.expect("connected")
    }

    /// Runs a command on it, past any store.
    pub(crate) async fn run(&self, words: &[&str]) -> redis::RedisResult<redis::Value> {
        let (command, arguments) = words.split_first().expect("a command");
        redis::cmd(command).arg(arguments).query_async(&mut raw(&self.url()).await).await
    }

    /// Ends it without a warning, as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("ended");
    }

    /// Starts it again on what its folder has.
    pub(crate) async fn restart(&mut self) {
        self.process = spawn(self.settings, self.folder.path(), self.port).expect("a server");
        assert!(self.answers().await, "the port was taken");
    }

    /// Waits until it has read its folder; false if it ended, or another server has its port.
    async fn answers(&mut self) -> bool {
        let client = redis::Client::open(self.url()).expect("a URL");
        let folder = self.folder.path().canonicalize().expect("a folder");
        let process = Mutex::new(&mut self.process);
        until("an answer", async || {
            if process.lock().expect("no panic").try_wait().expect("a process").is_some() {
                return Some(false);
            }
            let mut connection = client.get_multiplexed_async_connection().await.ok()?;
            // Refused for as long as it reads.
            redis::cmd("PING").query_async::<String>(&mut connection).await.ok()?;
            let asked = redis::cmd("CONFIG").arg("GET").arg("dir").to_owned();
            let dir: HashMap<String, String> = asked.query_async(&mut connection).await.ok()?;
            Some(Path::new(&dir["dir"]) == folder)
        })
        .await
    }
}

fn spawn(settings: &[&str], folder: &Path, port: u16) -> Option<Child> {
    let log = File::create(folder.join("log")).expect("a file");
    let mut server = Command::new("redis-server");
    server.args(["--bind", "127.0.0.1", "--save", "", "--port", &port.to_string(), "--dir"]);
    server.arg(folder).args(settings).stdin(Stdio::null());
    server.stdout(log.try_clone().expect("a file")).stderr(log);
    server.spawn().ok()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _gone_already = self.process.wait();
    }
}
