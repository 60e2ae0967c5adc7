use coatroom_lab::{
    lesson::{Lesson, Shown},
    worlds::{News, Pace},
    xray::XRay,
};

use super::{
    entries::newest,
    guide::{judgement, verdict},
    words::standing,
};
use crate::lab::world_page::Scene;

/// Returns what happened last, in words, for visitors who hear the page. News without words here is said elsewhere, or
/// by the button that was pressed.
pub(in super::super) fn news(scene: &Scene<'_>) -> Option<String> {
    let lesson = scene.lesson.as_ref();
    match scene.hosted.news() {
        News::Nothing | News::Full => None,
        News::Acted => newest(scene.world),
        News::BegunAnew => Some("The world begins anew".into()),
        News::WentBack => lesson.map(went_back),
        News::Staged => lesson.and_then(staged).or_else(|| newest(scene.world)),
        News::Checked => lesson.and_then(Lesson::checked).and_then(told),
        News::Answered => lesson.and_then(answered),
        News::Forged => scene.xray.as_ref().ok()?.as_ref().map(judged),
        News::Paced => Some(match scene.hosted.pace() {
            Pace::Running => "The clock runs".into(),
            Pace::Stopped => "The clock stands still".into(),
        }),
        News::Turned => Some(standing(&scene.standing).1.to_owned()),
    }
}

/// Returns where a lesson is after a step back.
fn went_back(lesson: &Lesson) -> String {
    match lesson.shown().len() {
        0 => "Back at the beginning".into(),
        step => format!("Back at step {step}"),
    }
}

/// Returns the newest stage's words, and its outcome.
fn staged(lesson: &Lesson) -> Option<String> {
    let shown = lesson.shown();
    let stage = lesson.branch().stages.get(shown.len().checked_sub(1)?)?;
    let showed = told(shown.last()?).unwrap_or_default();
    Some(format!("{} {showed}", stage.say).trim_end().to_owned())
}

/// Returns the outcome of a stage in words.
fn told(shown: &Shown) -> Option<String> {
    let (_, words) = verdict(shown)?;
    Some(format!("{}. {words}", shown.outcomes.join(", ")))
}

/// Returns whether the answer to the quiz is right, and why.
fn answered(lesson: &Lesson) -> Option<String> {
    let option = lesson.quiz()?.options.get(lesson.answered()?)?;
    Some(format!("{}{}", judgement(option.truth).1, option.because))
}

/// Names the check that refuses a token, or says that every check passes.
pub(in super::super) fn judged(seen: &XRay) -> String {
    seen.refused().map_or_else(
        || "Every check passes".to_owned(),
        |(check, _)| format!("Refused by {}", check.name()),
    )
}
