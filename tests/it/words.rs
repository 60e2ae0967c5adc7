//! Comments and names of tests that say what is done, and by whom: none begins with a question word, and none leaves
//! its actor unnamed.
//!
//! The rules are in CONTRIBUTING.md, "How it is written".

use std::path::PathBuf;

use crate::tidy::files;

const FOLDERS: [&str; 7] = ["src", "lab", "app", "server", "examples", "tests", "benches"];

const QUESTIONS: [&str; 12] = [
    "What", "When", "Whether", "How", "Who", "Whom", "Whose", "Why", "Where", "Which", "Whatever",
    "Whoever",
];

const ACTORS: [&str; 5] = ["somebody", "nobody", "whoever", "anybody", "everybody"];

/// The comment that has a line to itself, without its slashes.
fn comment(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let marks = ["///", "//!", "//"];
    marks.iter().find_map(|mark| line.strip_prefix(mark)).map(str::trim)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
}

/// The first lines of the blocks of comments, with their numbers. An empty line of a comment ends a block.
fn heads(text: &str) -> Vec<(usize, &str)> {
    let mut heads = Vec::new();
    let mut within = false;
    for (number, line) in (1..).zip(text.lines()) {
        let comment = comment(line).filter(|comment| !comment.is_empty());
        heads.extend(comment.filter(|_| !within).map(|comment| (number, comment)));
        within = comment.is_some();
    }
    heads
}

/// The numbers of the lines at which a block begins with a question word.
fn questions(text: &str) -> Vec<usize> {
    let asks = |head: &str| words(head).next().is_some_and(|first| QUESTIONS.contains(&first));
    heads(text).into_iter().filter(|(_, head)| asks(head)).map(|(number, _)| number).collect()
}

/// The numbers of the lines whose comment names no actor.
fn unnamed(text: &str) -> Vec<usize> {
    let hides =
        |comment: &str| words(comment).any(|word| ACTORS.contains(&word.to_lowercase().as_str()));
    let lines = (1..).zip(text.lines());
    lines.filter(|(_, line)| comment(line).is_some_and(hides)).map(|(number, _)| number).collect()
}

fn sources() -> Vec<(PathBuf, String)> {
    let sources = files(&FOLDERS);
    let blocks: usize = sources.iter().map(|(_, text)| heads(text).len()).sum();
    assert!(blocks > 2_000, "the walk found only {blocks} blocks of comments");
    sources
}

#[track_caller]
fn none(find: fn(&str) -> Vec<usize>) {
    let mut found = Vec::new();
    for (path, text) in sources() {
        found.extend(find(&text).into_iter().map(|number| format!("{}:{number}", path.display())));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_comment_begins_with_a_question_word() {
    none(questions);
}

#[test]
fn no_comment_leaves_its_actor_unnamed() {
    none(unnamed);
}

/// The most characters of a test's name: subject, condition, outcome. The longer reason is its doc line.
const LONGEST_NAME: usize = 60;

/// The names of functions that are tests, or cases of a suite.
fn tests(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        match name.and_then(|name| name.split_once('(')) {
            Some((name, _)) if is_test => names.push(name),
            _ if line.starts_with("#[test]") || line.starts_with("#[tokio::test") => {
                is_test = true;
                continue;
            }
            // Another attribute of the same test.
            _ if line.starts_with("#[") => continue,
            _ => {}
        }
        is_test = false;
    }
    names
}

/// Returns whether a name is longer than a reader takes in, begins with a question word or names no actor.
fn is_riddle(name: &str) -> bool {
    let mut parts = name.split('_');
    let asks = parts
        .next()
        .is_some_and(|first| QUESTIONS.iter().any(|question| question.eq_ignore_ascii_case(first)));
    name.len() > LONGEST_NAME
        || asks
        || name.split('_').any(|part| part == "who" || ACTORS.contains(&part))
}

#[test]
fn a_tests_name_is_short_and_plain() {
    let sources = sources();
    let names: Vec<_> = sources.iter().flat_map(|(_, text)| tests(text)).collect();
    assert!(names.len() > 700, "the walk found only {} tests", names.len());
    let riddles: Vec<_> = names.into_iter().filter(|name| is_riddle(name)).collect();
    assert!(riddles.is_empty(), "{riddles:#?}");
}

#[test]
fn all_checks_find_their_examples() {
    let text = [
        "//! Whatever is here.",
        "fn a() {} // Who calls it?",
        "    /// The next line is no head:",
        "    /// What is in it.",
        "    ///",
        "    /// Why there is another block.",
        "    // Whence, and whenever nobodys client asks.",
        "    // Not for Everybody; and somebody_else is a name.",
        "let url = \"https://nobody.example\";",
        "// `Who` is a type, and nobody's.",
    ]
    .join("\n");
    assert_eq!(questions(&text), [1, 6]);
    assert_eq!(unnamed(&text), [8, 10]);

    let text = "#[test]\nfn a_test() {\n#[tokio::test(flavor = \"multi_thread\")]\n\
                #[ignore = \"long\"]\nasync fn another() {\nfn no_test() {\n}";
    assert_eq!(tests(text), ["a_test", "another"]);
    let long = "x".repeat(LONGEST_NAME + 1);
    for riddle in ["what_is_it", "a_client_who_asks", "nobody_is_refused", &long] {
        assert!(is_riddle(riddle), "{riddle}");
    }
    assert!(!is_riddle("a_whole_store_is_read"));
}
