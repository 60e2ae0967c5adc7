//! What the operator decides: the only reader of the environment.
//!
//! Every setting is a flag and a variable, except the secret, which is never a flag, because the arguments of a
//! process can be seen by everybody on the machine. A bad value stops the start with one line that names it.

use std::{
    env, fmt, fs,
    io::{self, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{
    CommandFactory as _, Parser, ValueEnum,
    error::{ContextKind, ContextValue, ErrorKind},
};
use coatroom::{AuthConfig, ServerSecret, config::Lifetimes};

use crate::telemetry::{self, LogFormat};

const SECRET: &str = "COATROOM_SECRET";
const AFTER_HELP: &str = "Secret:
  COATROOM_SECRET   at least 32 random characters, from which all keys are derived. Where it is not set, it is
                    read from the file `secret` in the data folder; the demo profile makes that file.

Durations are written as 500ms, 60s, 15m, 12h or 30d. RUST_LOG chooses what is logged.";

/// Which defaults apply, and what is insisted upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Safe figures; an origin and a secret have to be given.
    Production,
    /// For looking: access tokens of a minute, demo accounts, a secret made at the first start.
    Demo,
}

#[derive(Debug, Parser)]
#[expect(clippy::doc_markdown, reason = "these lines are what --help prints")]
#[command(name = "coatroom", version, about = "Sign-in that keeps itself alive, and shows how.", after_help = AFTER_HELP)]
struct Settings {
    /// Which defaults apply
    #[arg(long, env = "COATROOM_PROFILE", value_enum, default_value = "production")]
    profile: Profile,
    /// The address to listen on
    #[arg(long, env = "COATROOM_ADDRESS", default_value = "127.0.0.1:3000")]
    address: SocketAddr,
    /// The origin that browsers see, such as https://example.com [demo: http://ADDRESS]
    #[arg(long, env = "COATROOM_ORIGIN")]
    origin: Option<String>,
    /// The folder for the database and the secret
    #[arg(long, env = "COATROOM_DATA", default_value = "data")]
    data: PathBuf,
    /// The database, as sqlite:PATH [default: coatroom.sqlite in the data folder]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// The folder of the built site
    #[arg(long, env = "COATROOM_SITE", default_value = "target/site")]
    site: PathBuf,
    /// How long an access token is good, at most 15m [default: 15m, demo: 60s]
    #[arg(long, env = "COATROOM_ACCESS_TTL", value_parser = humantime::parse_duration)]
    access_ttl: Option<Duration>,
    /// How long a spent refresh token is still answered once its successor arrived [default: 30s, demo: 5s]
    #[arg(long, env = "COATROOM_GRACE", value_parser = humantime::parse_duration)]
    grace: Option<Duration>,
    /// How long a session lives without use
    #[arg(long, env = "COATROOM_IDLE_TTL", value_parser = humantime::parse_duration, default_value = "1h")]
    idle_ttl: Duration,
    /// How long a session lives in all
    #[arg(long, env = "COATROOM_ABSOLUTE_TTL", value_parser = humantime::parse_duration, default_value = "24h")]
    absolute_ttl: Duration,
    /// The same without use, where the person asked to stay signed in
    #[arg(long, env = "COATROOM_REMEMBERED_IDLE_TTL", value_parser = humantime::parse_duration, default_value = "14d")]
    remembered_idle_ttl: Duration,
    /// The same in all, where the person asked to stay signed in
    #[arg(long, env = "COATROOM_REMEMBERED_ABSOLUTE_TTL", value_parser = humantime::parse_duration, default_value = "30d")]
    remembered_absolute_ttl: Duration,
    /// The least number of characters of a password, never below 8
    #[arg(long, env = "COATROOM_PASSWORD_MIN", default_value = "15")]
    password_min: usize,
    /// How a line of the log is written
    #[arg(long, env = "COATROOM_LOG_FORMAT", value_enum, default_value = "text")]
    log_format: LogFormat,
}

/// All that the program is told from outside, checked.
#[derive(Debug)]
pub struct Config {
    pub profile: Profile,
    pub address: SocketAddr,
    pub origin: String,
    pub database: PathBuf,
    pub site: PathBuf,
    pub log_format: LogFormat,
    /// Whether a tool rebuilds and restarts the program, and pages are to follow.
    pub watched: bool,
    pub auth: AuthConfig,
}

/// Why the program does not start.
#[derive(Debug)]
pub enum Stop {
    /// It was asked for help or its version, which this is.
    Answer(clap::Error),
    /// A setting is wrong.
    Wrong { name: String, reason: String },
}

impl Stop {
    /// Says it, and with which code the program ends.
    pub fn report(self) -> ExitCode {
        match self {
            Self::Answer(answer) => {
                telemetry::announce(&answer.render());
                ExitCode::SUCCESS
            }
            wrong @ Self::Wrong { .. } => {
                telemetry::complain(&wrong);
                ExitCode::from(2)
            }
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => answer.fmt(f),
            Self::Wrong { name, reason } => write!(f, "{name}: {reason}"),
        }
    }
}

fn wrong<T>(name: &str, reason: impl fmt::Display) -> Result<T, Stop> {
    Err(Stop::Wrong { name: name.into(), reason: reason.to_string() })
}

/// Reads flags, environment and the secret's file.
pub fn read() -> Result<Config, Stop> {
    let settings = Settings::try_parse().map_err(one_line)?;
    let origin = match (&settings.origin, settings.profile) {
        (Some(origin), _) => checked_origin(origin)?,
        (None, Profile::Demo) => format!("http://{}", settings.address),
        (None, Profile::Production) => {
            return wrong("COATROOM_ORIGIN", "is needed, such as https://example.com");
        }
    };
    let database = database_path(&settings)?;
    let secret = secret(&settings.data, settings.profile)?;
    let auth = auth_config(&settings, origin.clone(), secret)?;
    Ok(Config {
        profile: settings.profile,
        address: settings.address,
        origin,
        database,
        site: settings.site,
        log_format: settings.log_format,
        watched: env::var_os("LEPTOS_WATCH").is_some(),
        auth,
    })
}

/// clap's several lines as one, with the variable's name instead of the flag's where the value came from there.
fn one_line(error: clap::Error) -> Stop {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Stop::Answer(error);
    }
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let argument = context(ContextKind::InvalidArg).unwrap_or_else(|| "arguments".into());
    let flag = argument.split_whitespace().next().unwrap_or_default();
    let command = Settings::command();
    let variable = command
        .get_arguments()
        .find(|argument| flag.strip_prefix("--") == argument.get_long())
        .and_then(|argument| argument.get_env())
        .filter(|variable| env::var_os(variable).is_some())
        .map(|variable| variable.to_string_lossy().into_owned());
    let reason = match (error.kind(), context(ContextKind::InvalidValue)) {
        (ErrorKind::UnknownArgument, _) => "there is no such flag; see --help".to_owned(),
        (_, Some(value)) => match std::error::Error::source(&error) {
            Some(cause) => format!("'{value}' is not good: {cause}"),
            None => format!("'{value}' is not one of its values; see --help"),
        },
        (_, None) => error.kind().to_string(),
    };
    Stop::Wrong { name: variable.unwrap_or_else(|| flag.to_owned()), reason }
}

