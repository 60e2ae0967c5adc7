use coatroom_lab::{
    cost::{self, Stopwatch},
    scenario::Panel,
    world::World,
};
use leptos::prelude::*;

use super::words::span;
use crate::lab::world_page::Scene;

/// Draws the cost of the clicks, and the time until a revocation was felt.
pub(in super::super) fn cost(scene: &Scene<'_>) -> impl IntoView + use<> {
    let costs = cost::costs(scene.world);
    let is_empty = costs.is_empty();
    let asked = scene.touched.messages().iter().filter_map(|number| scene.world.message(*number));
    let asked: Vec<_> = asked.map(|message| (message.request.ask, message.request.at)).collect();
    let rows = costs.into_iter().map(|cost| {
        let new = asked.contains(&(cost.ask, cost.at)).then_some("");
        view! {
            <tr data-new=new>
                <th scope="row">{cost.ask.title()} <small>{cost.at.title()}</small></th>
                <td>{cost.count}</td>
                <td>{figure(cost.sent)}</td>
                <td>{figure(cost.set)}</td>
                <td>{figure(cost.reads)}</td>
                <td>{figure(cost.writes)}</td>
                <td>{cost.micros}</td>
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

/// Returns a mean with one digit behind the point, if that is not zero.
fn figure(mean: f64) -> String {
    format!("{mean:.1}").trim_end_matches(".0").to_owned()
}

/// Draws the stopwatch: for each client and node, the time until a revocation was felt.
fn stopwatch(world: &World) -> impl IntoView + use<> {
    let Some(Stopwatch { message, felt }) = cost::stopwatch(world) else {
        return view! {
            <p class="soft">
                "The stopwatch starts when a session is revoked: by signing out, here or everywhere, or by a spent ticket. It goes by the clock of this world, so move that or let it run, and go on calling with a copy of its token. Signing in anew starts none."
            </p>
        }
        .into_any();
    };
    let words = if felt.is_empty() {
        "Nobody has shown an access token of a session that it ended, yet."
    } else {
        "Who has shown an access token of a session that it ended, and since when in vain, by the clock of this world: it stands still between two requests unless you move it or let it run. A new session is another matter."
    };
    let rows = felt.into_iter().map(|felt| {
        let refused = match felt.refused.map(|after| after.as_millis()) {
            None => "not refused yet".to_owned(),
            Some(0) => "at once".into(),
            Some(ms) => format!("after {}", span(i64::try_from(ms).unwrap_or(i64::MAX))),
        };
        view! {
            <tr>
                <th scope="row">{felt.from.title()} <small>{felt.at.title()}</small></th>
                <td>{refused}</td>
                <td>{felt.let_in}</td>
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
        <h3>"Stopwatch, from message " {message.number} ": " {message.request.ask.title()}</h3>
        <p class="soft">{words}</p>
        {table}
    }
    .into_any()
}
