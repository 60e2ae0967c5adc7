use leptos::prelude::*;
use leptos_meta::Title;

use crate::{eager::eager, path, rendering::set_status};

/// The page that says that there is nothing at this address.
#[component]
pub fn NotFound() -> impl IntoView {
    set_status(404);
    eager(view! {
        <Title text="Nothing here" />
        <div class="lead">
            <h1>"There is nothing on this hook."</h1>
            <p class="soft">"The address leads nowhere."</p>
            <p>
                <a href=path::HOME>"Back to the start"</a>
            </p>
        </div>
    })
}
