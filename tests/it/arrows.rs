//! The order of the library's modules: each imports only from those below it, so that none can be part of a circle.

use std::collections::BTreeSet;

use crate::tidy::files;

/// The modules of `src`, from the bottom up. `lib.rs` names them all, and `misuse.rs` holds tests.
const ORDER: [&str; 34] = [
    "named",
    "clock",
    "json",
    "secret", // know no other
    "id",
    "key",
    "principal",
    "session",
    "user",
    "people",
    "claims", // what is talked about
    "access_token",
    "refresh_token",
    "session_token",
    "keyring",
    "password_hash", // texts and keys
    "store",
    "background",
    "log_throttle", // what is kept, and work beside requests
    "observer",
    "replays",
    "risk",
    "revocation",
    "config", // what the engine is made of
    "verifier",
    "issuer",
    "handshake",
    "keys",
    "password",
    "auth",
    "accounts", // the engine, and its people
    "web",
    "lib",
    "misuse",
];

/// The modules of the crate that a source imports from, or names by a path.
fn imported(source: &str) -> BTreeSet<String> {
    let code: Vec<&str> =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut found = BTreeSet::new();
    for (at, path) in code.match_indices("crate::") {
        let after = &code[at + path.len()..];
        found.extend(after.strip_prefix('{').map_or_else(|| vec![head(after)], heads));
    }
    found.retain(|name| name.starts_with(|first: char| first.is_ascii_lowercase()));
    found
}

/// The first names of the paths in a list of imports, up to the brace that ends it.
fn heads(list: &str) -> Vec<String> {
    let (mut depth, mut heads, mut begins) = (1_u32, Vec::new(), true);
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => begins = true,
            _ if begins && !character.is_whitespace() => {
                heads.push(head(&list[at..]));
                begins = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads
}

fn head(path: &str) -> String {
    path.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

/// The code of a module without its tests.
pub(crate) fn without_tests(source: &str) -> &str {
    source.split_once("#[cfg(test)]\nmod tests {").map_or(source, |(code, _)| code)
}

#[test]
fn no_module_imports_from_one_above_it() {
    let place = |module: &str| {
        let place = ORDER.iter().position(|each| *each == module);
        place.unwrap_or_else(|| panic!("the module {module} has no place in the order"))
    };
    let (mut arrows, mut upward) = (0, Vec::new());
    for (path, source) in files(&["src"]) {
        let parts: Vec<&str> = path.iter().skip(1).filter_map(|part| part.to_str()).collect();
        let is_test = parts.iter().any(|part| ["tests", "tests.rs", "conformance"].contains(part));
        let module = parts[0].trim_end_matches(".rs");
        if is_test || ["lib", "misuse"].contains(&module) || parts.ends_with(&["conformance.rs"]) {
            continue;
        }
        for other in imported(without_tests(&source)) {
            arrows += usize::from(other != module);
            if place(&other) > place(module) {
                upward.push(format!("{} imports from {other}", path.display()));
            }
        }
    }
    assert!(arrows > 100, "only {arrows} imports were found");
    assert!(upward.is_empty(), "{upward:#?}");
}

#[test]
fn imports_are_found_in_lists_and_paths() {
    let source = "
        //! crate::comment::Thing
        use crate::{
            clock::{Clock, Timestamp},
            json::{self, Object},
            Role, named,
        };
        pub use crate::key::KeyId;
        fn f() -> crate::store::StoreError { crate::secret::random() }
    ";
    let found: Vec<_> = imported(source).into_iter().collect();
    assert_eq!(found, ["clock", "json", "key", "named", "secret", "store"]);
}
