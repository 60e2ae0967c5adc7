//! The rule as a whole: the ten rows, the first that matches wins.

use coatroom_lab::rule::{BOUND, REPLAYS, ROWS, RuleRow, TIMES};
use leptos::prelude::*;

use super::page::LabPage;

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
    let heads = COLUMNS.map(|column| {
        view! {
            <th scope="col" role="columnheader">
                {column}
            </th>
        }
    });
    let heads = heads.into_iter().collect_view();
    let rows = ROWS.iter().map(row).collect_view();
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
                <div role="region" aria-label="The ten rows">
                    // The roles are said, because on a narrow page it is not laid out as a table.
                    <table class="rows" role="table">
                        <thead role="rowgroup">
                            <tr role="row">{heads}</tr>
                        </thead>
                        <tbody role="rowgroup">{rows}</tbody>
                    </table>
                </div>
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

fn row(row: &RuleRow) -> impl IntoView + use<> {
    let RuleRow { number, when, decision, writes, sets, why, seen } = *row;
    let [of_number, of_when, of_decision, of_writes, of_sets, of_why] = COLUMNS;
    let seen = seen.map(|(name, href)| {
        view! {
            " "
            <a href=href rel="external noreferrer">
                {name}
            </a>
        }
    });
    view! {
        <tr id=format!("row-{number}") role="row">
            <th scope="row" role="rowheader" data-column=of_number>
                {number}
            </th>
            <td role="cell" data-column=of_when>
                {when}
            </td>
            <td role="cell" data-column=of_decision>
                <span class="rule">{decision}</span>
            </td>
            <td role="cell" data-column=of_writes>
                {writes}
            </td>
            <td role="cell" data-column=of_sets>
                {sets}
            </td>
            <td role="cell" data-column=of_why>
                {why} {seen}
            </td>
        </tr>
    }
}
