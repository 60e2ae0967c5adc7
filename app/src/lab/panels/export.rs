use coatroom::lab::worlds::Fold;
use leptos::prelude::*;

use super::fold;
use crate::lab::world_page::Scene;

/// The trace, to take along: as a file, or as text for a report.
pub(in super::super) fn export(scene: &Scene<'_>) -> impl IntoView + use<> {
    let file = |name: &str, words: &'static str| {
        let href = format!("{}/trace.{name}", scene.address());
        view! {
            <a class="button" href=href rel="external" download="">
                {words}
            </a>
        }
    };
    let text = scene.hosted.is_unfolded(Fold::Export).then(|| {
        let json = scene.world.trace().to_json();
        view! {
            <h3>"As JSON, to play again"</h3>
            <pre tabindex="0">{json}</pre>
        }
    });
    view! {
        <section class="sheet" aria-labelledby="export">
            <div class="titled">
                <h2 id="export">"Take it along"</h2>
                {fold(scene, Fold::Export)}
            </div>
            <div class="row small">
                {file("json", "JSON, to play again")} {file("svg", "SVG, to print")}
            </div>
            {text}
        </section>
    }
}
