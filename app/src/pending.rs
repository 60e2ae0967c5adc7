//! Forms that wait for their answer.

use leptos::ev::SubmitEvent;
use web_sys::HtmlElement;

const DISABLED: &str = "aria-disabled";

/// The button of a form that waits for its answer. It is out of use until this is dropped.
pub struct Pending(Option<HtmlElement>);

impl Pending {
    /// Takes a form over from the browser; nothing if it waits for its answer already.
    pub fn of(event: &SubmitEvent) -> Option<Self> {
        event.prevent_default();
        let button = event.submitter();
        if let Some(button) = &button {
            if button.has_attribute(DISABLED) {
                return None;
            }
            let _always_settable = button.set_attribute(DISABLED, "true");
        }
        Some(Self(button))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(button) = &self.0 {
            let _always_there = button.remove_attribute(DISABLED);
        }
    }
}
