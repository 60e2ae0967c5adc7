//! Every flag and variable of the program.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{
    Parser, Subcommand, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use coatroom::{
    config::{LockStepResponse, Scheme, Verification},
    keyring::SigningAlgorithm,
    web::CookiePolicy,
};

use super::{handshake::HandshakeSettings, limits::Limits, serving::ServingSettings};
use crate::telemetry::LogFormat;

const AFTER_HELP: &str = "Secret:
  COATROOM_SECRET   at least 32 random characters, from which all keys are derived. If it is not set, the file
                    `secret` in the data folder is read; the demo profile creates that file.
  COATROOM_OLD_SECRETS
                    former secrets, one per line, or the file `secret.old` in the data folder, so that a change of
                    the secret signs no user out. Remove one when the longest lifetime of a session has passed.
  COATROOM_HANDSHAKE_SECRETS
                    for `service-b` and hs256: the secret that it shares with the issuer, and former ones, one per
                    line, or the file `handshake.secret` in its data folder.

Durations are written as 500ms, 60s, 15m, 12h or 30d. RUST_LOG chooses what is logged. The program does not start if
it finds an unknown variable that begins with COATROOM_.";

/// The defaults that apply, and what is insisted upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Safe defaults; an origin and a secret are required.
    Production,
    /// For trying it out: access tokens of a minute, demo accounts, a secret made at the first start.
    Demo,
}

/// The presence of the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lab {
    /// Visitors may cause races and thefts, in worlds of their own.
    On,
    /// The lab does not exist.
    Off,
}

/// The treatment of the database when the program starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Migrations {
    /// Creates it if it does not exist; `serve` and `migrate` also bring its schema up to date
    Auto,
    /// Only checks it: the program does not start if its schema is older or newer
    Off,
}

