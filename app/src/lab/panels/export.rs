use coatroom_lab::{export, worlds::Fold};
use leptos::prelude::*;

use super::fold;
use crate::lab::{target::File, world_page::Scene};

/// The trace, to take along: as a file, or as text for a report.
pub(in super::super) fn export(scene: &Scene<'_>) -> impl IntoView + use<> {
    let files = File::ALL.map(|file| {
        let href = format!("{}/{}", scene.address(), file.name());
        view! {
            <a class="button" href=href rel="external" download="">
                {file.words()}
            </a>
        }
    });
    let files = files.collect_view();
    let text = scene.hosted.is_unfolded(Fold::Export).then(|| {
        let (json, text) = (scene.world.trace().to_json(), export::report(scene.world));
        view! {
            <h3>"As JSON, to play again"</h3>
            <pre tabindex="0">{json}</pre>
            <h3>"As text, for a report"</h3>
            <pre tabindex="0">{text}</pre>
        }
    });
    view! {
        <section class="sheet" aria-labelledby="export">
            <div class="titled">
                <h2 id="export">"Take it along"</h2>
                {fold(scene, Fold::Export)}
            </div>
            <div class="row small">{files}</div>
            {text}
        </section>
    }
}
