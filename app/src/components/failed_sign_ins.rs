use leptos::prelude::*;

use super::moment::Moment;
use crate::eager::eager;
use crate::model::{FailedSignIns, SignedIn};

/// Wrong passwords that were tried on the account, if there were any: how many, from where, since when.
#[component]
pub fn FailedSignInList(session: Signal<SignedIn>) -> impl IntoView {
    eager(move || session.with(|session| list(&session.failed)))
}

fn list(failed: &[FailedSignIns]) -> Option<impl IntoView + use<>> {
    let lines = failed.iter().map(line).collect_view();
    (!failed.is_empty()).then(|| {
        view! {
            <section class="sheet notice" data-state="expired" aria-labelledby="failed">
                <h2 id="failed">"Wrong passwords"</h2>
                <ul data-testid="failed" translate="no">{lines}</ul>
                <p class="soft">"If that was not you, somebody is guessing. It locks you out of nothing."</p>
            </section>
        }
    })
}

fn line(failed: &FailedSignIns) -> impl IntoView + use<> {
    let times = match failed.times {
        1 => "1 failed sign-in".to_owned(),
        times => format!("{times} failed sign-ins"),
    };
    let from = match failed.network.as_str() {
        "" => String::new(),
        network => format!(" from {network}"),
    };
    view! { <li>{times} {from} " since " <Moment at=failed.since /></li> }
}
