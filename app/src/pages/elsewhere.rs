use leptos::prelude::*;
use leptos_meta::Title;

use super::{news::News, not_found::NotFound};
use crate::{eager::eager, live, rendering};

/// Shows what is at an address that has no route: a page of the lab, as the server drew it, or nothing.
///
/// The browser builds no page of the lab; every link to one loads a document.
#[component]
pub fn Elsewhere() -> impl IntoView {
    let page = match rendering::lab_title() {
        Some(title) => {
            Effect::new(|_| live::attach());
            eager(view! {
                <Title text=title.clone() />
                <div class="flow lab" data-title=title inner_html=rendering::lab_page()></div>
            })
        }
        None => eager(view! { <NotFound /> }),
    };
    // One box: if there were two, the first would keep a place though it is silent.
    eager(view! {
        <div>
            <News />
            {page}
        </div>
    })
}
