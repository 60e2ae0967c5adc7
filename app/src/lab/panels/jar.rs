use coatroom::{Timestamp, web::CookieKind};
use coatroom_lab::{jar::Shown, scenario::Panel};
use leptos::prelude::*;

use super::words::span;
use crate::lab::world_page::Scene;

/// Each attribute, with one line of why.
const WHY: [(&str, &str); 6] = [
    (
        "__Host-Http-…-access-…",
        "The name itself: it ends in a tag of its session, so that no late answer of one session displaces another's. Only a secure answer of this very host can have set it, no subdomain (RFC 6265bis §4.1.3.2); and no script, in browsers that know the longer prefix (layered-cookies draft).",
    ),
    (
        "Secure",
        "Sent over https alone, where nobody on the way can copy it, and, by most browsers, over plain http to this very machine (§4.1.2.5 leaves it to them what is secure).",
    ),
    ("HttpOnly", "No script reads it, so that a planted one cannot carry it away (§4.1.2.6)."),
    (
        "SameSite=Lax",
        "A form that another site posts comes without it; a link that is followed brings it (§4.1.2.7).",
    ),
    (
        "Path=/",
        "Sent with every page, so that a page can be refreshed before its first byte (§4.1.2.4).",
    ),
    (
        "Max-Age",
        "Where you asked to stay signed in: kept as long as the session may live, not as long as a token (§4.1.2.2).",
    ),
];

/// The jars, beside what a script sees of the visitor's own.
pub(in super::super) fn jar(scene: &Scene<'_>) -> impl IntoView + use<> {
    let now = scene.world.now();
    let thief = scene.world.thief().map(|jar| {
        view! {
            <h3>"The thief's copy"</h3>
            {cookies(&jar.shown(now), now)}
        }
    });
    let why = WHY.iter().map(|(name, why)| {
        view! {
            <div>
                <dt>
                    <code>{*name}</code>
                </dt>
                <dd>{*why}</dd>
            </div>
        }
    });
    view! {
        <section class="sheet" aria-labelledby="jar">
            <h2 id="jar">{Panel::CookieJar.name()}</h2>
            <div class="jars">
                <div>
                    <h3>"Your four tabs have one jar"</h3>
                    {cookies(&scene.world.owner().shown(now), now)}
                    {thief}
                </div>
                <div>
                    <h3>"What a script sees"</h3>
                    <p class="soft">
                        "What a script of this page reads as " <code>"document.cookie"</code>
                        " in your own browser, which may be signed in here:"
                    </p>
                    <p class="script-sees">
                        <code data-cookies="">"only a script can look"</code>
                    </p>
                    <p class="soft">
                        "No token is in it, whoever is signed in: they are all HttpOnly. A planted script cannot read them. It can still act with them while it runs."
                    </p>
                </div>
            </div>
            <details id="jar-why">
                <summary id="jar-why-summary">"Every attribute, and why"</summary>
                <dl class="why">{why.collect_view()}</dl>
            </details>
        </section>
    }
}

fn cookies(shown: &[Shown], now: Timestamp) -> impl IntoView + use<> {
    if shown.is_empty() {
        return view! { <p class="soft">"Empty."</p> }.into_any();
    }
    let rows = shown.iter().map(|cookie| {
        let token = match cookie.kind {
            Some(CookieKind::Access) => "access token",
            _ => "refresh token",
        };
        let generation = cookie.generation.map(|number| format!(" · generation {number}"));
        let life = match cookie.expires_at {
            Some(at) => format!("kept for {}", span(at.millis() - now.millis())),
            None => "until the browser's session ends, which restored windows go on with".into(),
        };
        let chips =
            cookie.attributes.iter().map(|attribute| view! { <li>{attribute.clone()}</li> });
        view! {
            <li>
                <div>
                    <code>{cookie.name.clone()}</code>
                    <small>
                        {token} {generation} " · " {cookie.bytes} " bytes · " {life}
                    </small>
                </div>
                <p>
                    <span class="print" title="A fingerprint of the value">
                        {cookie.fingerprint.clone()}
                    </span>
                </p>
                <ul class="chips">{chips.collect_view()}</ul>
            </li>
        }
    });
    view! { <ul class="cookies">{rows.collect_view()}</ul> }.into_any()
}
