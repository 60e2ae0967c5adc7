//! From a URL to a server that can be trusted with sessions.

use std::collections::HashMap;

use redis::{
    Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo as _, ProtocolVersion,
    RedisError, cmd, io::tcp::TcpSettings,
};

use super::wire::{Wire, store_error};
use crate::store::StoreError;

/// The oldest version that knows what the scripts use.
const OLDEST: (u32, u32) = (6, 2);

/// Reads a URL, and repeats nothing of it, for it may hold a password.
pub(super) fn read(url: &str) -> Result<ConnectionInfo, StoreError> {
    let refuse = |why: &str| {
        let escaped = "in a password, write # / ? and @ as %23 %2F %3F and %40";
        StoreError::Settings(format!("{why}; {escaped}"))
    };
    let parsed = url::Url::parse(url).map_err(|_| refuse("the URL cannot be read"))?;
    if !["redis", "rediss"].contains(&parsed.scheme()) {
        return Err(refuse("the URL must begin with redis:// or rediss://"));
    }
    // A fragment can turn the check of certificates off, and a query that is not known would be ignored.
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(refuse("the URL has a query or a fragment, which it may not have"));
    }
    let server = parsed.into_connection_info().map_err(|_| {
        refuse("the URL needs a host, and nothing after it but a port and the number of a database")
    })?;
    if matches!(server.addr(), ConnectionAddr::TcpTls { .. }) {
        // `redis` takes the process's provider, and panics if there are several to choose from. An application that
        // installed one keeps it.
        let _one_is_installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
    // The third version of the protocol tells of the end of a connection.
    let session = server.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let tcp = TcpSettings::default().set_nodelay(true);
    Ok(server.set_redis_settings(session).set_tcp_settings(tcp))
}

/// Refuses a server that would lose sessions by its settings, and warns of one that may lose the last of them.
pub(super) async fn check(wire: &Wire) -> Result<(), StoreError> {
    let refuse = |why: String| Err(StoreError::Settings(why));
    let denied = |error: RedisError| {
        if !is_refusal(&error) {
            return store_error(error);
        }
        let why = "the user of the URL must be allowed INFO, EVALSHA, SCRIPT LOAD and PUBLISH";
        StoreError::Settings(format!("{why}: {error}"))
    };
    let info: String = wire.command(asked("INFO", &["server"])).await.map_err(denied)?;
    // A script that may not publish fails after its writes. Feeds pass over what they do not know.
    let greeting = asked("PUBLISH", &[&wire.channel(), "opened"]);
    let _hear_it: u64 = wire.command(greeting).await.map_err(denied)?;
    let said = |name: &str| info.lines().find_map(|line| line.strip_prefix(name));
    if said("redis_mode:") == Some("cluster") {
        return refuse("the server is part of a cluster, which this store does not support".into());
    }
    let mut version = said("redis_version:").unwrap_or_default().split('.').map(str::parse);
    if let (Some(Ok(major)), Some(Ok(minor))) = (version.next(), version.next())
        && (major, minor) < OLDEST
    {
        return refuse(format!("the server is Redis {major}.{minor}, and 6.2 is needed"));
    }
    let mut settings = HashMap::new();
    for name in ["maxmemory-policy", "appendonly", "appendfsync"] {
        match wire.command::<HashMap<String, String>>(asked("CONFIG", &["GET", name])).await {
            Ok(found) => settings.extend(found),
            Err(error) if is_refusal(&error) => {
                tracing::warn!(
                    "could not ask Redis for its settings: it needs maxmemory-policy noeviction, \
                     appendonly yes and appendfsync always"
                );
                return Ok(());
            }
            Err(error) => return Err(store_error(error)),
        }
    }
    judge(&settings)
}

/// Judges the settings of a server.
fn judge(settings: &HashMap<String, String>) -> Result<(), StoreError> {
    let of = |name: &str| settings.get(name).map_or("", String::as_str);
    let policy = of("maxmemory-policy");
    if policy != "noeviction" {
        return Err(StoreError::Settings(format!(
            "the server's maxmemory-policy is {policy}, by which a full server may delete sessions: \
             set maxmemory-policy noeviction"
        )));
    }
    if of("appendonly") != "yes" {
        tracing::warn!(
            "Redis has appendonly no: its restart undoes what was answered since the last snapshot, sign-outs too"
        );
    } else if of("appendfsync") != "always" {
        tracing::warn!(
            appendfsync = of("appendfsync"),
            "Redis may lose about the last second of what it answered in a power cut, sign-outs too; \
             appendfsync always loses nothing"
        );
    }
    Ok(())
}

fn asked(command: &str, arguments: &[&str]) -> Cmd {
    let mut asked = cmd(command);
    asked.arg(arguments);
    asked
}

/// Returns true if the server answered, and would not: it forbids the command, or has none of that name.
fn is_refusal(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_or_refused_without_repeating_it() {
        for url in
            ["redis://localhost", "redis://:p%40ss@127.0.0.1:6380/3", "rediss://ada:pw@host/"]
        {
            assert!(read(url).is_ok(), "{url}");
        }
        for url in [
            "",
            "secret",
            "http://secret@localhost",
            "unix:///secret",
            "redis://",
            "redis://secret@localhost/zero",
            "redis://localhost/?secret=1",
            "rediss://secret@localhost/#insecure",
            "redis://:secret#word@localhost/",
            "redis://:secret/word@localhost/",
        ] {
            let error = read(url).map(|_| ()).expect_err(url);
            assert!(matches!(error, StoreError::Settings(_)), "{error:?}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_server_that_may_evict_sessions_is_refused() {
        let with = |policy: &str| {
            let settings =
                [("maxmemory-policy", policy), ("appendonly", "yes"), ("appendfsync", "always")];
            judge(&settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
        };
        assert!(with("noeviction").is_ok());
        for policy in ["allkeys-lru", "volatile-lru", "volatile-ttl"] {
            let error = with(policy).expect_err(policy);
            assert!(
                matches!(&error, StoreError::Settings(why) if why.contains(policy)),
                "{error:?}"
            );
        }
    }
}
