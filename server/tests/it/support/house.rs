//! A process of the program.

use std::{
    fs, iter,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{ExitStatus, Output, Stdio},
    sync::atomic::{AtomicU16, Ordering},
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use super::{PATIENCE, raw::Raw, until};

/// The secret of every house here, so that any of them can take over from another.
pub(crate) const SECRET: &str = "one secret for all houses of a test, 0123456789";
/// The origin that all houses of a test have.
pub(crate) const ORIGIN: &str = "http://localhost:1";
/// The host of that origin.
pub(crate) const HOST: &str = "localhost:1";

/// The plan that a house is started with: variables, and the folder that its site lies in.
#[derive(Debug)]
pub(crate) struct Plan {
    folder: TempDir,
    settings: Vec<(String, String)>,
    /// Variables that are not to be set.
    without: Vec<String>,
    /// A line of shell that runs before the program takes the shell's place.
    before: String,
}

impl Plan {
    /// Makes a plan: access tokens of 15 minutes, a cheap start, a database in the plan's folder.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        site(&folder.path().join("site"));
        let plan =
            Self { folder, settings: Vec::new(), without: Vec::new(), before: String::new() };
        let database = format!("sqlite:{}", plan.file().display());
        plan.with("DATABASE_URL", &database)
    }

    /// Sets a variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Removes a variable.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.settings.retain(|(set, _)| set != name);
        self.without.push(name.into());
        self
    }

    /// Adds a line of shell that runs first, in the same process.
    pub(crate) fn after(mut self, line: &str) -> Self {
        self.before = format!("{line}; ");
        self
    }

    /// Returns the database file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("coatroom.sqlite")
    }

    /// Returns the plan's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the program, about to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.shell(Path::new(env!("CARGO_BIN_EXE_coatroom")));
        command.args(arguments);
        command
    }

    fn shell(&self, program: &Path) -> Command {
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!(r#"{}exec "$0" "$@""#, self.before))
            .arg(program)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("COATROOM_SECRET", SECRET)
            .env("COATROOM_ORIGIN", ORIGIN)
            .env("COATROOM_DATA", self.folder.path())
            .env("COATROOM_MIGRATE", "auto")
            .env("COATROOM_SITE", self.folder.path().join("site"))
            .env("RUST_LOG", "warn,sqlx=off")
            // All browsers of a test come from one address; a test of the limits sets them.
            .env("COATROOM_LIMIT_SIGN_INS", "off")
            .env("COATROOM_LIMIT_SIGN_UPS", "off")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        for name in &self.without {
            command.env_remove(name);
        }
        command
    }

    /// Runs a command of the program to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).stderr(Stdio::piped()).output();
        tokio::time::timeout(PATIENCE, output).await.expect("in time").expect("it runs")
    }

    /// Opens a house, and waits until it is open.
    pub(crate) async fn open(&self) -> House {
        self.open_at(free_port()).await
    }

    /// Opens a house by another command of the program than `serve`.
    pub(crate) async fn open_as(&self, arguments: &[&str]) -> House {
        self.start(self.command(arguments), free_port()).await
    }

    /// Opens a house at that port.
    pub(crate) async fn open_at(&self, port: u16) -> House {
        self.start(self.command(&[]), port).await
    }

    /// Opens a house by another program, the first of these, which is given the rest.
    pub(crate) async fn open_by(&self, command: &[&Path]) -> House {
        let mut program = self.shell(command[0]);
        program.args(&command[1..]);
        self.start(program, free_port()).await
    }

    async fn start(&self, mut command: Command, port: u16) -> House {
        let mut process = command
            .env("COATROOM_ADDRESS", format!("127.0.0.1:{port}"))
            .stderr(self.log())
            .spawn()
            .expect("a process");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let opening = async {
            while let Some(line) = lines.next_line().await.expect("text") {
                if line.contains("is open") {
                    return;
                }
            }
            panic!("the house did not open: {}", self.said());
        };
        tokio::time::timeout(PATIENCE, opening).await.expect("it opens in time");
        House { process, port }
    }

    /// Returns what its houses have logged so far.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn log(&self) -> fs::File {
        let mut options = fs::OpenOptions::new();
        options.create(true).append(true).open(self.folder.path().join("log")).expect("a log")
    }
}

/// An open house.
#[derive(Debug)]
pub(crate) struct House {
    process: Child,
    port: u16,
}

impl House {
    /// Returns the URL at which it listens.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns its address, for sockets.
    pub(crate) fn socket(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Waits until `/readyz` gives this answer.
    pub(crate) async fn readiness(&self, expected: &str) {
        until(expected, async || {
            let answer = Raw::get(self.socket(), "GET /readyz", "").await;
            (answer.body == expected).then_some(())
        })
        .await;
    }

    /// Tells it to end, as a service manager does.
    pub(crate) fn terminate(&self) {
        let pid = self.pid().to_string();
        let status = std::process::Command::new("kill").args(["-TERM", &pid]).status();
        assert!(status.expect("kill").success());
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(PATIENCE, self.process.wait()).await;
        ended.expect("it ends in time").expect("a status")
    }

    /// Returns the number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id().expect("it runs")
    }

    /// Ends it as a service manager does.
    pub(crate) async fn end(&mut self) {
        let told = std::process::Command::new("kill").arg(self.pid().to_string()).status();
        assert!(told.expect("kill").success());
        let ended = tokio::time::timeout(PATIENCE, self.process.wait()).await;
        ended.expect("in time").expect("it ended");
    }

    /// Ends it without a word, as `kill -9` does.
    pub(crate) async fn kill(&mut self) {
        let killed = tokio::time::timeout(PATIENCE, self.process.kill()).await;
        killed.expect("it is gone in time").expect("killed");
    }
}

/// Makes a site with nothing in it but the names that a house looks for.
fn site(folder: &Path) {
    let program = Path::new(env!("CARGO_BIN_EXE_coatroom"));
    // A build of the whole site leaves the hashes of its files beside the program.
    let hashes = fs::read_to_string(program.with_file_name("hash.txt")).unwrap_or_default();
    fs::create_dir_all(folder.join("pkg")).expect("a folder");
    for kind in ["js", "wasm", "css"] {
        let hash = hashes.lines().find_map(|line| line.strip_prefix(kind)?.strip_prefix(':'));
        let name = match hash {
            Some(hash) => format!("coatroom.{}.{kind}", hash.trim()),
            None => format!("coatroom.{kind}"),
        };
        fs::write(folder.join("pkg").join(name), "").expect("written");
    }
}

/// Returns a port that is free, and that the system gives to no connection meanwhile: it takes those of 32768 and more.
pub(crate) fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let begin = 10_000 + u16::try_from(std::process::id() % 200).expect("small") * 100;
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let next = || Some(begin + TAKEN.fetch_add(1, Ordering::Relaxed) % 2_000);
    iter::from_fn(next).find(is_free).expect("one of them is free")
}
