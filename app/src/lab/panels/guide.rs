//! A lesson's step: the text, the prediction, the deed, and how the prediction compares with what came of it.

use coatroom_lab::{
    lesson::{Lesson, Place, Shown, Verdict},
    scenario::{Guess, Stage, Truth},
    terms::{Half, new_terms},
};
use leptos::prelude::*;

use super::ways::ways;
use crate::lab::{rule_page, world_page::Scene};

/// Draws the step that the lesson is at.
pub(in super::super) fn guide(scene: &Scene<'_>, lesson: &Lesson) -> impl IntoView + use<> {
    let count = lesson.branch().stages.len();
    let number = lesson.number();
    let (done, left) = lesson.deeds();
    let (title, text, main) = match lesson.place() {
        Place::Before(stage) => (
            format!("Step {number} of {count}"),
            before(lesson, stage).into_any(),
            left.first().map(|deed| deed.says),
        ),
        Place::After(stage) => {
            (format!("Step {number} of {count}"), after(lesson, stage).into_any(), Some("Go on"))
        }
        Place::End => ("The end of this lesson".to_owned(), over(lesson).into_any(), None),
    };
    let place =
        if lesson.is_under_way() { format!("{number} of {count}") } else { "Done".to_owned() };
    let step = lesson.step();
    let back = (step > 0).then(|| {
        view! {
            <button name="lesson" value="back" id=format!("back-{step}") formnovalidate>
                "Back"
            </button>
        }
    });
    // One button for all deeds of a step: the focus stays on it. At the last one's end it goes to the text.
    let next = if left.is_empty() { "go-on" } else { "next" };
    let main = main.map(|words| {
        view! {
            <button class="main" name="lesson" value="next" id=format!("{next}-{number}")>
                {words}
            </button>
        }
    });
    // The deeds of the step, as dots: those that are done are filled.
    let dots = (done.len() + left.len() > 1).then(|| {
        view! { <span>{"●".repeat(done.len())} {"○".repeat(left.len())}</span> }
    });
    let ways = (!lesson.is_under_way()).then(|| ways(scene, lesson));
    // A form that the script asks, unless the controls are there, whose choices count.
    let chosen = (!scene.is_by_hand()).then_some("");
    view! {
        <section class="tell" aria-labelledby="step">
            <h2 class="step" id="step">
                {title}
            </h2>
            <form method="post" action=scene.address() class="of-step" data-chosen=chosen>
                {scene.fields()}
                <input type="hidden" name="step" value=step />
                {text}
                // The first button is the one that the Enter key presses.
                <div class="bar">
                    {main}
                    {back}
                    <span aria-hidden="true">{place} " " {dots}</span>
                </div>
            </form>
            {ways}
        </section>
    }
}

/// Draws a step before its last deed. A guess is made before the first one.
fn before(lesson: &Lesson, stage: &'static Stage) -> impl IntoView + use<> {
    let number = lesson.number();
    let chosen = lesson.guess(number);
    let is_begun = !lesson.deeds().0.is_empty();
    let asked = stage.predict.map(|prediction| {
        let guesses = prediction.guesses.iter().enumerate().map(|(index, guess)| {
            // Once it is made it is another element: the focus leaves what can no longer be chosen.
            let name = if is_begun { "guessed" } else { "guess" };
            let id = format!("{name}-{number}-{index}");
            let of = id.clone();
            view! {
                <label class="guess" for=of>
                    <input
                        type="radio"
                        name="guess"
                        id=id
                        value=index
                        required
                        checked=chosen == Some(index)
                    />
                    {guess.text}
                </label>
            }
        });
        view! {
            <fieldset class="guesses" disabled=is_begun>
                <legend>{prediction.asks}</legend>
                {guesses.collect_view()}
            </fieldset>
        }
    });
    view! {
        <p class="say">{stage.say}</p>
        {terms(lesson, Half::Before)}
        {dial(lesson)}
        {asked}
    }
}

/// Draws the length of time that a lesson lets its learner choose: as a slider before the deed that asks for it, in words
/// from then on.
fn dial(lesson: &Lesson) -> impl IntoView + use<> {
    let (dial, minutes) = lesson.dial()?;
    let is_asked = lesson.deeds().1.first().is_some_and(|deed| deed.dial.is_some());
    let slider = is_asked.then(|| {
        view! {
            <div class="slider">
                <label for="choice">
                    {dial.label} " " <output for="choice">{minutes}</output> " minutes"
                </label>
                <input
                    type="range"
                    name="choice"
                    id="choice"
                    min=dial.least
                    max=dial.most
                    value=minutes
                />
            </div>
        }
    });
    let chosen = (!is_asked).then(|| {
        view! { <p class="soft">"Your choice: " {minutes} " minutes."</p> }
    });
    Some((slider, chosen))
}

