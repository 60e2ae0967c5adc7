use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use crate::eager::eager;
use crate::model::{Cookie, SignedIn};

/// Lists the cookies that hold the tokens, with every attribute and its reason.
#[component]
pub fn CookieJar(session: Signal<SignedIn>) -> impl IntoView {
    let cookies = move || session.with(|session| session.cookies.iter().map(row).collect_view());
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
            <ul class="jar">{cookies}</ul>
            <dl class="why">
                <div>
                    <dt><code>"__Host-Http-"</code></dt>
                    <dd>"No other host can plant it, nor a script where browsers know this prefix. The name ends in a tag of its session, so that no late answer touches another one."</dd>
                </div>
                <div>
                    <dt><code>"HttpOnly"</code></dt>
                    <dd>"No script can read it, so none can carry it away."</dd>
                </div>
                <div>
                    <dt><code>"Secure; Path=/"</code></dt>
                    <dd>"Over HTTPS, or to this very machine; the prefix demands both."</dd>
                </div>
                <div>
                    <dt><code>"SameSite=Lax"</code></dt>
                    <dd>"Other sites' forms go without it; their links arrive signed in."</dd>
                </div>
                <div>
                    <dt><code>"Max-Age"</code></dt>
                    <dd>"Only if you stay signed in; else it ends with the session of the browser."</dd>
                </div>
            </dl>
            <p class="needs-script">
                "What JavaScript sees: " <code translate="no">{seen}</code>
            </p>
        </section>
    })
}

fn row(cookie: &Cookie) -> impl IntoView + use<> {
    let purpose = if cookie.name.contains("-access-") {
        "The wristband. It lives as long as the session, so that an expired one can be told from none."
    } else {
        "The ticket. It is taken out of the request before any handler sees it."
    };
    let attributes = cookie.attributes.iter().cloned();
    view! {
        <li>
            <code>{cookie.name.clone()}</code>
            <ul class="chips" aria-label="Attributes">
                {attributes.map(|attribute| view! { <li>{attribute}</li> }).collect_view()}
            </ul>
            <p class="soft">{purpose}</p>
        </li>
    }
}
