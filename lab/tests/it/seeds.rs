//! The statements of the five documents: each leads somewhere.

use std::collections::BTreeSet;

use coatroom_lab::{
    scenario::find,
    seeds::{Document, Kind, STATEMENTS, Shown, Statement},
};

#[test]
fn a_statement_leads_to_a_lesson_or_says_why_not() {
    for Statement { says, shown, by, but, .. } in STATEMENTS {
        match shown {
            Shown::Lesson(slug) => assert!(find(slug).is_some(), "{says}: {slug}"),
            Shown::Page(address, name) => {
                assert!(address.starts_with('/') && !name.is_empty(), "{says}");
            }
            Shown::Nowhere(why) => assert!(why.ends_with('.'), "{says}"),
        }
        assert!(says.ends_with(['.', '?']) && but.is_none_or(|but| but.ends_with('.')), "{says}");
        assert!(!by.is_empty() && by.is_sorted(), "{says}");
    }
    let texts: BTreeSet<_> = STATEMENTS.iter().map(|each| each.says).collect();
    assert_eq!(texts.len(), STATEMENTS.len(), "each once");
}

#[test]
fn each_document_and_each_kind_has_a_statement() {
    for document in Document::ALL {
        assert!(STATEMENTS.iter().any(|each| each.by.contains(&document)), "{document:?}");
    }
    for kind in Kind::ALL {
        assert!(STATEMENTS.iter().any(|each| each.kind == kind), "{kind:?}");
    }
}
