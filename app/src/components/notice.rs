use leptos::prelude::*;

use crate::eager::eager;
use crate::model::EndReason;

/// Tells the owner, in words for a person, why a session of this browser is over.
#[component]
pub fn EndedNotice(reason: EndReason) -> impl IntoView {
    let Words { state, word, title, text } = words(reason);
    eager(view! {
        <section class="sheet notice" data-state=state aria-labelledby="ended">
            <p class="badge">{word}</p>
            <h2 id="ended">{title}</h2>
            <p>{text}</p>
        </section>
    })
}

/// The words of a notice.
pub struct Words {
    /// The state that its badge shows.
    pub state: &'static str,
    /// The word on its badge.
    pub word: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// The account of what happened, and of what the person can do.
    pub text: &'static str,
}

/// Returns the words about a session that is over.
pub fn words(reason: EndReason) -> Words {
    let (state, word, title, text) = match reason {
        EndReason::Reuse => (
            "revoked",
            "Revoked",
            "We ended your session to protect you.",
            "A ticket that had been exchanged already was shown a second time. Somebody may have a copy of it, so \
             nobody can use that session any more, neither you nor they. If this was not you restoring an old browser \
             profile, choose another password.",
        ),
        EndReason::IdleExpiry => (
            "expired",
            "Expired",
            "Your session ended while you were away.",
            "Nothing was heard from this browser for too long. Choose “stay signed in” for a longer time.",
        ),
        EndReason::AbsoluteExpiry => (
            "expired",
            "Expired",
            "Your session reached its end.",
            "Every session ends for certain after a fixed time, however busy it was. Sign in again.",
        ),
        EndReason::Replaced => (
            "revoked",
            "Revoked",
            "Another sign-in took this session's place.",
            "Signing in always begins a new session, so that nobody can plant one.",
        ),
        EndReason::Administrator => (
            "revoked",
            "Revoked",
            "An administrator ended this session.",
            "Whoever runs this site ended it, perhaps together with others. You can sign in again.",
        ),
        EndReason::Application => (
            "revoked",
            "Revoked",
            "This site ended your session.",
            "It was done by a program, and not by a person. You can sign in again.",
        ),
        EndReason::OwnerGone => (
            "revoked",
            "Revoked",
            "Your account cannot be signed in to any more.",
            "It was deleted, or locked. Ask whoever runs this site.",
        ),
        EndReason::Unknown => (
            "revoked",
            "Ended",
            "This session has ended.",
            "The server ended it, and this page has no words for why. Sign in again.",
        ),
        EndReason::SignedOut => (
            "revoked",
            "Signed out",
            "You were signed out.",
            "It was done on another page or in another tab, or the cookies are gone. If it was not you, somebody may \
             have a copy of them: choose another password.",
        ),
        EndReason::Lost => (
            "revoked",
            "Lost",
            "The server lost what it knew of this session.",
            "It was probably restored from a backup. Sign in again.",
        ),
    };
    Words { state, word, title, text }
}
