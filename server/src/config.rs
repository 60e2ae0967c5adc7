//! The settings of the operator: the only reader of the environment.
//!
//! Every setting is a flag and a variable, except the secret, which is never a flag, because every user of the machine
//! can see the arguments of a process. A bad value stops the start with one line that names it.

mod handshake;
mod limits;
mod names;
mod origin;
mod secret;
mod serving;
mod settings;
mod stop;

use std::{
    env,
    io::{self, IsTerminal as _},
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};

use clap::Parser as _;
use coatroom::{
    AuthConfig, ServerSecret,
    config::{Field, Lifetimes, Scheme},
    keyring::Schedule,
    store::{Migrate, postgres::PostgresStore, redis::RedisStore},
    web::CookiePolicy,
};

pub use self::{
    handshake::{Arrival, ArrivalKeys, Handoff, Receiver},
    limits::Limits,
    serving::{DRAIN_DELAY, Serving},
    settings::{
        Command, KeysCommand, Lab, Migrations, Profile, SessionsCommand, Since, UsersCommand,
    },
    stop::Stop,
};
use self::{
    settings::Settings,
    stop::{one_line, wrong},
};
use crate::{
    api_boundary::REALM,
    database::{Database, Opening, SessionsAt},
    telemetry::Log,
};

/// The stand-in for the origin of a command that serves nothing and issues no token.
const NO_ORIGIN: &str = "https://nothing-is-served.invalid";

/// All that the program is told from outside, checked.
#[derive(Debug)]
pub struct Config {
    pub command: Command,
    pub profile: Profile,
    pub address: SocketAddr,
    pub origin: String,
    pub database: Database,
    pub sessions: Option<SessionsAt>,
    pub opening: Opening,
    pub site: PathBuf,
    pub lab: Lab,
    pub limits: Limits,
    /// The names of the cookies.
    pub cookies: CookiePolicy,
    /// True if a tool rebuilds and restarts the program, and pages are to follow.
    pub watched: bool,
    pub serving: Serving,
    /// The services that users may continue to.
    pub handoff: Handoff,
    /// The knowledge that service B has of service A; none for other commands.
    pub arrival: Option<Arrival>,
    pub auth: AuthConfig,
    /// The least that a change of keys by a command waits for: the figures that this program was given itself.
    pub schedule: Schedule,
}

/// Reads flags, environment and the files of secrets.
pub fn read() -> Result<(Config, Log), Stop> {
    let settings = Settings::try_parse().map_err(one_line);
    if let Err(help @ Stop::Answer(_)) = settings {
        return Err(help);
    }
    // Comes before the fault of another setting: a misspelt name may be the cause of that.
    names::check(env::vars_os())?;
    let settings = settings?;
    let log = log(&settings)?;
    Ok((checked(settings)?, log))
}

/// Checks all settings against each other.
fn checked(mut settings: Settings) -> Result<Config, Stop> {
    let command = settings.command.clone().unwrap_or(Command::Serve);
    if matches!(command, Command::ServiceB) {
        // Beside service A in one folder, it would take A's secret and database for its own.
        settings.data.push("service-b");
    }
    let demo = settings.profile == Profile::Demo;
    let loopback = settings.address.ip().to_canonical().is_loopback();
    if demo && command.serves() && !loopback && !settings.demo_in_public {
        return wrong(
            "COATROOM_ADDRESS",
            "must be a loopback address (127.0.0.1 or [::1]), because the demo's passwords are published, an \
             administrator's among them; to listen elsewhere all the same, set COATROOM_DEMO_IN_PUBLIC=true",
        );
    }
    let origin = match (&settings.origin, settings.profile) {
        (Some(origin), _) => origin::checked(origin)?,
        (None, _) if !command.serves() => NO_ORIGIN.to_owned(),
        (None, Profile::Demo) => origin::of_demo(settings.address)?,
        (None, Profile::Production) => {
            return wrong(
                "COATROOM_ORIGIN",
                "is required: the origin that browsers see, such as https://example.com",
            );
        }
    };
    let database = database(&settings)?;
    let sessions = sessions_at(&settings, &command)?;
    let opening = opening(&settings, &command);
    if settings.database_url.is_none() && opening.create {
        secret::make_folder(&settings.data)?;
    }
    let secret = match command {
        // A step of a deployment, which seals and issues nothing.
        Command::Migrate => ServerSecret::new(ServerSecret::generate())
            .or_else(|error| wrong(secret::SECRET, error))?,
        _ => secret::read(&settings.data, settings.profile)?,
    };
    let auth = auth_config(&settings, origin.clone(), secret)?;
    let serving = settings.serving.check(settings.profile)?;
    let handoff = settings.handshake.handoff(&origin)?;
    let arrival = settings.handshake.arrival(&command, &settings.data, &origin)?;
    let schedule = Schedule {
        cache: settings.jwks_max_age.unwrap_or_default(),
        access_ttl: settings.access_ttl.unwrap_or_default(),
        clock_skew: settings.clock_skew.unwrap_or_default(),
    };
    Ok(Config {
        command,
        profile: settings.profile,
        address: settings.address,
        origin,
        database,
        sessions,
        opening,
        site: settings.site,
        lab: settings.lab.unwrap_or(match settings.profile {
            Profile::Demo => Lab::On,
            Profile::Production => Lab::Off,
        }),
        limits: settings.limits,
        cookies: settings.cookie_name,
        watched: env::var_os("LEPTOS_WATCH").is_some(),
        serving,
        handoff,
        arrival,
        auth,
        schedule,
    })
}

