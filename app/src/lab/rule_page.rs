//! The rule as a whole: the ten rows, the first that matches wins.

use coatroom::lab::rule::{BOUND, REPLAYS, ROWS, Row, TIMES};
use leptos::prelude::*;

use super::page::LabPage;

/// The beginning of a row's address.
pub(super) const ROW: &str = "/lab/rule#row-";

/// The address of a row.
pub(super) fn address(number: u8) -> String {
    format!("{ROW}{number}")
}

/// The page.
pub(super) fn page() -> LabPage {
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
                <div class="scroll" tabindex="0" role="region" aria-label="The ten rows">
                    <table class="rows">
                        <thead>
                            <tr>
                                <th scope="col">"Row"</th>
                                <th scope="col">"Condition"</th>
                                <th scope="col">"Decision"</th>
                                <th scope="col">"Written"</th>
                                <th scope="col">"Cookies set"</th>
                                <th scope="col">"Without this row"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
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

fn row(row: &Row) -> impl IntoView + use<> {
    let Row { number, when, decision, writes, sets, why, seen } = *row;
    let seen = seen.map(|(name, href)| {
        view! {
            " "
            <a href=href rel="external noreferrer">
                {name}
            </a>
        }
    });
    view! {
        <tr id=format!("row-{number}")>
            <th scope="row">{number}</th>
            <td>{when}</td>
            <td>
                <span class="rule">{decision}</span>
            </td>
            <td>{writes}</td>
            <td>{sets}</td>
            <td>{why} {seen}</td>
        </tr>
    }
}
