use leptos::prelude::*;

use super::moment::Moment;
use crate::model::SignedIn;

/// The refresh token as a numbered ticket with its stub.
#[component]
pub fn Ticket(session: Signal<SignedIn>) -> impl IntoView {
    let generation = move || session.with(|session| session.generation);
    let delivered = move || session.with(|session| session.delivered);
    let times = |count: u64| match count {
        0 => "Not exchanged yet".to_owned(),
        1 => "Exchanged once".to_owned(),
        count => format!("Exchanged {count} times"),
    };
    let replays = move || match session.with(|session| session.replays) {
        0 => String::new(),
        1 => " The current one was given once more.".to_owned(),
        count => format!(" The current one was given {count} times more."),
    };
    let idle = Signal::derive(move || session.with(|session| session.idle_expires_at));
    let absolute = Signal::derive(move || session.with(|session| session.absolute_expires_at));

    view! {
        <section class="sheet ticket" aria-labelledby="ticket">
            <div class="body">
                <div>
                    <h2 id="ticket">"Ticket · refresh token"</h2>
                    <p class="badge" data-shape=move || if delivered() { "ring" } else { "dashed" }>
                        {move || if delivered() { "In your pocket" } else { "On its way to you" }}
                    </p>
                </div>
                <p>{move || times(generation())} " in this session." {replays}</p>
                <ol class="beads" aria-label="Generations">
                    {move || session.with(beads)}
                </ol>
                <p class="soft">
                    "Ends at " <b><Moment at=idle /></b> " if nothing is heard, at "
                    <b><Moment at=absolute /></b> " for certain. "
                    {move || {
                        if session.with(|session| session.remembered) {
                            "You asked to stay signed in."
                        } else {
                            "It also ends with the browser."
                        }
                    }}
                </p>
            </div>
            <div class="stub">
                <span>"No."</span>
                <b data-testid="generation">{generation}</b>
            </div>
        </section>
    }
}

/// The last generations, each with what became of it.
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
                (true, count) => {
                    ("current", format!("generation {generation}, current, given again {count} times"))
                }
                (false, 0) => ("spent", format!("generation {generation}, spent")),
                (false, count) => {
                    ("replayed", format!("generation {generation}, spent, given again {count} times"))
                }
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
