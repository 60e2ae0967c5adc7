//! A page of the lab as it travels to the component that puts it into the document.

use std::hash::{DefaultHasher, Hasher as _};

use leptos::prelude::*;

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

/// Draws a panel of a world's page: a part that is replaced when it changed, and only then. Its fingerprint says
/// whether it did, whatever the browser has made of it meanwhile.
pub(super) fn panel(id: &str, content: impl IntoView) -> String {
    let inner = html(content);
    let print = fingerprint(&inner);
    format!(r#"<div id="{id}" class="panel" data-panel="{print}" tabindex="-1">{inner}</div>"#)
}

/// Returns the fingerprint of a panel. Equal panels have equal ones; no secret depends on it.
fn fingerprint(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    format!("{:x}", hasher.finish())
}
