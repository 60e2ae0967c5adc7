//! The stage of a lesson: exactly the panel that the step names, and the others as tabs behind it.

use coatroom_lab::{
    lesson::{Lesson, Place},
    scenario::Panel,
};
use leptos::prelude::*;

use crate::lab::{
    choice::{Choice, Shown},
    tab::Tab,
    world_page::Scene,
};

/// Draws the tabs of a lesson's stage, the panel that is on it, and what is to be seen there.
pub(in super::super) fn stage(scene: &Scene<'_>, lesson: &Lesson) -> impl IntoView + use<> {
    let shown = tab(lesson, scene.choice);
    let named = named(lesson);
    let rest = Tab::all().filter(|tab| *tab != named && tab.is_of(scene.world.setting()));
    let tabs = std::iter::once(named).chain(rest).map(|tab| {
        let current = (tab == shown).then_some("true");
        view! {
            <button name="see" value=tab.slug() id=format!("see-{}", tab.slug()) aria-current=current>
                {tab.title()}
            </button>
        }
    });
    let look = match lesson.place() {
        Place::After(stage) if shown == named => Some(stage.look.at),
        _ => None,
    };
    let look = look.map(|at| {
        view! {
            <p class="look">
                <b>"Look here: "</b>
                {at}
            </p>
        }
    });
    let whole = Choice { shown: Shown::All, ..scene.choice.clone() };
    view! {
        <section class="sheet stage" aria-label="What happens">
            <div class="tabs-row">
                <form method="get" action=scene.address() class="tabs">
                    {scene.fields_of_any_panel()} {tabs.collect_view()}
                </form>
                <a href=format!("{}{}", scene.address(), whole.query()) rel="external">
                    "All panels"
                </a>
            </div>
            <div class="shown" data-tab=shown.slug() tabindex="0" role="region" aria-label=shown.title()>
                {super::on_tab(scene, shown)}
            </div>
            {look}
        </section>
    }
}

/// Returns the tab that a lesson's step names.
fn named(lesson: &Lesson) -> Tab {
    match lesson.place() {
        Place::Before(stage) | Place::After(stage) => Tab::Panel(stage.look.panel),
        // The same trace under the other rules, if there are any.
        Place::End if lesson.setting().carrier.rotates() => Tab::Panel(Panel::Policies),
        Place::End => Tab::Panel(Panel::Diagram),
    }
}

/// Returns the tab that is shown: the one that the visitor pressed, or the one that the step names.
pub(in super::super) fn tab(lesson: &Lesson, choice: &Choice) -> Tab {
    match choice.shown {
        Shown::Tab(tab) if tab.is_of(lesson.setting()) => tab,
        _ => named(lesson),
    }
}
