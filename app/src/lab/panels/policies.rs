use coatroom::lab::{compare::compare, policy::Policy, worlds::Fold};
use leptos::prelude::*;

use super::fold;
use crate::lab::world_page::Scene;

/// The trace of this world, as seven policies would have decided it.
pub(in super::super) fn policies(scene: &Scene<'_>) -> impl IntoView + use<> {
    let table = scene.hosted.is_unfolded(Fold::Policies).then(|| table(scene));
    view! {
        <section class="sheet" aria-labelledby="policies">
            <div class="titled">
                <h2 id="policies">"Same trace, seven rules"</h2>
                {fold(scene, Fold::Policies)}
            </div>
            {table}
        </section>
    }
}

fn table(scene: &Scene<'_>) -> impl IntoView + use<> {
    let rows = compare(scene.world).into_iter().map(|compared| {
        let ours = (compared.policy == Policy::Coatroom).then_some("true");
        view! {
            <tr aria-current=ours>
                <th scope="row">{compared.policy.name()}</th>
                <td>{compared.owner_words()}</td>
                <td>{compared.theft_words()}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
            <div class="scroll" tabindex="0" role="region" aria-label="What each rule comes to">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Rule"</th>
                            <th scope="col">"You"</th>
                            <th scope="col">"Theft noticed"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="soft">
                "The very messages of this world, each with the tokens that its jar would hold under that rule. The last row calls the function that decides here."
            </p>
    }
}
