//! The server program as a process: begun on a free port with a folder of its own, and ended with its handle.
//!
//! Its use of the machine is read from `/proc`, as the system sees it.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::time::sleep;

use crate::http::{self, Connection};

/// Number of times that the start polls the server, every 50 ms, before it gives up.
const ASKED: u32 = 400;
/// The unit in which `/proc` counts the time of a processor.
const TICK: Duration = Duration::from_millis(10);

/// The folder of the workspace, to which the paths in its commands are relative; cargo starts a benchmark in its
/// package's.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A server that is open.
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    process: Child,
    _data: TempDir,
}

impl Drop for House {
    fn drop(&mut self) {
        // A server that has not ended by itself.
        let _ended_already = self.process.kill();
        let _reaped = self.process.wait();
    }
}

impl House {
    /// Starts the program, and waits until it is open.
    pub(crate) async fn open() -> Result<Self, String> {
        env::set_current_dir(ROOT).map_err(|error| format!("{ROOT}: {error}"))?;
        let binary = env::var_os("COATROOM_BINARY").map(PathBuf::from);
        let binary = binary.unwrap_or_else(|| "target/release/coatroom".into());
        let data = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|port| port.local_addr());
        let address = free.map_err(|error| format!("no free port: {error}"))?;
        let process = Command::new(&binary)
            .env("COATROOM_PROFILE", "demo")
            .env("COATROOM_LAB", "on")
            // All of its worlds are begun from one address.
            .env("COATROOM_LIMIT_WORLDS", "200")
            .env("COATROOM_ADDRESS", address.to_string())
            .env("COATROOM_DATA", data.path())
            // A run takes longer than the minute that the demo's access tokens are good.
            .env("COATROOM_ACCESS_TTL", "15m")
            .env("RUST_LOG", "warn")
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("COATROOM_BINARY: {}: {error}", binary.display()))?;
        let mut house = Self { address, process, _data: data };
        for _ in 0..ASKED {
            if let Ok(Some(status)) = house.process.try_wait() {
                return Err(format!("the server did not start: {status}"));
            }
            if let Ok(mut connection) = Connection::open(address).await
                && connection.ask(&http::get("/healthz", "")).await.is_ok()
            {
                return Ok(house);
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err("the server does not answer".into())
    }

    /// Signs a visitor up, and returns their cookies.
    pub(crate) async fn sign_up(&self) -> Result<String, String> {
        let form = "email=bench%40example.com&password=a+quiet+harbour+at+dawn&stay=on";
        let answer = self.post("/api/sign_up", form).await?;
        let cookies = answer.values("set-cookie").filter_map(|line| line.split(';').next());
        let cookies: Vec<&str> = cookies.collect();
        match (answer.status, cookies.len()) {
            (200, 2) => Ok(cookies.join("; ")),
            (status, _) => Err(format!("POST /api/sign_up was answered {status}")),
        }
    }

    /// Begins a world, and returns its address.
    pub(crate) async fn begin_world(&self) -> Result<String, String> {
        let answer = self.post("/lab/worlds", "").await?;
        match (answer.status, answer.values("location").next()) {
            (303, Some(path)) => Ok(path.to_owned()),
            (status, _) => Err(format!("POST /lab/worlds was answered {status}")),
        }
    }

    async fn post(&self, path: &str, form: &str) -> Result<http::Answer, String> {
        let ask =
            async { Connection::open(self.address).await?.ask(&http::post(path, form)).await };
        ask.await.map_err(|error| format!("POST {path}: {error}"))
    }

    /// The memory of it that is resident, in bytes.
    pub(crate) fn memory(&self) -> Result<u64, String> {
        let line = |text: String| {
            let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:").map(str::trim))?;
            line.strip_suffix(" kB")?.parse::<u64>().ok()
        };
        Ok(1024 * self.read("status", line)?)
    }

    /// The time of processors that it took so far.
    pub(crate) fn cpu(&self) -> Result<Duration, String> {
        let ticks = |text: String| {
            // The name of the process ends at the last parenthesis, and may itself hold others.
            let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
            let ticks = |index: usize| fields.get(index)?.parse::<u32>().ok();
            ticks(11)?.checked_add(ticks(12)?)
        };
        Ok(TICK * self.read("stat", ticks)?)
    }

    fn read<T>(&self, file: &str, of: fn(String) -> Option<T>) -> Result<T, String> {
        let path = format!("/proc/{}/{file}", self.process.id());
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        of(text).ok_or_else(|| format!("{path}: not understood"))
    }
}
