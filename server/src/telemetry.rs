//! What the program says: events to standard error, a line each, and complaints before it can log.

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Starts the log. `RUST_LOG` chooses what is in it.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,tower_http=info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

/// Says in one line why the program stops.
#[expect(clippy::print_stderr, reason = "the person who started it is looking at the terminal")]
pub fn complain(error: &dyn std::fmt::Display) {
    eprintln!("coatroom: {error}");
}

/// Says something to the person who started the program.
#[expect(clippy::print_stdout, reason = "the person who started it is looking at the terminal")]
pub fn announce(text: &dyn std::fmt::Display) {
    println!("{text}");
}