/// The program's flags, variables and commands.
#[derive(Debug, Parser)]
#[expect(clippy::doc_markdown, reason = "these lines are what --help prints")]
#[command(name = "coatroom", version, about = "Sign-in with rotating refresh tokens and instant revocation, and a lab that shows how it works.", after_help = AFTER_HELP)]
pub(super) struct Settings {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// The profile, which decides the defaults
    #[arg(global = true, long, env = "COATROOM_PROFILE", value_enum, default_value = "production")]
    pub(super) profile: Profile,
    /// The address to listen on
    #[arg(global = true, long, env = "COATROOM_ADDRESS", default_value = "127.0.0.1:3000")]
    pub(super) address: SocketAddr,
    /// The origin that browsers see, such as https://example.com [demo: http://ADDRESS]
    #[arg(global = true, long, env = "COATROOM_ORIGIN")]
    pub(super) origin: Option<String>,
    /// The name in the cookies, such as my-shop; two deployments behind one host name need different ones
    #[arg(global = true, long, env = "COATROOM_COOKIE_NAME", value_parser = CookiePolicy::for_application, default_value = "coatroom")]
    pub(super) cookie_name: CookiePolicy,
    /// The folder for the database and the secret
    #[arg(global = true, long, env = "COATROOM_DATA", default_value = "data")]
    pub(super) data: PathBuf,
    /// The database, as sqlite:PATH or postgres://… [default: coatroom.sqlite in the data folder]
    #[arg(global = true, long, env = "DATABASE_URL", hide_env_values = true)]
    pub(super) database_url: Option<String>,
    /// The store of sessions and signing keys, as redis://… or rediss://…, or `memory` for one server whose restart signs
    /// every user out [default: the database]
    #[arg(global = true, long, env = "COATROOM_SESSIONS", hide_env_values = true)]
    pub(super) sessions: Option<String>,
    /// The creation and migration of the database at the start [default: demo: auto; production: an existing one is
    /// brought up to date, and a missing SQLite file is an error]; commands other than `serve` and `migrate` refuse an
    /// older one
    #[arg(global = true, long, env = "COATROOM_MIGRATE", value_enum)]
    pub(super) migrate: Option<Migrations>,
    /// The most connections to the database, 1 to 1000; SQLite has one more, for writing [default: 10, SQLite: 4]
    #[arg(global = true, long, env = "COATROOM_DATABASE_CONNECTIONS", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) database_connections: Option<u32>,
    /// Lets the demo, whose passwords are published, listen on an address that other machines can reach
    #[arg(global = true, long, env = "COATROOM_DEMO_IN_PUBLIC")]
    pub(super) demo_in_public: bool,
    /// The folder of the built site
    #[arg(global = true, long, env = "COATROOM_SITE", default_value = "target/site")]
    pub(super) site: PathBuf,
    /// The lifetime of an access token, at most 15m [default: 15m, demo: 60s]
    #[arg(global = true, long, env = "COATROOM_ACCESS_TTL", value_parser = duration)]
    pub(super) access_ttl: Option<Duration>,
    /// The greatest difference between two servers' clocks that is tolerated, at most 5m [default: 5s]
    #[arg(global = true, long, env = "COATROOM_CLOCK_SKEW", value_parser = humantime::parse_duration)]
    pub(super) clock_skew: Option<Duration>,
    /// The time for which a spent refresh token is still answered after its successor reached the browser [default:
    /// 30s, demo: 5s]
    #[arg(global = true, long, env = "COATROOM_GRACE", value_parser = duration)]
    pub(super) grace: Option<Duration>,
    /// The scheme by which browsers hold sessions; a change signs every user out
    #[arg(global = true, long, env = "COATROOM_SCHEME", ignore_case = true, value_parser = one_of(SCHEMES), default_value = "hybrid")]
    pub(super) scheme: Scheme,
    /// The check of an access token beyond its signature, under the hybrid scheme [default: denylist]
    #[arg(global = true, long, env = "COATROOM_VERIFICATION", ignore_case = true, value_parser = one_of(VERIFICATIONS))]
    pub(super) verification: Option<Verification>,
    /// The lifetime of a token under the schemes stateless and denylist, at most 12h
    #[arg(global = true, long, env = "COATROOM_TOKEN_TTL", value_parser = duration, default_value = "8h")]
    pub(super) token_ttl: Duration,
    /// The algorithm of new signing keys; after a change, the next start adds a key of the new algorithm
    #[arg(global = true, long, env = "COATROOM_ALGORITHM", ignore_case = true, value_parser = one_of(ALGORITHMS), default_value = "eddsa")]
    pub(super) algorithm: SigningAlgorithm,
    /// The time for which other services may cache the public keys; a new key is published that long before it signs
    /// [default: 5m]
    #[arg(global = true, long, env = "COATROOM_JWKS_MAX_AGE", value_parser = duration)]
    pub(super) jwks_max_age: Option<Duration>,
    /// The response to two clients that refresh one session in lock step for three generations, which may be a theft
    #[arg(global = true, long, env = "COATROOM_LOCK_STEP", ignore_case = true, value_parser = one_of(RESPONSES), default_value = "report")]
    pub(super) lock_step: LockStepResponse,
    /// The interval of polling the database for changes by other servers; PostgreSQL also pushes them at once
    #[arg(global = true, long, env = "COATROOM_FEED_POLL", value_parser = duration, default_value = "1s")]
    pub(super) feed_poll: Duration,
    /// The time without a complete poll after which the server is stale, and every request reads its session's row
    /// [default: 5s]
    #[arg(global = true, long, env = "COATROOM_FEED_BOUND", value_parser = duration)]
    pub(super) feed_bound: Option<Duration>,
    /// The idle lifetime of a session
    #[arg(global = true, long, env = "COATROOM_IDLE_TTL", value_parser = duration, default_value = "1h")]
    pub(super) idle_ttl: Duration,
    /// The absolute lifetime of a session
    #[arg(global = true, long, env = "COATROOM_ABSOLUTE_TTL", value_parser = duration, default_value = "24h")]
    pub(super) absolute_ttl: Duration,
    /// The idle lifetime of a session whose user asked to stay signed in
    #[arg(global = true, long, env = "COATROOM_REMEMBERED_IDLE_TTL", value_parser = duration, default_value = "14d")]
    pub(super) remembered_idle_ttl: Duration,
    /// The absolute lifetime of a session whose user asked to stay signed in
    #[arg(global = true, long, env = "COATROOM_REMEMBERED_ABSOLUTE_TTL", value_parser = duration, default_value = "30d")]
    pub(super) remembered_absolute_ttl: Duration,
    /// The time for which a session and its events are kept after its end
    #[arg(global = true, long, env = "COATROOM_RETENTION", value_parser = humantime::parse_duration, default_value = "30d")]
    pub(super) retention: Duration,
    /// The least number of characters of a password, never below 8
    #[arg(global = true, long, env = "COATROOM_PASSWORD_MIN", default_value = "15")]
    pub(super) password_min: usize,
    #[command(flatten)]
    pub(super) limits: Limits,
    /// Serves the lab, in which visitors cause races and thefts [default: off, demo: on]
    #[arg(global = true, long, env = "COATROOM_LAB", value_enum)]
    pub(super) lab: Option<Lab>,
    /// The format of a line of the log
    #[arg(global = true, long, env = "COATROOM_LOG_FORMAT", value_enum, default_value = "text")]
    pub(super) log_format: LogFormat,
    #[command(flatten)]
    pub(super) serving: ServingSettings,
    #[command(flatten)]
    pub(super) handshake: HandshakeSettings,
}

