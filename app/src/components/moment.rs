use leptos::prelude::*;

use crate::time::{machine_readable, use_clock};

/// An instant. The server writes it in UTC; the browser rewrites it in the person's time zone.
#[component]
pub fn Moment(#[prop(into)] at: Signal<i64>) -> impl IntoView {
    let clock = use_clock();
    view! { <time datetime=move || machine_readable(at.get())>{move || clock.say(at.get())}</time> }
}
