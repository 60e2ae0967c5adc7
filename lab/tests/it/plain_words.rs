//! The words of the lessons: each is a plain one, or is explained where it first comes.
//!
//! The plain ones are listed in `plain_words.txt`, by hand. An author who needs another decides there that a learner
//! knows it without having heard of refresh tokens, or makes it a term (`lab/src/terms.rs`).

use std::collections::{BTreeMap, BTreeSet};

use coatroom_lab::{
    scenario::ALL,
    terms::{FURTHER, GLOSSARY, Half},
};

/// Names of the web's own, each explained in the sentence in which it comes: a word of it for the test to find.
const EXPLAINED_IN_PLACE: [(&str, &str); 13] = [
    ("access_expired", "tells the page"),
    ("samesite", "forms"),
    ("lax", "not to be sent"),
    ("sec-fetch-site", "a header that no page can set"),
    ("sec-fetch-dest", "wants no page"),
    ("origin", "a header with the address"),
    ("same-site", "would say same-origin"),
    ("same-origin", "from itself it would say"),
    ("cross-site", "another site"),
    ("staged", "signs nothing"),
    ("httponly", "no script may read"),
    ("storage", "where a page's scripts keep texts"),
    ("secure", "goes out by https alone"),
];

/// Endings that a plain word may have.
const ENDINGS: [&str; 7] = ["'s", "s", "es", "d", "ed", "ing", "ly"];

/// Cuts a text into words, in lower case.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_of_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "'-_".contains(c);
    text.split(move |c| !is_of_word(c))
        .map(|word| word.trim_matches(['\'', '-']))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// Takes the explained words out of a text, longest first.
fn without_terms(text: &str, forms: &[&str]) -> String {
    let mut text = format!(" {} ", text.to_lowercase());
    for form in forms {
        let mut from = 0;
        while let Some(at) = text[from..].find(form).map(|at| at + from) {
            let (before, after) = (&text[..at], &text[at + form.len()..]);
            let alone = !before.ends_with(char::is_alphanumeric)
                && !after.starts_with(char::is_alphanumeric);
            text = if alone { format!("{before}·{after}") } else { text };
            from = at + '·'.len_utf8();
        }
    }
    text
}

#[test]
fn each_word_of_a_lesson_is_plain_or_explained() {
    let plain: BTreeSet<&str> = include_str!("plain_words.txt").split_whitespace().collect();
    let terms = GLOSSARY.iter().chain(&FURTHER);
    let mut forms: Vec<&str> = terms.flat_map(|term| term.forms.iter().copied()).collect();
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    let in_place = BTreeMap::from(EXPLAINED_IN_PLACE);
    let is_plain = |word: &str| {
        let stems = ENDINGS.iter().filter_map(|ending| word.strip_suffix(ending));
        plain.contains(word)
            || stems.clone().any(|stem| plain.contains(stem))
            || stems.clone().any(|stem| plain.contains(format!("{stem}e").as_str()))
    };
    let mut unknown = BTreeMap::new();
    let mut explained = BTreeSet::new();
    for branch in ALL.into_iter().flat_map(|scenario| scenario.branches) {
        let halves = |stage| Half::ALL.into_iter().flat_map(move |half| half.texts(stage));
        for text in branch.stages.iter().flat_map(halves) {
            for word in words(&without_terms(text, &forms)) {
                if let Some(explanation) = in_place.get(word) {
                    if text.contains(explanation) {
                        explained.insert(word.to_owned());
                    }
                } else if !is_plain(word) {
                    unknown.insert(word.to_owned(), text);
                }
            }
        }
    }
    assert!(unknown.is_empty(), "neither plain nor explained: {unknown:#?}");
    let missing: Vec<_> = in_place.keys().filter(|word| !explained.contains(**word)).collect();
    assert!(missing.is_empty(), "not explained in place: {missing:?}");
}

#[test]
fn a_plain_word_is_used_and_is_no_term() {
    let plain: Vec<&str> = include_str!("plain_words.txt").split_whitespace().collect();
    let texts = ALL.into_iter().flat_map(|scenario| scenario.branches).flat_map(|branch| {
        let halves = |stage| Half::ALL.into_iter().flat_map(move |half| half.texts(stage));
        branch.stages.iter().flat_map(halves)
    });
    let texts: Vec<String> = texts.map(str::to_lowercase).collect();
    let unused: Vec<_> = plain
        .iter()
        .filter(|plain| {
            let stem = plain.strip_suffix('e').unwrap_or(plain);
            !texts.iter().any(|text| words(text).any(|word| word.starts_with(stem)))
        })
        .collect();
    assert!(unused.is_empty(), "no lesson uses: {unused:?}");
    assert!(plain.is_sorted(), "in the order of the alphabet");
    let terms = GLOSSARY.iter().chain(&FURTHER).flat_map(|term| term.forms.iter());
    let both: Vec<_> = terms.filter(|form| plain.contains(form)).collect();
    assert!(both.is_empty(), "explained, and called plain: {both:?}");
}
