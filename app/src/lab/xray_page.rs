//! The X-ray of a pasted token: the field, and beside it what is in it, drawn anew while a person types.
//!
//! # Security
//! A pasted text may be a key. It is shown to the visitor who pasted it, and to no other: in its field, and in an
//! answer that is kept nowhere.

use coatroom_lab::xray::XRay;
use leptos::prelude::*;

use super::{
    form,
    page::{LabPage, html, in_field, panel},
    pages::{crumbs, sentence},
    panels::{self, judged},
    world_page::told,
};

/// Example tokens, by their names in the address: all but one from public documents.
const EXAMPLES: [(&str, &str, &str); 5] = [
    // RFC 7515, appendix A.1.
    (
        "jwt",
        "A JWT",
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
         cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ),
    // Put together of RFC 7516, appendix A.1, with a key agreed upon (§4.1 of RFC 7518).
    (
        "jwe",
        "A JWE",
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9\
         tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A.XFBoMYUZodetZdvTiFvSkQ",
    ),
    // The vector 4-S-1 of the specification of PASETO.
    (
        "paseto",
        "A PASETO",
        "v4.public.eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIiwiZXhwIjoiMjAyMi0wMS0wMVQwMDowMDowMCswMDowMCJ9bg_X\
         BBzds8lTZShVlwwKSgeKpLT3yukTw6JUz3W4h_ExsQV-P0V54zemZDcAxFaSeef1QlXEFtkqxT1ciiQEDA",
    ),
    // The form of those of this server, of a session that is none.
    (
        "refresh",
        "A refresh token of this house",
        "rt1.AAECAwQFBgcICQoLDA0ODw.AAAAAAAAAAc.c2F5cyBub3RoaW5nIHRvIGFueWJvZHkgYnV0IG9uZSE",
    ),
    // RFC 6749 §4.1.4.
    ("opaque", "An opaque one", "2YotnFZFEjr1zCsicMWpAA"),
];

/// Returns the example that an address's query names: the first if it names none, and nothing for another name, as
/// `none`.
pub(super) fn example(query: Option<&str>) -> &'static str {
    let Some(name) = form::in_query(query, "example") else { return EXAMPLES[0].2 };
    EXAMPLES.iter().find(|(known, ..)| *known == name).map_or("", |(.., token)| token)
}

/// Draws the page, with a token and what was seen of it, or why nothing was.
pub(super) fn page(pasted: &str, seen: Result<&XRay, &str>) -> LabPage {
    let examples = EXAMPLES.iter().map(|(name, words, _)| (*name, *words));
    let examples = examples.chain([("none", "Nothing")]).map(|(name, words)| {
        view! {
            <li>
                <a href=format!("/x-ray?example={name}") rel="external">
                    {words}
                </a>
            </li>
        }
    });
    let examples = examples.collect_view();
    LabPage::new(
        "X-ray of a token",
        view! {
            {crumbs()}
            <div class="lead">
                <h1>"Which check would refuse it?"</h1>
                <p>
                    "Paste any token over this example. It is decoded and checked by the verifier that guards this very server, in the order in which it checks; with JavaScript, while you type. It is kept nowhere and logged nowhere. A token that is still good elsewhere is a key: paste one that has expired. A world has an X-ray of its own."
                </p>
            </div>
            <div id="world" class="pair" data-live="/x-ray">
                <form method="post" action="/x-ray" class="sheet field" data-typed="">
                    <label for="token">"Token"</label>
                    <textarea
                        id="token"
                        name="token"
                        rows="9"
                        spellcheck="false"
                        autocomplete="off"
                        autocapitalize="off"
                        translate="no"
                        inner_html=in_field(pasted)
                    ></textarea>
                    <p>
                        <button class="main">"Look"</button>
                    </p>
                    <p class="soft" id="examples">
                        "Examples:"
                    </p>
                    <ul class="row soft" aria-labelledby="examples">
                        {examples}
                    </ul>
                    <p class="soft">
                        <a href="/lab/formats" rel="external">
                            "The same claims in eight forms: who reads, makes and checks each"
                        </a>
                    </p>
                </form>
                <div>
                    {said(seen)} {told("news", "visually-hidden", None)}
                    <div inner_html=result(seen)></div>
                </div>
            </div>
        },
    )
}

/// The part that a script puts into the page: the result, and its announcement.
pub(super) fn fragment(seen: Result<&XRay, &str>) -> String {
    let news = told("news", "visually-hidden", seen.ok().map(judged));
    result(seen) + &html(said(seen)) + &html(news)
}

/// The reason for which nothing was seen, if nothing was.
fn said(seen: Result<&XRay, &str>) -> impl IntoView + use<> {
    told("said", "said error", seen.err().map(sentence))
}

fn result(seen: Result<&XRay, &str>) -> String {
    let content = match seen {
        Ok(seen) if seen.length > 0 => panels::token(seen).into_any(),
        _ => view! { <p class="soft">"Nothing yet."</p> }.into_any(),
    };
    panel(
        "panel-seen",
        view! {
            <section class="sheet" aria-labelledby="seen">
                <h2 id="seen">"What the verifier of this server says"</h2>
                {content}
            </section>
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_an_example_wherever_it_says_so() {
        let [(_, _, first), (_, _, second), ..] = EXAMPLES;
        for (query, token) in [
            (None, first),
            (Some(""), first),
            (Some("tab=2"), first),
            (Some("example=jwe"), second),
            (Some("tab=2&example=jwe"), second),
            (Some("example=%6Awe&tab=2"), second),
            (Some("example=none"), ""),
            (Some("example=jwe2"), ""),
        ] {
            assert_eq!(example(query), token, "{query:?}");
        }
    }
}