/// Draws the words that come first in that half of this step, each with its meaning.
fn terms(lesson: &Lesson, half: Half) -> impl IntoView + use<> {
    let new = new_terms(lesson.branch(), lesson.number(), half);
    let names: Vec<&str> = new.iter().map(|term| term.word).collect();
    (!new.is_empty()).then(|| {
        let terms = new.iter().map(|term| {
            view! {
                <div>
                    <dt>{term.word}</dt>
                    <dd>{term.means}</dd>
                </div>
            }
        });
        let half = if half == Half::Before { "before" } else { "after" };
        let id = format!("terms-{}-{half}", lesson.number());
        view! {
            <details class="terms" id=id.clone()>
                <summary id=format!("{id}-summary")>"In other words: " {names.join("; ")}</summary>
                <dl class="why">{terms.collect_view()}</dl>
            </details>
        }
    })
}

/// Draws a step after its deed: the prediction beside what came of it, and the server's answers line by line.
fn after(lesson: &Lesson, stage: &'static Stage) -> impl IntoView + use<> {
    let number = lesson.number();
    let guess = lesson.guess(number).and_then(|guess| stage.guess(guess));
    let came = compare(guess, stage.right());
    let shown = lesson.shown().last();
    let otherwise = shown.filter(|shown| shown.verdict == Verdict::Otherwise).map(|_| {
        view! {
            <p class="badge" data-state="expiring">
                {OTHERWISE}
            </p>
        }
    });
    let lines = shown.filter(|shown| !shown.outcomes.is_empty()).map(|shown| {
        let id = format!("answers-{number}");
        view! {
            <details id=id.clone()>
                <summary id=format!("{id}-summary")>"What the server answered, line by line"</summary>
                {outcomes(shown)}
            </details>
        }
    });
    view! {
        <p class="say">{stage.say}</p>
        {came}
        {otherwise}
        {terms(lesson, Half::After)}
        {lines}
    }
}

const OTHERWISE: &str = "Something else happened in between";

/// Draws a guess beside the one that came true. No guess is blamed: each has its reason.
fn compare(guess: Option<&'static Guess>, right: Option<&'static Guess>) -> impl IntoView + use<> {
    guess.zip(right).map(|(guess, right)| {
        let state = if guess.truth == Truth::Right { "active" } else { "other" };
        let words = match guess.truth {
            Truth::Right => view! { <b>"As you predicted: "</b> {lower(right.text)} }.into_any(),
            Truth::Wrong => view! {
                <b>"It came otherwise: "</b>
                {lower(right.text)}
                <span class="soft">" You had said: " {lower(guess.text)}</span>
            }
            .into_any(),
        };
        view! {
            <div class="came" data-state=state>
                <p>{words}</p>
                <p class="because">{guess.because}</p>
            </div>
        }
    })
}

/// Makes a sentence of a guess that goes on after a colon.
fn lower(text: &str) -> String {
    let keeps = text.starts_with("I ")
        || text.split(' ').next().is_some_and(|first| {
            first.chars().skip(1).any(|letter| letter.is_uppercase() || letter.is_numeric())
        });
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|first| if keeps { first.to_string() } else { first.to_lowercase().to_string() });
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{}{}{end}", first.unwrap_or_default(), letters.as_str())
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
        (Verdict::Otherwise, _) => Some(("expiring", OTHERWISE)),
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

/// Draws the end of a lesson.
fn over(lesson: &Lesson) -> impl IntoView + use<> {
    let scenario = lesson.scenario();
    let predicted = match lesson.predicted() {
        (0, _) => None,
        (made, right) => Some(view! { <p>"You predicted " {right} " of " {made} "."</p> }),
    };
    view! {
        {predicted}
        <p>
            <b>"The failure this rule exists for. "</b>
            {scenario.failure}
        </p>
        <p>
            <a href=format!("/lab/{}", scenario.slug) rel="external">
                "The whole of it: each answer, what this does not show, and the sources"
            </a>
        </p>
    }
}

/// Returns the sentence that tells of the step that a lesson is at, for visitors who hear the page.
pub(super) fn told(lesson: &Lesson) -> String {
    match lesson.place() {
        Place::Before(stage) => match lesson.deeds() {
            ([.., last], [next, ..]) => format!("Done: {}. Next: {}.", last.says, next.says),
            _ => stage.say.to_owned(),
        },
        Place::After(stage) => {
            let guess = lesson.guess(lesson.number()).and_then(|guess| stage.guess(guess));
            let came = guess.map(|guess| match guess.truth {
                Truth::Right => "As you predicted. ",
                Truth::Wrong => "It came otherwise. ",
            });
            format!("{}{}", came.unwrap_or_default(), stage.look.at)
        }
        Place::End => "The end of this lesson".to_owned(),
    }
}
