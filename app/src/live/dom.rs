//! The page's elements: to find them, to read them, and to hear of what a person does with them.

use leptos::prelude::document;
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{Element, Event};

pub(super) fn listen(element: &Element, name: &str, heard: fn(&Event)) {
    let heard = Closure::<dyn Fn(Event)>::new(move |event: Event| heard(&event));
    let _always_there =
        element.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
    heard.forget();
}

pub(super) fn target<T: wasm_bindgen::JsCast>(event: &Event) -> Option<T> {
    event.target()?.dyn_into().ok()
}

pub(super) fn first(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

pub(super) fn all(selector: &str) -> Vec<Element> {
    let Ok(found) = document().query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
}

pub(super) fn attribute(element: &Element, name: &str) -> String {
    element.get_attribute(name).unwrap_or_default()
}
