//! Times and states in words, as all panels say them.

use coatroom::{
    Session, Timestamp,
    auth::Validity,
    config::Verification,
    session::{EndReason, SessionId},
};
use coatroom_lab::{
    action::Carrier,
    setting::Setting,
    world::{ActError, Held, START},
};
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

/// Returns the worth of a credential: the state attribute, and the words.
pub(in super::super) fn standing(
    standing: &Result<Option<Held>, ActError>,
    carrier: Carrier,
) -> (&'static str, String) {
    let Ok(access) = standing else { return ("unknown", NOT_KNOWN.to_owned()) };
    let what = carrier.credential();
    match access.as_ref().map(|held| held.validity) {
        Some(Validity::Valid) => ("active", format!("Active {what}")),
        Some(Validity::Expired) => ("expired", format!("Expired {what}")),
        Some(Validity::Outdated) => ("expired", format!("Out of date {what}")),
        Some(Validity::Revoked) => ("revoked", format!("Revoked {what}")),
        Some(Validity::Invalid(_)) if carrier == Carrier::Pair => {
            ("revoked", "Access token that is not accepted".to_owned())
        }
        Some(Validity::Invalid(_)) => {
            ("revoked", format!("Not accepted: another node's {what}, or none of ours"))
        }
        None => ("none", format!("No {what}")),
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

/// Says what a node looks at before it believes a credential.
pub(super) fn checked_by(setting: Setting) -> &'static str {
    if setting.carrier == Carrier::Opaque {
        return "The session's row, read at every request.";
    }
    match setting.verification {
        Verification::Stateless => "Stateless: the signature alone. Revoking waits for expiry.",
        Verification::Strict => "Strict: signature and the session's row, at every request.",
        _ => "Denylist: signature and one look into memory, no query.",
    }
}
