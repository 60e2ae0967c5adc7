//! The pages of service B: a front page that says who is signed in, and one that says why a token was refused.

use leptos::prelude::*;

use crate::plain::Document;

/// The address of the front page.
pub const FRONT: &str = "/";
/// The address of the form that begins a handshake.
pub const CONTINUE: &str = "/continue";
/// The address at which a token arrives.
pub const ARRIVE: &str = "/arrive";
/// The address of the form that signs out.
pub const SIGN_OUT: &str = "/sign-out";

/// The parts that all pages of one service B share.
#[derive(Clone, Copy, Debug)]
pub struct Service<'a> {
    /// The name of the style sheet below `/pkg`.
    pub css: &'a str,
    /// The name of the service.
    pub name: &'a str,
    /// The origin of the service that vouches for its users.
    pub issuer: &'a str,
}

/// The user of a session of service B.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn<'a> {
    /// The subject, as service B names it.
    pub subject: &'a str,
    /// The means by which it was proven (RFC 8176).
    pub means: &'a str,
}

impl Service<'_> {
    fn draw(self, title: &str, content: impl IntoView) -> String {
        let brand = format!("Service {}", self.name);
        let foot = format!(
            "{brand} has a database and sessions of its own. Of {} it knows keys, and what they sign.",
            self.issuer
        );
        Document { brand: &brand, css: self.css, title, foot: &foot }.draw(content)
    }

    /// Draws the front page of a client that is signed out.
    pub fn welcome(self) -> String {
        let issuer = self.issuer.to_owned();
        self.draw(
            "Sign in",
            view! {
                <h1>"You are signed out"</h1>
                <form method="post" action=CONTINUE class="sheet">
                    <p>
                        "This service asks for no password. "
                        <b translate="no">{issuer}</b>
                        " says who you are, if you let it; then a session of this service's own begins."
                    </p>
                    <div class="row">
                        <button type="submit" class="main">
                            "Continue with A"
                        </button>
                    </div>
                </form>
            },
        )
    }

    /// Draws the front page of a user.
    pub fn signed_in(self, user: SignedIn<'_>) -> String {
        let SignedIn { subject, means } = user;
        let (subject, means, issuer) =
            (subject.to_owned(), means.to_owned(), self.issuer.to_owned());
        self.draw(
            "Signed in",
            view! {
                <h1>"You are signed in"</h1>
                <form method="post" action=SIGN_OUT class="sheet">
                    <p>
                        "As " <b translate="no">{subject}</b> ", by the means "
                        <b translate="no">{means}</b> ": " <b translate="no">{issuer}</b>
                        " vouched for you, once. This session is this service's own: it lives on if you sign out there."
                    </p>
                    <div class="row">
                        <button type="submit">"Sign out"</button>
                    </div>
                </form>
            },
        )
    }

    /// Draws a page that says why no session began.
    pub fn notice(self, title: &str, text: &str) -> String {
        let (heading, text) = (title.to_owned(), text.to_owned());
        self.draw(
            title,
            view! {
                <h1>{heading}</h1>
                <section class="sheet">
                    <p>{text}</p>
                    <p>
                        <a href=FRONT>"To the front page"</a>
                    </p>
                </section>
            },
        )
    }
}
