//! The tables of the comparison.

use coatroom_lab::{
    architecture::{
        ASPECTS, ATTACKED, Architecture, CLAIMS, COMPARED, Claim, Comparison, Findings, KEYS,
        Table, names,
    },
    choose::Experiment,
    seeds::Shown,
};
use leptos::prelude::*;

use crate::lab::{
    page::{Row, table},
    seeds_page,
};

/// Draws a table of what was measured, with the experiments that show it below.
pub(super) fn measured(of: &'static Table, comparison: &Comparison) -> AnyView {
    let [one, two, three, four] = of.columns;
    let columns = ["Architecture", one, two, three, four];
    let rows = comparison.findings.iter().map(|found| {
        let mut lessons = of.lessons.into_iter();
        let [one, two, three, four] = (of.cells)(found).map(|figure| {
            let address = format!("/learn/{}", lessons.next().unwrap_or_default());
            seeds_page::link(&address, &figure).into_any()
        });
        Row { id: None, cells: [head(found), one, two, three, four] }
    });
    let experiments = of.experiments.iter().map(experiment).collect_view();
    let id = of.name.to_lowercase().replace(' ', "-");
    view! {
        <section class="sheet" aria-labelledby=id.clone()>
            <h2 id=id.clone()>{of.name}</h2>
            {table(of.label, columns, rows)}
            <p class="soft">"Each figure leads to the lesson in which you cause it."</p>
            <h3>"See it happen"</h3>
            <ul class="questions">{experiments}</ul>
        </section>
    }
    .into_any()
}

/// Draws the name of an architecture, which leads to where it can be seen at work.
fn head(found: &Findings) -> AnyView {
    let Architecture { name, shown, .. } = *found.architecture;
    let address = match shown {
        Shown::Lesson(slug) => format!("/learn/{slug}"),
        Shown::Page(address, _) => address.to_owned(),
        Shown::Nowhere(_) => return name.into_any(),
    };
    seeds_page::link(&address, name).into_any()
}

fn experiment(experiment: &Experiment) -> AnyView {
    let Experiment { shown, shows } = *experiment;
    let place = match shown {
        Shown::Lesson(slug) => seeds_page::lesson(slug).into_any(),
        Shown::Page(address, name) => seeds_page::link(address, name).into_any(),
        Shown::Nowhere(_) => ().into_any(),
    };
    view! { <li>{place} <small>{shows}</small></li> }.into_any()
}

/// Draws the keys, and what a script of the page reads.
pub(super) fn keys(comparison: &Comparison) -> AnyView {
    let rows = comparison.findings.iter().map(|found| {
        let cells = [
            head(found),
            found.architecture.forged_by().into_any(),
            found.read_by_script().into_any(),
        ];
        Row { id: None, cells }
    });
    view! {
        <section class="sheet" aria-labelledby="keys">
            <h2 id="keys">"Who holds what"</h2>
            {table("Keys and scripts", KEYS, rows)}
            <p class="soft">
                "Who can forge one follows from the algorithm. What a script reads was measured: it is the cookies without HttpOnly. A token in local storage would be read by any script of the page. From these cookies it reads nothing; while the page is open it can act with them all the same."
            </p>
        </section>
    }
    .into_any()
}

/// Draws the attacks, with the architectures that let the attacker in.
pub(super) fn attacks(comparison: &Comparison) -> AnyView {
    let rows = comparison.attacks().map(|(words, in_vain, let_in)| {
        let let_in = if let_in.is_empty() { "none".to_owned() } else { let_in.join("; ") };
        let cells = [words.into_any(), in_vain.to_string().into_any(), let_in.into_any()];
        Row { id: None, cells }
    });
    view! {
        <section class="sheet" aria-labelledby="attacks">
            <h2 id="attacks">"The attacks"</h2>
            <p>
                "Each was made on every architecture, on both nodes. In vain means: refused with 401, no row changed, and the owner let in just after. A bad cookie beside a good one is in vain if the owner is let in."
            </p>
            {table("Outcomes", ATTACKED, rows)}
            <p class="soft">
                "A copy that was signed out is no forgery: its signature is right, and a server that looks at nothing else cannot know. An opaque session has nothing signed to forge, so one attack is not made on it. A copy of cookies that are good is let in everywhere: "
                <a href="/learn/thieves" rel="external">
                    "how a thief is noticed"
                </a> ". What a changed token is refused by, "
                <a href="/x-ray" rel="external">
                    "the X-ray"
                </a> " shows."
            </p>
        </section>
    }
    .into_any()
}

/// Draws the tables of the documents and their claims, beside what was measured.
pub(super) fn documents(comparison: &Comparison) -> AnyView {
    let aspects = ASPECTS.iter().filter_map(|aspect| {
        let [session, token] = aspect.measured(comparison)?.map(IntoAny::into_any);
        let says = [aspect.name, aspect.by.name(), aspect.sessions, aspect.tokens];
        let [name, by, sessions, tokens] = says.map(IntoAny::into_any);
        Some(Row { id: None, cells: [name, by, sessions, tokens, session, token] })
    });
    let claims = CLAIMS.iter().filter_map(|each| claim(each, comparison));
    view! {
        <section class="sheet" aria-labelledby="documents">
            <h2 id="documents">"What the documents say"</h2>
            <p>
                "Two of the five documents that this lab grew from have a table. Here are its lines, in our words; the session is the opaque one in a shared store, the token the stateless one of EdDSA."
            </p>
            {table("Their tables", COMPARED, aspects)}
            <p>
                "And here are the claims of all five, with whether this measurement agrees. With another latency some of them come out otherwise."
            </p>
            {table("Their claims", ["Claim", "By", "Measured"], claims)}
            <p class="soft">
                "A server that has the public keys alone checks with this library's Verifier, as another service does."
            </p>
            <p>
                <a href="/learn/seeds" rel="external">
                    "All of their statements, with the experiments"
                </a>
            </p>
        </section>
    }
    .into_any()
}

fn claim(claim: &Claim, comparison: &Comparison) -> Option<Row<3>> {
    let agreement = claim.judge(comparison)?;
    let (word, says) = agreement.words();
    let judged = view! {
        <b>{word}</b>
        {format!(": {says}")}
    };
    Some(Row {
        id: None,
        cells: [claim.says.into_any(), names(claim.by).into_any(), judged.into_any()],
    })
}
