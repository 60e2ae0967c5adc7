use coatroom_lab::{
    lesson::{Lesson, Shown, Verdict},
    scenario::{Panel, Scenario, Stage, Truth, tour},
};
use leptos::prelude::*;

use crate::lab::{rule_page, world_page::Scene};

/// Draws the scenario that the visitor goes through: what was told, what comes next, and the question at the end.
pub(in super::super) fn guide(scene: &Scene<'_>, lesson: &Lesson) -> impl IntoView + use<> {
    let stages = lesson.branch().stages;
    let done = lesson.shown().len();
    let mut told: Vec<_> = stages.iter().zip(lesson.shown()).zip(1..).map(stage).collect();
    let newest = told.pop();
    let before = (!told.is_empty()).then(|| {
        view! {
            <details id="told-before">
                <summary id="told-before-summary">"What was told before"</summary>
                <ol class="told">{told}</ol>
            </details>
        }
    });
    let newest = newest.map(|stage| view! { <ol class="told newest">{stage}</ol> });
    let next = (done < stages.len()).then(|| {
        let words = if done == 0 { "Begin" } else { "Go on" };
        view! {
            <button class="main" name="lesson" value="next" id="lesson-next">
                {words}
            </button>
        }
    });
    let count = next.is_some().then(|| {
        format!("Step {} of {}. You may do other things in between, too.", done + 1, stages.len())
    });
    let back = (done > 0).then(|| {
        view! {
            <button name="lesson" value="back" id="lesson-back">
                "Back"
            </button>
        }
    });
    let end = next.is_none().then(|| end(scene, lesson));
    let steps = view! {
        <form method="post" action=scene.address() class="row">
            {scene.fields()} <input type="hidden" name="step" value=done /> {next} {back}
            <span class="soft">{count}</span>
        </form>
    };
    view! {
        <section class="sheet guide" aria-labelledby="guide">
            <h2 id="guide">
                "Scenario " {lesson.scenario().number} " · " {lesson.branch().name}
            </h2>
            {before}
            {newest}
            {steps}
            {end}
            {anew(scene)}
        </section>
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

/// A stage as it was told, with what it showed and where to look.
fn stage(((stage, shown), number): ((&Stage, &Shown), usize)) -> impl IntoView + use<> {
    view! {
        <li data-number=number>
            <p>{stage.say}</p>
            {outcomes(shown)}
            {look(stage)}
        </li>
    }
}

/// Draws what a stage showed, and the verdict whether that is what it must show.
pub(in super::super) fn outcomes(shown: &Shown) -> impl IntoView + use<> {
    // Outcomes that came again and again stand there once.
    let lines = shown.outcomes.chunk_by(|one, next| one == next).map(|alike| {
        let times = (alike.len() > 1).then(|| format!("{} times: ", alike.len()));
        view! { <li>{times} {outcome(&alike[0])}</li> }
    });
    let lines = lines.collect_view();
    verdict(shown).map(|(state, words)| {
        view! {
            <ul class="outcomes">{lines}</ul>
            <p class="badge" data-state=state>
                {words}
            </p>
        }
    })
}

/// Returns the verdict on a stage, as a state and in words; nothing for a stage that showed nothing, as told.
pub(super) const fn verdict(shown: &Shown) -> Option<(&'static str, &'static str)> {
    match (shown.verdict, shown.outcomes.is_empty()) {
        (Verdict::AsTold, true) => None,
        (Verdict::AsTold, false) => Some(("active", "As the rule says")),
        (Verdict::Otherwise, _) => Some(("expiring", "Something else happened in between")),
    }
}

/// An outcome, its row of the rule marked and a link to it.
fn outcome(line: &str) -> impl IntoView + use<> {
    let parts: Vec<String> = line.split(" · ").map(str::to_owned).collect();
    let last = parts.len() - 1;
    parts
        .into_iter()
        .enumerate()
        .map(|(index, part)| {
            let apart = if index < last { " · " } else { "" };
            let number = part.strip_prefix("row ").and_then(|row| row.split(' ').next());
            let part = match number.and_then(|number| number.parse().ok()) {
                Some(number) => view! {
                    <a class="rule" href=rule_page::address(number) rel="external">
                        {part}
                    </a>
                }
                .into_any(),
                None => part.into_any(),
            };
            view! {
                {part}
                {apart}
            }
        })
        .collect_view()
}

fn look(stage: &Stage) -> impl IntoView + use<> {
    view! {
        <p class="look">
            <a href=format!("#{}", anchor(stage.look.panel))>
                "Look at “" {stage.look.panel.name()} "”"
            </a>
            ": "
            {stage.look.at}
        </p>
    }
}

/// Returns the anchor of a panel on the page.
const fn anchor(panel: Panel) -> &'static str {
    match panel {
        Panel::Now => "now",
        Panel::Network => "network",
        Panel::Diagram => "diagram",
        Panel::Lineage => "lineage",
        Panel::CookieJar => "jar",
        Panel::Cost => "cost",
        Panel::Policies => "policies",
    }
}

/// Draws the end of a branch: the question, if it has one, the failure that the rule is for, and the ways on.
fn end(scene: &Scene<'_>, lesson: &Lesson) -> impl IntoView + use<> {
    let scenario = lesson.scenario();
    let quiz = lesson.quiz().map(|quiz| {
        let options = quiz.options.iter().enumerate().map(|(index, option)| {
            let chosen = lesson.answered() == Some(index);
            let state = chosen.then(|| judgement(option.truth).0);
            view! {
                <button
                    name="lesson"
                    value=index
                    id=format!("answer-{index}")
                    aria-pressed=chosen.to_string()
                    data-state=state
                >
                    {option.text}
                </button>
            }
        });
        let options = options.collect_view();
        let because = lesson.answered().and_then(|index| quiz.options.get(index)).map(|option| {
            let (state, word) = judgement(option.truth);
            view! {
                <p class="because" data-state=state>
                    <b class="badge">{word}</b>
                    " "
                    {option.because}
                </p>
            }
        });
        let check = match lesson.checked() {
            Some(shown) => view! { <div class="checked">{outcomes(shown)}</div> }.into_any(),
            None => view! {
                <form method="post" action=scene.address()>
                    {scene.fields()}
                    <button name="lesson" value="check" id="lesson-check">
                        "Do it, and see"
                    </button>
                </form>
            }
            .into_any(),
        };
        view! {
            <div class="quiz">
                <h3>"Check yourself"</h3>
                <p>{quiz.asks}</p>
                <form method="post" action=scene.address() class="row">
                    {scene.fields()} {options}
                </form>
                {because}
                {check}
            </div>
        }
    });
    view! {
        {quiz}
        <p>
            <b>"The failure this rule exists for. "</b>
            {scenario.failure}
        </p>
        {onward(scenario, lesson.branch().slug)}
    }
}

/// Returns whether an answer is right, as a state and in words.
pub(super) const fn judgement(truth: Truth) -> (&'static str, &'static str) {
    match truth {
        Truth::Right => ("active", "Right. "),
        Truth::Wrong => ("revoked", "Not so. "),
    }
}

/// The other branches of a scenario, and the next of the tour.
fn onward(scenario: &'static Scenario, done: &str) -> impl IntoView + use<> {
    let branches = scenario.branches.iter().filter(|branch| branch.slug != done).map(|branch| {
        view! { {begin(scenario, branch.slug, branch.name.to_owned(), None)} }
    });
    let branches = branches.collect_view();
    view! { <div class="row small">{branches} {next_of_tour(scenario)}</div> }
}

/// The way to the next scenario of the tour.
pub(in super::super) fn next_of_tour(scenario: &Scenario) -> impl IntoView + use<> {
    let next = scenario.tour.and_then(|place| tour().get(usize::from(place)).copied());
    next.map(|next| {
        view! {
            <a class="button main" href=format!("/lab/{}", next.slug) rel="external">
                "Next in the tour: "
                {next.title}
            </a>
        }
    })
}

/// A button that begins a scenario in a world of its own.
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
            <button id=format!("begin-{branch}") class=class>
                {words}
            </button>
        </form>
    }
}
