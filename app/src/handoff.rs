//! The pages of service A in a handshake: a user says that another service may know them.
//!
//! Each form names the receiver and carries the nonce that came with the request; nothing else of the request is shown.

use leptos::prelude::*;

use crate::plain::Document;

/// The address of the page, and of the form that continues.
pub const HANDOFF: &str = "/handoff";
/// The address of the form that signs in on the way.
pub const HANDOFF_SIGN_IN: &str = "/handoff/sign-in";

const BRAND: &str = "Coatroom";
const FOOT: &str =
    "Coatroom: the wristband that every bouncer can read, and the ticket that the house can void.";

/// The service that a user wants to go to, and the nonce that its browser brought.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The name of the receiver.
    pub to: &'a str,
    /// Its origin.
    pub origin: &'a str,
    /// The nonce as text.
    pub nonce: &'a str,
}

fn document<'a>(css: &'a str, title: &'a str) -> Document<'a> {
    Document { brand: BRAND, css, title, foot: FOOT }
}

/// Draws the question whether a signed-in user wants to go on.
pub fn confirm(css: &str, wish: Wish<'_>, email: &str) -> String {
    let Wish { to, origin, .. } = wish;
    let title = format!("Continue to {to}?");
    document(css, &title).draw(view! {
        <h1>{title.clone()}</h1>
        <form method="post" action=HANDOFF class="sheet">
            <p>
                "The service " <b translate="no">{to.to_owned()}</b> " at "
                <b translate="no">{origin.to_owned()}</b> " wants to sign you in."
            </p>
            <p>
                "You are signed in here as " <b translate="no">{email.to_owned()}</b>
                ". It will be told the id of your account, once, and nothing else."
            </p>
            {hidden(wish)}
            <div class="row">
                <button type="submit" class="main">
                    "Continue"
                </button>
                <a href="/">"Stay here"</a>
            </div>
        </form>
    })
}

/// Draws the form for a password, for a user who is signed out; with the error of the last attempt, and what was typed.
pub fn sign_in(css: &str, wish: Wish<'_>, email: &str, error: Option<&str>) -> String {
    let to = wish.to.to_owned();
    let error = error.unwrap_or_default().to_owned();
    let invalid = if error.is_empty() { "false" } else { "true" };
    document(css, "Sign in").draw(view! {
        <h1>"Sign in"</h1>
        <p>"Sign in first. Then you are asked before " <b translate="no">{to}</b> " is told."</p>
        <form method="post" action=HANDOFF_SIGN_IN class="sheet credentials">
            {hidden(wish)}
            <p class="error" id="error" role="alert">
                {error}
            </p>
            <div class="field">
                <label for="email">"Email address"</label>
                <input
                    id="email"
                    name="email"
                    type="email"
                    value=email.to_owned()
                    autocomplete="username"
                    required
                    aria-describedby="error"
                    aria-invalid=invalid
                />
            </div>
            <div class="field">
                <label for="password">"Password"</label>
                <input
                    id="password"
                    name="password"
                    type="password"
                    autocomplete="current-password"
                    required
                    aria-describedby="error"
                    aria-invalid=invalid
                />
            </div>
            <div class="row">
                <button type="submit" class="main">
                    "Sign in"
                </button>
                <a href="/">"Stay here"</a>
            </div>
        </form>
    })
}

/// Draws a page that says why there is nothing to ask.
pub fn notice(css: &str, title: &str, text: &str) -> String {
    let (heading, text) = (title.to_owned(), text.to_owned());
    document(css, title).draw(view! {
        <h1>{heading}</h1>
        <section class="sheet">
            <p>{text}</p>
            <p>
                <a href="/">"To the front page"</a>
            </p>
        </section>
    })
}

fn hidden(wish: Wish<'_>) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="to" value=wish.to.to_owned() />
        <input type="hidden" name="nonce" value=wish.nonce.to_owned() />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_texts_and_no_markup_of_others() {
        let evil = "<script>alert(1)</script>\"'&";
        let wish = Wish { to: evil, origin: evil, nonce: evil };
        for page in [
            confirm("style.css", wish, evil),
            sign_in("style.css", wish, evil, Some(evil)),
            notice("style.css", evil, evil),
        ] {
            assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{page}");
            assert!(!page.contains("<script"), "{page}");
            assert!(
                !page.contains("value=\"<script") && !page.contains("(1)</script>\"'"),
                "{page}"
            );
        }
    }
}