fn database(settings: &Settings) -> Result<Database, Stop> {
    let Some(url) = &settings.database_url else {
        return Ok(Database::Sqlite(settings.data.join("coatroom.sqlite")));
    };
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        PostgresStore::check_url(url).or_else(|error| wrong("DATABASE_URL", error))?;
        return Ok(Database::Postgres(url.clone()));
    }
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
    match path {
        Some("") => wrong("DATABASE_URL", "must name a file, as sqlite:PATH does"),
        Some(path) if path.contains(['?', '#']) => wrong(
            "DATABASE_URL",
            "a SQLite database takes no parameters; write sqlite:PATH, and nothing behind it",
        ),
        Some(path) if path == ":memory:" || path.starts_with("file:") => wrong(
            "DATABASE_URL",
            "must name a file by its path: a database in memory would forget every session at the next start",
        ),
        Some(path) => Ok(Database::Sqlite(PathBuf::from(path))),
        // The URL may hold a password, and is not repeated.
        _ => wrong("DATABASE_URL", "must be sqlite:PATH or postgres://…"),
    }
}

fn sessions_at(settings: &Settings, command: &Command) -> Result<Option<SessionsAt>, Stop> {
    let served = matches!(command, Command::Serve | Command::Migrate);
    match settings.sessions.as_deref() {
        None => Ok(None),
        Some("memory") if served => Ok(Some(SessionsAt::Memory)),
        Some("memory") => wrong(
            "COATROOM_SESSIONS",
            "is memory, which this command cannot see: stop the server instead",
        ),
        Some(url) if url.starts_with("redis://") || url.starts_with("rediss://") => {
            RedisStore::check_url(url).or_else(|error| wrong("COATROOM_SESSIONS", error))?;
            Ok(Some(SessionsAt::Redis(url.to_owned())))
        }
        // The URL may hold a password, and is not repeated.
        Some(_) => wrong("COATROOM_SESSIONS", "must be memory, redis://… or rediss://…"),
    }
}

/// Returns the way in which the database is opened: made or not, brought up to date or not, by how many connections.
fn opening(settings: &Settings, command: &Command) -> Opening {
    let told = match command {
        Command::Migrate => Some(Migrations::Auto),
        _ => settings.migrate,
    };
    // A look at the keys by an operator's newer program is no step of a deployment: it would change the database under
    // the older servers that run.
    let upgrades = command.serves() || matches!(command, Command::Migrate);
    Opening {
        // In production a file that is missing is likelier lost than new, and an empty one would hide that.
        create: match told {
            Some(told) => told == Migrations::Auto,
            None => settings.profile == Profile::Demo,
        },
        migrate: if upgrades && told != Some(Migrations::Off) {
            Migrate::Auto
        } else {
            Migrate::Off
        },
        connections: settings.database_connections,
    }
}

