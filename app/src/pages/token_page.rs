use std::{future::Future, pin::Pin, sync::Arc};

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use leptos_meta::Title;

use super::news::News;
use crate::{
    api::{self, NoOtherFields},
    components::{
        claims::Claims, cookie_jar::CookieJar, event_log::EventLog, ticket::Ticket,
        wristband::Wristband,
    },
    eager::eager,
    model::SignedIn,
    path,
    pending::Pending,
    rendering,
    scheme::{HYBRID, OPAQUE},
    session::{refresh_once, use_session},
};

/// The tokens of a person who is signed in: state, expiry, contents, and what happened to them.
#[component]
pub fn TokenPage(session: Signal<Arc<SignedIn>>) -> impl IntoView {
    let scheme = rendering::scheme().unwrap_or_default();
    let (is_hybrid, is_opaque) = (scheme == HYBRID, scheme == OPAQUE);
    let panel = move || session.with(|session| session.panel.clone());
    let told = move || session.with(|session| session.told.clone());
    eager(view! {
        <Title text="Your tokens" />
        <div class="lead">
            <div>
                <h1>"You are signed in. Here is what holds the door."</h1>
                <News />
            </div>
            <p class="soft">
                {rendering::lead()}
            </p>
        </div>
        // A translator would keep what it saw first, whatever became of it since.
        <div class="pair" translate="no">
            {(!is_opaque).then(|| eager(view! { <Wristband session /> }))}
            {is_hybrid.then(|| eager(view! { <Ticket session /> }))}
            <div class="drawn" inner_html=panel></div>
        </div>
        <div class="flow told-by-server" inner_html=told></div>
        <Actions is_hybrid />
        {(is_hybrid || is_opaque).then(|| eager(view! { <EventLog session /> }))}
        {(!is_opaque).then(|| eager(view! { <Claims session /> }))}
        <CookieJar session />
    })
}

/// The actions of the page, and the outcome of the last one. Without JavaScript each is a form or a link.
#[component]
fn Actions(is_hybrid: bool) -> impl IntoView {
    let session = use_session();
    // The outcome of the last press, as HTML: the server's, or words without a tag. The log tells what the page does by
    // itself; what it does in vain is told here, but only if nothing stands here that a person asked for.
    let outcome = RwSignal::new(rendering::outcome());
    let press = move |event: SubmitEvent, answer: Words| {
        let Some(pending) = Pending::of(&event) else { return };
        outcome.set("One moment …".to_owned());
        spawn_local(async move {
            outcome.set(answer.await);
            drop(pending);
        });
    };
    let refresh = move |event| {
        let answer =
            async move { if refresh_once().await { session.decided() } else { String::new() } };
        press(event, Box::pin(answer));
    };
    let call = move |event| {
        let answer = async move {
            let answer = api::call_protected(NoOtherFields {}).await;
            session.called(answer.as_ref().err().copied());
            answer.map_or_else(|error| error.to_string(), |admitted| admitted.told)
        };
        press(event, Box::pin(answer));
    };
    let said = move || match (outcome.get(), session.trouble().get()) {
        (said, Some(trouble)) if said.is_empty() => trouble.to_string(),
        (said, _) => said,
    };
    eager(view! {
        <section class="actions" aria-label="Try it">
            <div class="row">
                {is_hybrid
                    .then(|| {
                        eager(
                            view! {
                                <form method="post" action="/api/refresh" on:submit=refresh>
                                    <button type="submit" class="main">
                                        "Refresh now"
                                    </button>
                                </form>
                            },
                        )
                    })}
                <form method="post" action="/api/call_protected" on:submit=call>
                    <button type="submit">"Call a protected function"</button>
                </form>
                <a class="button" href=path::HOME rel="external">
                    "Reload the page"
                </a>
            </div>
            <p
                class="outcome"
                role="status"
                translate="no"
                data-testid="outcome"
                inner_html=said
            ></p>
        </section>
    })
}

/// The words to come about what a person asked for.
type Words = Pin<Box<dyn Future<Output = String>>>;
