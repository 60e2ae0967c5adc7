use std::collections::BTreeMap;

use coatroom::{SessionId, Timestamp, web::CookieKind};
use coatroom_lab::{
    action::{Ask, Party, Place},
    jar::Shown,
    message::{Answer, Message},
    scenario::Panel,
    world::{What, World},
};
use leptos::prelude::*;

use super::words::span;
use crate::lab::world_page::Scene;

/// Draws the cost of the clicks, and the time until a revocation was felt. Everything in it was counted in this world.
pub(in super::super) fn cost(scene: &Scene<'_>) -> impl IntoView + use<> {
    let mut sums: BTreeMap<(&'static str, Place), Sum> = BTreeMap::new();
    for (message, answer) in answered(scene.world) {
        let key = (message.request.ask.title(), message.request.at);
        sums.entry(key).or_default().add(message, answer);
    }
    let is_empty = sums.is_empty();
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
    let nothing = is_empty.then(|| view! { <p class="soft">"Nothing was asked yet."</p> });
    view! {
        <section class="sheet" aria-labelledby="cost">
            <h2 id="cost">{Panel::Cost.name()}</h2>
            {nothing}
            <div class="scroll" tabindex="0" role="region" aria-label="Cost of each request">
                <table class="figures">
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

/// Draws the time from the last end of sessions to the first refusal, for each party and node that showed a token of
/// one of them.
fn stopwatch(world: &World) -> impl IntoView + use<> {
    let ends = answered(world).filter(|(message, answer)| {
        // A person who signs in anew only leaves a session behind.
        message.request.ask != Ask::SignIn && answer.ended().next().is_some()
    });
    let Some((revoking, revoked)) = ends.last() else {
        return view! {
            <p class="soft">
                "The stopwatch starts when a session is revoked: by signing out, here or everywhere, or by a spent ticket. It goes by the clock of this world, so move that or let it run, and go on calling with a copy of its token. Signing in anew starts none."
            </p>
        }
        .into_any();
    };
    let at = revoked.at;
    let felt = felt(world, revoking.number, &revoked.ended().collect::<Vec<_>>());
    let words = if felt.is_empty() {
        "Nobody has shown an access token of a session that it ended, yet."
    } else {
        "Who has shown an access token of a session that it ended, and since when in vain, by the clock of this world: it stands still between two requests unless you move it or let it run. A new session is another matter."
    };
    let rows = felt.into_iter().map(|((from, place), Felt { let_in, refused })| {
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
    let table = (!rows.is_empty()).then(|| {
        view! {
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
    });
    view! {
        <h3>"Stopwatch, from message " {revoking.number} ": " {revoking.request.ask.title()}</h3>
        <p class="soft">{words}</p>
        {table}
    }
    .into_any()
}

/// The outcome of showing an access token whose session was ended.
#[derive(Default)]
struct Felt {
    let_in: usize,
    refused: Option<Timestamp>,
}

/// Returns what each party felt at each node after the message of that number had ended these sessions.
fn felt(world: &World, number: u32, ended: &[SessionId]) -> BTreeMap<(Party, Place), Felt> {
    let mut felt: BTreeMap<_, Felt> = BTreeMap::new();
    let later = answered(world).skip_while(|(message, _)| message.number != number).skip(1);
    for (message, answer) in later.filter(|(message, _)| shows_a_token_of(message, ended)) {
        let felt = felt.entry((message.request.from, message.request.at)).or_default();
        match (answer.status, felt.refused) {
            // A page sends a client that it refuses to the form.
            (401 | 303, None) => felt.refused = Some(answer.at),
            // A client that is known, and may not do this, was let in as well.
            (200 | 403, None) => felt.let_in += 1,
            _ => {}
        }
    }
    felt
}

/// Returns true if it is a request that a good access token would let in, with a token of one of these sessions.
fn shows_a_token_of(message: &Message, sessions: &[SessionId]) -> bool {
    let of_them =
        |cookie: &Shown| cookie.session.is_some_and(|session| sessions.contains(&session));
    matches!(message.request.ask, Ask::Call | Ask::Admin | Ask::Reload)
        && message
            .cookies
            .iter()
            .any(|cookie| cookie.kind == Some(CookieKind::Access) && of_them(cookie))
}
