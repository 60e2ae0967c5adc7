//! The program `coatroom`: the sign-in application on one address.

#![forbid(unsafe_code)]

mod api_boundary;
mod assets;
mod compression;
mod config;
mod connections;
mod database;
mod demo;
mod fetch;
mod forms;
mod handoff;
mod keys;
mod prefetch;
mod proxies;
mod pruning;
mod readiness;
mod request_log;
mod router;
mod same_origin;
mod security_headers;
mod serve;
mod service_b;
mod sessions;
mod surrounded;
mod telemetry;
mod users;

use std::{process::ExitCode, sync::Arc};

use tokio::runtime::Runtime;

use crate::{
    config::{Command, Config},
    database::Stores,
};

/// Gives back what a password hash took: the system's allocator keeps its 19 MiB, once for each thread that ever
/// hashed.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let (config, log) = match config::read() {
        Ok(read) => read,
        Err(stop) => return stop.report(),
    };
    log.start();
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            telemetry::complain(&error);
            return ExitCode::FAILURE;
        }
    };
    let code = match runtime.block_on(run(config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            telemetry::complain(&error);
            ExitCode::FAILURE
        }
    };
    // The end has its bounds: a thread that still asks a name server, or hashes for a client that is gone, adds
    // nothing.
    runtime.shutdown_background();
    code
}

async fn run(config: Config) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let database = config.database.open(config.opening).await?;
    let stores = Stores::beside(database, config.sessions.as_ref()).await?;
    let done = match config.command.clone() {
        Command::Serve => serve::run(config, stores.clone()).await,
        Command::ServiceB => service_b::run(config, stores.clone()).await,
        Command::Migrate => {
            telemetry::announce(&"the database is up to date");
            Ok(())
        }
        Command::Keys(command) => keys::run(command, Arc::clone(&stores.sessions), &config).await,
        Command::Sessions(command) => sessions::run(command, &stores).await,
        Command::Users(command) => users::run(command, &stores).await,
    };
    // A database that hangs is not waited for: whatever it was told last, it was told in one step.
    let _closed = tokio::time::timeout(serve::CLOSING, stores.close()).await;
    done
}
