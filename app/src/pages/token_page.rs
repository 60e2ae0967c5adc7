use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use leptos_meta::Title;

use crate::{
    api::{self, NoOtherFields},
    components::{
        claims::Claims, cookie_jar::CookieJar, event_log::EventLog,
        failed_sign_ins::FailedSignInList, ticket::Ticket, wristband::Wristband,
    },
    eager::eager,
    error::ApiError,
    model::{Admitted, SignedIn},
    path, rendering,
    session::{refresh_once, use_session},
};

/// The tokens of somebody who is signed in: state, expiry, contents, and what happened to them.
#[component]
pub fn TokenPage(session: Signal<SignedIn>) -> impl IntoView {
    eager(view! {
        <Title text="Your tokens" />
        <div class="lead">
            <h1>"You are signed in. Here is what holds the door."</h1>
            <p class="soft">
                "The wristband is checked on every request without asking anyone. The ticket goes along, and is looked at when the wristband has run out."
            </p>
        </div>
        <div class="pair">
            <Wristband session />
            <Ticket session />
        </div>
        <Actions />
        <FailedSignInList session />
        <EventLog session />
        <Claims session />
        <CookieJar session />
    })
}

/// What one can do here, and what came of it. Without JavaScript each is a form or a link.
#[component]
fn Actions() -> impl IntoView {
    let session = use_session();
    let admitted = RwSignal::new(None::<Result<Admitted, ApiError>>);
    // The last of the two that was asked for is the one that is spoken of.
    let refreshed_last = RwSignal::new(true);
    let refresh = move |event: SubmitEvent| {
        event.prevent_default();
        refreshed_last.set(true);
        spawn_local(async {
            refresh_once().await;
        });
    };
    let call = move |event: SubmitEvent| {
        event.prevent_default();
        spawn_local(async move {
            let answer = api::call_protected(NoOtherFields {}).await;
            refreshed_last.set(false);
            admitted.set(Some(answer));
        });
    };
    let outcome = move || {
        if let Some(trouble) = session.trouble().get() {
            return trouble.to_string();
        }
        match (refreshed_last.get(), admitted.get(), session.decided().get()) {
            (false, Some(Ok(Admitted { sub, role, .. })), _) => {
                format!("Let in as {role} {sub}: read off the wristband, nobody was asked.")
            }
            (false, Some(Err(error)), _) => error.to_string(),
            (_, _, Some(row)) => decided(row).to_owned(),
            _ => rendering::outcome(),
        }
    };
    eager(view! {
        <section class="actions" aria-label="Try it">
            <div class="row">
                <form method="post" action="/api/refresh" on:submit=refresh>
                    <button type="submit" class="main">
                        "Refresh now"
                    </button>
                </form>
                <form method="post" action="/api/call_protected" on:submit=call>
                    <button type="submit">"Call a protected function"</button>
                </form>
                <a class="button" href=path::HOME rel="external">
                    "Reload the page"
                </a>
            </div>
            <p class="outcome" role="status" data-testid="outcome">
                {outcome}
            </p>
        </section>
    })
}

/// What the row of the rule that decided a refresh means to the person who asked for it.
pub fn decided(row: u8) -> &'static str {
    match row {
        5 => "5 · Debounced: this ticket is too fresh to be exchanged. You keep it.",
        6 => "6 · Rotate: the ticket was exchanged for the next number.",
        7 => "7 · Replay: the answer had not been seen yet, so it was given again.",
        8 => "8 · Replay: another request had just exchanged it; you got the same one.",
        _ => "",
    }
}
