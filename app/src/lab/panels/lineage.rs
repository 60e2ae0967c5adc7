use coatroom::{
    Session, Timestamp,
    store::{Event, EventKind},
};
use coatroom_lab::{rule::REPLAYS, scenario::Panel, setting::Setting};
use leptos::prelude::*;

use super::{
    now::own,
    words::{life, short, span, when},
};
use crate::lab::world_page::Scene;

/// Number of generations that are drawn.
const DRAWN: u64 = 8;

/// The generations of each session as beads, and the windows of the owner's to scale.
pub(in super::super) fn lineage(scene: &Scene<'_>) -> impl IntoView + use<> {
    let now = scene.world.now();
    let sessions = scene.sessions.iter().map(|(session, events)| {
        let new = scene.touched.changed(scene.world, session.id);
        one(session, events, now, new)
    });
    let sessions = sessions.collect_view();
    let window = own(scene)
        .filter(|(session, _)| session.end_reason(now).is_none())
        .map(|(session, _)| window(session, scene.world.setting(), now));
    view! {
        <section class="sheet" aria-labelledby="lineage">
            <h2 id="lineage">{Panel::Lineage.name()}</h2>
            {sessions}
            {window}
        </section>
    }
}

fn one(session: &Session, events: &[Event], now: Timestamp, new: bool) -> impl IntoView + use<> {
    let id = short(session.id);
    let current = session.generation;
    let beads = (current.saturating_sub(DRAWN - 1)..=current).map(|generation| {
        let of = |kind: fn(EventKind) -> bool| {
            let of = |event: &&Event| event.generation == generation && kind(event.kind);
            events.iter().filter(of).map(|event| event.times).sum::<u32>()
        };
        let replays = of(|kind| {
            matches!(kind, EventKind::ReplayedUndelivered | EventKind::ReplayedConcurrent)
        });
        let reused = of(|kind| matches!(kind, EventKind::ReuseRecent | EventKind::ReuseStale)) > 0;
        let seen = generation < current || session.acknowledged_at.is_some();
        let is = match (generation == current, reused, replays > 0) {
            (true, true, _) => "reused",
            (true, ..) => "current",
            (false, _, true) => "replayed",
            (false, ..) => "spent",
        };
        let mut words = vec![format!("generation {generation}")];
        words.push(if generation == current { "current".into() } else { "left".into() });
        words.push(if seen { "seen in the browser".into() } else { "not seen yet".to_owned() });
        if replays > 0 {
            words.push(match replays {
                1 => "given again once".into(),
                more => format!("given again {more} times"),
            });
        }
        if reused {
            words.push("its predecessor was presented too late".into());
        }
        let again =
            (replays > 0).then(|| view! { <sup aria-hidden="true">"×" {replays + 1}</sup> });
        let aria_current = (generation == current).then_some("true");
        view! {
            <li data-is=is data-seen=seen.to_string() aria-current=aria_current>
                <span aria-hidden="true">{generation}</span>
                {again}
                <span class="visually-hidden">{words.join(", ")}</span>
            </li>
        }
    });
    let reported = events.iter().filter(|event| event.kind == EventKind::LockStep).count();
    let reported = (reported > 0).then(|| {
        view! {
            <p class="badge" data-state="expiring">
                "Reported: two clients keep in step"
            </p>
        }
    });
    view! {
        <div class="chain" data-new=new.then_some("")>
            <p class="soft">
                "Session " <code>{id}</code> ", since " {when(session.created_at)} ", "
                {life(session, now)}
            </p>
            <ol class="beads" aria-label="Generations">
                {beads.collect_view()}
            </ol>
            {reported}
        </div>
    }
}

/// Draws the time for which the predecessor still opens, and the time until the current one may be left.
fn window(session: &Session, setting: Setting, now: Timestamp) -> impl IntoView + use<> {
    let grace = i64::from(setting.grace_ms);
    let Some(seen_at) = session.acknowledged_at else {
        let text = if session.generation == 0 {
            "Not seen in the browser yet. The first request with its access token is the proof."
                .to_owned()
        } else {
            format!(
                "The newest ticket was not seen in the browser yet: the one before it opens for as long as the session lives. {REPLAYS}"
            )
        };
        return view! { <p class="soft">{text}</p> }.into_any();
    };
    let age = now.millis() - seen_at.millis();
    let (open, left) = (grace - age, 2 * grace - age);
    let previous = session.generation > 0;
    let words = match (previous && open >= 0, left > 0) {
        (true, _) => format!(
            "The ticket before it still opens for {}: the grace, counted from when its successor was first seen.",
            span(open)
        ),
        (false, true) => {
            format!(
                "It may be exchanged in {}: the spacing, counted from when it was first seen.",
                span(left)
            )
        }
        (false, false) => "It may be exchanged: it was first seen at least the spacing ago.".into(),
    };
    let until = |length: i64| seen_at.millis() + length;
    view! {
        <div class="windows">
            <label>
                "The grace (G), for the one before it"
                <progress
                    max=grace.max(1)
                    value=if previous { open.max(0) } else { 0 }
                    data-bar=previous.then(|| until(grace))
                ></progress>
            </label>
            <label>
                "The spacing (D), until it may be exchanged"
                <progress max=(2 * grace).max(1) value=left.max(0) data-bar=until(2 * grace)></progress>
            </label>
        </div>
        <p class="soft">{words}</p>
    }
    .into_any()
}
