//! The programs that Coatroom is compared with: one subcommand each.
//!
//! Servers answer until they are killed. The others measure by themselves and print one figure, such as so many in a second.

mod bare;
mod counter;
mod grow;
mod hash;
mod login;
mod raw;
mod raw_postgres;
mod script;

use std::{error::Error, net::SocketAddr, path::PathBuf};

use axum::Router;
use clap::{Args, Parser, Subcommand};
use tokio::net::TcpListener;

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

#[derive(Parser)]
#[command(about)]
enum Peer {
    /// Serve whoami's answer from an axum route, with nothing around it
    Bare {
        #[command(flatten)]
        at: At,
        /// A header of every answer, as NAME:VALUE
        #[arg(long)]
        header: Vec<String>,
    },
    /// Serve whoami by axum-login over tower-sessions
    Login {
        #[command(flatten)]
        at: At,
        /// The SQLite file of users
        #[arg(long)]
        database: PathBuf,
        #[command(subcommand)]
        sessions: Sessions,
    },
    /// Serve the counter page of the Leptos template
    Counter(At),
    /// Rotate sessions by the statement of the SQLite store alone
    RawSqlite(raw::Options),
    /// Rotate sessions by the statements of the PostgreSQL store alone
    RawPostgres(raw_postgres::Options),
    /// Add sessions to a SQLite database
    Grow(grow::Options),
    /// Run a script on a SQLite database
    Script(script::Options),
    /// Hash passwords on so many threads
    Hash {
        #[arg(long)]
        threads: usize,
        #[arg(long, default_value_t = 1)]
        seconds: u64,
    },
}

/// The store of the sessions of axum-login.
#[derive(Subcommand)]
enum Sessions {
    /// In the file of users
    Sqlite,
    /// On a Redis server
    Redis { url: String },
}

#[derive(Args)]
struct At {
    /// The address to listen on
    #[arg(long, global = true, default_value = "127.0.0.1:0")]
    address: SocketAddr,
}

#[tokio::main]
async fn main() -> Result {
    match Peer::parse() {
        Peer::Bare { at, header } => serve(&at, bare::router(&header)?).await,
        Peer::Login { at, database, sessions: Sessions::Sqlite } => {
            serve(&at, login::with_sqlite(&database).await?).await
        }
        Peer::Login { at, database, sessions: Sessions::Redis { url } } => {
            serve(&at, login::with_redis(&database, &url).await?).await
        }
        Peer::Counter(at) => serve(&at, counter::router(at.address)).await,
        Peer::RawSqlite(options) => print(raw::rotations(options).await?),
        Peer::RawPostgres(options) => print(raw_postgres::rotations(options).await?),
        Peer::Grow(options) => print(grow::grow(options).await?),
        Peer::Script(options) => print(script::run(options).await?),
        Peer::Hash { threads, seconds } => print(hash::hashes(threads, seconds)?),
    }
}

async fn serve(at: &At, router: Router) -> Result {
    let listener = TcpListener::bind(at.address).await?;
    Ok(axum::serve(listener, router).await?)
}

#[expect(clippy::print_stdout, reason = "the figure is the output of the program")]
#[expect(clippy::unnecessary_wraps, reason = "an arm like the others")]
fn print(figure: f64) -> Result {
    println!("{figure:.3}");
    Ok(())
}
