//! News of what was done to the session from outside, for a page that stays open meanwhile.

use crate::{
    components::notice::words,
    model::{EndReason, SessionView},
};

/// Says that another person is signed in than before, or none any more; nothing if that is not so, or not known.
pub fn of(before: &SessionView, now: &SessionView) -> Option<String> {
    let (before, email) = (signed_in_email(before)?, signed_in_email(now)?);
    (before != email).then(|| match now {
        SessionView::SignedOut { ended } => {
            let words = words(ended.unwrap_or(EndReason::SignedOut));
            [words.title, " ", words.text].concat()
        }
        _ => ["You are now signed in as ", email, ": another tab signed in."].concat(),
    })
}

/// Returns the address of the person who is signed in, an empty one if none is; nothing if that is not known.
fn signed_in_email(view: &SessionView) -> Option<&str> {
    match view {
        SessionView::SignedIn(session) => Some(&session.email),
        SessionView::Brief(brief) => Some(&brief.email),
        SessionView::SignedOut { .. } => Some(""),
        SessionView::Limited { .. } | SessionView::Unavailable => None,
    }
}
