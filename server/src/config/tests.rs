//! Settings of every kind, at random: what is wrong stops the start with one line, and nothing panics.

use std::fs;

use proptest::prelude::*;

use super::*;

/// The flags that take a value, but for folders and files, which a value would name.
fn flags() -> Vec<String> {
    use clap::CommandFactory as _;
    let command = Settings::command();
    let names = command.get_arguments().filter(|argument| argument.get_action().takes_values());
    names
        .filter_map(clap::Arg::get_long)
        .filter(|name| !["data", "site", "profile"].contains(name))
        .map(str::to_owned)
        .collect()
}

fn value() -> impl Strategy<Value = String> {
    let number = prop_oneof![any::<u64>().prop_map(|n| n.to_string()), "-?[0-9]{1,25}"];
    let unit =
        prop::sample::select(vec!["", "ns", "us", "ms", "s", "m", "h", "d", "M", "y", " d 1y"]);
    let word = prop::sample::select(vec![
        "",
        "auto",
        "off",
        "on",
        "end",
        "report",
        "strict",
        "rs256",
        "json",
        "true",
        "1",
        "0",
        "584542046090y",
        "18446744073709551615s",
        "sqlite:a?mode=ro",
        "sqlite::memory:",
        "sqlite:",
        "postgres://a:b@h/d?sslmode=some",
        "postgres://a:b@h/d?sslmod=require",
        "0.0.0.0:0",
        "[::1]:1",
        "https://*",
        "https://a:99999",
        "http://localhost:80",
        "https://a.example",
    ]);
    prop_oneof![
        2 => (number, unit).prop_map(|(number, unit)| format!("{number}{unit}")),
        2 => word.prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "(https?|sqlite|postgres)://?[a-z0-9.:@?=%*\\[\\]/-]{0,30}",
    ]
}

/// Reads the configuration of a demo in that folder with these flags.
fn start(folder: &std::path::Path, given: &[(String, String)]) -> Result<Config, Stop> {
    let mut arguments = vec!["coatroom".to_owned(), "--profile=demo".into()];
    arguments.push(format!("--data={}", folder.display()));
    arguments.extend(given.iter().map(|(flag, value)| format!("--{flag}={value}")));
    checked(Settings::try_parse_from(arguments).map_err(one_line)?)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn no_value_of_any_setting_panics(
        given in prop::collection::vec((prop::sample::select(flags()), value()), 1..4),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        match start(folder.path(), &given) {
            Ok(config) => prop_assert_eq!(config.auth.check(), Ok(())),
            Err(Stop::Wrong { name, reason }) => {
                prop_assert!(!name.is_empty() && !reason.is_empty(), "{}: {}", name, reason);
            }
            Err(Stop::Answer(_)) => prop_assert!(false, "no help was asked for"),
        }
    }
}

#[test]
fn a_bad_value_is_refused_by_the_name_of_its_setting() {
    let folder = tempfile::tempdir().expect("a folder");
    for (flag, value, said) in [
        ("grace", "584542046090y", "366d"),
        ("grace", "9s", "COATROOM_GRACE: must be at most an eighth"),
        ("access-ttl", "18446744073709551615s", "366d"),
        ("idle-ttl", "360d", "COATROOM_IDLE_TTL"),
        ("feed-poll", "360d", "COATROOM_FEED_POLL"),
        ("password-min", "257", "COATROOM_PASSWORD_MIN"),
        ("limit-sign-ups", "0/1m", "COATROOM_LIMIT_SIGN_UPS, COATROOM_LIMIT_FAILURES: a rate must"),
        ("database-connections", "0", "--database-connections"),
        ("database-connections", "1001", "--database-connections"),
        ("database-url", "sqlite:a?mode=ro", "DATABASE_URL: a SQLite database takes no parameters"),
        ("database-url", "sqlite::memory:", "DATABASE_URL: must name a file"),
        ("database-url", "sqlite:file:a", "DATABASE_URL: must name a file"),
        ("database-url", "sqlite:", "DATABASE_URL: must name a file"),
        ("database-url", "mysql://a:s3cret@h/d", "DATABASE_URL: must be sqlite:PATH or postgres"),
        ("database-url", "postgres://a:s3cret@h/d?sslmode=some", "parameter sslmode"),
        ("database-url", "postgres://a:s3cret@h/d?sslmod=require", "parameter that is not known"),
        ("database-url", "postgres://a:s3cret@h/d?port=x", "parameter port"),
        ("database-url", "postgres://a:s3cr#et@h/d", "DATABASE_URL: the URL cannot be read"),
        ("database-url", "postgres://a:1?s3cret@h/d", "DATABASE_URL: the URL has a parameter"),
        ("address", "0.0.0.0:3000", "COATROOM_DEMO_IN_PUBLIC"),
        ("address", "192.0.2.1:3000", "COATROOM_DEMO_IN_PUBLIC"),
    ] {
        let stop = start(folder.path(), &[(flag.into(), value.into())]).expect_err(value);
        let stop = stop.to_string();
        assert!(stop.contains(said) && !stop.contains("s3cr"), "{stop}");
    }
    let files = fs::read_dir(folder.path()).expect("a folder").count();
    assert!(files <= 1, "nothing but the secret is made");
}

#[test]
fn every_variable_of_a_field_is_a_setting() {
    use clap::CommandFactory as _;
    let command = Settings::command();
    let known: Vec<_> = command.get_arguments().filter_map(clap::Arg::get_env).collect();
    let unset: Vec<&str> = Field::ALL
        .iter()
        .flat_map(|field| variables(*field).split(", "))
        .filter(|name| !known.iter().any(|variable| variable == name))
        .collect();
    // The server sets the first of these itself, and reads the secrets before there are settings.
    assert_eq!(unset, ["audience", "realm", "COATROOM_OLD_SECRETS", "replays", "hashing"]);
}

#[test]
fn a_demo_makes_its_database_and_production_only_on_demand() {
    let opening = |arguments: &[&str]| {
        let arguments = ["coatroom"].into_iter().chain(arguments.iter().copied());
        let settings = Settings::try_parse_from(arguments).map_err(one_line).expect("good");
        let command = settings.command.clone().unwrap_or(Command::Serve);
        let Opening { create, migrate, .. } = opening(&settings, &command);
        (create, migrate)
    };
    for (arguments, made) in [
        (&[][..], (false, Migrate::Auto)),
        (&["--migrate=auto"], (true, Migrate::Auto)),
        (&["--migrate=off"], (false, Migrate::Off)),
        (&["migrate"], (true, Migrate::Auto)),
        (&["migrate", "--migrate=off"], (true, Migrate::Auto)),
        (&["--profile=demo"], (true, Migrate::Auto)),
        (&["--profile=demo", "--migrate=off"], (false, Migrate::Off)),
        // A look at the keys brings nothing up to date.
        (&["keys", "list"], (false, Migrate::Off)),
        (&["keys", "list", "--migrate=auto"], (true, Migrate::Off)),
        (&["sessions", "end", "--all", "--profile=demo"], (true, Migrate::Off)),
    ] {
        assert_eq!(opening(arguments), made, "{arguments:?}");
    }
}
