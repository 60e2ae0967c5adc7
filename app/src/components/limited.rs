use leptos::prelude::*;

use crate::{eager::eager, rendering::set_too_many_requests};

/// The notice that too many answers to this session were lost, so that the server says nothing for a while.
#[component]
pub fn LimitedNotice(
    /// The seconds until the server answers again. A page with a script asks by itself then; without one, the home page
    /// alone does.
    retry_after: u32,
) -> impl IntoView {
    set_too_many_requests(retry_after);
    let seconds =
        if retry_after == 1 { "one second".to_owned() } else { format!("{retry_after} seconds") };
    eager(view! {
        <section class="sheet notice" data-state="expiring" aria-labelledby="limited">
            <p class="badge">"Please wait"</p>
            <h2 id="limited">"Your session lives, and nothing is lost."</h2>
            <p>
                "Too many answers to this browser went missing on their way just now. To keep anybody else from asking in your place, the cloakroom says nothing more for "
                {seconds} ". Then load this page anew, if it has not asked again by itself."
            </p>
        </section>
    })
}
