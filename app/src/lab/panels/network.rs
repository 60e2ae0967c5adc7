use coatroom::lab::{
    action::Ask,
    message::{Message, Phase},
    world::{What, World},
};
use leptos::prelude::*;

use super::actors::press;
use crate::lab::world_page::Scene;

/// How many messages are shown that are under way.
const SHOWN: usize = 12;
/// How many requests are shown after they were served.
const RECENT: usize = 3;
/// The headers by which a server tells who caused a request.
const TELLING: [&str; 2] = ["sec-fetch-site", "origin"];

/// What is under way, to be delivered, lost or doubled.
pub(in super::super) fn network(scene: &Scene<'_>) -> impl IntoView + use<> {
    let under_way: Vec<_> =
        scene.world.messages().iter().filter(|message| message.phase.is_under_way()).collect();
    let all = |numbers: Vec<u32>| {
        let lines: Vec<String> = numbers.iter().map(|number| format!("deliver {number}")).collect();
        lines.join("; ")
    };
    let numbers: Vec<u32> = under_way.iter().map(|message| message.number).collect();
    let newest: Vec<u32> = numbers.iter().rev().copied().collect();
    let buttons = (numbers.len() > 1).then(|| {
        view! {
            <div class="row small">
                {press(&all(numbers), "Deliver each, oldest first")}
                {press(&all(newest), "newest first")}
            </div>
        }
    });
    let more = under_way.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| view! { <p class="soft">{more} " more wait behind these."</p> });
    let rows = under_way.iter().take(SHOWN).map(|message| {
        let (number, request) = (message.number, message.request);
        let carries = match message.cookies.iter().find_map(|cookie| cookie.generation) {
            Some(generation) => format!("carries generation {generation}"),
            None => "carries no refresh token".into(),
        };
        let (leg, what) = match (message.phase, &message.answer) {
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
        view! {
            <li>
                <span class="number">{number}</span>
                <span>
                    <b>{leg}</b>
                    <small>{what}</small>
                </span>
                <span class="row small">
                    {press(&format!("deliver {number}"), "Deliver")}
                    {press(&format!("lose {number}"), "Lose")}
                    {press(&format!("double {number}"), "Double")}
                </span>
            </li>
        }
    });
    let rows = rows.collect_view();
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
            <h2 id="network">"On the network"</h2>
            {(under_way.is_empty() && scene.world.messages().is_empty())
                .then(|| {
                    view! {
                        <p class="soft">
                            "Nothing is under way. Messages wait here once you take them into your hands: to be late, to be lost, to arrive in another order."
                        </p>
                    }
                })}
            {form}
            {recent(scene.world)}
        </section>
    }
}

/// The last requests that were served, with what told the server whose they were.
fn recent(world: &World) -> impl IntoView + use<> {
    let served = world.timeline().iter().rev().filter_map(|entry| match entry.what {
        What::Served(number) => world.message(number),
        _ => None,
    });
    let rows = served.take(RECENT).map(|message| view! { <li>{told(message)}</li> }).collect_view();
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
