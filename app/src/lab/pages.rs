//! The pages of the lab beside its worlds: the index, each scenario.

use coatroom_lab::{
    diagram::{self, View},
    lesson::Lesson,
    scenario::{self, Branch, Scenario},
    world::{ActError, World},
};
use leptos::prelude::*;
use tokio::sync::OnceCell;

use super::{
    page::{LabPage, html, in_field},
    panels::{entries, goals, guide, ways},
    rule_page,
    tab::Tab,
};

/// Questions that visitors ask as well, each with the scenario that answers it.
const ALSO_ASKED: [(&str, &str); 1] = [("Can I revoke a JWT?", "sign-out-everywhere")];

/// Draws the index: the questions, a world of the visitor's own, and a trace that an address may have brought.
pub(super) fn index(trace: &str) -> LabPage {
    index_with(trace, None)
}

/// Draws the index with a trace that was not played, which stays in its field, and the reason.
pub(super) fn not_played(pasted: &str, status: u16, why: &str) -> LabPage {
    LabPage { status, ..index_with(pasted, Some(why)) }
}

fn index_with(pasted: &str, why: Option<&str>) -> LabPage {
    let wrong = why
        .map(|why| view! { <p class="error" id="trace-error" role="alert">{why.to_owned()}</p> });
    let questions = scenario::ALL.into_iter().flat_map(|each| {
        let also = ALSO_ASKED.iter().filter(|(_, slug)| *slug == each.slug);
        let also = also.map(|(question, _)| *question);
        std::iter::once(each.question).chain(also).map(|question| {
            view! {
                <li>
                    <a href=format!("/learn/{}", each.slug) rel="external">
                        {question}
                    </a>
                    <small>
                        {each.title} " · "
                        <a href=format!("/lab/{}", each.slug) rel="external">
                            "all of its answers"
                        </a>
                    </small>
                </li>
            }
        })
    });
    let questions = questions.collect_view();
    LabPage::new(
        "The lab",
        view! {
            <div class="lead">
                <h1>"Cause it, and see which rule decides."</h1>
                <p>
                    "A refresh, a race, a theft: on the very library that signs people in here, in a world of your own. The house is the real one; its visitors and the network are played. You hold the network, the clock, and a thief."
                </p>
                <div class="row">
                    <form method="post" action="/lab/worlds" data-whole="">
                        <button id="begin" class="main">"A world without a script"</button>
                    </form>
                    <a class="button" href="/learn" rel="external">
                        "Learn, lesson by lesson"
                    </a>
                    <a class="button" href="/lab/rule" rel="external">
                        "The rule, row by row"
                    </a>
                    <a class="button" href="/x-ray" rel="external">
                        "X-ray a token"
                    </a>
                    <a class="button" href="/lab/formats" rel="external">
                        "Eight forms of token"
                    </a>
                    <a class="button" href="/lab/choose" rel="external">
                        "Which should I use?"
                    </a>
                    <a class="button" href="/lab/compare" rel="external">
                        "Nine architectures, measured"
                    </a>
                </div>
            </div>
            <section class="sheet" aria-labelledby="questions">
                <h2 id="questions">"By question"</h2>
                <ul class="questions">{questions}</ul>
            </section>
            {goals()}
            <section class="sheet" aria-labelledby="play">
                <h2 id="play">"Play a trace"</h2>
                <p class="soft">
                    "What a world of the lab exports as JSON, or what the engine's exhaustive search prints as a counterexample."
                </p>
                <form method="post" action="/lab/worlds" class="field" data-whole="">
                    <label for="trace">"Trace"</label>
                    {wrong}
                    <textarea
                        id="trace"
                        name="trace"
                        rows="6"
                        required
                        spellcheck="false"
                        aria-describedby=why.map(|_| "trace-error")
                        aria-invalid=why.map(|_| "true")
                        autofocus=why.is_some()
                        placeholder="{\"setting\":{},\"actions\":[\"tab1 call\",\"wait 61s\",\"tab1 refresh\"]}"
                        inner_html=in_field(pasted)
                    ></textarea>
                    <p>
                        <button>"Play it"</button>
                    </p>
                </form>
            </section>
        },
    )
}

/// The cache of the scenarios' pages: each is the same for every visitor, and is drawn of several worlds.
static DRAWN: [OnceCell<LabPage>; scenario::ALL.len()] =
    [const { OnceCell::const_new() }; scenario::ALL.len()];

/// Returns the page of a scenario, drawn when a visitor first asks for it.
///
/// # Errors
/// [`ActError`] if a world refuses what the scenario asks; the next request tries again.
pub(super) async fn scenario(scenario: &'static Scenario) -> Result<LabPage, ActError> {
    let mut all = scenario::ALL.into_iter().zip(&DRAWN);
    match all.find(|(each, _)| each.slug == scenario.slug) {
        Some((_, drawn)) => drawn.get_or_try_init(|| draw(scenario)).await.cloned(),
        None => draw(scenario).await,
    }
}

