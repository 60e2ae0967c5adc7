use leptos::prelude::*;

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
    let json = scene.world.trace().to_json();
    view! {
        <section class="sheet" aria-labelledby="export">
            <h2 id="export">"Take it along"</h2>
            <div class="row small">
                {file("json", "JSON, to play again")} {file("svg", "SVG, to print")}
            </div>
            <details id="export-json">
                <summary>"The trace as JSON"</summary>
                <pre tabindex="0">{json}</pre>
            </details>
        </section>
    }
}
