//! The choice of an architecture: six questions, the answer with its reasons and its price, and the pictures of the
//! documents that asked them.
//!
//! The form asks by GET: an answer has an address, which can be passed on, and needs no script.

mod documents;
mod drawings;
mod flow;

use coatroom_lab::{
    choose::{Advice, Answer, Answers, Experiment, Line, Question, advise},
    seeds::Shown,
};
use leptos::prelude::*;

use super::{form, page::LabPage, pages::crumbs, seeds_page};

/// Its address.
pub(super) const PATH: &str = "/lab/choose";

/// Draws the page for the answers that an address's query gives. Unknown ones are ignored.
pub(super) fn page(query: Option<&str>) -> LabPage {
    let given = |name| form::in_query(query, name);
    let answers = Answers::parse(given);
    let is_asked = Question::ALL.iter().any(|question| given(question.slug()).is_some());
    let advice = advise(answers);
    LabPage::new(
        "Which should I use?",
        view! {
            {crumbs()}
            <div class="lead">
                <h1>"Which should I use?"</h1>
                <p>
                    "A session that the server looks up, a token that it signs, or both? Six questions decide it: most of them are those of the five documents that this lab grew from. There is no answer without a price, and it is said here."
                </p>
            </div>
            {questions(answers)}
            {answer(&advice, is_asked)}
            {documents::opinions(&advice)}
            {drawings::all()}
            <p>
                <a href="/lab/compare" rel="external">
                    "Nine architectures, measured by the same clicks"
                </a>
            </p>
            <p>
                <a href="/learn/seeds" rel="external">
                    "What the five documents say, statement by statement"
                </a>
            </p>
        },
    )
}

fn questions(answers: Answers) -> AnyView {
    let asked = Question::ALL.map(|question| asked(question, answers));
    let asked = asked.into_iter().collect_view();
    view! {
        <form method="get" action=format!("{PATH}#answer") class="sheet" aria-labelledby="questions">
            <h2 id="questions">"Six questions"</h2>
            <div class="asked">{asked}</div>
            <p>
                <button class="main">"Show the answer"</button>
            </p>
        </form>
    }
    .into_any()
}

fn asked(question: Question, answers: Answers) -> AnyView {
    let name = question.slug();
    let hint = format!("hint-{name}");
    let of_hint = hint.clone();
    let picks = question.answers().iter().map(|answer| {
        let id = format!("{name}-{}", answer.slug());
        let of = id.clone();
        view! {
            <label class="guess" for=of>
                <input
                    type="radio"
                    name=name
                    id=id
                    value=answer.slug()
                    checked=answers.has(*answer)
                />
                {answer.words()}
            </label>
        }
    });
    let picks = picks.collect_view();
    view! {
        <fieldset class="guesses" aria-describedby=hint>
            <legend>{question.asks()}</legend>
            <p class="soft" id=of_hint>
                {question.hint()}
            </p>
            {picks}
        </fieldset>
    }
    .into_any()
}

fn answer(advice: &Advice, is_asked: bool) -> AnyView {
    let reasons = advice.reasons.iter().map(|reason| {
        view! {
            <div>
                <dt>{given(reason.because)}</dt>
                <dd>{reason.says}</dd>
            </div>
        }
    });
    let reasons = reasons.collect_view();
    let price: Vec<_> = advice.gives_up.iter().map(|price| view! { <li>{*price}</li> }).collect();
    let experiments = advice.experiments.iter().map(experiment).collect_view();
    let before = (!is_asked).then(|| {
        view! {
            <p class="soft">
                "You have answered nothing yet: this is for the answers that Coatroom's defaults are made for."
            </p>
        }
    });
    view! {
        <section id="answer" class="sheet" aria-labelledby="advice" tabindex="-1">
            <h2 id="advice">"The answer"</h2>
            {before}
            <p class="advised">{advice.scheme.name()}</p>
            <p>{advice.scheme.is()}</p>
            <h3>"Because"</h3>
            <dl class="why">{reasons}</dl>
            <h3>"What it costs"</h3>
            <ul class="price">{price}</ul>
            <h3>"Coatroom's configuration"</h3>
            {configuration(&advice.lines)}
            <h3>"See it happen"</h3>
            <ul class="questions">{experiments}</ul>
        </section>
    }
    .into_any()
}

/// Returns an answer with its question: alone, some of them say nothing.
fn given(answer: Answer) -> String {
    format!("{} {}.", answer.question().asks(), answer.words())
}

/// Writes the lines as a file of variables takes them, each below its reason.
fn configuration(lines: &[Line]) -> AnyView {
    let lines = lines.iter().map(|Line { name, value, says, .. }| {
        view! {
            <span class="reason">{format!("# {says}\n")}</span>
            {format!("{name}={value}\n")}
        }
    });
    view! { <pre class="variables">{lines.collect_view()}</pre> }.into_any()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_the_answers_it_was_given() {
        let query = "end=next-request&stolen=day&store=redis&clients=fax&parties=";
        let html = page(Some(query)).html;
        for checked in ["end-next-request", "stolen-day", "store-redis", "clients-browsers"] {
            let (_, rest) = html.split_once(&format!("id=\"{checked}\"")).expect("a field");
            let (field, _) = rest.split_once('>').expect("its end");
            assert!(field.contains(" checked"), "{checked}: {field}");
        }
        assert_eq!(html.matches(" checked>").count(), Question::ALL.len());
        assert!(html.contains("COATROOM_SCHEME=opaque\n"), "{html}");
        assert!(html.contains("COATROOM_SESSIONS=redis://"), "{html}");
    }

    #[test]
    fn a_page_that_was_asked_nothing_says_so() {
        let said = "You have answered nothing yet";
        assert!(page(None).html.contains(said) && page(Some("x=1")).html.contains(said));
        assert!(!page(Some("end=moment")).html.contains(said));
        assert!(page(None).html.contains("COATROOM_SCHEME=hybrid\n"));
    }

    #[test]
    fn nothing_of_a_query_gets_into_the_page() {
        let html = page(Some("end=%3Cscript%3Ealert&stolen=%22onload")).html;
        assert!(!html.contains("alert") && !html.contains("onload"), "{html}");
    }
}