/// Draws all of a scenario, for a visitor who has been through it: the outcome of each branch, run here, and what it
/// does not show.
async fn draw(scenario: &'static Scenario) -> Result<LabPage, ActError> {
    let mut traces = Vec::new();
    for branch in scenario.branches {
        let (world, lesson) = Lesson::run(scenario, branch.slug).await?;
        traces.push(trace(branch, &world, &lesson));
    }
    let begin = scenario.branches.iter().map(|branch| {
        let words = match scenario.branches.len() {
            1 => "Go through it, in a world of your own".to_owned(),
            _ => branch.name.to_owned(),
        };
        ways::begin(scenario, branch.slug, words, Some("main"))
    });
    let begin = begin.collect_view();
    let sources = scenario.sources.iter().map(|source| {
        view! {
            <li>
                <a href=source.href rel="external noreferrer">
                    {source.name}
                </a>
            </li>
        }
    });
    let sources = sources.collect_view();
    Ok(LabPage::new(
        scenario.title,
        view! {
            {crumbs()}
            <div class="lead">
                <p class="soft">"Scenario " {scenario.number}</p>
                <h1>{scenario.title}</h1>
                <p>{scenario.claim}</p>
                <div class="row">{begin}</div>
            </div>
            {traces}
            <section class="sheet" aria-labelledby="why">
                <h2 id="why">"Why the rule exists"</h2>
                <p>{scenario.failure}</p>
                <p class="soft">
                    <b>"What this does not show. "</b>
                    {scenario.caveat}
                </p>
                <ul class="sources">{sources}</ul>
            </section>
            <div class="row">{ways::next(scenario)}</div>
        },
    ))
}

/// Draws the outcome of a branch: each stage with what it showed, and the picture.
fn trace(branch: &Branch, world: &World, lesson: &Lesson) -> impl IntoView + use<> {
    let stages =
        branch.stages.iter().zip(lesson.shown()).zip(1..).map(|((stage, shown), number)| {
            let deeds: Vec<&str> = stage.deeds.iter().map(|deed| deed.says).collect();
            let deeds = deeds.join("; ");
            view! {
                <li data-number=number data-names=Tab::Panel(stage.look.panel).slug()>
                    <p>{stage.say}</p>
                    <p class="soft">{deeds} ". " {stage.look.at}</p>
                    {guide::outcomes(shown)}
                </li>
            }
        });
    let stages = stages.collect_view();
    let anchor = format!("{}-", branch.slug);
    let address = format!("#{anchor}");
    let view = View { newest: usize::MAX, anchor: &address, rows: rule_page::ROW, marked: &[] };
    let diagram::Diagram { wide, narrow, .. } = diagram::diagram(world, view);
    let drawn = wide + &narrow;
    let id = format!("trace-{}", branch.slug);
    let name = id.clone();
    view! {
        <section class="sheet" aria-labelledby=name>
            <h2 id=id>"What it comes to · " {branch.name}</h2>
            <ol class="told">{stages}</ol>
            <details id=format!("picture-{}", branch.slug)>
                <summary id=format!("summary-picture-{}", branch.slug)>"The whole of it as arrows"</summary>
                <div class="diagram" inner_html=drawn></div>
                {entries::list(world, &anchor, usize::MAX)}
            </details>
        </section>
    }
}

/// Draws a page that says that something is not done, and why.
pub(super) fn refused(why: &str) -> LabPage {
    not_done(why, None)
}

/// Draws the same for a form that was too long to be read, and so is not given back.
pub(super) fn too_long(why: &str) -> LabPage {
    let kept = "Your browser has kept what you pasted: go back, and it is there.";
    not_done(why, Some(kept))
}

fn not_done(why: &str, hint: Option<&'static str>) -> LabPage {
    LabPage::new(
        "Not done",
        view! {
            {crumbs()}
            <div class="lead">
                <h1>"That was not done."</h1>
                {hint.map(|hint| view! { <p>{hint}</p> })}
                {instead(why)}
            </div>
        },
    )
}

/// Draws what a script puts into the place of a world that is gone. A page without a world polls no more.
pub(super) fn gone(why: &str) -> String {
    html(view! {
        <div id="world" data-panel="gone" class="sheet" tabindex="-1">
            {instead(why)}
        </div>
    })
}

/// Draws the reason why something is not done, and a way on.
fn instead(why: &str) -> impl IntoView + use<> {
    // A script that is answered with this page knows it by these attributes: it tells the reason, and its own page
    // stays.
    view! {
        <p id="said" role="alert" data-panel=sentence(why)>
            {sentence(why)}
        </p>
        <form method="post" action="/lab/worlds" data-whole="">
            <button class="main">"Begin a new world"</button>
        </form>
    }
}

/// Makes a sentence of a reason.
pub(super) fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if why.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

pub(super) fn crumbs() -> impl IntoView {
    view! {
        <nav class="crumbs" aria-label="The lab">
            <a href="/lab" rel="external">
                "The lab"
            </a>
        </nav>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_scenario_is_run_once_and_its_page_is_everybodys() {
        let found = scenario::find("five-tabs").expect("a scenario");
        let page = async || scenario(found).await.expect("it runs").html;
        assert_eq!(page().await, page().await);
    }

    #[test]
    fn every_question_of_the_index_leads_to_a_scenario() {
        let html = index("").html;
        for each in scenario::ALL {
            assert!(html.contains(&format!("/lab/{}\"", each.slug)), "{}", each.slug);
        }
        for (question, slug) in ALSO_ASKED {
            assert!(html.contains(question) && scenario::find(slug).is_some(), "{question}");
        }
    }
}
