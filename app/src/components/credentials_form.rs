use leptos::{ev::SubmitEvent, html, prelude::*};

use crate::{eager::eager, error::ApiError, rendering};

/// The values that a person typed.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
    /// The checkbox "stay signed in": `on` if it is checked.
    pub stay: Option<String>,
}

/// The form for an address and a password. Without JavaScript it posts itself to `action`, and comes back with the
/// error; with it, `submitted` is called and no page is loaded.
#[component]
pub fn CredentialsForm(
    /// The address that it posts itself to.
    action: &'static str,
    /// The word on its button.
    button: &'static str,
    /// The kind of password that it asks for: `new-password` or `current-password`.
    autocomplete: &'static str,
    /// The hint below the password's label.
    hint: Option<String>,
    /// The error of the last attempt.
    error: RwSignal<Option<ApiError>>,
    /// True while an attempt is under way.
    pending: RwSignal<bool>,
    /// Receives the values that were typed.
    submitted: Callback<Typed>,
) -> impl IntoView {
    let email = NodeRef::<html::Input>::new();
    let password = NodeRef::<html::Input>::new();
    let stay = NodeRef::<html::Input>::new();
    let shown = RwSignal::new(false);
    // Values that were typed into a form that comes back, on the server. In the browser the fields have them.
    let (email_before, stay_before) =
        (rendering::typed_email(action), rendering::typed_stay(action));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if pending.get_untracked() {
            return;
        }
        let text = |field: NodeRef<html::Input>| {
            field.get_untracked().map(|input| input.value()).unwrap_or_default()
        };
        let checked = stay.get_untracked().is_some_and(|input| input.checked());
        submitted.run(Typed {
            email: text(email),
            password: text(password),
            stay: checked.then(|| "on".to_owned()),
        });
    };
    let about_email = move || error.get().filter(|error| error.is_about_email());
    let about_password = move || error.get().filter(|error| !error.is_about_email());
    let said = |error: Option<ApiError>| error.map(|error| error.to_string());
    let invalid = |wrong: bool| if wrong { "true" } else { "false" };
    let described_by = match &hint {
        Some(_) => "password-hint password-error",
        None => "password-error",
    };

    eager(view! {
        <form method="post" action=action class="sheet credentials" on:submit=submit>
            <div class="field">
                <label for="email">"Email address"</label>
                <p class="error" id="email-error" role="alert" translate="no">
                    {move || said(about_email())}
                </p>
                <input
                    node_ref=email
                    id="email"
                    name="email"
                    type="email"
                    value=email_before
                    autocomplete="username"
                    required
                    aria-describedby="email-error"
                    aria-invalid=move || invalid(about_email().is_some())
                />
            </div>
            <div class="field">
                <label for="password">"Password"</label>
                {hint.map(|hint| view! { <p class="soft" id="password-hint">{hint}</p> })}
                <p class="error" id="password-error" role="alert" translate="no">
                    {move || said(about_password())}
                </p>
                <div class="with-toggle">
                    <input
                        node_ref=password
                        id="password"
                        name="password"
                        type=move || if shown.get() { "text" } else { "password" }
                        autocomplete=autocomplete
                        required
                        aria-describedby=described_by
                        aria-invalid=move || {
                            invalid(about_password().is_some_and(ApiError::is_about_password))
                        }
                    />
                    <button
                        type="button"
                        class="toggle needs-script"
                        aria-controls="password"
                        aria-pressed=move || if shown.get() { "true" } else { "false" }
                        on:click=move |_| shown.update(|shown| *shown = !*shown)
                    >
                        "Show"
                    </button>
                </div>
            </div>
            <div class="check">
                <input node_ref=stay id="stay" name="stay" type="checkbox" checked=stay_before />
                <label for="stay">"Stay signed in on this device"</label>
            </div>
            <div class="row">
                <button
                    type="submit"
                    class="main"
                    aria-disabled=move || if pending.get() { "true" } else { "false" }
                >
                    {button}
                </button>
                <span class="soft" role="status" translate="no">
                    {move || pending.get().then_some("One moment …")}
                </span>
            </div>
        </form>
    })
}
