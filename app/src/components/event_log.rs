use std::sync::Arc;

use leptos::prelude::*;

use super::moment::Moment;
use crate::eager::eager;
use crate::model::{Event, EventKind, SignedIn};
use crate::rendering;

/// Lists what happened to the session, newest first, with the row of the rule that decided.
#[component]
pub fn EventLog(session: Signal<Arc<SignedIn>>) -> impl IntoView {
    let lab = rendering::lab_is_open();
    let entries = move || {
        session.with(|session| session.events.iter().map(|event| entry(event, lab)).collect_view())
    };
    eager(view! {
        <section class="sheet" aria-labelledby="log">
            <h2 id="log">"What happened"</h2>
            <ol class="log" translate="no">
                {entries}
            </ol>
        </section>
    })
}

fn entry(event: &Event, lab: bool) -> impl IntoView + use<> {
    let what = match (event.kind, event.document) {
        (EventKind::SignedUp, _) => "Signed up",
        (EventKind::SignedIn, _) => "Signed in with a password",
        (EventKind::Rotated, true) => "Refreshed with the load of a page",
        (EventKind::Rotated, false) => "Refreshed in silence",
        (EventKind::ReplayedUndelivered, _) => "Asked again before the answer was seen",
        (EventKind::ReplayedConcurrent, _) => "Another request asked at the same time",
        (EventKind::LockStep, _) => "Another browser may use this sign-in, too",
        (EventKind::EndedByAdministrator, _) => "An administrator ended this session",
        (EventKind::Other, _) => "Something else was refused",
        (EventKind::Unknown, _) => "Something newer than this page knows",
    };
    let generation = event.generation;
    let detail = match event.kind {
        EventKind::SignedUp | EventKind::SignedIn => format!("Ticket 0 · {}", event.from),
        EventKind::Rotated => {
            format!("Ticket {} → {generation} · both cookies set", generation.saturating_sub(1))
        }
        EventKind::ReplayedUndelivered | EventKind::ReplayedConcurrent => {
            format!("Ticket {generation} once more, byte for byte")
        }
        EventKind::LockStep => format!("{} · sign out if that is not you", event.from),
        EventKind::EndedByAdministrator | EventKind::Other | EventKind::Unknown => {
            event.from.clone()
        }
    };
    view! {
        <li>
            <Moment at=event.at />
            <span>
                {what} " " {event.kind.rule().map(|rule| tag(rule, lab))}
            </span>
            <small>{detail}</small>
        </li>
    }
}

/// Shows the row that decided; if there is a lab, as a link to it.
pub fn tag(rule: &'static str, lab: bool) -> impl IntoView {
    let number = rule.split(' ').next().unwrap_or_default();
    let href = lab.then(|| format!("/lab/rule#row-{number}"));
    view! {
        <a class="rule" href=href rel="external">
            {rule}
        </a>
    }
}
