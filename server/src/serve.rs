//! The life of the server: from a configuration to an orderly end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use coatroom::{
    Accounts, Auth, AuthConfig, SystemClock, accounts::AccountPeople, auth::StartError,
    config::LockStepResponse, store::FullStore,
};
use coatroom_lab::worlds::{Limits, Worlds};
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    config::{Config, DRAIN_DELAY, Lab, Profile, Serving},
    connections::{self, Admission, Stage},
    database::Stores,
    demo, handoff, pruning,
    readiness::Readiness,
    router,
    same_origin::Names,
    security_headers,
    surrounded::{Shell, Surrounded},
    telemetry,
};

/// The time that requests under way have after the listener was closed.
const FINISH_TIMEOUT: Duration = Duration::from_millis(1750);
/// The time that background tasks of the last requests have after that.
const BACKGROUND_TIMEOUT: Duration = Duration::from_millis(500);
/// The time that the store's connections have to close after that.
pub const CLOSING: Duration = Duration::from_millis(500);
/// The most that all of it may take if the operator chose no other drain delay: half of the ten seconds after which
/// Docker kills a container.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);
const _: () = assert!(
    DRAIN_DELAY.as_millis()
        + FINISH_TIMEOUT.as_millis()
        + BACKGROUND_TIMEOUT.as_millis()
        + CLOSING.as_millis()
        <= SHUTDOWN_TIMEOUT.as_millis(),
    "the phases of the shutdown exceed its total time"
);
/// The most connections if the system sets no limit that is lower.
const MANY: usize = 10_000;

/// Makes the accounts and the engine of their sessions. Of one store a page's reads are one statement.
async fn accounts(config: AuthConfig, stores: Stores) -> Result<Accounts, StartError> {
    if stores.are_one() {
        return Accounts::new(config, stores.accounts).await;
    }
    let Stores { accounts, sessions } = stores;
    let people = Arc::new(AccountPeople::new(Arc::<dyn FullStore>::clone(&accounts)));
    let auth = Auth::new(config, sessions, people).await?;
    Accounts::with_auth(auth, accounts)
}

/// Runs until it is told to end.
///
/// # Errors
/// The reason why it did not start, in one line.
pub async fn run(
    config: Config,
    stores: Stores,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let doors = Doors::prepare(&config)?;
    let handoff = handoff::Desk::new(&config)?;
    let accounts = accounts(config.auth.clone(), stores).await?;
    let of_one = config.limits.worlds.unwrap_or(Limits::DEFAULT.of_one);
    let limits = Limits { of_one, ..Limits::DEFAULT };
    let worlds =
        (config.lab == Lab::On).then(|| Arc::new(Worlds::new(Arc::new(SystemClock), limits)));
    let auth = accounts.auth().clone();
    let shell = doors.shell(&config, &auth);
    let site = router::router(accounts.clone(), worlds, &config.site, handoff, shell)?;
    let listener = doors.bind().await?;
    if config.profile == Profile::Demo {
        telemetry::announce(&demo::add(&accounts).await?);
    }
    telemetry::announce(&format_args!("Coatroom is open at {}", config.origin));
    doors.open(listener, site, auth, accounts.drain()).await;
    Ok(())
}

/// The place where a program listens, from before its router is made to the end of the last connection.
pub struct Doors {
    serving: Serving,
    address: SocketAddr,
    /// The most connections.
    most: usize,
    told: ShutdownSignals,
    stage: watch::Sender<Stage>,
}

impl Doors {
    /// Checks what the system allows, and listens for signals from now on.
    ///
    /// # Errors
    /// The reason why the program cannot serve.
    pub fn prepare(config: &Config) -> Result<Self, String> {
        let serving = config.serving.clone();
        let most = places(serving.connections)?;
        if config.auth.lock_step.response == LockStepResponse::End && serving.proxies.is_empty() {
            tracing::warn!(
                "COATROOM_LOCK_STEP=end without COATROOM_TRUSTED_PROXIES: behind a proxy all clients seem to be in \
                 one network, and honest sessions may be ended; name the proxy there"
            );
        }
        let told = ShutdownSignals::new()
            .map_err(|error| format!("cannot listen for signals: {error}"))?;
        let (stage, _) = watch::channel(Stage::Serving);
        Ok(Self { serving, address: config.address, most, told, stage })
    }

