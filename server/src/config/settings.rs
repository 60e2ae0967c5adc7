//! Every flag and variable of the program.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{
    Parser, Subcommand, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use coatroom::{
    config::{LockStepResponse, Verification},
    keyring::SigningAlgorithm,
    web::CookiePolicy,
};

use super::{limits::Limits, serving::ServingSettings};
use crate::telemetry::LogFormat;

const AFTER_HELP: &str = "Secret:
  COATROOM_SECRET   at least 32 random characters, from which all keys are derived. Where it is not set, it is
                    read from the file `secret` in the data folder; the demo profile makes that file.
  COATROOM_OLD_SECRETS
                    former ones, one a line, or the file `secret.old`: after a change of the secret nobody is signed
                    out. One may go when the longest lifetime of a session has passed since.

Durations are written as 500ms, 60s, 15m, 12h or 30d. RUST_LOG chooses what is logged. A variable that begins with
COATROOM_ and is none of these stops the start.";

/// The defaults that apply, and what is insisted upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Safe figures; an origin and a secret have to be given.
    Production,
    /// For looking: access tokens of a minute, demo accounts, a secret made at the first start.
    Demo,
}

/// The presence of the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lab {
    /// Visitors may cause races and thefts, in worlds of their own.
    On,
    /// Nothing of it answers.
    Off,
}

/// The treatment of the database when the program starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Migrations {
    /// It is made if there is none, and brought up to date by `serve` and `migrate`
    Auto,
    /// It is looked at; if it is older or newer than the program, the program does not start
    Off,
}

/// The program's flags, variables and commands.
#[derive(Debug, Parser)]
#[expect(clippy::doc_markdown, reason = "these lines are what --help prints")]
#[command(name = "coatroom", version, about = "Sign-in that keeps itself alive, and shows how.", after_help = AFTER_HELP)]
pub(super) struct Settings {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// The defaults that apply
    #[arg(global = true, long, env = "COATROOM_PROFILE", value_enum, default_value = "production")]
    pub(super) profile: Profile,
    /// The address to listen on
    #[arg(global = true, long, env = "COATROOM_ADDRESS", default_value = "127.0.0.1:3000")]
    pub(super) address: SocketAddr,
    /// The origin that browsers see, such as https://example.com [demo: http://ADDRESS]
    #[arg(global = true, long, env = "COATROOM_ORIGIN")]
    pub(super) origin: Option<String>,
    /// The name in the cookies, such as coat-room: another one for each house behind one host name
    #[arg(global = true, long, env = "COATROOM_COOKIE_NAME", value_parser = CookiePolicy::for_application, default_value = "coatroom")]
    pub(super) cookie_name: CookiePolicy,
    /// The folder for the database and the secret
    #[arg(global = true, long, env = "COATROOM_DATA", default_value = "data")]
    pub(super) data: PathBuf,
    /// The database, as sqlite:PATH or postgres://… [default: coatroom.sqlite in the data folder]
    #[arg(global = true, long, env = "DATABASE_URL", hide_env_values = true)]
    pub(super) database_url: Option<String>,
    /// Treatment of the database at the start [default: demo: auto; production: one that is there is brought up to
    /// date, and a SQLite file that is missing is not made]; other commands than `serve` and `migrate` refuse an older
    /// one
    #[arg(global = true, long, env = "COATROOM_MIGRATE", value_enum)]
    pub(super) migrate: Option<Migrations>,
    /// Connections to the database at most, 1 to 1000; SQLite writes by one more [default: 10, SQLite: 4]
    #[arg(global = true, long, env = "COATROOM_DATABASE_CONNECTIONS", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) database_connections: Option<u32>,
    /// Lets the demo, whose passwords are published, listen on an address that others can reach
    #[arg(global = true, long, env = "COATROOM_DEMO_IN_PUBLIC")]
    pub(super) demo_in_public: bool,
    /// The folder of the built site
    #[arg(global = true, long, env = "COATROOM_SITE", default_value = "target/site")]
    pub(super) site: PathBuf,
    /// The life of an access token, at most 15m [default: 15m, demo: 60s]
    #[arg(global = true, long, env = "COATROOM_ACCESS_TTL", value_parser = duration)]
    pub(super) access_ttl: Option<Duration>,
    /// The greatest difference of the clocks of two servers, at most 5m [default: 5s]
    #[arg(global = true, long, env = "COATROOM_CLOCK_SKEW", value_parser = humantime::parse_duration)]
    pub(super) clock_skew: Option<Duration>,
    /// Time for which a spent refresh token is still answered once its successor arrived [default: 30s, demo: 5s]
    #[arg(global = true, long, env = "COATROOM_GRACE", value_parser = duration)]
    pub(super) grace: Option<Duration>,
    /// The check of an access token beyond its signature
    #[arg(global = true, long, env = "COATROOM_VERIFICATION", ignore_case = true, value_parser = one_of(VERIFICATIONS), default_value = "denylist")]
    pub(super) verification: Verification,
    /// The algorithm of new signing keys; another one than before is staged at the next start
    #[arg(global = true, long, env = "COATROOM_ALGORITHM", ignore_case = true, value_parser = one_of(ALGORITHMS), default_value = "eddsa")]
    pub(super) algorithm: SigningAlgorithm,
    /// Time for which other services may keep a copy of the public keys; a new one is shown that long before it signs
    /// [default: 5m]
    #[arg(global = true, long, env = "COATROOM_JWKS_MAX_AGE", value_parser = duration)]
    pub(super) jwks_max_age: Option<Duration>,
    /// Treatment of two clients that refresh one session in step, three generations in a row
    #[arg(global = true, long, env = "COATROOM_LOCK_STEP", ignore_case = true, value_parser = one_of(RESPONSES), default_value = "report")]
    pub(super) lock_step: LockStepResponse,
    /// The pause between two polls of the database for changes by other servers, beside the feed of PostgreSQL
    #[arg(global = true, long, env = "COATROOM_FEED_POLL", value_parser = duration, default_value = "1s")]
    pub(super) feed_poll: Duration,
    /// Time that a server may go without an answer until every request reads its session's row [default: 5s]
    #[arg(global = true, long, env = "COATROOM_FEED_BOUND", value_parser = duration)]
    pub(super) feed_bound: Option<Duration>,
    /// The life of a session without use
    #[arg(global = true, long, env = "COATROOM_IDLE_TTL", value_parser = duration, default_value = "1h")]
    pub(super) idle_ttl: Duration,
    /// The life of a session in all
    #[arg(global = true, long, env = "COATROOM_ABSOLUTE_TTL", value_parser = duration, default_value = "24h")]
    pub(super) absolute_ttl: Duration,
    /// The same without use, if the person asked to stay signed in
    #[arg(global = true, long, env = "COATROOM_REMEMBERED_IDLE_TTL", value_parser = duration, default_value = "14d")]
    pub(super) remembered_idle_ttl: Duration,
    /// The same in all, if the person asked to stay signed in
    #[arg(global = true, long, env = "COATROOM_REMEMBERED_ABSOLUTE_TTL", value_parser = duration, default_value = "30d")]
    pub(super) remembered_absolute_ttl: Duration,
    /// Time for which a session is kept after its end, with what happened to it
    #[arg(global = true, long, env = "COATROOM_RETENTION", value_parser = humantime::parse_duration, default_value = "30d")]
    pub(super) retention: Duration,
    /// The least number of characters of a password, never below 8
    #[arg(global = true, long, env = "COATROOM_PASSWORD_MIN", default_value = "15")]
    pub(super) password_min: usize,
    #[command(flatten)]
    pub(super) limits: Limits,
    /// The lab, whose worlds visitors may use [default: off, demo: on]
    #[arg(global = true, long, env = "COATROOM_LAB", value_enum)]
    pub(super) lab: Option<Lab>,
    /// The format of a line of the log
    #[arg(global = true, long, env = "COATROOM_LOG_FORMAT", value_enum, default_value = "text")]
    pub(super) log_format: LogFormat,
    #[command(flatten)]
    pub(super) serving: ServingSettings,
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
    /// Serve the application; what happens without a command, too
    Serve,
    /// Make the database, or bring it up to date, and end
    Migrate,
    /// Look after the keys that access tokens are signed with
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Look after the sessions
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Look after the accounts
    #[command(subcommand)]
    Users(UsersCommand),
}

