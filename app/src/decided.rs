//! The outcome of a refresh, as HTML: drawn here, so that its words are not in the bundle that every browser loads.

use leptos::prelude::*;

use crate::{components::event_log::tag, rendering};

/// Draws the row of the rule that decided a refresh, a link to it if there is a lab, and its meaning for the person who
/// asked for the refresh.
pub fn decided(row: u8) -> String {
    let (rule, meaning) = match row {
        5 => ("5 · Debounced", ": this ticket is too fresh to be exchanged. You keep it."),
        6 => ("6 · Rotate", ": the ticket was exchanged for the next number."),
        7 => ("7 · Replay", ": the answer had not been seen yet, so it was given again."),
        8 => ("8 · Replay", ": another request had just exchanged it; you got the same one."),
        _ => return String::new(),
    };
    view! {
        {tag(rule, rendering::lab_is_open())}
        {meaning}
    }
    .to_html()
}

/// Draws the outcome of a call that was let in: the client, and what it took: the check of its access token, or a refresh
/// in passing that this row of the rule decided.
pub fn let_in(client: &str, row: Option<u8>) -> String {
    let took = match row {
        Some(_) => {
            "this request brought no good wristband, so it was refreshed on its way. ".to_owned()
        }
        None => format!("{}.", rendering::check().unwrap_or_default()),
    };
    view! { {["Let in", client, ": ", &took].concat()} }.to_html()
        + &row.map(decided).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_lab_a_row_is_named_before_its_meaning_and_unlinked() {
        let drawn = decided(5);
        assert!(drawn.contains("5 · Debounced</a>: this ticket is too fresh"), "{drawn}");
        assert!(drawn.contains(r#"class="rule""#) && !drawn.contains("href"), "{drawn}");
        assert_eq!(decided(1), "");
    }
}
