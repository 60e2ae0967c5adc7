use leptos::prelude::*;

use crate::session::use_session;

/// Tells what was done to the session from outside while this page was open, as it happens. The sign-in page says it by
/// its notice.
#[component]
pub fn News() -> impl IntoView {
    let news = use_session().news();
    view! {
        <span class="error who" role="alert" translate="no">
            {news}
        </span>
    }
}
