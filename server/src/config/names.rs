//! The names of variables: one that is misspelt would be a default in disguise, so it stops the start.

use std::ffi::OsString;

use clap::CommandFactory as _;

use super::{
    secret::{OLD_SECRETS, SECRET, SHARED_SECRETS},
    settings::Settings,
    stop::{Stop, wrong},
};

const PREFIX: &str = "COATROOM_";

/// Variables of tools that start the program: tests, benchmarks, checks from outside. It does not read them.
const TOOLS: [&str; 6] = [
    "COATROOM_BIN",
    "COATROOM_BINARY",
    "COATROOM_END2END_DATA",
    "COATROOM_TEST_POSTGRES",
    "COATROOM_TEST_REDIS",
    "COATROOM_URL",
];

/// The most characters that may be wrong in a name that is taken for the one that was meant.
const SLIPS: usize = 3;

/// Refuses variables that look like settings and are none, and settings that are no text.
pub(super) fn check(given: impl Iterator<Item = (OsString, OsString)>) -> Result<(), Stop> {
    let command = Settings::command();
    let mut known: Vec<&str> = command
        .get_arguments()
        .filter_map(|argument| argument.get_env()?.to_str())
        .chain([SECRET, OLD_SECRETS, SHARED_SECRETS])
        .collect();
    known.sort_unstable();
    for (name, value) in given {
        let Some(name) = name.to_str() else { continue };
        if known.contains(&name) {
            if value.to_str().is_none() {
                return wrong(name, "is not valid UTF-8");
            }
        } else if looks_like_a_setting(name) {
            return match nearest(&name.to_ascii_uppercase(), &known) {
                Some(meant) => {
                    wrong(name, format!("there is no such setting; did you mean {meant}?"))
                }
                None => wrong(name, "there is no such setting; see --help"),
            };
        }
    }
    Ok(())
}

fn looks_like_a_setting(name: &str) -> bool {
    let begins = name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
    begins && !TOOLS.contains(&name) && !is_service_link(name)
}

/// Returns true for a variable by which Kubernetes or a container link gives a program the address of a service: one
/// that is called `coatroom` makes `COATROOM_PORT`, `COATROOM_SERVICE_HOST`, `COATROOM_PORT_3000_TCP_ADDR` and their
/// like.
fn is_service_link(name: &str) -> bool {
    let port = |rest: &str| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit());
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name
            .split_once("_PORT")
            .is_some_and(|(_, rest)| rest.is_empty() || rest.strip_prefix('_').is_some_and(port))
}

fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let distance = |known: &&&str| strsim::damerau_levenshtein(name, known);
    known.iter().min_by_key(distance).filter(|known| distance(known) <= SLIPS).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(name: &str) -> Option<String> {
        let given = [(name.into(), "1".into())];
        check(given.into_iter()).err().map(|stop| stop.to_string())
    }

    #[test]
    fn a_misspelt_variable_is_refused_with_the_one_that_was_meant() {
        for (name, meant) in [
            ("COATROOM_ACESS_TTL", "COATROOM_ACCESS_TTL"),
            ("COATROOM_ACCESS_TLL", "COATROOM_ACCESS_TTL"),
            ("COATROOM_SECERT", "COATROOM_SECRET"),
            ("COATROOM_OLD_SECRET", "COATROOM_OLD_SECRETS"),
            ("COATROOM_ORGIN", "COATROOM_ORIGIN"),
            ("coatroom_grace", "COATROOM_GRACE"),
        ] {
            let said = refusal(name).expect(name);
            assert!(said.starts_with(&format!("{name}: ")) && said.contains(meant), "{said}");
        }
        let said = refusal("COATROOM_COLOUR_OF_THE_CARPET").expect("refused");
        assert!(said.ends_with("see --help"), "{said}");
    }

    #[test]
    fn a_known_or_foreign_variable_is_not_refused() {
        for name in [
            "PATH",
            "COATROOM",
            "DATABASE_URL",
            "COATROOM_SECRET",
            "COATROOM_OLD_SECRETS",
            "COATROOM_GRACE",
            "COATROOM_TEST_POSTGRES",
            "COATROOM_TEST_REDIS",
            "COATROOM_PORT",
            "COATROOM_PORT_3000_TCP_ADDR",
            "COATROOM_SERVICE_HOST",
            "COATROOM_WEB_SERVICE_PORT_HTTP",
        ] {
            assert_eq!(refusal(name), None);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_setting_that_is_no_text_is_named() {
        use std::os::unix::ffi::OsStringExt as _;
        let given = [("COATROOM_GRACE".into(), OsString::from_vec(vec![0xff]))];
        let said = check(given.into_iter()).expect_err("refused").to_string();
        assert_eq!(said, "COATROOM_GRACE: is not valid UTF-8");
    }
}
