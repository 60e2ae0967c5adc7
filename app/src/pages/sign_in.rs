use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_navigate;

use crate::{
    api::{self, NoOtherFields},
    components::{
        credentials_form::{CredentialsForm, Typed},
        notice::EndedNotice,
    },
    eager::eager,
    model::{EndReason, SessionView},
    pages::sign_up::{AlreadySignedIn, form_error},
    path,
    session::use_session,
};

/// The sign-in page. Says why the last session is over, if one is.
#[component]
pub fn SignInPage() -> impl IntoView {
    let session = use_session();
    let view = session.view();
    let navigate = use_navigate();
    let error = RwSignal::new(form_error("/api/sign_in"));
    let pending = RwSignal::new(false);
    let submitted = Callback::new(move |typed: Typed| {
        let navigate = navigate.clone();
        pending.set(true);
        spawn_local(async move {
            let Typed { email, password, stay } = typed;
            match api::sign_in(email, password, stay, NoOtherFields {}).await {
                Ok(view) => {
                    session.adopt(view);
                    navigate(path::HOME, Default::default());
                }
                Err(failed) => error.set(Some(failed)),
            }
            pending.set(false);
        });
    });
    let ended = Memo::new(move |_| {
        view.with(|view| match view {
            SessionView::SignedOut { ended } => ended.filter(|why| *why != EndReason::SignedOut),
            _ => None,
        })
    });
    eager(view! {
        <Title text="Sign in" />
        <AlreadySignedIn />
        <div class="narrow">
            {move || ended.get().map(|reason| view! { <EndedNotice reason /> })}
            <h1>"Sign in"</h1>
            <CredentialsForm
                action="/api/sign_in"
                button="Sign in"
                autocomplete="current-password"
                error
                pending
                submitted
            />
            <p>"No account yet? " <a href=path::SIGN_UP>"Sign up"</a></p>
        </div>
    })
}
