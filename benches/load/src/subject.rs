//! A server that is measured, as a process: begun on a free port, confined to one processor, ended with its handle.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::param::clock_ticks_per_second;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::{
    client::{self, Connection},
    cores,
};

/// The time in which a server has to be open: one with five million sessions has more to read.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that is open.
pub struct Subject {
    pub name: String,
    pub address: SocketAddr,
    process: Child,
    /// The time from its start to its first answer.
    pub opened_in: Duration,
}

impl Drop for Subject {
    fn drop(&mut self) {
        // A server that has not ended by itself.
        let _ended_already = self.process.kill();
        let _reaped = self.process.wait();
    }
}

impl Subject {
    /// Starts a program on the server's processor, and waits until `ready` is answered.
    pub async fn start(
        name: &str,
        ready: &str,
        command: impl FnOnce(SocketAddr) -> Command,
    ) -> Result<Self, String> {
        Self::start_on([cores::SERVER], name, ready, command).await
    }

    /// Starts a program on those processors.
    pub async fn start_on(
        cores: impl IntoIterator<Item = usize>,
        name: &str,
        ready: &str,
        command: impl FnOnce(SocketAddr) -> Command,
    ) -> Result<Self, String> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|port| port.local_addr());
        let address = free.map_err(|error| format!("no free port: {error}"))?;
        let mut command = command(address);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let begun = Instant::now();
        let process = cores::on(cores, || command.spawn())
            .and_then(|spawned| spawned)
            .map_err(|error| format!("{name}: {}: {error}", command.get_program().display()))?;
        let mut subject =
            Self { name: name.to_owned(), address, process, opened_in: Duration::ZERO };
        let request = client::get(address, ready, "");
        while begun.elapsed() < PATIENCE {
            if let Ok(Some(status)) = subject.process.try_wait() {
                return Err(format!("{name} did not start: {status}"));
            }
            if let Ok(mut connection) = Connection::open(address).await
                && connection.ask(&request).await.is_ok_and(|answer| answer.status == 200)
            {
                subject.opened_in = begun.elapsed();
                return Ok(subject);
            }
            sleep(Duration::from_millis(1)).await;
        }
        Err(format!("{name} does not answer"))
    }

    /// The memory of it that is resident, in megabytes.
    pub fn memory(&self) -> Result<f64, String> {
        let path = format!("/proc/{}/status", self.process.id());
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        Ok(kib.ok_or_else(|| format!("{path}: not understood"))? * 1024.0 / 1e6)
    }
}

impl Subject {
    /// The time of a processor that it used, in all of its threads.
    pub fn used(&self) -> Result<Duration, String> {
        let path = format!("/proc/{}/stat", self.process.id());
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        // The name of the program may have spaces in it, and ends with the last parenthesis.
        let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
        let ticks: Vec<u32> = fields.skip(11).take(2).filter_map(|n| n.parse().ok()).collect();
        let [user, system] = ticks[..] else { return Err(format!("{path}: not understood")) };
        let each = f64::from(u32::try_from(clock_ticks_per_second()).unwrap_or(100));
        Ok(Duration::from_secs_f64(f64::from(user + system) / each))
    }
}

/// The settings of a Coatroom server, beyond those that every one has.
#[derive(Clone, Debug, Default)]
pub struct Settings(Vec<(&'static str, String)>);

impl Settings {
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name, value.into()));
        self
    }
}

/// The programs, and the folder in which Coatroom's servers have theirs.
pub struct Programs {
    pub coatroom: PathBuf,
    pub site: PathBuf,
    pub peer: PathBuf,
    pub folder: TempDir,
}

impl Programs {
    /// Starts Coatroom, whose database is in the folder `data`, which is made if it is missing.
    pub async fn coatroom(
        &self,
        name: &str,
        data: &str,
        settings: &Settings,
    ) -> Result<Subject, String> {
        Subject::start(name, "/healthz", |at| self.coatroom_at(at, data, settings)).await
    }

    /// Returns the command that starts Coatroom: as in production, with nothing refused for being too much.
    pub fn coatroom_at(&self, address: SocketAddr, data: &str, settings: &Settings) -> Command {
        let mut command = Command::new(&self.coatroom);
        command
            .env_clear()
            .env("COATROOM_PROFILE", "production")
            .env("COATROOM_ORIGIN", format!("http://{address}"))
            .env("COATROOM_SECRET", "only a benchmark knows this secret")
            .env("COATROOM_MIGRATE", "auto")
            .env("COATROOM_ADDRESS", address.to_string())
            .env("COATROOM_DATA", self.data(data))
            .env("COATROOM_SITE", &self.site)
            .env("COATROOM_LIMIT_SIGN_INS", "off")
            .env("COATROOM_LIMIT_SIGN_UPS", "off")
            .env("COATROOM_LIMIT_FAILURES", "off")
            .env("RUST_LOG", "warn")
            .envs(settings.0.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The folder of a server's database.
    pub fn data(&self, data: &str) -> PathBuf {
        self.folder.path().join(data)
    }

    /// Starts a peer.
    pub async fn peer(&self, name: &str, ready: &str, what: &[&str]) -> Result<Subject, String> {
        Subject::start(name, ready, |address| {
            let mut command = Command::new(&self.peer);
            command.args(what).arg("--address").arg(address.to_string());
            command
        })
        .await
    }

    /// Runs a peer that measures by itself, on those processors, and returns the figure that it prints.
    pub fn figure(
        &self,
        cores: impl IntoIterator<Item = usize>,
        what: &[&str],
    ) -> Result<f64, String> {
        let mut command = Command::new(&self.peer);
        printed(cores, command.args(what))?
            .trim()
            .parse()
            .map_err(|error| format!("peer {}: {error}", what.join(" ")))
    }
}

/// Runs a command on those processors, and returns its output.
pub fn printed(
    cores: impl IntoIterator<Item = usize>,
    command: &mut Command,
) -> Result<String, String> {
    let program = Path::new(command.get_program()).display().to_string();
    let done = cores::on(cores, || command.stdin(Stdio::null()).output())
        .and_then(|done| done)
        .map_err(|error| format!("{program}: {error}"))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return Err(format!("{program}: {}: {}", done.status, said.trim()));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
