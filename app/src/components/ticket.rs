use std::sync::Arc;

use leptos::prelude::*;

use super::moment::Moment;
use crate::eager::eager;
use crate::model::SignedIn;

/// The refresh token as a numbered ticket with its stub.
#[component]
pub fn Ticket(session: Signal<Arc<SignedIn>>) -> impl IntoView {
    eager(move || session.with(|session| ticket(session)))
}

fn ticket(session: &SignedIn) -> impl IntoView + use<> {
    let generation = session.generation;
    let (shape, whereabouts) = if session.delivered {
        ("ring", "In your pocket")
    } else {
        ("dashed", "On its way to you")
    };
    let exchanged = match generation {
        0 => "Not exchanged yet".to_owned(),
        1 => "Exchanged once".to_owned(),
        count => format!("Exchanged {count} times"),
    };
    let replayed = match session.replays {
        0 => String::new(),
        1 => " The current one was given once more.".to_owned(),
        count => format!(" The current one was given {count} times more."),
    };
    let kept = if session.remembered {
        "You asked to stay signed in."
    } else {
        "It also ends with the browser, unless that restores windows."
    };
    view! {
        <section class="sheet ticket" aria-labelledby="ticket">
            <div class="body">
                <div>
                    <h2 id="ticket">"Ticket · refresh token"</h2>
                    <p class="badge" data-shape=shape>
                        {whereabouts}
                    </p>
                </div>
                <p>{exchanged} " in this session." {replayed}</p>
                <ol class="beads" aria-label="Generations">
                    {beads(session)}
                </ol>
                <dl class="facts">
                    <div>
                        <dt>"Ends if not used until"</dt>
                        <dd>
                            <Moment at=session.idle_expires_at />
                        </dd>
                    </div>
                    <div>
                        <dt>"Ends for certain"</dt>
                        <dd>
                            <Moment at=session.absolute_expires_at />
                        </dd>
                    </div>
                </dl>
                <p class="soft">{kept}</p>
            </div>
            <div class="stub">
                <span>"No."</span>
                <b data-testid="generation">{generation}</b>
            </div>
        </section>
    }
}

/// The last generations, each with its fate.
fn beads(session: &SignedIn) -> impl IntoView + use<> {
    let current = session.generation;
    (current.saturating_sub(4)..=current)
        .map(|generation| {
            let replays = session
                .events
                .iter()
                .filter(|event| event.generation == generation && event.kind.is_replay())
                .count();
            let (is, words) = match (generation == current, replays) {
                (true, 0) => ("current", format!("generation {generation}, current")),
                (true, count) => (
                    "current",
                    format!("generation {generation}, current, given again {count} times"),
                ),
                (false, 0) => ("spent", format!("generation {generation}, spent")),
                (false, count) => (
                    "replayed",
                    format!("generation {generation}, spent, given again {count} times"),
                ),
            };
            let aria_current = (generation == current).then_some("true");
            view! {
                <li data-is=is aria-current=aria_current>
                    <span aria-hidden="true">{generation}</span>
                    <span class="visually-hidden">{words}</span>
                </li>
            }
        })
        .collect_view()
}
