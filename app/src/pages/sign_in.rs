use leptos::prelude::*;

use super::credentials_page::{CredentialsPage, Submitted};
use crate::{
    api::{self, NoOtherFields},
    components::{credentials_form::Typed, limited::LimitedNotice, notice::EndedNotice},
    model::SessionView,
    path,
    session::use_session,
};

/// The sign-in page. It says why the last session is over, if one is.
#[component]
pub fn SignInPage() -> impl IntoView {
    let view = use_session().view();
    let ended = Memo::new(move |_| {
        view.with(|view| match view {
            SessionView::SignedOut { ended } => *ended,
            _ => None,
        })
    });
    let limited = Memo::new(move |_| {
        view.with(|view| match view {
            SessionView::Limited { retry_after } => Some(*retry_after),
            _ => None,
        })
    });
    view! {
        <div class="narrow">
            {move || limited.get().map(|retry_after| view! { <LimitedNotice retry_after /> })}
            {move || ended.get().map(|reason| view! { <EndedNotice reason /> })}
            <CredentialsPage
                title="Sign in"
                action="/api/sign_in"
                autocomplete="current-password"
                call=sign_in
            >
                <p>"No account yet? " <a href=path::SIGN_UP>"Sign up"</a></p>
            </CredentialsPage>
        </div>
    }
}

fn sign_in(typed: Typed) -> Submitted {
    Box::pin(api::sign_in(typed.email, typed.password, typed.stay, NoOtherFields {}))
}
