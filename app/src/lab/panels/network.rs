use coatroom_lab::{
    action::Ask,
    message::{Message, Phase},
    scenario::Panel,
    world::EntryKind,
};
use leptos::prelude::*;

use super::actors::press;
use crate::lab::{form::MAX_ACTIONS, world_page::Scene};

/// Number of messages under way that are shown.
const SHOWN: usize = 12;
/// Number of requests that are shown after they were served.
const RECENT: usize = 3;
/// The headers by which a browser tells a server which site caused a request.
const TELLING: [&str; 2] = ["sec-fetch-site", "origin"];

/// Draws the messages under way, to be delivered, lost or doubled.
pub(in super::super) fn network(scene: &Scene<'_>) -> impl IntoView + use<> {
    let under_way: Vec<_> =
        scene.world.messages().iter().filter(|message| message.phase.is_under_way()).collect();
    let numbers: Vec<u32> = under_way.iter().map(|message| message.number).collect();
    let buttons = (numbers.len() > 1).then(|| {
        let buttons = deliveries(&numbers).map(|(words, lines)| press(&lines, &words));
        view! { <div class="row small">{buttons.into_iter().collect_view()}</div> }
    });
    let row = |message: &&Message| {
        let (number, request) = (message.number, message.request);
        let carries = match message.cookies.iter().find_map(|cookie| cookie.generation) {
            Some(generation) => format!("carries generation {generation}"),
            None => "carries no refresh token".into(),
        };
        // TCP delivers an answer once; a message that comes twice is a request that was tried again.
        let double =
            (message.phase == Phase::Asked).then(|| press(&format!("double {number}"), "Double"));
        let (leg, kind) = match (message.phase, &message.answer) {
            (Phase::Answered, Some(answer)) => (
                format!("{} → {}", request.at.title(), request.from.title()),
                format!(
                    "the answer {}{}",
                    answer.status,
                    answer.jar().map(|jar| format!(", {jar}")).unwrap_or_default()
                ),
            ),
            _ => (
                format!("{} → {}", request.from.title(), request.at.title()),
                format!("{}, {carries}", request.ask.title()),
            ),
        };
        let new = scene.touched.messages().contains(&number).then_some("");
        view! {
            <li data-new=new>
                <span class="number">{number}</span>
                <span>
                    <b>{leg}</b>
                    <small>{kind}</small>
                </span>
                <span class="row small">
                    {press(&format!("deliver {number}"), "Deliver")}
                    {press(&format!("lose {number}"), "Lose")}
                    {double}
                </span>
            </li>
        }
    };
    let (first, rest) = under_way.split_at(under_way.len().min(SHOWN));
    let rows = first.iter().map(row).collect_view();
    let more = (!rest.is_empty()).then(|| {
        view! {
            <details id="behind">
                <summary id="behind-summary">{rest.len()} " more wait behind these"</summary>
                <ol class="network">{rest.iter().map(row).collect_view()}</ol>
            </details>
        }
    });
    let form = (!under_way.is_empty()).then(|| {
        view! {
            <form method="post" action=scene.address() class="flow-tight">
                {scene.fields()} <ol class="network">{rows}</ol>
                {more} {buttons}
            </form>
        }
    });
    view! {
        <section class="sheet" aria-labelledby="network">
            <h2 id="network">{Panel::Network.name()}</h2>
            {(under_way.is_empty() && scene.world.messages().is_empty())
                .then(|| {
                    view! {
                        <p class="soft">
                            "Nothing is under way. Messages wait here once you take them into your hands: to be late, to be lost, to arrive in another order."
                        </p>
                    }
                })}
            {form}
            {recent(scene)}
        </section>
    }
}

/// Returns what delivers all of them, or as many as a form may ask for: oldest first and newest first, each in words
/// and as actions.
fn deliveries(numbers: &[u32]) -> [(String, String); 2] {
    let words = if numbers.len() > MAX_ACTIONS {
        [
            format!("Deliver the {MAX_ACTIONS} oldest, oldest first"),
            format!("the {MAX_ACTIONS} newest, newest first"),
        ]
    } else {
        ["Deliver each, oldest first".to_owned(), "newest first".to_owned()]
    };
    let lines = |numbers: &mut dyn Iterator<Item = &u32>| {
        let lines = numbers.take(MAX_ACTIONS).map(|number| format!("deliver {number}"));
        lines.collect::<Vec<_>>().join("; ")
    };
    let [oldest, newest] = words;
    [(oldest, lines(&mut numbers.iter())), (newest, lines(&mut numbers.iter().rev()))]
}

/// The last requests that were served, with the cookies and headers that told the server whose they were.
fn recent(scene: &Scene<'_>) -> impl IntoView + use<> {
    let world = scene.world;
    let served = world.timeline().iter().rev().filter_map(|entry| match entry.kind {
        EntryKind::Served(number) => world.message(number),
        _ => None,
    });
    let rows = served.take(RECENT).map(|message| {
        let new = scene.touched.messages().contains(&message.number).then_some("");
        view! { <li data-new=new>{told(message)}</li> }
    });
    let rows = rows.collect_view();
    (!rows.is_empty()).then(|| {
        view! {
            <h3>"Served last"</h3>
            <ul class="recent">{rows}</ul>
        }
    })
}

fn told(message: &Message) -> impl IntoView + use<> {
    let request = message.request;
    let names: Vec<&str> = message.cookies.iter().map(|cookie| cookie.name.as_str()).collect();
    let carried = if names.is_empty() { "no cookie".to_owned() } else { names.join(", ") };
    let telling: Vec<String> = message
        .head()
        .into_iter()
        .filter(|(name, _)| request.ask == Ask::Post && TELLING.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let told = [vec![carried], telling].concat().join(", ");
    let answer = message.answer.as_ref().map(|answer| {
        let error = answer.error.as_deref().map(|error| format!(" {error}")).unwrap_or_default();
        format!("{}{error}", answer.status)
    });
    view! {
        <b>{message.number} " · " {request.from.title()} ", " {request.ask.title()}</b>
        " at "
        {request.at.title()}
        ": "
        {told}
        " → "
        <b>{answer}</b>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_that_delivers_each_delivers_at_most_a_forms_limit() {
        let few = deliveries(&[3, 4]);
        let [(oldest, lines), (_, reversed)] = &few;
        assert_eq!(oldest, "Deliver each, oldest first");
        assert_eq!(
            (lines.as_str(), reversed.as_str()),
            ("deliver 3; deliver 4", "deliver 4; deliver 3")
        );
        let numbers: Vec<u32> = (1..=21).collect();
        for (words, lines) in deliveries(&numbers) {
            assert!(words.contains("20"), "{words}");
            assert_eq!(lines.split("; ").count(), MAX_ACTIONS);
        }
        assert!(deliveries(&numbers)[1].1.starts_with("deliver 21; deliver 20"));
    }
}
