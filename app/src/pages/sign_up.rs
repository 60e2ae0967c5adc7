use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{components::Redirect, hooks::use_navigate};

use crate::{
    api::{self, NoOtherFields},
    components::credentials_form::{CredentialsForm, Typed},
    eager::eager,
    error::ApiError,
    path,
    rendered::rendered,
    rendering,
    session::use_session,
};

/// The sign-up page.
#[component]
pub fn SignUpPage() -> impl IntoView {
    let session = use_session();
    let navigate = use_navigate();
    let error = RwSignal::new(form_error("/api/sign_up"));
    let pending = RwSignal::new(false);
    let submitted = Callback::new(move |typed: Typed| {
        let navigate = navigate.clone();
        pending.set(true);
        spawn_local(async move {
            let Typed { email, password, stay } = typed;
            match api::sign_up(email, password, stay, NoOtherFields {}).await {
                Ok(view) => {
                    session.adopt(view);
                    navigate(path::HOME, Default::default());
                }
                Err(failed) => error.set(Some(failed)),
            }
            pending.set(false);
        });
    });
    eager(view! {
        <Title text="Sign up" />
        <AlreadySignedIn />
        <div class="narrow">
            <h1>"Sign up"</h1>
            <CredentialsForm
                action="/api/sign_up"
                button="Sign up"
                autocomplete="new-password"
                hint="At least 15 characters of any kind. Four or five words that only you would put together are easy to keep and hard to guess."
                error
                pending
                submitted
            />
            <p>"Here before? " <a href=path::SIGN_IN>"Sign in"</a></p>
        </div>
    })
}

/// Sends somebody who is signed in home.
#[component]
pub fn AlreadySignedIn() -> impl IntoView {
    let view = use_session().view();
    let signed_in = Memo::new(move |_| view.with(|view| view.signed_in().is_some()));
    move || signed_in.get().then(|| view! { <Redirect path=path::HOME /> })
}

/// The error that a form without JavaScript came back with. The server finds it; the browser is told.
pub fn form_error(endpoint: &'static str) -> Option<ApiError> {
    rendered(|| rendering::form_error(endpoint))
}
