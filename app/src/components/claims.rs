use std::sync::Arc;

use leptos::prelude::*;

use super::moment::Moment;
use crate::eager::eager;
use crate::model::{Member, SignedIn};

/// Shows what the access token says, decoded by the server, each member with its meaning.
#[component]
pub fn Claims(session: Signal<Arc<SignedIn>>) -> impl IntoView {
    let header = move || session.with(|session| members(&session.access.header));
    let claims = move || session.with(|session| members(&session.access.claims));
    eager(view! {
        <section class="sheet claims" aria-labelledby="claims">
            <h2 id="claims">"Inside the wristband"</h2>
            <h3>"Header: how it is signed"</h3>
            <dl class="members" data-part="header" translate="no">
                {header}
            </dl>
            <h3>"Claims: what it says"</h3>
            <dl class="members" data-part="claims" translate="no">
                {claims}
            </dl>
            <p class="soft">
                "Signed, not encrypted: who holds it can read it. The server read it for you; the signature stays in the cookie."
            </p>
        </section>
    })
}

fn members(members: &[Member]) -> impl IntoView + use<> {
    members
        .iter()
        .map(|member| {
            let value = match member.at {
                Some(at) => eager(view! { <Moment at=at /> }),
                None => eager(view! { <code>{member.value.clone()}</code> }),
            };
            view! {
                <div>
                    <dt>
                        <code>{member.name.clone()}</code>
                    </dt>
                    <dd>{value}</dd>
                    <dd class="soft">{meaning(&member.name)}</dd>
                </div>
            }
        })
        .collect_view()
}

fn meaning(name: &str) -> &'static str {
    match name {
        "typ" => "which kind of JWT it is, and no other",
        "alg" => "compared with the key's algorithm, never believed",
        "kid" => "which key signed it",
        "iss" => "who issued it",
        "aud" => "whom it is meant for",
        "sub" => "who you are: an id that says nothing",
        "sid" => "which session it belongs to",
        "iat" => "when it was issued",
        "exp" => "from when it is worth nothing",
        "jti" => "its own id",
        "auth_time" => "when you last showed who you are",
        "amr" => "by what means: pwd is a password",
        "gen" => "the number of its ticket, if there is one",
        "role" => "what you may do",
        "av" => "the version of what you may do",
        _ => "",
    }
}
