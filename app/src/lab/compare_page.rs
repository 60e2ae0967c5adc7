//! The architectures side by side: the same clicks on each, what was measured, and what the documents say of it.
//!
//! The form asks by GET, and needs no script. A measurement costs a second of a core: one is made at a time, and each
//! visitor is given one that was just made.

mod tables;

use std::{sync::Arc, time::Duration};

use coatroom_lab::architecture::{
    Busy, Comparison, Comparisons, LATENCIES, TABLES, Wanted, latency,
};
use leptos::prelude::*;

use super::{form, page::LabPage, pages::crumbs};

/// Its address.
pub(super) const PATH: &str = "/lab/compare";

static COMPARISONS: Comparisons = Comparisons::new();

/// Returns the page. A query that names a latency asks for a measurement, and any other takes the one that is there.
///
/// # Errors
/// [`Busy`]; a later request tries again.
pub(super) async fn page(query: Option<&str>) -> Result<LabPage, Busy> {
    let asked = asked(query);
    let wanted = if asked.is_some() { Wanted::Fresh } else { Wanted::Kept };
    let comparison = COMPARISONS.get(asked.unwrap_or_default(), wanted).await?;
    Ok(draw(&comparison))
}

/// Reads the latency that a query asks for; `None` if it names none that is offered.
fn asked(query: Option<&str>) -> Option<Duration> {
    form::in_query(query, "latency")?.parse().ok().and_then(latency)
}

fn draw(comparison: &Arc<Comparison>) -> LabPage {
    let measured = TABLES.iter().map(|table| tables::measured(table, comparison));
    let measured: Vec<_> = measured.collect();
    LabPage::new(
        "Architectures compared",
        view! {
            {crumbs()}
            <div class="lead">
                <h1>"The same clicks, nine architectures."</h1>
                <p>
                    "A session that the server looks up, a token that it signs, and both, one behind the other. Each is two real nodes of this library, on a store that counts and a clock that is moved. What is below was measured, and nothing of it is written down by hand but who holds which key."
                </p>
            </div>
            {slider(comparison.latency)}
            <section class="sheet" aria-labelledby="conditions">
                <h2 id="conditions">"How it was measured"</h2>
                <p>{comparison.conditions()}</p>
                <p class="soft">
                    "Bytes are those of the header Cookie. Calls are those of the first node's requests: a sign-in, then twenty requests in a minute. Times until something holds are by the clock of these nodes, which hear of news by polling alone; on PostgreSQL a feed tells them at once. Times of the engine are this machine's, now, and one thread's: compare them with each other, and with no other page."
                </p>
            </section>
            {measured}
            {tables::keys(comparison)}
            {tables::attacks(comparison)}
            {tables::documents(comparison)}
            <p>
                <a href="/lab/choose" rel="external">
                    "Which should I use?"
                </a>
            </p>
        },
    )
}

/// Draws the form that asks for a measurement.
fn slider(chosen: Duration) -> AnyView {
    let chosen = chosen.as_millis().to_string();
    let most = LATENCIES.into_iter().max();
    let marks = LATENCIES.map(|millis| view! { <option value=millis.to_string()></option> });
    let offered = LATENCIES.map(|millis| millis.to_string()).join(", ");
    view! {
        <form method="get" action=PATH class="sheet slider" aria-label="Measure">
            <label for="latency">
                "The store answers after " <output for="latency">{chosen.clone()}</output> " ms"
            </label>
            <input
                type="range"
                name="latency"
                id="latency"
                min="0"
                max=most
                step="1"
                value=chosen
                list="latencies"
                aria-describedby="offered"
            />
            <button class="main">"Measure"</button>
            <p class="soft" id="offered">
                {format!("Offered are {offered} ms; the nearest counts. It takes a few seconds.")}
            </p>
            <datalist id="latencies">{marks.into_iter().collect_view()}</datalist>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use coatroom_lab::{
        architecture::{ARCHITECTURES, ATTACKED},
        seeds::Shown,
    };

    use super::*;
    use crate::lab::target::Target;

    #[test]
    fn a_query_asks_for_a_latency_that_is_offered_or_for_none() {
        for (query, expected) in [
            (None, None),
            (Some("latency=5"), Some(5)),
            (Some("latency=7"), Some(5)),
            (Some("latency=0&latency=50"), Some(0)),
            (Some("latency=51"), None),
            (Some("latency=-1"), None),
            (Some("latency="), None),
            (Some("latency=%3Cscript%3E"), None),
            (Some("store=5"), None),
        ] {
            assert_eq!(asked(query), expected.map(Duration::from_millis), "{query:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_page_names_each_architecture_in_each_table() {
        let html = page(Some("latency=%3Cscript%3Ealert")).await.expect("a measurement").html;
        assert!(!html.contains("alert"), "{html}");
        for architecture in &ARCHITECTURES {
            let named = html.matches(&format!(">{}<", architecture.name)).count();
            assert!(named > TABLES.len(), "{}: {named}", architecture.name);
        }
        for name in TABLES.iter().map(|table| table.name).chain(ATTACKED) {
            assert!(html.contains(name), "{name}");
        }
        assert!(!html.contains("style="), "no inline style");
    }

    #[test]
    fn each_link_of_the_comparison_leads_to_a_page() {
        let shown = ARCHITECTURES.iter().map(|each| each.shown);
        let experiments = TABLES.iter().flat_map(|table| table.experiments);
        for shown in shown.chain(experiments.map(|each| each.shown)) {
            let address = match shown {
                Shown::Lesson(slug) => format!("/learn/{slug}"),
                Shown::Page(address, _) => address.to_owned(),
                Shown::Nowhere(_) => panic!("{shown:?}"),
            };
            let parts: Vec<&str> = address.split('/').filter(|part| !part.is_empty()).collect();
            assert!(Target::parse(&parts).is_some(), "{address}");
        }
    }
}
