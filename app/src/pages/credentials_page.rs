//! The common part of the pages for signing in and signing up.

use std::{future::Future, pin::Pin};

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::components::Redirect;

use crate::{
    components::credentials_form::{CredentialsForm, Typed},
    eager::eager,
    error::ApiError,
    model::SessionView,
    path,
    rendered::rendered,
    rendering,
    session::use_session,
};

/// The answer to come of a call that signs a person in.
pub type Submitted = Pin<Box<dyn Future<Output = Result<SessionView, ApiError>>>>;

/// A page that asks for an address and a password. A person who is signed in already, or is then, is sent home.
#[component]
pub fn CredentialsPage(
    /// Its title, which is the word on its button too.
    title: &'static str,
    /// The address that the form posts itself to without JavaScript.
    action: &'static str,
    /// The kind of password that it asks for: `new-password` or `current-password`.
    autocomplete: &'static str,
    /// The hint about the password.
    #[prop(optional_no_strip)]
    hint: Option<String>,
    /// Signs in, or up.
    call: fn(Typed) -> Submitted,
    /// The content below the form.
    children: Children,
) -> impl IntoView {
    let session = use_session();
    let view = session.view();
    // The error that a form without JavaScript came back with: the server finds it, and the page tells the browser.
    let error = RwSignal::new(rendered(|| rendering::form_error(action)));
    let pending = RwSignal::new(false);
    let submitted = Callback::new(move |typed: Typed| {
        pending.set(true);
        spawn_local(async move {
            let arrived = match call(typed).await {
                Ok(view) => session.arrive(view).await,
                Err(failed) => Err(failed),
            };
            pending.set(false);
            if let Err(failed) = arrived {
                error.set(Some(failed));
            }
        });
    });
    let signed_in = Memo::new(move |_| view.with(|view| view.brief().is_some()));
    eager(view! {
        <Title text=title />
        {move || signed_in.get().then(|| view! { <Redirect path=path::HOME /> })}
        <h1>{title}</h1>
        <CredentialsForm action button=title autocomplete hint error pending submitted />
        {children()}
    })
}
