use leptos::prelude::*;

use crate::time::{machine_readable, use_clock};

/// An instant. The server writes it in UTC; the browser rewrites it in the person's time zone.
///
/// The style gives it one width for every day and time, so that nothing beside it moves by that. It does not belong
/// into a sentence, where the rest of its width would be a gap.
#[component]
pub fn Moment(#[prop(into)] at: Signal<i64>) -> impl IntoView {
    let clock = use_clock();
    view! {
        <time datetime=move || machine_readable(at.get()) translate="no">
            {move || clock.say(at.get())}
        </time>
    }
}
