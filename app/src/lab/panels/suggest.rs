//! Suggestions for a world without a lesson, the most likely first: a newcomer is not met by every control at once.

use coatroom::auth::Validity;
use coatroom_lab::{
    action::{Carrier, Party},
    message::Phase,
    world::World,
};
use leptos::prelude::*;

use super::actors::FIVE;
use crate::lab::world_page::Scene;

/// Something that can be done.
#[derive(Debug, PartialEq, Eq)]
struct Suggestion {
    /// The words on its button.
    words: String,
    /// Its actions, as a form says them.
    line: String,
}

fn to(words: impl Into<String>, line: impl Into<String>) -> Suggestion {
    Suggestion { words: words.into(), line: line.into() }
}

/// Draws the suggestions: why, one button that stands out, and at most two others.
pub(super) fn suggest(scene: &Scene<'_>) -> impl IntoView + use<> {
    let (why, what) = suggestions(scene);
    let buttons = what.into_iter().zip(0..).map(|(Suggestion { words, line }, index)| {
        let class = (index == 0).then_some("main");
        view! {
            <button name="do" value=line id=format!("suggest-{index}") class=class>
                {words}
            </button>
        }
    });
    view! {
        <p id="suggested">{why}</p>
        <form method="post" action=scene.address() class="row small suggest" aria-describedby="suggested">
            {scene.fields()} {buttons.collect_view()}
        </form>
    }
}

fn suggestions(scene: &Scene<'_>) -> (String, Vec<Suggestion>) {
    let world = scene.world;
    if let Some(found) = on_the_way(world) {
        return found;
    }
    let ttl = world.setting().access_ttl_s;
    let expire = || match scene.carrier() {
        Carrier::Opaque => to("Leave it unused for 15 days", "wait 15d"),
        Carrier::Pair | Carrier::Token => to("Let it expire", format!("wait {}s", ttl + 1)),
    };
    let call = || to("Call a protected function", "tab1 call");
    let asked = !world.messages().is_empty();
    let worth = scene.standing.as_ref().map(|held| held.as_ref().map(|held| held.validity));
    let (why, what) = match worth {
        Err(_) => (
            "The database does not answer: nothing that needs it is decided.",
            vec![to("Bring it back", "database up"), call()],
        ),
        Ok(Some(Validity::Expired | Validity::Outdated)) if scene.carrier().rotates() => (
            "Your access token is worth nothing any more. A refresh fetches the next.",
            vec![
                to("Fetch the next pair", "tab1 refresh"),
                to("Five refreshes at once", FIVE),
                to("Load a page instead", "tab1 reload"),
            ],
        ),
        Ok(None | Some(Validity::Revoked | Validity::Expired | Validity::Outdated)) => {
            let mut what = vec![to("Sign in again", "tab1 sign-in")];
            if world.thief().is_some() {
                what.push(to("Let the thief call", "thief call"));
            }
            ("You are signed out.", what)
        }
        Ok(Some(_)) if world.thief().is_some() => (
            "The thief has a copy of your jar. Use it, or let it grow old.",
            vec![
                to("Let the thief call", "thief call"),
                expire(),
                to("Sign out here", "tab1 sign-out"),
            ],
        ),
        Ok(Some(_)) if asked => (
            "You are signed in, and the server has seen your token. What will you do to it?",
            vec![expire(), to("Let a thief copy the jar", "steal"), call()],
        ),
        Ok(Some(_)) => ("You are signed in. Ask for something.", vec![call(), expire()]),
    };
    (why.to_owned(), what)
}

/// Returns what can be done with the oldest message that is under way.
fn on_the_way(world: &World) -> Option<(String, Vec<Suggestion>)> {
    let mut under_way = world.messages().iter().filter(|message| message.phase.is_under_way());
    let first = under_way.next()?;
    let (number, request) = (first.number, first.request);
    let (what, receiver) = match first.phase {
        Phase::Answered => ("the answer", request.from.title()),
        _ => (request.ask.title(), request.at.title()),
    };
    let more = match under_way.count() {
        0 => String::new(),
        more => format!(" {more} more wait below."),
    };
    let from = if request.from == Party::Thief { "The thief’s" } else { "Your" };
    let why = match first.phase {
        Phase::Answered => format!("Message {number}, {what}, is on its way to {receiver}.{more}"),
        _ => format!("{from} message {number}, “{what}”, is on its way to {receiver}.{more}"),
    };
    let deliver = to(format!("Deliver message {number}"), format!("deliver {number}"));
    Some((why, vec![deliver, to("Lose it", format!("lose {number}"))]))
}
