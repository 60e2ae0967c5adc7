//! A page of the lab as it travels to the component that puts it into the document.

use std::hash::Hasher as _;

use leptos::prelude::*;
use rustc_hash::FxHasher;

/// A page of the lab, drawn.
#[derive(Clone, Debug)]
pub struct LabPage {
    /// Its title.
    pub title: String,
    /// Its content.
    pub html: String,
    /// The status of its answer.
    pub status: u16,
}

impl LabPage {
    pub(super) fn new(title: impl Into<String>, view: impl IntoView) -> Self {
        Self { title: title.into(), html: html(view), status: 200 }
    }
}

/// Draws a view.
pub(super) fn html(view: impl IntoView) -> String {
    view.into_view().to_html()
}

/// Returns text as the content of a field: the framework escapes nothing in there.
pub(super) fn in_field(text: &str) -> String {
    // Browsers drop the first line break of a field.
    format!("\n{}", html_escape::encode_text(text))
}

/// A row of a [`table`]: its cells, the first of which is its head.
pub(super) struct Row<const N: usize> {
    /// The place that an address leads to.
    pub(super) id: Option<String>,
    pub(super) cells: [AnyView; N],
}

/// Draws a table, which on a narrow page is a card for each row, with the name of its column above each cell.
pub(super) fn table<const N: usize>(
    name: &'static str,
    columns: [&'static str; N],
    rows: impl IntoIterator<Item = Row<N>>,
) -> AnyView {
    let heads = columns.map(|column| {
        view! {
            <th scope="col" role="columnheader">
                {column}
            </th>
        }
    });
    let heads = heads.into_iter().collect_view();
    let rows: Vec<_> = rows.into_iter().map(|each| row(columns, each)).collect();
    // The roles are said, because on a narrow page it is not laid out as a table.
    view! {
        <div role="region" aria-label=name>
            <table class="rows" role="table">
                <thead role="rowgroup">
                    <tr role="row">{heads}</tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row<const N: usize>(columns: [&'static str; N], row: Row<N>) -> AnyView {
    let cells = columns.into_iter().zip(row.cells).enumerate().map(|(index, (column, cell))| {
        if index == 0 {
            view! {
                <th scope="row" role="rowheader" data-column=column>
                    {cell}
                </th>
            }
            .into_any()
        } else {
            view! {
                <td role="cell" data-column=column>
                    {cell}
                </td>
            }
            .into_any()
        }
    });
    let cells: Vec<_> = cells.collect();
    view! {
        <tr id=row.id role="row">
            {cells}
        </tr>
    }
    .into_any()
}

/// Draws a panel of a world's page: a part that is replaced when it changed, and only then. Its fingerprint says
/// whether it did, whatever the browser has made of it meanwhile.
pub(super) fn panel(id: &str, content: impl IntoView) -> String {
    let inner = html(content);
    let print = fingerprint(&inner);
    let head = format!(r#"<div id="{id}" class="panel" data-panel="{print}" tabindex="-1">"#);
    [&head, &*inner, "</div>"].concat()
}

/// Returns the fingerprint of a panel. Equal panels have equal ones; no secret depends on it. The
/// standard library's hash took a fourteenth of a drawing.
fn fingerprint(text: &str) -> String {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    format!("{:x}", hasher.finish())
}