/// The longest duration that can be given. Each setting has a smaller bound of its own; up to this one they can be
/// added.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration <= LONGEST => Ok(duration),
        Ok(_) => Err("it must be at most 366d".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The command that the program carries out.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Serve the application (the default)
    Serve,
    /// Serve a second, small service, whose users another server vouches for; its database and secret are in the folder
    /// `service-b` of the data folder
    #[command(name = "service-b")]
    ServiceB,
    /// Create the database or bring its schema up to date, then exit
    Migrate,
    /// Manage the keys that sign access tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Manage sessions
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Manage accounts
    #[command(subcommand)]
    Users(UsersCommand),
}

impl Command {
    /// Returns true if it serves users until it is told to end.
    pub const fn serves(&self) -> bool {
        matches!(self, Self::Serve | Self::ServiceB)
    }
}

/// Commands about keys.
#[derive(Clone, Debug, Subcommand)]
pub enum KeysCommand {
    /// List the keys and their states
    List {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Add a key of the configured algorithm, which signs once every cached copy of the public keys has it
    Rotate {
        /// Let it sign at once
        ///
        /// Other services refuse its tokens until they fetch the public keys again. For half the lifetime of an access
        /// token, tokens that are dated before the change, such as replayed ones, are still signed by the former key,
        /// unless that key is retired.
        #[arg(long)]
        now: bool,
        /// Print the keys as JSON
        #[arg(long)]
        json: bool,
    },
    /// Retire a key at once, because an attacker may have it; the tokens that it signed are refused
    Retire {
        /// The key's id, as `list` shows it
        // One in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: String,
        /// Print the keys as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the secret that this server shares with a receiver of handshakes, for its file `handshake.secret`
    HandshakeSecret {
        /// The receiver's name, as the setting of the receivers has it
        name: String,
    },
    /// Delete all keys and create a new one, if the secret that sealed them is lost; stop all servers first
    Reset {
        /// Print the keys as JSON
        #[arg(long)]
        json: bool,
    },
}

/// Commands about sessions.
#[derive(Clone, Debug, Subcommand)]
pub enum SessionsCommand {
    /// End sessions, so that their users have to sign in again; running servers apply it at once or at their next poll
    #[command(group = clap::ArgGroup::new("which").required(true))]
    End {
        /// All sessions, for instance after the database was restored from a backup and lost later revocations
        #[arg(long, group = "which")]
        all: bool,
        /// The sessions that began or were refreshed since an instant (2026-01-31T12:00:00Z) or within a duration (2h)
        #[arg(long, group = "which", value_parser = since)]
        since: Option<Since>,
        /// The sessions of the account with this email address
        #[arg(long, group = "which")]
        user: Option<String>,
        /// Print what was done as JSON
        #[arg(long)]
        json: bool,
    },
}

/// The beginning of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Since this instant, in seconds of the Unix epoch.
    Instant(u64),
    /// Since so long ago.
    Ago(Duration),
}

fn since(text: &str) -> Result<Since, String> {
    if let Ok(ago) = humantime::parse_duration(text.trim_end_matches(" ago")) {
        return Ok(Since::Ago(ago));
    }
    let instant = humantime::parse_rfc3339_weak(text).map_err(|_| {
        "must be an instant such as 2026-01-31T12:00:00Z, or a duration such as 2h".to_owned()
    })?;
    let since_epoch = instant.duration_since(std::time::UNIX_EPOCH);
    Ok(Since::Instant(since_epoch.map_err(|_| "must not be before 1970".to_owned())?.as_secs()))
}

/// Commands about accounts.
#[derive(Clone, Debug, Subcommand)]
pub enum UsersCommand {
    /// Give an account another role; running servers apply it at once or at their next poll
    SetRole {
        /// The email address of the account
        email: String,
        /// `user` or `admin`
        role: String,
        /// Print the account as JSON
        #[arg(long)]
        json: bool,
    },
}

/// A value by its name on the command line, with what `--help` says of it.
type Choice<T> = (&'static str, T, &'static str);

const RESPONSES: &[Choice<LockStepResponse>] = &[
    (
        "report",
        LockStepResponse::Report,
        "Log a warning, and record an event that the session's owner sees",
    ),
    ("end", LockStepResponse::End, "Do the same, and end the session"),
];

const ALGORITHMS: &[Choice<SigningAlgorithm>] = &[
    ("eddsa", SigningAlgorithm::EdDsa, "Ed25519"),
    ("es256", SigningAlgorithm::Es256, "ECDSA on P-256"),
    ("rs256", SigningAlgorithm::Rs256, "RSA of 3072 bits"),
    ("hs256", SigningAlgorithm::Hs256, "HMAC: no other service can check the tokens"),
];

const SCHEMES: &[Choice<Scheme>] = &[
    (
        "hybrid",
        Scheme::Hybrid(Verification::Denylist),
        "A short-lived access token, and a refresh token that rotates",
    ),
    ("opaque", Scheme::Opaque, "An opaque token; the session's row is read at each request"),
    (
        "stateless",
        Scheme::Token(Verification::Stateless),
        "A signed token alone: good until it expires, whatever happens",
    ),
    (
        "denylist",
        Scheme::Token(Verification::Denylist),
        "A signed token alone, and the server's denylist of those that were signed out",
    ),
];

const VERIFICATIONS: &[Choice<Verification>] = &[
    (
        "stateless",
        Verification::Stateless,
        "The signature alone; a revoked session's token is good until it expires",
    ),
    (
        "denylist",
        Verification::Denylist,
        "The signature, and the server's denylist of revoked sessions",
    ),
    ("strict", Verification::Strict, "The signature, and the session's row at every request"),
];

/// Parses one of the library's own values, in upper or lower case.
fn one_of<T: Copy + Send + Sync>(
    choices: &'static [Choice<T>],
) -> impl TypedValueParser<Value = T> {
    let names = choices.iter().map(|(name, _, help)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(names).try_map(|given| {
        let chosen = choices.iter().find(|(name, ..)| name.eq_ignore_ascii_case(&given));
        chosen.map(|(_, value, _)| *value).ok_or("it is not a possible value")
    })
}
