//! The claims of a page about who is signed in, hidden while they may be stale.
//!
//! A document may have been fetched or rendered before it is shown, or frozen and thawed; meanwhile its reader may have
//! signed in or out. Such a page asks before it claims. A style hides what it claims by an attribute of the body.

use js_sys::Reflect;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

const ASKING: &str = "data-asking";

/// Hides what the page claims, until the server has answered.
pub fn hide() {
    if let Some(body) = document().body() {
        let _always_settable = body.set_attribute(ASKING, "");
    }
}

/// Shows what the page claims.
pub fn show() {
    if let Some(body) = document().body() {
        let _always_there = body.remove_attribute(ASKING);
    }
}

/// Returns true while the claims are hidden.
pub fn are_hidden() -> bool {
    document().body().is_some_and(|body| body.has_attribute(ASKING))
}

/// Returns true while the page is rendered ahead of being shown.
pub fn is_prerendered() -> bool {
    member(&document(), "prerendering").is_truthy()
}

/// Returns true if the document was there before it was asked for: fetched or rendered ahead, or from a cache.
pub fn was_there_before() -> bool {
    let Some(performance) = window().performance() else { return false };
    let navigation = performance.get_entries_by_type("navigation").get(0);
    let activated = member(&navigation, "activationStart").as_f64().is_some_and(|at| at > 0.0);
    let delivered = member(&navigation, "deliveryType").as_string();
    activated || delivered.is_some_and(|how| !how.is_empty())
}

/// Returns a member that not every browser knows.
fn member(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or_default()
}