/// An origin in the very form in which browsers send it.
fn checked_origin(text: &str) -> Result<String, Stop> {
    let Some((scheme, host)) = text.split_once("://") else {
        return wrong("COATROOM_ORIGIN", format!("'{text}' has no scheme, such as https://"));
    };
    let bare = !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']);
    if !bare || text != text.to_lowercase() {
        return wrong(
            "COATROOM_ORIGIN",
            format!("'{text}' must be scheme://host[:port] in lower case"),
        );
    }
    let local = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|name| host == *name || host.starts_with(&format!("{name}:")));
    if scheme == "https" || (scheme == "http" && local) {
        Ok(text.to_owned())
    } else {
        wrong(
            "COATROOM_ORIGIN",
            "must be https, or browsers drop the cookies; http only on localhost",
        )
    }
}

fn database_path(settings: &Settings) -> Result<PathBuf, Stop> {
    let Some(url) = &settings.database_url else {
        make_folder(&settings.data)?;
        return Ok(settings.data.join("coatroom.sqlite"));
    };
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
    match path {
        Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
        // The URL may hold a password, and is not repeated.
        _ => wrong("DATABASE_URL", "must be sqlite:PATH"),
    }
}

fn auth_config(
    settings: &Settings,
    origin: String,
    secret: ServerSecret,
) -> Result<AuthConfig, Stop> {
    let demo = settings.profile == Profile::Demo;
    let mut auth = AuthConfig::new(origin, secret);
    let seconds =
        |demo_figure, figure| if demo { Duration::from_secs(demo_figure) } else { figure };
    auth.access_ttl = settings.access_ttl.unwrap_or_else(|| seconds(60, auth.access_ttl));
    auth.grace = settings.grace.unwrap_or_else(|| seconds(5, auth.grace));
    auth.browser = Lifetimes { idle: settings.idle_ttl, absolute: settings.absolute_ttl };
    auth.remembered = Lifetimes {
        idle: settings.remembered_idle_ttl,
        absolute: settings.remembered_absolute_ttl,
    };
    auth.passwords.min = settings.password_min;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    auth.hashing.concurrency = 2 * cores;
    if !demo && auth.access_ttl < Duration::from_secs(60) {
        return wrong("COATROOM_ACCESS_TTL", "must be at least 60s outside of the demo profile");
    }
    auth.check().or_else(|error| {
        let variable = match error.field {
            "access_ttl" => "COATROOM_ACCESS_TTL",
            "grace" => "COATROOM_GRACE",
            "browser" => "COATROOM_IDLE_TTL, COATROOM_ABSOLUTE_TTL",
            "remembered" => "COATROOM_REMEMBERED_IDLE_TTL, COATROOM_REMEMBERED_ABSOLUTE_TTL",
            "passwords" => "COATROOM_PASSWORD_MIN",
            other => other,
        };
        wrong(variable, error.reason)
    })?;
    Ok(auth)
}

