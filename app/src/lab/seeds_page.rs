//! The statements of the five documents that the lab grew from, each with the experiment that shows it.

use coatroom_lab::{
    scenario,
    seeds::{Document, Kind, STATEMENTS, Shown, Statement},
};
use leptos::prelude::*;

use super::{learn_page::crumbs, page::LabPage};

/// Draws the page.
pub(super) fn page() -> LabPage {
    let documents = Document::ALL.map(|document| {
        view! {
            <div>
                <dt>{document.name()}</dt>
                <dd>{document.work()}</dd>
            </div>
        }
    });
    let kinds = Kind::ALL.map(|kind| {
        let id = format!("of-{}", kind as u8);
        let statements = STATEMENTS.iter().filter(|each| each.kind == kind).map(statement);
        view! {
            <section class="sheet" aria-labelledby=id.clone()>
                <h2 id=id.clone()>{kind.title()}</h2>
                <ul class="questions">{statements.collect_view()}</ul>
            </section>
        }
    });
    LabPage::new(
        "Five documents",
        view! {
            {crumbs()}
            <div class="lead">
                <h1>"What five documents say, and where you can see it."</h1>
                <p>
                    "This lab grew from five texts that compare a coat check with a wristband. Here is what they claim, in our words, with the experiment that shows it. Where it came out otherwise here, that is said."
                </p>
            </div>
            {kinds.collect_view()}
            <section class="sheet" aria-labelledby="documents">
                <h2 id="documents">"The documents"</h2>
                <dl class="why words">{documents.collect_view()}</dl>
            </section>
        },
    )
}

fn statement(statement: &Statement) -> impl IntoView + use<> {
    let by = match statement.by.len() {
        5 => "all five".to_owned(),
        _ => statement.by.iter().map(|each| each.name()).collect::<Vec<_>>().join(", "),
    };
    let shown = match statement.shown {
        Shown::Lesson(slug) => lesson(slug).into_any(),
        Shown::Page(address, name) => link(address, name).into_any(),
        Shown::Nowhere(why) => why.into_any(),
    };
    let but = statement.but.map(|but| {
        view! {
            <small>
                <b>"Here: "</b>
                {but}
            </small>
        }
    });
    view! {
        <li>
            <span>{statement.says}</span>
            {but}
            <small>{shown} " · " {by}</small>
        </li>
    }
}

/// Draws the link to a lesson, by its title.
pub(super) fn lesson(slug: &'static str) -> impl IntoView + use<> {
    let title = scenario::find(slug).map_or(slug, |found| found.title);
    link(&format!("/learn/{slug}"), title)
}

/// Draws a link to a page of the lab.
pub(super) fn link(address: &str, name: &str) -> impl IntoView + use<> {
    view! {
        <a href=address.to_owned() rel="external">
            {name.to_owned()}
        </a>
    }
}
