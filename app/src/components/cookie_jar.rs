use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use crate::eager::eager;
use crate::model::SignedIn;

/// Shows the cookies that hold the tokens, as the server drew them, and that no script sees them.
#[component]
pub fn CookieJar(session: Signal<Arc<SignedIn>>) -> impl IntoView {
    let cookies = move || session.with(|session| session.cookies.clone());
    // Only a browser can look; until it has, nothing is claimed.
    let seen = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        let document: web_sys::HtmlDocument = document().unchecked_into();
        seen.set(document.cookie().ok());
    });
    let seen = move || match seen.get() {
        Some(cookies) => format!("document.cookie → {cookies:?}"),
        None => "document.cookie → …".to_owned(),
    };
    eager(view! {
        <section class="sheet" aria-labelledby="jar">
            <h2 id="jar">"The cookie jar"</h2>
            <div class="drawn" inner_html=cookies></div>
            <p class="needs-script">
                "What JavaScript sees: " <code translate="no">{seen}</code>
            </p>
        </section>
    })
}