/// The secret from the environment, or from its file; the demo profile makes the file.
fn secret(data: &Path, profile: Profile) -> Result<ServerSecret, Stop> {
    let file = data.join("secret");
    let (name, text) = match env::var(SECRET) {
        Ok(text) => (SECRET.to_owned(), text),
        Err(env::VarError::NotUnicode(_)) => return wrong(SECRET, "is not text"),
        Err(env::VarError::NotPresent) => {
            let name = format!("{SECRET} (file {})", file.display());
            match fs::read_to_string(&file) {
                Ok(text) => {
                    only_for_its_owner(&file, &name)?;
                    (name, text)
                }
                Err(error)
                    if error.kind() == io::ErrorKind::NotFound && profile == Profile::Demo =>
                {
                    make_folder(data)?;
                    let text = ServerSecret::generate();
                    write_secret(&file, &text).or_else(|error| wrong(&name, error))?;
                    (name, text)
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return wrong(SECRET, "is needed: at least 32 random characters");
                }
                Err(error) => return wrong(&name, error),
            }
        }
    };
    ServerSecret::new(text.trim()).or_else(|error| wrong(&name, error))
}

fn make_folder(folder: &Path) -> Result<(), Stop> {
    fs::create_dir_all(folder)
        .or_else(|error| wrong("COATROOM_DATA", format!("{}: {error}", folder.display())))
}

fn write_secret(file: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(file)?.write_all(text.as_bytes())
}

fn only_for_its_owner(file: &Path, name: &str) -> Result<(), Stop> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(file).or_else(|error| wrong(name, error))?.permissions().mode();
        if mode & 0o077 != 0 {
            return wrong(name, "can be read by others; make it chmod 600");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_well_formed() {
        Settings::command().debug_assert();
    }

    #[test]
    fn an_origin_is_what_browsers_send() {
        for good in [
            "https://example.com",
            "https://a.example:8443",
            "http://localhost:3000",
            "http://127.0.0.1:3000",
        ] {
            assert_eq!(checked_origin(good).expect("good"), good);
        }
        for bad in [
            "example.com",
            "http://example.com",
            "http://localhost.evil.example",
            "https://",
            "https://example.com/",
            "https://Example.com",
            "https://user@example.com",
            "ftp://localhost",
        ] {
            let stop = checked_origin(bad).expect_err(bad).to_string();
            assert!(stop.starts_with("COATROOM_ORIGIN: "), "{stop}");
        }
    }

    #[test]
    fn a_bad_flag_is_named_in_one_line() {
        for arguments in [
            &["coatroom", "--access-ttl", "soon"][..],
            &["coatroom", "--address", "nowhere"],
            &["coatroom", "--profile", "party"],
            &["coatroom", "--no-such-flag"],
        ] {
            let stop =
                one_line(Settings::try_parse_from(arguments).expect_err("refused")).to_string();
            assert!(stop.starts_with(arguments[1]) && !stop.contains('\n'), "{stop}");
        }
    }
}
