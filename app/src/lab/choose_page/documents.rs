//! The opinions of the five documents, beside the answer of the lab.

use coatroom_lab::{
    choose::{Advice, Opinion, Take, Verdict},
    seeds::Document,
};
use leptos::prelude::*;

use crate::lab::page::{Row, table};

/// The names of the columns.
const COLUMNS: [&str; 4] = ["Document", "Takes", "Because", "Beside ours"];

/// Draws the opinion of each document, and says where they are divided.
pub(super) fn opinions(advice: &Advice) -> AnyView {
    let rows = advice.opinions.iter().map(row);
    let differences = differences(advice).into_iter().map(|(takes, why)| {
        view! {
            <p>
                <b>{format!("Where they take {}: ", takes.words())}</b>
                {why}
            </p>
        }
    });
    let differences: Vec<_> = differences.collect();
    view! {
        <section class="sheet" aria-labelledby="opinions">
            <h2 id="opinions">"What the five documents would take"</h2>
            <p>{divided(advice)}</p>
            {table("The five documents", COLUMNS, rows)}
            {differences}
        </section>
    }
    .into_any()
}

/// Returns the ways of documents that are not the lab's, each once, with the reason.
fn differences(advice: &Advice) -> Vec<(Take, &'static str)> {
    let mut found: Vec<(Take, &'static str)> = Vec::new();
    for opinion in &advice.opinions {
        if let Verdict::Otherwise(why) = opinion.verdict
            && found.iter().all(|(takes, _)| *takes != opinion.takes)
        {
            found.push((opinion.takes, why));
        }
    }
    found
}

/// Says whether the documents agree with each other.
fn divided(advice: &Advice) -> String {
    match advice.divided() {
        Some([sessions, tokens]) => {
            format!("They disagree: {} sessions; {} tokens.", taking(&sessions), taking(&tokens))
        }
        None => "No two of them contradict each other on these answers.".to_owned(),
    }
}

/// Names documents, with the verb that follows.
fn taking(documents: &[Document]) -> String {
    let names: Vec<_> = documents.iter().map(|each| each.name()).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => format!("{one} takes"),
        [before @ .., last] => format!("{} and {last} take", before.join(", ")),
    }
}

fn row(opinion: &Opinion) -> Row<4> {
    let Opinion { by, takes, says, verdict } = opinion;
    let (state, word) = match verdict {
        Verdict::AsHere => (Some("active"), "as here"),
        Verdict::Otherwise(_) => (Some("expiring"), "otherwise"),
        Verdict::Open => (None, "open"),
    };
    let because =
        if says.is_empty() { "It names no case like this one.".into() } else { says.join(" ") };
    let here = view! {
        <span data-state=state>
            <span class="badge">{word}</span>
        </span>
    };
    Row {
        id: None,
        cells: [
            by.name().into_any(),
            takes.words().into_any(),
            because.into_any(),
            here.into_any(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use Document::{Critique, Guide, Interview};

    use super::*;

    #[test]
    fn documents_are_named_with_their_verb() {
        assert_eq!(taking(&[Guide]), "the guide takes");
        assert_eq!(taking(&[Guide, Critique]), "the guide and the critique take");
        assert_eq!(
            taking(&[Guide, Interview, Critique]),
            "the guide, the interview post and the critique take"
        );
    }
}
