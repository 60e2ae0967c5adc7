//! The pictures of the documents: the coat check and the wristband, the two parks, and the flows.

use coatroom_lab::choose::FLOWS;
use leptos::prelude::*;

use super::flow;
use crate::lab::seeds_page;

/// A picture, with its title, what it tells, and the lesson in which that happens.
struct Scene {
    svg: &'static str,
    title: &'static str,
    tells: &'static str,
    lesson: Option<&'static str>,
}

const CLUBS: [Scene; 2] = [
    Scene {
        svg: include_str!("coat-check.svg"),
        title: "The coat check: a session",
        tells: "You hold a number. Whatever you ask for, the staff look it up in their books. If they strike it off, it is worth nothing from then on.",
        lesson: Some("sign-out-everywhere"),
    },
    Scene {
        svg: include_str!("wristband.svg"),
        title: "The wristband: a signed token",
        tells: "You wear a band that says what you may do. A scanner reads it at the door. If it is stolen, it opens doors until it runs out.",
        lesson: Some("sign-in"),
    },
];

const PARKS: [Scene; 3] = [
    Scene {
        svg: include_str!("park-tickets.svg"),
        title: "The park of tickets",
        tells: "Each ride looks into the one list. A number that is struck off is refused by all rides at once; and each ride has to reach the list.",
        lesson: None,
    },
    Scene {
        svg: include_str!("park-bands.svg"),
        title: "The park of bands",
        tells: "Each ride scans the band by itself, and the gate is not asked again. A stolen band rides until it runs out.",
        lesson: None,
    },
    Scene {
        svg: include_str!("gate.svg"),
        title: "The gate between them",
        tells: "The second park takes a band that the first made for it, once, and hands out a ticket of its own. A copy that is shown again is refused. This is the critique's advice for two services, told in the guide's picture.",
        lesson: None,
    },
];

/// Draws all of them.
pub(super) fn all() -> AnyView {
    let flows = FLOWS.iter().map(|each| {
        view! {
            <figure>
                <h3>{each.title}</h3>
                <div inner_html=flow::svg(each)></div>
                <figcaption class="soft">{each.remark}</figcaption>
            </figure>
        }
    });
    let flows = flows.collect_view();
    view! {
        <section class="sheet" aria-labelledby="clubs">
            <h2 id="clubs">"Coat check or wristband"</h2>
            <div class="figures">{CLUBS.iter().map(scene).collect_view()}</div>
        </section>
        <section class="sheet" aria-labelledby="parks">
            <h2 id="parks">"Two amusement parks"</h2>
            <div class="figures">{PARKS.iter().map(scene).collect_view()}</div>
        </section>
        <section class="sheet" aria-labelledby="flows">
            <h2 id="flows">"Who sends what to whom"</h2>
            <p>"The first two follow the guide; the third is what this house does."</p>
            <div class="figures">{flows}</div>
        </section>
    }
    .into_any()
}

fn scene(scene: &Scene) -> AnyView {
    let lesson = scene.lesson.map(|slug| view! { " " {seeds_page::lesson(slug)} });
    view! {
        <figure>
            <h3>{scene.title}</h3>
            <div inner_html=scene.svg></div>
            <figcaption class="soft">{scene.tells} {lesson}</figcaption>
        </figure>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use coatroom_lab::scenario::find;

    use super::*;

    #[test]
    fn each_picture_can_be_heard_and_has_no_style_of_its_own() {
        for Scene { svg, lesson, .. } in CLUBS.iter().chain(&PARKS) {
            assert!(svg.contains(r#"role="img""#) && svg.contains("<title id="), "{svg}");
            assert!(svg.contains("<desc id=") && !svg.contains("style"), "{svg}");
            assert!(lesson.is_none_or(|slug| find(slug).is_some()), "{lesson:?}");
        }
    }
}
