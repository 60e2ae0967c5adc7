//! What the operator decides: the only reader of the environment.
//!
//! Every setting is a flag and a variable, except the secret, which is never a flag, because the arguments of a
//! process can be seen by everybody on the machine. A bad value stops the start with one line that names it.

mod limits;
mod secret;
mod serving;
mod settings;
mod stop;

use std::{env, net::SocketAddr, path::PathBuf, time::Duration};

use clap::Parser as _;
use coatroom::{AuthConfig, ServerSecret, config::Lifetimes};

pub use self::{
    limits::Limits,
    serving::Serving,
    settings::{Command, KeysCommand, Lab, Profile, SessionsCommand, Since, UsersCommand},
    stop::Stop,
};
use self::{
    settings::Settings,
    stop::{one_line, wrong},
};
use crate::{database::Database, telemetry::LogFormat};

/// What stands for the origin where nothing is served, and no token is issued.
const NO_ORIGIN: &str = "https://nothing-is-served.invalid";

/// All that the program is told from outside, checked.
#[derive(Debug)]
pub struct Config {
    pub command: Command,
    pub profile: Profile,
    pub address: SocketAddr,
    pub origin: String,
    pub database: Database,
    pub site: PathBuf,
    pub lab: Lab,
    pub limits: Limits,
    pub log_format: LogFormat,
    /// Whether a tool rebuilds and restarts the program, and pages are to follow.
    pub watched: bool,
    pub serving: Serving,
    pub auth: AuthConfig,
}

/// Reads flags, environment and the secret's file.
pub fn read() -> Result<Config, Stop> {
    let settings = Settings::try_parse().map_err(one_line)?;
    let command = settings.command.clone().unwrap_or(Command::Serve);
    let origin = match (&settings.origin, settings.profile) {
        (Some(origin), _) => checked_origin(origin)?,
        (None, Profile::Demo) => format!("http://{}", settings.address),
        (None, _) if !matches!(command, Command::Serve) => NO_ORIGIN.to_owned(),
        (None, Profile::Production) => {
            return wrong("COATROOM_ORIGIN", "is needed, such as https://example.com");
        }
    };
    let database = database(&settings)?;
    let secret = secret::read(&settings.data, settings.profile)?;
    let auth = auth_config(&settings, origin.clone(), secret)?;
    let serving = settings.serving.check(settings.profile)?;
    Ok(Config {
        command,
        profile: settings.profile,
        address: settings.address,
        origin,
        database,
        site: settings.site,
        lab: settings.lab.unwrap_or(match settings.profile {
            Profile::Demo => Lab::On,
            Profile::Production => Lab::Off,
        }),
        limits: settings.limits,
        log_format: settings.log_format,
        watched: env::var_os("LEPTOS_WATCH").is_some(),
        serving,
        auth,
    })
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

fn database(settings: &Settings) -> Result<Database, Stop> {
    let Some(url) = &settings.database_url else {
        secret::make_folder(&settings.data)?;
        return Ok(Database::Sqlite(settings.data.join("coatroom.sqlite")));
    };
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Database::Postgres(url.clone()));
    }
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
    match path {
        Some(path) if !path.is_empty() => Ok(Database::Sqlite(PathBuf::from(path))),
        // The URL may hold a password, and is not repeated.
        _ => wrong("DATABASE_URL", "must be sqlite:PATH or postgres://…"),
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
    // The demo profile has lifetimes below the default skew.
    auth.clock_skew = settings.clock_skew.unwrap_or(auth.clock_skew.min(auth.access_ttl));
    auth.grace = settings.grace.unwrap_or_else(|| seconds(5, auth.grace));
    auth.algorithm = settings.algorithm.into();
    auth.jwks_max_age = settings.jwks_max_age;
    auth.verification = settings.verification.into();
    auth.lock_step.response = settings.lock_step.into();
    auth.feed.poll = settings.feed_poll;
    // The demo profile has lifetimes below the default bound.
    auth.feed.bound = settings.feed_bound.unwrap_or(auth.feed.bound.min(auth.access_ttl));
    auth.browser = Lifetimes::new(settings.idle_ttl, settings.absolute_ttl);
    auth.remembered =
        Lifetimes::new(settings.remembered_idle_ttl, settings.remembered_absolute_ttl);
    auth.retention = settings.retention;
    auth.passwords.min = settings.password_min;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    auth.hashing.concurrency = 2 * cores;
    auth.guessing = settings.limits.guessing(auth.guessing);
    if !demo && auth.access_ttl < Duration::from_secs(60) {
        return wrong("COATROOM_ACCESS_TTL", "must be at least 60s outside of the demo profile");
    }
    auth.check().or_else(|error| {
        let variable = match error.field {
            "access_ttl" => "COATROOM_ACCESS_TTL",
            "clock_skew" => "COATROOM_CLOCK_SKEW",
            "grace" => "COATROOM_GRACE",
            "jwks_max_age" => "COATROOM_JWKS_MAX_AGE",
            "feed" => "COATROOM_FEED_POLL, COATROOM_FEED_BOUND",
            "browser" => "COATROOM_IDLE_TTL, COATROOM_ABSOLUTE_TTL",
            "remembered" => "COATROOM_REMEMBERED_IDLE_TTL, COATROOM_REMEMBERED_ABSOLUTE_TTL",
            "retention" => "COATROOM_RETENTION",
            "passwords" => "COATROOM_PASSWORD_MIN",
            "guessing" => "COATROOM_LIMIT_SIGN_INS, _SIGN_UPS, _FAILURES",
            other => other,
        };
        wrong(variable, error.reason)
    })?;
    Ok(auth)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
