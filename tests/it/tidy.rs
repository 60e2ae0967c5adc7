//! Checks for which reviewers would otherwise have to read: which module may know which, and how large a file may be.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folders that are looked into.
const FOLDERS: [&str; 7] = ["src", "app/src", "lab", "server/src", "tests", "examples", "benches"];

/// The Rust files below these folders of the workspace, with their text.
pub(crate) fn files(folders: &[&str]) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("text");
                found.push((path, text));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in folders {
        walk(&root.join(folder), &mut found);
    }
    for (path, _) in &mut found {
        *path = path.strip_prefix(root).expect("below the root").to_owned();
    }
    found
}

/// All Rust files that are looked into, with their text.
fn sources() -> Vec<(PathBuf, String)> {
    let found = files(&FOLDERS);
    assert!(found.len() > 60, "the walk found only {} files", found.len());
    found
}

/// The lines of files below `folder` that hold one of `words`, but for files named in `except`.
fn offences(folder: &str, words: &[&str], except: &[&str]) -> Vec<String> {
    sources()
        .iter()
        .filter(|(path, _)| {
            path.starts_with(folder) && !except.iter().any(|name| path.ends_with(name))
        })
        .flat_map(|(path, text)| {
            text.lines()
                .filter(|line| words.iter().any(|word| line.contains(word)))
                .map(move |line| format!("{}: {}", path.display(), line.trim()))
        })
        .collect()
}

#[track_caller]
fn none(offences: &[String]) {
    assert!(offences.is_empty(), "{offences:#?}");
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|(_, text)| text.lines().count() > 400)
        .map(|(path, _)| path.display().to_string())
        .collect();
    none(&long);
}

#[test]
fn the_core_knows_no_web_no_database_and_no_environment() {
    let outer = ["axum::", "http::", "sqlx::", "leptos", "tower_", "std::env", "env::var"];
    let core: Vec<String> = offences("src", &outer, &[])
        .into_iter()
        .filter(|line| !line.starts_with("src/web") && !line.starts_with("src/store/"))
        // Documentation may show how the core is used.
        .filter(|line| !line.contains("//!"))
        .collect();
    none(&core);
}

#[test]
fn json_from_outside_is_read_in_one_module() {
    // `pair.rs` reads what it has just written, and `row.rs` what its own statement has made.
    let own = ["src/json.rs", "keyring/pair.rs", "store/overview/row.rs"];
    let read = offences("src", &["serde_json::from_"], &own);
    let read: Vec<String> = read
        .into_iter()
        .filter(|line| !line.contains("tests"))
        .chain(offences("lab/src/trace.rs", &["serde_json::from_str(json)"], &[]))
        .collect();
    none(&read);
}

#[test]
fn nothing_that_signs_people_in_knows_the_lab() {
    for folder in ["src", "tests", "examples"] {
        none(&offences(folder, &["coatroom_lab"], &["tidy.rs"]));
    }
}

#[test]
fn the_lab_draws_no_page_and_knows_no_database() {
    none(&offences("lab", &["leptos", "sqlx::", "sqlite::", "postgres::"], &[]));
}

#[test]
fn a_store_knows_no_web_and_no_other_store() {
    none(&offences("src/store", &["axum::", "http::", "crate::web", "decide("], &[]));
    none(&offences("src/store/sqlite.rs", &["memory::", "postgres"], &[]));
    none(&offences("src/store/postgres.rs", &["memory::", "sqlite"], &[]));
    none(&offences("src/store/postgres", &["memory::", "sqlite"], &[]));
    none(&offences("src/store/redis.rs", &["memory::", "sqlite", "postgres", "sqlx"], &[]));
    none(&offences("src/store/redis", &["memory::", "sqlite", "postgres", "sqlx"], &[]));
    none(&offences("src/store/memory.rs", &["sqlite::", "sqlx"], &[]));
}

#[test]
fn every_case_of_the_store_suite_is_on_its_list() {
    let list = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/conformance.rs"));
    let list = list.expect("text");
    let mut cases = 0;
    for (path, text) in sources() {
        let Some(module) = path.strip_prefix("src/store/conformance").ok() else { continue };
        for rest in text.split("\npub async fn ").skip(1).filter(|_| !path.ends_with("sample.rs")) {
            let name = rest.split_once('(').expect("arguments").0;
            let listed = list.matches(&format!("                {name}")).count() == 1;
            assert!(listed, "{name} of {} is not listed", module.display());
            cases += 1;
        }
    }
    assert!(cases > 30, "only {cases} cases were found");
}

#[test]
fn the_web_layer_knows_no_sql_and_no_store_of_its_own() {
    none(&offences("src/web", &["sqlx", "sqlite", "memory::"], &[]));
}

#[test]
fn components_take_what_they_show_and_call_nothing() {
    // The header owns the button that signs out; it is part of every page.
    none(&offences("app/src/components", &["crate::api", "api::"], &["header.rs"]));
    none(&offences("app/src/components", &["use_session"], &["header.rs"]));
}

#[test]
fn server_functions_ask_the_backend_and_no_other_crate() {
    none(&offences("app/src/api", &["coatroom::", "coatroom_lab::", "leptos_axum", "axum::"], &[]));
}

#[test]
fn modules_are_gated_in_one_file() {
    let gate = r#"cfg(feature = "ssr")"#;
    none(&offences("app/src", &[gate, r#"cfg(not(feature = "ssr"))"#], &["lib.rs"]));
}

#[test]
fn the_application_sets_no_cookie_and_reads_no_environment() {
    // The lessons that a visitor has been through are noted there, for the page of lessons alone.
    none(&offences("app/src", &["SET_COOKIE"], &["learn_page.rs"]));
    none(&offences("app/src", &["env::var", "tower_cookies"], &[]));
}

#[test]
fn the_server_holds_no_markup_and_no_sql() {
    none(&offences("server/src", &["view!", "sqlx::", "select "], &[]));
    let config = ["config.rs", "config/stop.rs", "config/secret.rs"];
    none(&offences("server/src", &["env::var"], &config));
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    let silenced = concat!("#[", "allow(");
    for folder in FOLDERS {
        none(&offences(folder, &[silenced], &[]));
    }
}
