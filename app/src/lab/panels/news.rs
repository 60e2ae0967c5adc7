use coatroom_lab::{
    worlds::{News, Pace},
    xray::XRay,
};

use super::{entries::newest, goal, guide::told, words::standing};
use crate::lab::world_page::Scene;

/// Returns what happened last, in words, for visitors who hear the page. News without words here is said elsewhere, or
/// by the button that was pressed.
pub(in super::super) fn news(scene: &Scene<'_>) -> Option<String> {
    let lesson = scene.lesson.as_ref();
    match scene.hosted.news() {
        News::Nothing | News::Full => None,
        News::Acted => {
            let reached = goal::is_reached(scene).then_some("The goal is reached. ");
            newest(scene.world).map(|newest| format!("{}{newest}", reached.unwrap_or_default()))
        }
        News::BegunAnew => Some("The world begins anew".into()),
        News::WentBack => lesson.map(|lesson| format!("Back. {}", told(lesson))),
        News::Stepped => lesson.map(told),
        News::Forged => scene.xray.as_ref().ok()?.as_ref().map(judged),
        News::Paced => Some(match scene.hosted.pace() {
            Pace::Running => "The clock runs".into(),
            Pace::Stopped => "The clock stands still".into(),
        }),
        News::Turned => Some(standing(&scene.standing, scene.carrier()).1),
    }
}

/// Names the check that refuses a token, or says that every check passes.
pub(in super::super) fn judged(seen: &XRay) -> String {
    seen.refused().map_or_else(
        || "Every check passes".to_owned(),
        |(check, _)| format!("Refused by {}", check.name()),
    )
}
