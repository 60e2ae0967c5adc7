//! The output of the program: events to standard error, a line each, and complaints before it can log.

use std::{
    fmt::Display,
    io::{self, Write as _},
    panic::{self, PanicHookInfo},
};

use clap::ValueEnum;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// The filter of the log if none is set.
const DEFAULT_FILTER: &str = "info,sqlx=warn,tower_http=info";

/// The format of a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The filter and the format of the log.
#[derive(Debug)]
pub struct Log {
    pub format: LogFormat,
    /// The events that are logged, in the language of `RUST_LOG`.
    filter: EnvFilter,
    /// True for a terminal that shows colours.
    pub colours: bool,
}

impl Log {
    /// Reads the filter; an empty one is the default.
    ///
    /// # Errors
    /// The fault of the filter.
    pub fn new(format: LogFormat, filter: &str, colours: bool) -> Result<Self, String> {
        let filter = if filter.trim().is_empty() { DEFAULT_FILTER } else { filter };
        for part in filter.split(',').map(str::trim) {
            // A word alone is a level, or the name of a module, of which everything is logged: a misspelt level would
            // be a module that does not exist.
            let is_level = part.parse::<LevelFilter>().is_ok();
            let meant = ["error", "warn", "info", "debug", "trace"]
                .into_iter()
                .find(|level| strsim::damerau_levenshtein(level, &part.to_lowercase()) == 1);
            if let Some(meant) = meant
                && !is_level
            {
                return Err(format!("'{part}' is not a level; did you mean '{meant}'?"));
            }
        }
        let read = EnvFilter::builder().parse(filter).map_err(|error| error.to_string())?;
        Ok(Self { format, filter: read, colours })
    }

    /// Starts the log. Panics are in it, with the span of their request.
    pub fn start(self) {
        let log = tracing_subscriber::fmt()
            .with_env_filter(self.filter)
            .with_ansi(self.colours)
            // Otherwise it would say so on standard error, whose reader may be gone, which is a panic.
            .log_internal_errors(false)
            .with_writer(io::stderr);
        match self.format {
            LogFormat::Text => log.init(),
            LogFormat::Json => log.json().init(),
        }
        panic::set_hook(Box::new(note));
    }
}

fn note(panic: &PanicHookInfo<'_>) {
    let what = panic.payload_as_str().unwrap_or("no message");
    let at = panic.location().map(ToString::to_string).unwrap_or_default();
    if tracing::enabled!(tracing::Level::ERROR) {
        tracing::error!(at, "a panic: {what}");
    } else {
        // A panic is told even if nothing is logged.
        complain(&format_args!("a panic at {at}: {what}"));
    }
}

/// Says in one line why the program stops.
pub fn complain(error: &dyn Display) {
    let line: String =
        error.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    // The reader of standard error may be gone.
    let _unread = writeln!(io::stderr().lock(), "coatroom: {line}");
}

/// Says something to the person who started the program.
pub fn announce(text: &dyn Display) {
    // The reader may have gone once it has seen enough: `coatroom --help | head -1`.
    let _unread = writeln!(io::stdout().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_meant_is_refused() {
        let read = |filter| Log::new(LogFormat::Text, filter, false).map(|_| ());
        for good in ["", " ", "info", "OFF", "warn,sqlx=off", "coatroom=debug", "coatroom", "3"] {
            assert_eq!(read(good), Ok(()), "{good}");
        }
        for bad in ["inf", "wran", "info,sqlx=loud", "debg,sqlx=off"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