/// Commands about keys.
#[derive(Clone, Debug, Subcommand)]
pub enum KeysCommand {
    /// Show the keys, and what each may do now
    List {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Add the key that takes over next, of the configured algorithm, once every copy of the public keys has it
    Rotate {
        /// Let it take over at once
        ///
        /// Services with an older copy of the public keys refuse its tokens until they look again. Tokens that are
        /// dated before the change, as repeated answers are, have the former key's signature for half a token's life,
        /// unless that key is retired.
        #[arg(long)]
        now: bool,
        /// Print the keys as JSON
        #[arg(long)]
        json: bool,
    },
    /// End a key at once, because an attacker may have it; what it signed is refused
    Retire {
        /// The key's id, as `list` shows it
        // One in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: String,
        /// Print the keys as JSON
        #[arg(long)]
        json: bool,
    },
    /// Forget all keys and make a first one: for a database whose secret was changed; stop the servers before
    Reset {
        /// Print the keys as JSON
        #[arg(long)]
        json: bool,
    },
}

/// Commands about sessions.
#[derive(Clone, Debug, Subcommand)]
pub enum SessionsCommand {
    /// End sessions, so that these people sign in again; running servers obey at once, or with their next poll
    #[command(group = clap::ArgGroup::new("which").required(true))]
    End {
        /// All sessions: after the database was restored from a copy, which knows nothing of what was ended since
        #[arg(long, group = "which")]
        all: bool,
        /// Those that began or were refreshed since then: an instant as 2026-01-31T12:00:00Z, or how long ago, as 2h
        #[arg(long, group = "which", value_parser = since)]
        since: Option<Since>,
        /// Those of the account with this address
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
    let instant = humantime::parse_rfc3339_weak(text)
        .map_err(|_| "neither an instant as 2026-01-31T12:00:00Z nor a time as 2h".to_owned())?;
    let since_epoch = instant.duration_since(std::time::UNIX_EPOCH);
    Ok(Since::Instant(since_epoch.map_err(|_| "before 1970".to_owned())?.as_secs()))
}

/// Commands about accounts.
#[derive(Clone, Debug, Subcommand)]
pub enum UsersCommand {
    /// Give an account another role; running servers obey at once, or with their next poll
    SetRole {
        /// The address it signs in with
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
        "An entry in the session's log, which its owner sees, and a warning",
    ),
    ("end", LockStepResponse::End, "The same, and the session ends"),
];

const ALGORITHMS: &[Choice<SigningAlgorithm>] = &[
    ("eddsa", SigningAlgorithm::EdDsa, "Ed25519"),
    ("es256", SigningAlgorithm::Es256, "ECDSA on P-256"),
    ("rs256", SigningAlgorithm::Rs256, "RSA of 3072 bits"),
    ("hs256", SigningAlgorithm::Hs256, "HMAC: no other service can check the tokens"),
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
        "The signature, and what the server remembers of revocations",
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
        chosen.map(|(_, value, _)| *value).ok_or("it is none of the values")
    })
}
