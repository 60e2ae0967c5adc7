use coatroom_lab::{
    forge::Forgery,
    scenario::Panel,
    worlds::Fold,
    xray::{Content, Note, Outcome, Part, XRay},
};
use leptos::prelude::*;

use super::{
    fold,
    words::{NOT_KNOWN, marked},
};
use crate::lab::world_page::Scene;

/// Number of characters of a part that are shown.
const SHOWN: usize = 12;

/// The owner's access token, as it is or as an attacker would change it, and what the house's verifier says.
pub(in super::super) fn xray(scene: &Scene<'_>) -> impl IntoView + use<> {
    // On the stage of a lesson it is there whenever its tab is.
    let folds = (!scene.is_stage()).then(|| fold(scene, Fold::XRay));
    let inside = (folds.is_none() || scene.hosted.is_unfolded(Fold::XRay)).then(|| inside(scene));
    view! {
        <section class="sheet" aria-labelledby="xray">
            <div class="titled">
                <h2 id="xray">{Panel::XRay.name()}</h2>
                {folds}
            </div>
            {inside}
        </section>
    }
}

fn inside(scene: &Scene<'_>) -> impl IntoView + use<> {
    let chosen = scene.hosted.forgery();
    let button = |slug: &'static str, words: &'static str, on: bool| {
        view! {
            <button
                name="forge"
                value=slug
                id=format!("forge-{slug}")
                aria-pressed=on.to_string()
            >
                {words}
            </button>
        }
    };
    let forgeries = Forgery::ALL
        .into_iter()
        .map(|forgery| button(forgery.slug(), forgery.name(), chosen == Some(forgery)))
        .collect_view();
    let lesson = chosen.map(|forgery| view! { <p class="soft">{forgery.lesson()}</p> });
    let seen = match &scene.xray {
        Ok(Some(seen)) => token(seen).into_any(),
        Ok(None) => view! { <p class="soft">"There is no token in the jar."</p> }.into_any(),
        Err(_) => view! {
            <p data-state="unknown">
                <b class="badge">{NOT_KNOWN}</b>
            </p>
        }
        .into_any(),
    };
    // A lesson has its own deeds.
    let forms = (!scene.is_stage()).then(|| {
        view! {
            <form method="post" action=scene.address() class="row small">
                {scene.fields()} {button("none", "As it is", chosen.is_none())} {forgeries}
            </form>
            {lesson}
        }
    });
    let new = (scene.touched.entries() > 0).then_some("");
    view! {
        {forms}
        <div class="plate flow-tight" data-new=new>
            {seen}
        </div>
    }
}

/// A token in its parts, and each check.
pub(in super::super) fn token(seen: &XRay) -> impl IntoView + use<> {
    let text = seen.parts.iter().enumerate().map(|(index, part)| {
        let dot = (index > 0).then_some(" . ");
        view! {
            {dot}
            <span data-part=part.kind.name()>{beginning(&part.text)}</span>
        }
    });
    let text = text.collect_view();
    let parts = seen.parts.iter().map(one).collect_view();
    let notes = seen.notes.iter().map(|note| match note {
        Note::Bearer => "The word Bearer is the name of the scheme, and was left out. ",
        Note::Cut => "It is very long: only its beginning is shown. ",
    });
    let notes: String = notes.collect();
    let whole = seen.checks.iter().all(|(_, outcome)| *outcome == Outcome::Passed);
    let verdict = match seen.refused() {
        None if whole => ("active", "Every check passes: this token is good.".to_owned()),
        None => ("active", "Every check that this node makes passes.".to_owned()),
        Some((check, why)) => ("revoked", format!("Refused by {}: {why}.", check.name())),
    };
    let checks = seen.checks.iter().map(|(check, outcome)| {
        let (state, word) = match outcome {
            Outcome::Passed => ("active", "passed"),
            Outcome::Failed(_) => ("revoked", "refused"),
            Outcome::NotReached => ("none", "not reached"),
        };
        view! {
            <li data-state=state title=check.says().replace('`', "")>
                <span class="badge">{check.name()}</span>
                <span class="visually-hidden">": " {word}</span>
            </li>
        }
    });
    let whys = seen.checks.iter().map(|(check, _)| {
        view! {
            <div>
                <dt>{check.name()}</dt>
                <dd>{marked(check.says())}</dd>
            </div>
        }
    });
    let whys = whys.collect_view();
    let checks = checks.collect_view();
    view! {
        <p class="token">{text}</p>
        <p class="soft">{seen.length} " bytes. " {notes}</p>
        <p data-state=verdict.0 class="verdict-line" data-testid="verdict">
            <b class="badge"><span>{marked(&verdict.1)}</span></b>
        </p>
        <ol class="checks" aria-label="The checks, in order">
            {checks}
        </ol>
        <div class="parts">{parts}</div>
        <details id="xray-why">
            <summary id="xray-why-summary">"What each check is for"</summary>
            <dl class="why">{whys}</dl>
        </details>
    }
}

/// Returns the first characters of a part, and the number of all: the visitor has the token, and no other reader needs
/// it.
fn beginning(text: &str) -> String {
    let count = text.chars().count();
    if count <= SHOWN {
        return text.to_owned();
    }
    let shown: String = text.chars().take(SHOWN).collect();
    format!("{shown}… {count} characters")
}

fn one(part: &Part) -> impl IntoView + use<> {
    let content = match &part.content {
        Content::Json { text, .. } => view! { <pre tabindex="0">{text.clone()}</pre> }.into_any(),
        Content::Bytes(length) => {
            view! { <p class="soft">{*length} " bytes that only the verifier can judge"</p> }
                .into_any()
        }
        Content::Text(text) => view! { <p>{text.clone()}</p> }.into_any(),
        Content::Unreadable(why) => view! { <p class="soft">{why.clone()}</p> }.into_any(),
    };
    let flaw = part.flaw.map(|flaw| view! { <p class="error">{marked(flaw)}</p> });
    view! {
        <div data-part=part.kind.name()>
            <h3>{part.kind.name()}</h3>
            {content}
            {flaw}
        </div>
    }
}
