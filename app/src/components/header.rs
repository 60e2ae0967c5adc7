use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, components::A, hooks::use_navigate};

use crate::{
    api::{self, NoOtherFields},
    eager::eager,
    model::SessionView,
    path,
    pending::Pending,
    rendering,
    session::use_session,
};

/// The person who is signed in, as far as is known.
#[derive(Clone, PartialEq, Eq)]
enum Who {
    SignedIn(String),
    Nobody,
    NotKnown,
}

/// The places of the lab, as text: the bundle is smaller so.
const PLACES: &str = r#"<a href="/learn" rel="external">Learn</a><a href="/lab" rel="external">Lab</a><a href="/x-ray" rel="external">X-ray</a>"#;

/// The head of every page: the links to other pages, and the person who is signed in.
#[component]
pub fn Header() -> impl IntoView {
    let session = use_session();
    let view = session.view();
    let lab = rendering::lab_is_open();
    let who = Memo::new(move |_| {
        view.with(|view| match view {
            SessionView::SignedIn(session) => Who::SignedIn(session.email.clone()),
            SessionView::Brief(brief) => Who::SignedIn(brief.email.clone()),
            SessionView::SignedOut { .. } => Who::Nobody,
            SessionView::Limited { .. } | SessionView::Unavailable => Who::NotKnown,
        })
    });
    let who = move || match who.get() {
        Who::SignedIn(email) => eager(view! {
            <span class="who soft">
                <span class="email" translate="no">{email}</span>
            </span>
            <SignOut />
        }),
        Who::NotKnown => eager(view! {
            <p class="who soft">"Not known just now"</p>
        }),
        Who::Nobody => eager(view! {
            <nav class="who" aria-label="Account">
                <A href=path::SIGN_IN>"Sign in"</A>
                <A href=path::SIGN_UP>"Sign up"</A>
            </nav>
        }),
    };

    view! {
        <header class="top">
            <A href=path::HOME attr:class="brand">
                "Coatroom"
            </A>
            {lab.then(|| view! { <nav class="places" aria-label="Places" inner_html=PLACES></nav> })}
            {who}
        </header>
    }
}

/// The button that signs out. Without JavaScript it is a form like any other.
#[component]
fn SignOut() -> impl IntoView {
    let session = use_session();
    let navigate = use_navigate();
    // Screen readers announce the wait, which the button shows to the eye; an error is shown as text, too.
    let said = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        let Some(pending) = Pending::of(&event) else { return };
        said.set("One moment …".to_owned());
        let navigate = navigate.clone();
        spawn_local(async move {
            let answer = api::sign_out(NoOtherFields {}).await;
            drop(pending);
            match answer {
                Ok(view) => {
                    session.adopt(view);
                    navigate(path::SIGN_IN, NavigateOptions::default());
                }
                Err(error) => said.set(error.to_string()),
            }
        });
    };
    view! {
        <form method="post" action="/api/sign_out" on:submit=submit>
            <button type="submit">"Sign out"</button>
            <span class="error" role="alert" translate="no">
                {said}
            </span>
        </form>
    }
}
