//! The cookies that hold the tokens, drawn for the token page.

use leptos::prelude::*;

/// A cookie, without its value.
#[derive(Clone, Debug)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its attributes, as they were set.
    pub attributes: Vec<String>,
}

/// Draws the cookies with every attribute, and the reason of each.
pub fn jar(cookies: &[Cookie]) -> String {
    let cookies = cookies.iter().map(row).collect_view();
    Owner::new().with(|| {
        view! {
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
        }
        .to_html()
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
