//! The reason why the program does not start, in one line that names what is wrong.

use std::{env, fmt, process::ExitCode};

use clap::{
    CommandFactory as _,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::settings::Settings;
use crate::telemetry;

/// The reason why the program does not start.
#[derive(Debug)]
pub enum Stop {
    /// The operator asked for help or the version, which this is.
    Answer(clap::Error),
    /// A setting is wrong.
    Wrong { name: String, reason: String },
}

impl Stop {
    /// Reports it, and returns the code with which the program ends.
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

pub(super) fn wrong<T>(name: &str, reason: impl fmt::Display) -> Result<T, Stop> {
    Err(Stop::Wrong { name: name.into(), reason: reason.to_string() })
}

/// Makes one line of clap's several, with the variable's name instead of the flag's if the value came from there.
pub(super) fn one_line(error: clap::Error) -> Stop {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Stop::Answer(error);
    }
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
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
        (_, Some(value)) => {
            // A part of it is enough to find it by.
            let value: String = value.chars().take(100).collect();
            match std::error::Error::source(&error) {
                Some(cause) => format!("invalid value '{value}': {cause}"),
                None => format!("'{value}' is not a possible value; see --help"),
            }
        }
        (_, None) => error.kind().to_string(),
    };
    Stop::Wrong { name: variable.unwrap_or_else(|| flag.to_owned()), reason }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn the_flags_are_well_formed() {
        Settings::command().debug_assert();
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
