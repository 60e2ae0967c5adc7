use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;

use super::token_page::TokenPage;
use crate::{
    components::limited::LimitedNotice,
    eager::eager,
    live,
    model::{SessionView, SignedIn},
    path,
    rendering::{self, front, lab_is_open, set_status},
    session::use_session,
};

/// The kinds of visitors that the home page tells apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visitor {
    SignedIn,
    /// A person who is signed in, and came from a page that knows no more than that.
    Brief,
    /// A person whose session is over, and who should be told.
    Ended,
    Stranger,
    /// A person whose session lives, but who has to wait for so many seconds.
    Limited(u32),
    Unknown,
}

/// The home page: the token page of a person who is signed in, a welcome for a stranger, a notice or a redirect for
/// others.
#[component]
pub fn HomePage() -> impl IntoView {
    let view = use_session().view();
    let visitor = Memo::new(move |_| {
        view.with(|view| match view {
            SessionView::SignedIn(_) => Visitor::SignedIn,
            SessionView::Brief(_) => Visitor::Brief,
            SessionView::SignedOut { ended: None } => Visitor::Stranger,
            SessionView::SignedOut { .. } => Visitor::Ended,
            SessionView::Limited { retry_after } => Visitor::Limited(*retry_after),
            SessionView::Unavailable => Visitor::Unknown,
        })
    });
    // The last session that was known, so that the page keeps standing for the moment in which a session ends.
    let session = Memo::new(move |last: Option<&Option<Arc<SignedIn>>>| {
        view.with(|view| view.signed_in().cloned()).or_else(|| last.cloned().flatten())
    });
    move || match visitor.get() {
        Visitor::SignedIn => match session.get_untracked() {
            Some(first) => {
                let session =
                    Signal::derive(move || session.get().unwrap_or_else(|| Arc::clone(&first)));
                eager(view! { <TokenPage session /> })
            }
            None => eager(view! { <Welcome /> }),
        },
        Visitor::Brief => eager(view! { <Asking /> }),
        Visitor::Ended => eager(view! { <Redirect path=path::ENDED /> }),
        Visitor::Stranger => eager(view! { <Welcome /> }),
        Visitor::Limited(retry_after) => eager(view! { <Wait retry_after /> }),
        Visitor::Unknown => eager(view! { <NoAnswer /> }),
    }
}

/// The home page while it asks for what the page before it did not show.
#[component]
fn Asking() -> impl IntoView {
    let session = use_session();
    Effect::new(move |_| session.complete());
    view! {
        <Title text="Your tokens" />
        <p class="outcome" role="status" translate="no">
            "One moment …"
        </p>
        <p>
            <a class="button" href=path::HOME rel="external">
                "Load the page"
            </a>
        </p>
    }
}

/// The home page of a person who is not signed in.
#[component]
fn Welcome() -> impl IntoView {
    Effect::new(|_| live::front());
    view! {
        <Title text="" />
        <div class="lead">
            <h1>"A login that keeps itself alive, and shows you how."</h1>
            <p>
                "A signed token is a wristband: any bouncer can read it, and it is good until it runs out. A session is a coat-check ticket: the house can void it. Here you get both. Five tabs, a lost answer or a closed laptop sign nobody out, as long as whatever does arrive comes within the grace, and before the session is over. "
                {rendering::bounds()}
            </p>
            <p class="row">
                <a class="button main" href=path::SIGN_UP>
                    "Sign up"
                </a>
                <a class="button" href=path::SIGN_IN>
                    "Sign in"
                </a>
                {lab_is_open()
                    .then(|| {
                        view! {
                            <a class="button" href=path::LAB rel="external">
                                "Cause a race or a theft"
                            </a>
                        }
                    })}
            </p>
        </div>
        <div id="front" class="flow" tabindex="-1" inner_html=front()></div>
    }
}

/// The page of a person who has to wait.
#[component]
fn Wait(retry_after: u32) -> impl IntoView {
    view! {
        <Title text="Please wait" />
        <div class="lead">
            <h1>"A moment, please: too many answers were lost."</h1>
        </div>
        <LimitedNotice retry_after />
        <p>
            <a class="button" href=path::HOME rel="external">
                "Ask again now"
            </a>
        </p>
    }
}

/// The page while the server's store does not answer.
#[component]
fn NoAnswer() -> impl IntoView {
    set_status(503);
    view! {
        <Title text="No answer" />
        <div class="lead">
            <h1>"The cloakroom does not answer just now."</h1>
            <p class="outcome" role="status" inner_html=rendering::outcome()></p>
            <p>"Nothing of yours is lost, and nobody is signed out by this. Try again in a moment."</p>
            <p>
                <a class="button main" href=path::HOME rel="external">
                    "Try again"
                </a>
            </p>
        </div>
    }
}
