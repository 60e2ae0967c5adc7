use coatroom::web::CookieKind;
use coatroom_lab::{action::Slip, jar::Shown, scenario::Panel};
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
    let (own, stole) = (scene.world.owner().shown(now), scene.touched.stole());
    let title = match scene.world.setting().slip {
        Slip::Nothing => "The thief's copy",
        _ => "The attacker's jar",
    };
    let thief = scene.world.thief().map(|jar| {
        let shown = jar.shown(now);
        // The owner's jar is the thing to look at if no cookie of either is new.
        let new = stole || is_new(scene, &shown);
        (new, one(title, scene, &shown, stole, new).into_any())
    });
    let (theirs_is_new, theirs) = thief.map_or((false, None), |(new, theirs)| (new, Some(theirs)));
    let looked_at = scene.touched.entries() > 0 && !theirs_is_new;
    let own = one("Your four tabs have one jar", scene, &own, false, looked_at).into_any();
    // New cookies stand first: it may be below the edge of a lesson's stage otherwise.
    let (first, second) = if theirs_is_new { (theirs, Some(own)) } else { (Some(own), theirs) };
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
                    {first}
                    {second}
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

/// Returns true if an answer that arrived just now set one of these cookies.
fn is_new(scene: &Scene<'_>, shown: &[Shown]) -> bool {
    shown.iter().any(|cookie| scene.touched.set(scene.world, cookie))
}

/// Draws a jar, which is marked as a whole if it is to be looked at and none of its cookies is new.
fn one(
    title: &'static str,
    scene: &Scene<'_>,
    shown: &[Shown],
    copied: bool,
    looked_at: bool,
) -> impl IntoView + use<> {
    let whole = looked_at && (shown.is_empty() || !copied && !is_new(scene, shown));
    view! {
        <div class="jar" data-new=whole.then_some("")>
            <h3>{title}</h3>
            {cookies(scene, shown, copied)}
        </div>
    }
}

/// Draws the cookies of a jar; all of them are new if it was copied just now.
fn cookies(scene: &Scene<'_>, shown: &[Shown], copied: bool) -> impl IntoView + use<> {
    let now = scene.world.now();
    if shown.is_empty() {
        return view! { <p class="soft">"Empty."</p> }.into_any();
    }
    let is_new = |cookie: &Shown| copied || scene.touched.set(scene.world, cookie);
    let (new, others): (Vec<_>, Vec<_>) = shown.iter().partition(|cookie| is_new(cookie));
    let rows = new.into_iter().chain(others).map(|cookie| {
        let token = match cookie.kind {
            Some(CookieKind::Access) => "access token",
            None => "a number",
            Some(CookieKind::Session) => "session, a number that says nothing",
            _ => "refresh token",
        };
        let generation = cookie.generation.map(|number| format!(" · generation {number}"));
        let life = match cookie.expires_at {
            Some(at) => format!("kept for {}", span(at.millis() - now.millis())),
            None => "until the browser's session ends, which restored windows go on with".into(),
        };
        let chips =
            cookie.attributes.iter().map(|attribute| view! { <li>{attribute.clone()}</li> });
        let new = is_new(cookie).then_some("");
        view! {
            <li data-new=new>
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
