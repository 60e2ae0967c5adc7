use std::collections::BTreeMap;

use coatroom::{
    Timestamp,
    lab::{
        action::{Ask, Party, Place},
        message::{Answer, Message},
        world::{What, World},
    },
};
use leptos::prelude::*;

use super::words::span;
use crate::lab::world_page::Scene;

/// What the clicks cost, and how long a revocation took to be felt. Everything in it was counted in this world.
pub(in super::super) fn cost(scene: &Scene<'_>) -> impl IntoView + use<> {
    let mut sums: BTreeMap<(&'static str, Place), Sum> = BTreeMap::new();
    for (message, answer) in answered(scene.world) {
        let key = (message.request.ask.title(), message.request.at);
        sums.entry(key).or_default().add(message, answer);
    }
    let rows = sums.into_iter().map(|((ask, at), sum)| {
        let count = sum.count.max(1);
        let mean = |total: usize| {
            #[expect(clippy::cast_precision_loss, reason = "a few hundred at most")]
            let mean = total as f64 / count as f64;
            format!("{mean:.1}").trim_end_matches(".0").to_owned()
        };
        view! {
            <tr>
                <th scope="row">{ask} <small>{at.title()}</small></th>
                <td>{sum.count}</td>
                <td>{mean(sum.sent)}</td>
                <td>{mean(sum.set)}</td>
                <td>{mean(sum.reads)}</td>
                <td>{mean(sum.writes)}</td>
                <td>{sum.median()}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <section class="sheet" aria-labelledby="cost">
            <h2 id="cost">"Cost"</h2>
            <div class="scroll" tabindex="0" role="region" aria-label="Cost of each request">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Asked"</th>
                            <th scope="col">"×"</th>
                            <th scope="col">"Cookie bytes sent"</th>
                            <th scope="col">"set"</th>
                            <th scope="col">"Store reads"</th>
                            <th scope="col">"writes"</th>
                            <th scope="col">"µs"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="soft">
                "Means of this world's requests, counted at the store; µs is the median time of the whole request in the node, signature included."
            </p>
            {stopwatch(scene.world)}
        </section>
    }
}

#[derive(Default)]
struct Sum {
    count: usize,
    sent: usize,
    set: usize,
    reads: usize,
    writes: usize,
    micros: Vec<u64>,
}

impl Sum {
    fn add(&mut self, message: &Message, answer: &Answer) {
        let (reads, writes) = answer.cost();
        self.count += 1;
        self.sent += message.cookies.iter().map(|cookie| cookie.bytes).sum::<usize>();
        self.set += answer.cookies.iter().map(|cookie| cookie.bytes).sum::<usize>();
        self.reads += reads;
        self.writes += writes;
        self.micros.push(answer.micros);
    }

    fn median(&self) -> u64 {
        let mut micros = self.micros.clone();
        micros.sort_unstable();
        micros.get(micros.len() / 2).copied().unwrap_or(0)
    }
}

/// The requests that were served, in that order.
fn answered(world: &World) -> impl Iterator<Item = (&Message, &Answer)> {
    world.timeline().iter().filter_map(|entry| match entry.what {
        What::Served(number) => {
            let message = world.message(number)?;
            Some((message, message.answer.as_ref()?))
        }
        _ => None,
    })
}

/// From the last revocation to the first refusal, for each who asked.
fn stopwatch(world: &World) -> impl IntoView + use<> {
    let revoked = answered(world)
        .filter(|(_, answer)| answer.writes().any(|call| call == "revoke"))
        .last()
        .map(|(message, answer)| (message.number, message.request.ask, answer.at));
    let Some((number, ask, at)) = revoked else {
        return view! {
            <p class="soft">
                "The stopwatch starts when a session is revoked: sign out everywhere, and go on calling."
            </p>
        }
        .into_any();
    };
    let mut felt: BTreeMap<(Party, Place), (usize, Option<Timestamp>)> = BTreeMap::new();
    let later = answered(world).skip_while(|(message, _)| message.number != number).skip(1);
    for (message, answer) in later.filter(|(message, _)| asks_with_a_token(message)) {
        let entry = felt.entry((message.request.from, message.request.at)).or_default();
        match (answer.status, entry.1) {
            (401, None) => entry.1 = Some(answer.at),
            (200, None) => entry.0 += 1,
            _ => {}
        }
    }
    let rows = felt.into_iter().map(|((from, place), (let_in, refused))| {
        let refused = refused.map_or_else(
            || "not refused yet".to_owned(),
            |refused| match refused.millis() - at.millis() {
                0 => "at once".into(),
                ms => format!("after {}", span(ms)),
            },
        );
        view! {
            <tr>
                <th scope="row">{from.title()} <small>{place.title()}</small></th>
                <td>{refused}</td>
                <td>{let_in}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <h3>"Stopwatch, from message " {number} ": " {ask.title()}</h3>
        <table>
            <thead>
                <tr>
                    <th scope="col">"Who asked"</th>
                    <th scope="col">"Refused"</th>
                    <th scope="col">"Let in before"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// Whether it is a request that a good access token would let in.
fn asks_with_a_token(message: &Message) -> bool {
    matches!(message.request.ask, Ask::Call | Ask::Admin | Ask::Reload)
        && message.cookies.iter().any(|cookie| cookie.name == coatroom::web::ACCESS_COOKIE)
}
