use leptos::prelude::*;

use super::credentials_page::{CredentialsPage, Submitted};
use crate::{
    api::{self, NoOtherFields},
    components::credentials_form::Typed,
    path, rendering,
};

/// The sign-up page.
#[component]
pub fn SignUpPage() -> impl IntoView {
    let hint = rendering::password_min().map(|least| {
        format!(
            "At least {least} characters of any kind. Four or five words that only you would put together are \
             easy to keep and hard to guess."
        )
    });
    view! {
        <div class="narrow">
            <CredentialsPage
                title="Sign up"
                action="/api/sign_up"
                autocomplete="new-password"
                hint
                call=sign_up
            >
                <p>"Here before? " <a href=path::SIGN_IN>"Sign in"</a></p>
            </CredentialsPage>
        </div>
    }
}

fn sign_up(typed: Typed) -> Submitted {
    Box::pin(api::sign_up(typed.email, typed.password, typed.stay, NoOtherFields {}))
}
