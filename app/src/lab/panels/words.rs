//! Times and states in words, as all panels say them.

use coatroom::{
    Session, Timestamp,
    auth::{Access, Validity},
    config::Verification,
    session::{EndReason, SessionId},
};
use coatroom_lab::world::{ActError, START};
use leptos::prelude::*;

use crate::time;

/// The first characters of a session's id: enough to tell a world's few apart.
pub(super) fn short(session: SessionId) -> String {
    session.to_string().chars().take(6).chain(['…']).collect()
}

/// Returns the time of an instant from the world's beginning: `+1:01`.
pub(super) fn when(at: Timestamp) -> String {
    format!("+{}", span(at.millis() - START.millis()))
}

/// Returns a length of time: `5 s` or `5.250 s` below a minute, then `1:01` or `2:05:00`, and days from two days on.
pub(super) fn span(ms: i64) -> String {
    let ms = ms.max(0);
    match ms {
        0..60_000 if ms % 1000 != 0 => format!("{}.{:03} s", ms / 1000, ms % 1000),
        0..60_000 => format!("{} s", ms / 1000),
        60_000..172_800_000 => time::countdown(ms),
        _ => format!("{} days", ms / 86_400_000),
    }
}

/// The words for a node that would have to ask the store, and cannot.
pub(super) const NOT_KNOWN: &str = "Not known: the store does not answer";

/// Returns the worth of an access token: the state attribute, and the words.
pub(in super::super) fn standing(
    standing: &Result<Option<Access>, ActError>,
) -> (&'static str, &'static str) {
    let Ok(access) = standing else { return ("unknown", NOT_KNOWN) };
    match access.as_ref().map(Access::validity) {
        Some(Validity::Valid) => ("active", "Active access token"),
        Some(Validity::Expired) => ("expired", "Expired access token"),
        Some(Validity::Outdated) => ("expired", "Out of date access token"),
        Some(Validity::Revoked) => ("revoked", "Revoked access token"),
        Some(Validity::Invalid(_)) => ("revoked", "Access token that is not accepted"),
        None => ("none", "No access token"),
    }
}

/// Says that a session lives, or why it does not.
pub(in super::super) fn life(session: &Session, now: Timestamp) -> &'static str {
    match session.end_reason(now) {
        None => "lives",
        Some(EndReason::SignedOut) => "over: signed out",
        Some(EndReason::Replaced) => "over: replaced by another sign-in",
        Some(EndReason::Reuse) => "over: a spent token was presented",
        Some(EndReason::IdleExpiry) => "over: idle for too long",
        Some(EndReason::AbsoluteExpiry) => "over: at its absolute end",
        Some(_) => "over",
    }
}

/// Shows a text, its names between backticks as code.
pub(super) fn marked(text: &str) -> impl IntoView + use<> {
    let parts = text.split('`').enumerate().map(|(index, part)| match index % 2 {
        0 => part.to_owned().into_any(),
        _ => view! { <code>{part.to_owned()}</code> }.into_any(),
    });
    parts.collect_view()
}

/// Says what a mode of verification looks at.
pub(super) fn verification(mode: Verification) -> &'static str {
    match mode {
        Verification::Stateless => "Stateless: the signature alone. Revoking waits for expiry.",
        Verification::Strict => "Strict: signature and the session's row, at every request.",
        _ => "Denylist: signature and one look into memory, no query.",
    }
}
