//! The panels of a world, one a file; each is a view of what the world says, and calls nothing.

mod actors;
mod cost;
pub(super) mod entries;
mod export;
mod goal;
pub(super) mod guide;
mod house;
mod jar;
mod lineage;
mod markup;
mod network;
mod news;
mod now;
mod policies;
pub(super) mod stage;
mod suggest;
pub(super) mod ways;
mod words;
mod xray;

#[cfg(test)]
mod tests;

use coatroom_lab::{
    curriculum::Part,
    diagram::{self, Diagram, View},
    lesson::Lesson,
    scenario::Panel,
    worlds::Fold,
};
use leptos::prelude::*;

pub(super) use self::{
    actors::actors,
    cost::cost,
    entries::{ANCHOR, entries},
    export::export,
    goal::{goal, goals, interview},
    guide::guide,
    house::house,
    jar::jar,
    lineage::lineage,
    network::network,
    news::{judged, news},
    now::now,
    policies::policies,
    stage::stage,
    words::{life, standing},
    xray::{token, xray},
};
use super::{rule_page, tab::Tab, world_page::Scene};

/// Number of entries of the timeline that a diagram draws.
const DRAWN: usize = 30;
/// The same on the stage of a lesson, unless a step has more.
const ON_STAGE: usize = 6;
/// The most of them there.
const MOST_ON_STAGE: usize = 16;

/// Draws the panel of a tab.
fn on_tab(scene: &Scene<'_>, tab: Tab) -> AnyView {
    match tab {
        Tab::Panel(Panel::Now) => now(scene).into_any(),
        Tab::Panel(Panel::Network) => network(scene).into_any(),
        Tab::Panel(Panel::Diagram) => diagram(scene).into_any(),
        Tab::Panel(Panel::Lineage) => lineage(scene).into_any(),
        Tab::Panel(Panel::CookieJar) => jar(scene).into_any(),
        Tab::Panel(Panel::Cost) => cost(scene).into_any(),
        Tab::Panel(Panel::XRay) => xray(scene).into_any(),
        Tab::Panel(Panel::Policies) => policies(scene).into_any(),
        Tab::Entries => entries(scene).into_any(),
        Tab::Hand => actors(scene).into_any(),
    }
}

/// The button that shows a part of the page, or folds it away.
fn fold(scene: &Scene<'_>, fold: Fold) -> impl IntoView + use<> {
    let (wanted, words) =
        if scene.hosted.is_unfolded(fold) { ("hide", "Fold away") } else { ("show", "Show") };
    view! {
        <form method="post" action=scene.address()>
            {scene.fields()}
            <button name=wanted value=fold.slug() id=format!("fold-{}", fold.slug())>
                {words}
                <span class="visually-hidden">" " {fold.slug()}</span>
            </button>
        </form>
    }
}

/// The head of a world's page: its title, the place of its lesson, and the links by which other visitors get in.
pub(super) fn head(scene: &Scene<'_>) -> impl IntoView + use<> {
    match &scene.lesson {
        Some(lesson) => lesson_head(lesson).into_any(),
        None => view! {
            <nav class="crumbs" aria-label="The lab">
                <a href="/lab" rel="external">
                    "The lab"
                </a>
            </nav>
            <div class="lead">
                <h1>"A world of your own"</h1>
                <p>
                    "One owner, one thief, the network in your hands. The house is the real one: the library that signs people in here, behind the same layers, with a store in memory and a clock that you move."
                </p>
                {share(scene)}
            </div>
        }
        .into_any(),
    }
}

/// The head of a lesson: the part that it belongs to, its place there, and its title.
fn lesson_head(lesson: &Lesson) -> impl IntoView + use<> {
    let scenario = lesson.scenario();
    let part = Part::of(scenario);
    let (href, name) = part.map_or(("/learn".to_owned(), "Learn"), |part| {
        (format!("/learn/{}", part.slug), part.title)
    });
    let place = part.and_then(|part| part.place(scenario));
    let dots = part.zip(place).map(|(part, place)| {
        let count = part.lessons().count();
        let dots = (1..=count).map(|each| {
            let is = match each.cmp(&place) {
                std::cmp::Ordering::Less => "before",
                std::cmp::Ordering::Equal => "here",
                std::cmp::Ordering::Greater => "after",
            };
            view! { <span data-is=is></span> }
        });
        let label = format!("Lesson {place} of {count}");
        view! {
            <span class="dots" role="img" aria-label=label>
                {dots.collect_view()}
            </span>
        }
    });
    let branch = (scenario.branches.len() > 1)
        .then(|| view! { <span class="soft">{lesson.branch().name}</span> });
    view! {
        <div class="lesson-head">
            <nav class="where" aria-label="Lessons">
                <a href=href rel="external">
                    {name}
                </a>
                {dots}
                {branch}
            </nav>
            <h1>{scenario.title}</h1>
        </div>
    }
}

/// The links by which other visitors get into a world.
pub(super) fn share(scene: &Scene<'_>) -> impl IntoView + use<> {
    let address = scene.address();
    let tabs = (1..=4).map(|tab| {
        view! {
            <a href=format!("{address}?tab={tab}") rel="external" target=format!("coatroom-tab-{tab}")>
                {tab}
            </a>
        }
    });
    view! {
        <p class="soft row share">
            <span>
                "Every visitor with this page's address takes part. Open it as one of four tabs: "
                <span class="tab-links">{tabs.collect_view()}</span>
            </span>
        </p>
    }
}

/// Lists what came of the step's deeds that are no messages: no arrow says it.
fn results(scene: &Scene<'_>) -> impl IntoView + use<> {
    let from = scene.lesson.as_ref().filter(|_| scene.is_stage()).and_then(Lesson::new_since)?;
    let places = from..scene.world.timeline().len();
    let said = places.filter_map(|place| scene.world.said(place));
    let said: Vec<_> = said.map(|said| view! { <li data-new="">{said.to_owned()}</li> }).collect();
    (!said.is_empty()).then(|| view! { <ul class="outcomes">{said}</ul> })
}

/// Draws what happened as arrows: one picture for wide places and one for narrow ones.
pub(super) fn diagram(scene: &Scene<'_>) -> impl IntoView + use<> {
    let newest = match scene.touched.entries() {
        _ if !scene.is_stage() => DRAWN,
        of_step => of_step.clamp(ON_STAGE, MOST_ON_STAGE),
    };
    let (anchor, marked) = (scene.messages(), scene.touched.messages());
    let view = View { newest, anchor: &anchor, rows: rule_page::ROW, marked };
    let Diagram { wide, narrow, skipped } = diagram::diagram(scene.world, view);
    let skipped = (skipped > 0 && !scene.is_stage()).then(|| {
        view! {
            <p class="soft">
                {skipped} " earlier events are in the list below and in the picture to take along."
            </p>
        }
    });
    let empty = scene.world.timeline().is_empty().then(|| {
        view! { <p class="soft">"Nothing has happened yet. Every request and answer becomes an arrow here."</p> }
    });
    view! {
        <section class="sheet" aria-labelledby="diagram">
            <h2 id="diagram">{Panel::Diagram.name()}</h2>
            {empty}
            {skipped}
            <div class="diagram" inner_html=wide + &narrow></div>
            {results(scene)}
        </section>
    }
}
