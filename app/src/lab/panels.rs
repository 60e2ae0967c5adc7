//! The panels of a world, one a file; each is a view of what the world says, and calls nothing.

mod actors;
mod cost;
pub(super) mod entries;
mod export;
pub(super) mod guide;
mod house;
mod jar;
mod lineage;
mod markup;
mod network;
mod news;
mod now;
mod policies;
mod words;
mod xray;

#[cfg(test)]
mod tests;

use coatroom_lab::{
    diagram::{self, Layout, View},
    lesson::Lesson,
    scenario::Panel,
    worlds::Fold,
};
use leptos::prelude::*;

pub(super) use self::{
    actors::actors,
    cost::cost,
    entries::entries,
    export::export,
    guide::guide,
    house::house,
    jar::jar,
    lineage::lineage,
    network::network,
    news::{judged, news},
    now::now,
    policies::policies,
    words::{life, standing},
    xray::{token, xray},
};
use super::{rule_page, world_page::Scene};

/// Number of entries of the timeline that a diagram draws.
const DRAWN: usize = 30;

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

/// The head of a world's page: its title, and the links by which other visitors get in.
pub(super) fn head(scene: &Scene<'_>) -> impl IntoView + use<> {
    let address = scene.address();
    let (title, text) = match &scene.lesson {
        Some(lesson) => (lesson.title(), lesson.scenario().claim),
        None => (
            "A world of your own",
            "One owner, one thief, the network in your hands. The house is the real one: the library that signs people \
             in here, behind the same layers, with a store in memory and a clock that you move.",
        ),
    };
    let tabs = (1..=4).map(|tab| {
        view! {
            <a href=format!("{address}?tab={tab}") rel="external" target=format!("coatroom-tab-{tab}")>
                {tab}
            </a>
        }
    });
    let about = scene.lesson.as_ref().map(Lesson::scenario).map(|scenario| {
        view! {
            <a href=format!("/lab/{}", scenario.slug) rel="external">
                "About this scenario"
            </a>
        }
    });
    view! {
        <nav class="crumbs" aria-label="The lab">
            <a href="/lab" rel="external">
                "The lab"
            </a>
            {about}
        </nav>
        <div class="lead">
            <h1>{title}</h1>
            <p>{text}</p>
            <p class="soft row share">
                <span>
                    "Whoever has this page's address takes part. Open it as one of four tabs: "
                    <span class="tabs">{tabs.collect_view()}</span>
                </span>
            </p>
        </div>
    }
}

/// Draws what happened as arrows: one picture for wide places and one for narrow ones.
pub(super) fn diagram(scene: &Scene<'_>) -> impl IntoView + use<> {
    let draw = |layout| {
        let view = View { layout, newest: DRAWN, anchor: entries::ANCHOR, rows: rule_page::ROW };
        diagram::diagram(scene.world, view)
    };
    let (wide, narrow) = (draw(Layout::Wide), draw(Layout::Narrow));
    let skipped = (wide.skipped > 0).then(|| {
        view! {
            <p class="soft">
                {wide.skipped} " earlier events are in the list below and in the picture to take along."
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
            <div class="diagram" inner_html=wide.svg + &narrow.svg></div>
        </section>
    }
}
