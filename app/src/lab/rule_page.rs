//! The rule as a whole: the ten rows, the first that matches wins.

use coatroom_lab::rule::{BOUND, REPLAYS, ROWS, RuleRow, TIMES};
use leptos::prelude::*;

use super::page::{LabPage, Row, table};

/// The beginning of a row's address.
pub(super) const ROW: &str = "/lab/rule#row-";

/// The names of its columns, above them and, on a narrow page, above each cell.
const COLUMNS: [&str; 6] =
    ["Row", "Condition", "Decision", "Written", "Cookies set", "Without this row"];

/// The address of a row.
pub(super) fn address(number: u8) -> String {
    format!("{ROW}{number}")
}

/// Draws the page.
pub(super) fn page() -> LabPage {
    LabPage::new(
        "The rule",
        view! {
            {super::pages::crumbs()}
            <div class="lead">
                <h1>"Ten rows decide what a ticket is worth."</h1>
                <p>
                    "The first row that matches wins. It is one pure function of the time, the ticket that was presented and the session's row, and it decides here as it does where people sign in."
                </p>
            </div>
            <section class="sheet" aria-labelledby="rows">
                <h2 id="rows">"The rows"</h2>
                {table("The ten rows", COLUMNS, ROWS.iter().map(row))}
            </section>
            <section class="sheet" aria-labelledby="bounds">
                <h2 id="bounds">"How far it goes"</h2>
                <p>{BOUND}</p>
                <p>{REPLAYS}</p>
                <p>{TIMES}</p>
                <p>
                    "Two thieves escape the rows: one who asks within the grace of the owner each time, and one who is always first and shows nothing before the owner asks. Both leave a replay by another client in every generation. Three in a row are reported, or end the session where it is set up so."
                </p>
            </section>
        },
    )
}

fn row(row: &RuleRow) -> Row<6> {
    let RuleRow { number, when, decision, writes, sets, why, seen } = *row;
    let seen = seen.map(|(name, href)| {
        view! {
            " "
            <a href=href rel="external noreferrer">
                {name}
            </a>
        }
    });
    Row {
        id: Some(format!("row-{number}")),
        cells: [
            number.into_any(),
            when.into_any(),
            view! { <span class="rule">{decision}</span> }.into_any(),
            writes.into_any(),
            sets.into_any(),
            view! { {why} {seen} }.into_any(),
        ],
    }
}