    /// Returns the parts that stand between a connection and the application.
    pub fn shell(&self, config: &Config, auth: &Auth) -> Shell {
        Shell {
            proxies: Arc::clone(&self.serving.proxies),
            names: Names::new(&config.origin, config.address, config.profile == Profile::Demo),
            readiness: Readiness { auth: auth.clone(), stage: self.stage.subscribe() },
            policy: security_headers::Policy {
                https: config.origin.starts_with("https://"),
                watched: config.watched,
            },
            cookies: config.cookies.clone(),
        }
    }

    /// Takes the address.
    ///
    /// # Errors
    /// The reason why it cannot be had.
    pub async fn bind(&self) -> Result<TcpListener, String> {
        let bound = TcpListener::bind(self.address).await;
        bound.map_err(|error| format!("COATROOM_ADDRESS: {}: {error}", self.address))
    }

    /// Serves until the program is told to end; then drains what is under way, and what runs in the background.
    pub async fn open(
        self,
        listener: TcpListener,
        site: Surrounded,
        auth: Auth,
        drain: impl Future<Output = ()>,
    ) {
        let Self { serving, most, told, stage, .. } = self;
        let heard = stage.subscribe();
        let pruning = pruning::start(auth);
        let admission = Admission::new(most, serving.proxies);
        tokio::select! {
            () = connections::serve(listener, site, admission, serving.patience, heard) => {}
            () = end(told, stage, serving.drain_delay) => {
                tracing::warn!("the time for shutdown is over: unfinished requests were cut off");
            }
        }
        pruning.abort();
        // The proofs that the last requests brought are noted before the store is closed.
        if tokio::time::timeout(BACKGROUND_TIMEOUT, drain).await.is_err() {
            tracing::warn!(
                "the time for shutdown is over: background writes were lost (proofs of delivery, failed sign-ins)"
            );
        }
    }
}

/// Raises the limit on open files as far as the system lets it, and returns the number of them that may be connections.
/// The rest is for the database, the site's files and the log, which would fail if the last file were a connection.
fn places(wanted: Option<usize>) -> Result<usize, String> {
    let files = rlimit::increase_nofile_limit(u64::MAX)
        .map_err(|error| format!("the limit on open files cannot be read: {error}"))?;
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    let possible = files - files / 4;
    match wanted {
        Some(wanted) if wanted > possible => Err(format!(
            "COATROOM_CONNECTIONS: {wanted} are more than {possible}, three quarters of the limit on open files \
             ({files}); ask for fewer, or raise the limit with ulimit -n"
        )),
        Some(wanted) => Ok(wanted),
        None => Ok(possible.min(MANY)),
    }
}

/// Waits until the program is told to end, and then through the stages of the end. Returns when no request may go on.
async fn end(mut told: ShutdownSignals, stage: watch::Sender<Stage>, drain_delay: Duration) {
    told.next().await;
    stage.send_replace(Stage::Draining);
    tracing::info!(
        ?drain_delay,
        "shutdown requested: /readyz answers 503, and requests are served for the drain delay"
    );
    tokio::select! {
        () = tokio::time::sleep(drain_delay) => {}
        // ShutdownSignals twice: the operator does not want to wait.
        () = told.next() => {}
    }
    stage.send_replace(Stage::Closing);
    tokio::time::sleep(FINISH_TIMEOUT).await;
}

/// Ctrl-C, or the signal of a service manager: heard from the moment it is made on, because one that came before would
/// end the process as it stands.
struct ShutdownSignals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

impl ShutdownSignals {
    #[cfg(unix)]
    fn new() -> std::io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _interrupted = tokio::signal::ctrl_c().await;
    }
}
