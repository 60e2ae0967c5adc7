//! The ways on from the end of a lesson: every lesson has a next.

use coatroom_lab::{
    curriculum::{Part, next_of_tour},
    lesson::Lesson,
    scenario::Scenario,
};
use leptos::prelude::*;

use crate::lab::world_page::Scene;

/// Draws the ways on from the end of a lesson.
pub(super) fn ways(scene: &Scene<'_>, lesson: &Lesson) -> impl IntoView + use<> {
    let (scenario, done) = (lesson.scenario(), lesson.branch().slug);
    let branches = scenario.branches.iter().filter(|branch| branch.slug != done).map(|branch| {
        let words = format!("The other way: {}", branch.name);
        begin(scenario, branch.slug, words, None)
    });
    let branches = branches.collect_view();
    let ends_the_tour = next_of_tour(scenario).is_none() && scenario.tour.is_some();
    let share = ends_the_tour.then(|| scene.share()).flatten().map(|trace| {
        view! {
            <p class="share-it">
                <a href=trace rel="external">
                    "A link to share: what you did here, to be played again"
                </a>
            </p>
        }
    });
    view! {
        <div class="row ways">{next(scenario)} {branches} {anew(scene)}</div>
        {share}
    }
}

/// The ways to the next lesson: of the tour, and of the scenario's part.
pub(in super::super) fn next(scenario: &'static Scenario) -> impl IntoView + use<> {
    let of_tour = next_of_tour(scenario);
    let tour = of_tour.map(|next| {
        let words = format!("Next in the tour: {}", next.title);
        begin(next, next.branches[0].slug, words, Some("main"))
    });
    let main = if of_tour.is_none() { "button main" } else { "button" };
    let part = Part::of(scenario).map(|part| match part.after(scenario) {
        Some(next) if of_tour.is_none_or(|tour| tour.slug != next.slug) => {
            let words = format!("Next: {}", next.title);
            let class = of_tour.is_none().then_some("main");
            begin(next, next.branches[0].slug, words, class).into_any()
        }
        Some(_) => ().into_any(),
        None => view! {
            <a class=main href=format!("/learn/{}", part.slug) rel="external">
                "The end of this part"
            </a>
        }
        .into_any(),
    });
    let learn = (of_tour.is_none() && Part::of(scenario).is_none()).then(|| {
        view! {
            <a class=main href="/learn" rel="external">
                "All lessons"
            </a>
        }
    });
    view! { {tour} {part} {learn} }
}

/// A button that begins a lesson in a world of its own.
pub(in super::super) fn begin(
    scenario: &'static Scenario,
    branch: &'static str,
    words: String,
    class: Option<&'static str>,
) -> impl IntoView + use<> {
    view! {
        <form method="post" action="/lab/worlds" data-whole="">
            <input type="hidden" name="scenario" value=scenario.slug />
            <input type="hidden" name="branch" value=branch />
            <button id=format!("begin-{}-{branch}", scenario.slug) class=class>
                {words}
            </button>
        </form>
    }
}

/// The button that begins the world anew; there is nothing to undo before anything happened.
pub(super) fn anew(scene: &Scene<'_>) -> impl IntoView + use<> {
    (!scene.world.timeline().is_empty()).then(|| {
        view! {
            <form method="post" action=scene.address() class="row small">
                {scene.fields()}
                <button name="lesson" value="anew" id="anew">
                    "Begin anew"
                </button>
            </form>
        }
    })
}
