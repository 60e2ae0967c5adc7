use leptos::prelude::*;

use super::moment::Moment;
use crate::eager::eager;
use crate::model::{Member, SignedIn};

/// What the access token says, decoded by the server, each member with its meaning.
#[component]
pub fn Claims(session: Signal<SignedIn>) -> impl IntoView {
    let rows = move |members: fn(&SignedIn) -> &Vec<Member>| {
        session.with(|session| members(session).iter().map(row).collect_view())
    };
    eager(view! {
        <section class="sheet" aria-labelledby="claims">
            <h2 id="claims">"Inside the wristband"</h2>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="claims">
                <table class="members">
                    <caption>"Header: how it is signed"</caption>
                    <tbody data-part="header">{move || rows(|session| &session.access.header)}</tbody>
                </table>
                <table class="members">
                    <caption>"Claims: what it says"</caption>
                    <tbody data-part="claims">{move || rows(|session| &session.access.claims)}</tbody>
                </table>
            </div>
            <p class="soft">
                "Signed, not encrypted: who holds it can read it. The signature stays with the server and the cookie."
            </p>
        </section>
    })
}

fn row(member: &Member) -> impl IntoView + use<> {
    let value = match member.at {
        Some(at) => eager(view! { <Moment at=at /> }),
        None => eager(view! { <code>{member.value.clone()}</code> }),
    };
    view! {
        <tr>
            <th scope="row">
                <code>{member.name.clone()}</code>
            </th>
            <td>{value}</td>
            <td class="soft">{meaning(&member.name)}</td>
        </tr>
    }
}

fn meaning(name: &str) -> &'static str {
    match name {
        "typ" => "an access token, and no other kind of JWT",
        "alg" => "compared with the key's algorithm, never believed",
        "kid" => "which key signed it",
        "iss" => "who issued it",
        "aud" => "whom it is meant for",
        "sub" => "who you are: an id that says nothing",
        "sid" => "which session, so that it can be revoked",
        "iat" => "when it was issued",
        "exp" => "from when it is worth nothing",
        "jti" => "its own id",
        "auth_time" => "when you last showed your password",
        "gen" => "the ticket it came with; its use proves that one arrived",
        "role" => "what you may do",
        "av" => "the version of what you may do",
        _ => "",
    }
}
