use coatroom_lab::{
    compare::Compared,
    policy::{Grace, Policy, System},
    scenario::Panel,
    worlds::Fold,
};
use leptos::prelude::*;

use super::fold;
use crate::lab::world_page::Scene;

/// The trace of this world, as each policy would have decided it.
pub(in super::super) fn policies(scene: &Scene<'_>) -> impl IntoView + use<> {
    // On the stage of a lesson it is there whenever its tab is.
    let folds = (!scene.is_stage()).then(|| fold(scene, Fold::Policies));
    let table = (folds.is_none() || scene.hosted.is_unfolded(Fold::Policies)).then(|| table(scene));
    view! {
        <section class="sheet" aria-labelledby="policies">
            <div class="titled">
                <h2 id="policies">{Panel::Policies.name()}</h2>
                {folds}
            </div>
            {table}
        </section>
    }
}

fn table(scene: &Scene<'_>) -> impl IntoView + use<> {
    let new = (scene.touched.entries() > 0).then_some(());
    // Ours comes first on a stage, where the table may be longer than its place.
    let ours = |compared: &&Compared| compared.policy == Policy::Coatroom;
    let all = scene.compared.iter();
    let (first, rest) = if scene.is_stage() {
        (all.clone().find(ours), all.filter(|each| !ours(each)).collect::<Vec<_>>())
    } else {
        (None, all.collect())
    };
    let rows = first.into_iter().chain(rest).map(|compared| {
        let ours = (compared.policy == Policy::Coatroom).then_some("true");
        view! {
            <tr aria-current=ours data-new=new.filter(|()| ours.is_some()).map(|()| "")>
                <th scope="row">{compared.policy.name()}</th>
                <td>{compared.owner_words()}</td>
                <td>{compared.theft_words()}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let grace = f64::from(scene.world.setting().grace_ms) / 1000.0;
    let systems = Policy::ALL.map(system).collect_view();
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
                "The very messages of this world, each with the tokens that its jar would hold under that rule. Every rule that has a window is given your G, "
                {grace}
                " s, and none its own; all have the access tokens of this house. Who is told to wait (429) is signed in. Each rule decides in a world of its own on this engine; the last row calls the function that decides here."
            </p>
            <details id="systems">
                <summary id="systems-summary">"Who does it so, with which window, and where it is told"</summary>
                <dl class="why">{systems}</dl>
            </details>
    }
}

/// The system that a rule stands for.
fn system(policy: Policy) -> impl IntoView + use<> {
    let System { name, window, grace, source: (title, href), note } = policy.system();
    let given = match grace {
        Grace::Yours => " Here it is your G. ",
        Grace::None => " It is played as it is. ",
    };
    view! {
        <div>
            <dt>{policy.name()}</dt>
            <dd>
                <b>{name}</b>
                ". Its window: "
                {window}
                "."
                {given}
                {note}
                " "
                <a href=href rel="external noreferrer">
                    {title}
                </a>
            </dd>
        </div>
    }
}
