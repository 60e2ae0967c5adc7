//! The stores in which Coatroom keeps sessions, each with a database of its own for every server.

use std::{cell::Cell, process::Command};

use crate::{
    Bench, cores,
    subject::{Settings, printed},
};

/// The number of databases of a Redis server, as it comes.
const REDIS_DATABASES: usize = 16;

/// A store.
pub struct Store {
    pub name: &'static str,
    /// The name of the section on the schemes under it.
    pub section: &'static str,
    pub title: &'static str,
    kind: Kind,
}

enum Kind {
    Sqlite,
    Memory,
    Postgres(String),
    /// The URL, and the number of the next database on that server.
    Redis(String, Cell<usize>),
}

/// Returns the stores that are at hand.
pub fn all(bench: &Bench) -> Vec<Store> {
    let mut stores = vec![
        Store { name: "sqlite", section: "schemes-sqlite", title: "SQLite", kind: Kind::Sqlite },
        Store { name: "memory", section: "schemes-memory", title: "memory", kind: Kind::Memory },
    ];
    if let Some(url) = &bench.postgres {
        let kind = Kind::Postgres(url.clone());
        let (name, section, title) = ("postgres", "schemes-postgres", "PostgreSQL");
        stores.push(Store { name, section, title, kind });
    }
    if let Some(url) = &bench.redis {
        // The first one is axum-login's.
        let kind = Kind::Redis(url.trim_end_matches('/').to_owned(), Cell::new(1));
        stores.push(Store { name: "redis", section: "schemes-redis", title: "Redis", kind });
    }
    stores
}

impl Store {
    /// Returns the settings of a server with a database of its own.
    pub fn settings(&self, name: &str) -> Result<Settings, String> {
        let settings = Settings::default();
        match &self.kind {
            Kind::Sqlite => Ok(settings),
            Kind::Memory => Ok(settings.with("COATROOM_SESSIONS", "memory")),
            Kind::Postgres(url) => Ok(settings.with("DATABASE_URL", create_database(url, name)?)),
            Kind::Redis(url, next) => {
                let number = next.replace(next.get() + 1);
                if number == REDIS_DATABASES {
                    return Err("more servers than Redis has databases".into());
                }
                Ok(settings.with("COATROOM_SESSIONS", format!("{url}/{number}")))
            }
        }
    }
}

/// A database, for scripts that a benchmark runs on it while its server is stopped.
pub enum Database {
    /// The file.
    Sqlite(String),
    /// The URL.
    Postgres(String),
}

impl Database {
    /// Runs a script, and returns the first figure that it selects; 0 if it selects none.
    pub fn run(&self, bench: &Bench, script: &str) -> Result<f64, String> {
        let all = 0..cores::count();
        match self {
            Self::Sqlite(file) => {
                bench.programs.figure(all, &["script", "--database", file, script])
            }
            Self::Postgres(url) => {
                let said = printed(all, Command::new("psql").args(["-qAtd", url, "-c", script]))?;
                let first = said.lines().next().unwrap_or("0");
                first.parse().map_err(|error| format!("psql: {error}: {said}"))
            }
        }
    }
}

/// Makes a database on a `PostgreSQL` server, and returns its URL.
pub fn create_database(url: &str, name: &str) -> Result<String, String> {
    let name = format!("bench_{}_{name}", std::process::id()).replace('-', "_");
    let make = format!("create database {name}");
    printed([cores::harness()], Command::new("psql").args(["-qd", url, "-c", &make]))?;
    let (server, _) = url.rsplit_once('/').ok_or("the URL of PostgreSQL names no database")?;
    Ok(format!("{server}/{name}"))
}