fn log(settings: &Settings) -> Result<Log, Stop> {
    let filter = match env::var("RUST_LOG") {
        Ok(filter) => filter,
        Err(env::VarError::NotPresent) => String::new(),
        Err(env::VarError::NotUnicode(_)) => return wrong("RUST_LOG", "is not valid UTF-8"),
    };
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colours = !plain && io::stderr().is_terminal();
    Log::new(settings.log_format, &filter, colours).or_else(|error| wrong("RUST_LOG", error))
}

fn auth_config(
    settings: &Settings,
    origin: String,
    secret: ServerSecret,
) -> Result<AuthConfig, Stop> {
    let demo = settings.profile == Profile::Demo;
    let mut auth = AuthConfig::new(origin, secret);
    auth.old_secrets = secret::read_old(&settings.data)?;
    let seconds =
        |demo_figure, figure| if demo { Duration::from_secs(demo_figure) } else { figure };
    auth.access_ttl = settings.access_ttl.unwrap_or_else(|| seconds(60, auth.access_ttl));
    // The demo profile has lifetimes below the default skew.
    auth.clock_skew = settings.clock_skew.unwrap_or(auth.clock_skew.min(auth.access_ttl));
    auth.grace = settings.grace.unwrap_or_else(|| seconds(5, auth.grace));
    auth.algorithm = settings.algorithm;
    auth.jwks_max_age = settings.jwks_max_age.unwrap_or(auth.jwks_max_age);
    auth.scheme = match (settings.scheme, settings.verification) {
        (scheme, None) => scheme,
        (Scheme::Hybrid(_), Some(verification)) => Scheme::Hybrid(verification),
        (_, Some(_)) => return wrong("COATROOM_VERIFICATION", "is for the hybrid scheme alone"),
    };
    auth.token_ttl = settings.token_ttl;
    auth.lock_step.response = settings.lock_step;
    auth.feed.poll = settings.feed_poll;
    // The demo profile has lifetimes below the default bound.
    auth.feed.bound = settings.feed_bound.unwrap_or(auth.feed.bound.min(auth.access_ttl));
    auth.browser = Lifetimes::new(settings.idle_ttl, settings.absolute_ttl);
    auth.remembered =
        Lifetimes::new(settings.remembered_idle_ttl, settings.remembered_absolute_ttl);
    auth.retention = settings.retention;
    auth.passwords.min = settings.password_min;
    auth.passwords.context = vec!["coatroom".to_owned()];
    REALM.clone_into(&mut auth.realm);
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    // More would hash none faster, and hold their memory.
    auth.hashing.concurrency = cores;
    auth.guessing = settings.limits.guessing(auth.guessing);
    if !demo && auth.access_ttl < Duration::from_secs(60) {
        return wrong("COATROOM_ACCESS_TTL", "must be at least 60s outside of the demo profile");
    }
    auth.check().or_else(|error| wrong(variables(error.field), error.reason))?;
    Ok(auth)
}

/// Returns the variables that set a field of the library's configuration; its name if none does.
const fn variables(field: Field) -> &'static str {
    match field {
        Field::Issuer => "COATROOM_ORIGIN",
        Field::AccessTtl => "COATROOM_ACCESS_TTL",
        Field::Scheme => "COATROOM_SCHEME",
        Field::TokenTtl => "COATROOM_TOKEN_TTL",
        Field::ClockSkew => "COATROOM_CLOCK_SKEW",
        Field::JwksMaxAge => "COATROOM_JWKS_MAX_AGE",
        Field::Grace => "COATROOM_GRACE",
        Field::LockStep => "COATROOM_LOCK_STEP",
        Field::Feed => "COATROOM_FEED_POLL, COATROOM_FEED_BOUND",
        Field::Browser => "COATROOM_IDLE_TTL, COATROOM_ABSOLUTE_TTL",
        Field::Remembered => "COATROOM_REMEMBERED_IDLE_TTL, COATROOM_REMEMBERED_ABSOLUTE_TTL",
        Field::Retention => "COATROOM_RETENTION",
        Field::Passwords => "COATROOM_PASSWORD_MIN",
        Field::Guessing => {
            "COATROOM_LIMIT_SIGN_INS, COATROOM_LIMIT_SIGN_UPS, COATROOM_LIMIT_FAILURES"
        }
        Field::OldSecrets => secret::OLD_SECRETS,
        Field::Audience | Field::Realm | Field::Replays | Field::Hashing => field.as_str(),
    }
}

#[cfg(test)]
mod tests;
