//! A goal of a world: what is to be brought about, how many moves it took, and why it goes so.

use coatroom_lab::goal::{GOALS, Goal, INTERVIEW, Question, Seen};
use leptos::prelude::*;

use crate::lab::world_page::Scene;

/// Returns true if the world has a goal, and is where it is reached.
pub(super) fn is_reached(scene: &Scene<'_>) -> bool {
    let seen = Seen { world: scene.world, sessions: &scene.sessions };
    scene.hosted.goal().is_some_and(|goal| goal.is_reached(&seen))
}

/// Draws the goal of a world, if it has one.
pub(in super::super) fn goal(scene: &Scene<'_>) -> Option<impl IntoView + use<>> {
    let goal = scene.hosted.goal()?;
    let moves = scene.world.trace().actions().len();
    let reached = is_reached(scene);
    let (state, word) = if reached { ("active", "Reached. ") } else { ("expiring", "Not yet. ") };
    let because = reached.then(|| view! { <p>{goal.because}</p> });
    let next = goal.next().filter(|_| reached);
    let next = next.map(|next| begin(next, next_words(next), Some("main")));
    let question = question_of(goal).map(|question| view! { <p class="soft">{question.asks}</p> });
    Some(view! {
        <section class="sheet" aria-labelledby="goal">
            <h2 id="goal">"Goal"</h2>
            {question}
            <p>{goal.asks}</p>
            <p class="badge" data-state=state>
                {word} "Moves: " {moves} ", par: " {goal.par()} "."
            </p>
            {because}
            {next}
        </section>
    })
}

/// Returns the question of the interview that a goal answers, if it does.
fn question_of(goal: &Goal) -> Option<&'static Question> {
    INTERVIEW.iter().find(|question| question.goal.slug == goal.slug)
}

fn next_words(next: &Goal) -> &'static str {
    if question_of(next).is_some() { "The next question" } else { "The next goal" }
}

/// Lists the questions of the interview, each with the button that begins the world of its answer.
pub(in super::super) fn interview() -> impl IntoView {
    let questions = INTERVIEW.iter().map(|question| {
        view! {
            <li>
                {begin(&question.goal, question.asks, Some("entry"))}
                <small>{question.goal.asks} " Par: " {question.goal.par()} " moves."</small>
            </li>
        }
    });
    view! { <ol class="stops">{questions.collect_view()}</ol> }
}

/// Lists the goals, each with the button that begins its world.
pub(in super::super) fn goals() -> impl IntoView {
    let goals = GOALS.iter().map(|goal| {
        view! {
            <li>
                {begin(goal, goal.asks, Some("entry"))}
                <small>"Par: " {goal.par()} " moves"</small>
            </li>
        }
    });
    view! {
        <section class="sheet" aria-labelledby="goals">
            <h2 id="goals">"Goals"</h2>
            <p class="soft">
                "For visitors who want more: bring it about in a world of your own. The world itself says if it is reached."
            </p>
            <ol class="stops">{goals.collect_view()}</ol>
        </section>
    }
}

/// A button that begins a world with a goal.
fn begin(
    goal: &'static Goal,
    words: &'static str,
    class: Option<&'static str>,
) -> impl IntoView + use<> {
    view! {
        <form method="post" action="/lab/worlds" data-whole="">
            <input type="hidden" name="goal" value=goal.slug />
            <button id=format!("goal-{}", goal.slug) class=class>
                {words}
            </button>
        </form>
    }
}
