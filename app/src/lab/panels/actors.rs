use coatroom_lab::{
    action::{Ask, Party, Place},
    worlds::Pace,
};
use leptos::prelude::*;

use super::suggest::suggest;
use crate::lab::{
    choice::{Hand, Hold},
    world_page::Scene,
};

/// Requests that a page of the house can make, each with the word on its button.
const ASKS: [(Ask, &str); 8] = [
    (Ask::Call, "Call"),
    (Ask::Refresh, "Refresh"),
    (Ask::Use, "Call, refreshing if due"),
    (Ask::Reload, "Load a page"),
    (Ask::Admin, "Admin call"),
    (Ask::SignOut, "Sign out"),
    (Ask::SignOutEverywhere, "Sign out everywhere"),
    (Ask::SignIn, "Sign in"),
];

/// Five requests that are all under way before the first arrives.
pub(super) const FIVE: &str = "tab1 sends refresh; tab2 sends refresh; tab3 sends refresh; tab4 sends refresh; tab1 sends refresh";

/// The times by which a press moves the clock, one for each button.
const WAITS: [(&str, &str); 6] = [
    ("wait 1s", "1 s"),
    ("wait 5s", "5 s"),
    ("wait 11s", "11 s"),
    ("wait 1m", "1 min"),
    ("wait 1h", "1 h"),
    ("wait 1d", "1 day"),
];

/// Draws the actors, and what each can do.
pub(in super::super) fn actors(scene: &Scene<'_>) -> impl IntoView + use<> {
    let choice = scene.choice;
    let who = Party::TABS.iter().chain([&Party::Thief]).map(|party| {
        let absent = *party == Party::Thief && scene.world.thief().is_none();
        let checked = *party == choice.who && !absent;
        radio("who", party.word(), party.title(), checked, absent)
    });
    let at = Place::ALL
        .iter()
        .map(|place| radio("at", place.word(), place.title(), *place == choice.at, false));
    let rotates = scene.carrier().rotates();
    // Without refresh tokens there is nothing to refresh.
    let possible =
        ASKS.iter().filter(|(ask, _)| rotates || !matches!(ask, Ask::Refresh | Ask::Use));
    let asks = possible.map(|(ask, words)| {
        let main = (*ask == Ask::Call).then_some("main");
        view! {
            <button name="ask" value=ask.word() id=format!("ask-{}", ask.word()) class=main>
                {*words}
            </button>
        }
    });
    view! {
        <section class="sheet" aria-labelledby="actors">
            <h2 id="actors">"Who asks"</h2>
            {suggest(scene)}
            <details id="by-hand" open=choice.hand == Hand::Open>
                <summary id="by-hand-summary">"Everything you can do"</summary>
                <div class="flow-tight">
                    <form method="post" action=scene.address() class="ask" data-chosen="">
                        // The last field of a name counts: the button that is chosen, the box that is checked.
                        {scene.fields_by_hand()}
                        <input type="hidden" name="hold" value=Hold::No.word() />
                        <fieldset class="choice">
                            <legend>"Who"</legend>
                            {who.collect_view()}
                        </fieldset>
                        <fieldset class="choice">
                            <legend>"Whom"</legend>
                            {at.collect_view()}
                        </fieldset>
                        <p class="check">
                            <input
                                type="checkbox"
                                name="hold"
                                id="hold"
                                value=Hold::Yes.word()
                                checked=choice.hold == Hold::Yes
                            />
                            <label for="hold">
                                "Leave the messages to me: deliver, lose or double them"
                            </label>
                        </p>
                        <div class="row small">{asks.collect_view()}</div>
                    </form>
                    <form method="post" action=scene.address() class="row small">
                        {scene.fields_by_hand()}
                        {rotates.then(|| press(FIVE, "Five at once, on the road"))}
                        {press("steal", "The thief copies the jar")}
                        {press("evil post", "Another site posts a form")}
                        {press("neighbour post", "A neighbour site does")}
                        {press("old-browser post", "In an old browser")}
                    </form>
                    <h3>"The clock"</h3>
                    <form method="post" action=scene.address() class="row small">
                        {scene.fields_by_hand()}
                        {WAITS.iter().map(|(line, words)| press(line, words)).collect_view()}
                        {pace(scene)}
                    </form>
                </div>
            </details>
            {scene.lesson.is_none().then(|| super::ways::anew(scene))}
        </section>
    }
}

fn radio(
    name: &'static str,
    value: &'static str,
    title: &'static str,
    checked: bool,
    disabled: bool,
) -> impl IntoView + use<> {
    let id = format!("{name}-{value}");
    view! {
        <span class="pick">
            <input type="radio" name=name id=id.clone() value=value checked=checked disabled=disabled />
            <label for=id>{title}</label>
        </span>
    }
}

/// A button that does one thing, in any form of the world.
pub(super) fn press(line: &str, words: &str) -> impl IntoView + use<> {
    let id = format!("do-{}", line.replace([' ', ';'], "-"));
    view! {
        <button name="do" value=line.to_owned() id=id>
            {words.to_owned()}
        </button>
    }
}

/// Lets the clock run, or stops it.
fn pace(scene: &Scene<'_>) -> impl IntoView + use<> {
    let (value, words) = match scene.hosted.pace() {
        Pace::Running => ("stop", "Stop the clock"),
        Pace::Stopped => ("run", "Let the clock run"),
    };
    view! {
        <button name="pace" value=value id="pace">
            {words}
        </button>
    }
}
