//! The pages on which lessons are found: the tour, the parts of the curriculum, the words; and the end of each part.
//!
//! The lessons that a visitor has been through are known to the browser alone: a cookie each, which comes back to these
//! pages and to no other, and which no account and no world ever sees.

use axum::http::{HeaderMap, HeaderValue, header};
use coatroom_lab::{
    curriculum::{PARTS, Part},
    scenario::{self, Scenario},
    terms::{FURTHER, GLOSSARY, Term},
};
use leptos::prelude::*;

use super::{
    page::LabPage,
    panels::{self, ways},
};

/// The path of these pages, and of the cookies.
pub(super) const PATH: &str = "/learn";
/// The beginning of the name of a lesson's cookie.
const SEEN: &str = "lesson-";
/// The most lessons that are read of a request's cookies.
const MOST: usize = 64;

/// The lessons that a visitor has been through.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress(Vec<&'static str>);

impl Progress {
    /// Reads the cookies of a request.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let cookies =
            headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let names = cookies
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split('=').next()?.strip_prefix(SEEN));
        Self(names.filter_map(scenario::find).map(|found| found.slug).take(MOST).collect())
    }

    fn has(&self, scenario: &Scenario) -> bool {
        self.0.contains(&scenario.slug)
    }

    /// Has the browser forget all of it.
    pub(super) fn forget(&self, headers: &mut HeaderMap) {
        for slug in &self.0 {
            set(headers, slug, 0);
        }
    }
}

/// Has the browser note for a year that its visitor has been through a lesson.
pub(super) fn note(headers: &mut HeaderMap, scenario: &Scenario) {
    set(headers, scenario.slug, 365 * 24 * 3600);
}

fn set(headers: &mut HeaderMap, slug: &str, max_age: u32) {
    let text = format!("{SEEN}{slug}=1; Path={PATH}; Max-Age={max_age}; SameSite=Lax; HttpOnly");
    if let Ok(cookie) = HeaderValue::try_from(text) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// Draws the page of all lessons.
pub(super) fn index(progress: &Progress) -> LabPage {
    let tour = scenario::tour();
    let first = tour.iter().find(|stop| !progress.has(stop)).or(tour.first());
    let words = if progress.0.is_empty() { "Begin the tour" } else { "Go on with the tour" };
    let begin =
        first.map(|stop| ways::begin(stop, stop.branches[0].slug, words.to_owned(), Some("main")));
    let parts = PARTS.iter().map(|part| {
        view! {
            <section class="sheet part" aria-labelledby=part.slug>
                <h2 id=part.slug>{part.title}</h2>
                <p class="soft">{part.asks}</p>
                {lessons(part.lessons(), progress)}
                <p>
                    <a href=format!("{PATH}/{}", part.slug) rel="external">
                        "What this part comes to, in five lines"
                    </a>
                </p>
            </section>
        }
    });
    let parts = parts.collect_view();
    let forget = (!progress.0.is_empty()).then(|| {
        view! {
            <form method="post" action=PATH class="row small">
                <span class="soft">
                    {progress.0.len()} " of " {scenario::ALL.len()}
                    " lessons done. Only this browser knows."
                </span>
                <button name="forget" value="all" id="forget">
                    "Forget it"
                </button>
            </form>
        }
    });
    LabPage::new(
        "Learn",
        view! {
            <div class="lead">
                <h1>"Learn how sign-in works, by causing it."</h1>
                <p>
                    "When you sign in, your browser gets two things. A wristband, the access token: any bouncer reads it, and it is good for a minute here. And a coat-check ticket, the refresh token: only the house knows what it is worth, and it buys the next wristband."
                </p>
                <p>
                    "The wristband makes each request cheap. The ticket brings you back to the books, where a session can be ended. All that is hard about signing in is in handing out the next ticket. You predict what happens, and then you make it happen, on the real library."
                </p>
                <div class="row">{begin}</div>
                {forget}
            </div>
            <section class="sheet part" aria-labelledby="tour">
                <h2 id="tour">"The tour: six lessons and three questions"</h2>
                <p class="soft">"Ninety seconds each. You need to know nothing of it before."</p>
                {lessons(tour.into_iter(), progress)}
            </section>
            {parts}
            {glossary()}
            <p>
                <a href="/lab/choose" rel="external">
                    "Which should I use? Six questions, an answer and its price"
                </a>
            </p>
            <p>
                <a href="/lab/compare" rel="external">
                    "Nine architectures, measured by the same clicks"
                </a>
            </p>
            <p>
                <a href="/learn/interview" rel="external">
                    "The interview room: five questions, answered by doing"
                </a>
            </p>
            <p>
                <a href="/learn/seeds" rel="external">
                    "What five documents say of all this, and which experiment shows it"
                </a>
            </p>
        },
    )
}

/// Lists lessons, each entered by a press.
fn lessons(lessons: impl Iterator<Item = &'static Scenario>, progress: &Progress) -> AnyView {
    let lessons: Vec<_> = lessons
        .map(|each| {
            let done = progress.has(each).then(|| {
                view! { <span class="badge" data-state="active">"Done"</span> }
            });
            view! {
                <li>
                    {ways::begin(each, each.branches[0].slug, each.title.to_owned(), Some("entry"))}
                    <small>{each.question}</small>
                    {done}
                </li>
            }
        })
        .collect();
    view! { <ol class="stops">{lessons}</ol> }.into_any()
}

fn glossary() -> impl IntoView {
    view! {
        <section class="sheet" aria-labelledby="words">
            <h2 id="words">"Ten words"</h2>
            {words(&GLOSSARY)}
            <details>
                <summary>"Further words of the lessons"</summary>
                {words(&FURTHER)}
            </details>
        </section>
    }
}

fn words(terms: &'static [Term]) -> impl IntoView {
    let terms = terms.iter().map(|term| {
        view! {
            <div id=term.slug>
                <dt>{term.word}</dt>
                <dd>{term.means}</dd>
            </div>
        }
    });
    view! { <dl class="why words">{terms.collect_view()}</dl> }
}

/// Draws the end of a part: what it comes to, its lessons, and the next part.
pub(super) fn part(part: &'static Part, progress: &Progress) -> LabPage {
    let lines = part.summary.map(|line| view! { <li>{line}</li> });
    let next = PARTS.iter().skip_while(|each| each.slug != part.slug).nth(1);
    let first = next.and_then(|next| Some((next, next.lessons().next()?)));
    let next = first.map(|(next, lesson)| {
        let words = format!("Next part: {}", next.title);
        ways::begin(lesson, lesson.branches[0].slug, words, Some("main"))
    });
    LabPage::new(
        part.title,
        view! {
            {crumbs()}
            <div class="lead">
                <h1>{part.title}</h1>
                <p>{part.asks}</p>
            </div>
            <section class="sheet" aria-labelledby="summary">
                <h2 id="summary">"In five lines"</h2>
                <ol class="summary">{lines.into_iter().collect_view()}</ol>
            </section>
            <section class="sheet part" aria-labelledby="lessons">
                <h2 id="lessons">"Its lessons"</h2>
                {lessons(part.lessons(), progress)}
            </section>
            <div class="row">
                {next}
                <a class="button" href=PATH rel="external">
                    "All parts"
                </a>
            </div>
        },
    )
}

/// Draws the beginning of a lesson, for a visitor who follows a link to it.
pub(super) fn lesson(scenario: &'static Scenario) -> LabPage {
    let begin = scenario.branches.iter().zip(0..).map(|(branch, index)| {
        let words = match scenario.branches.len() {
            1 => "Begin".to_owned(),
            _ => branch.name.to_owned(),
        };
        ways::begin(scenario, branch.slug, words, (index == 0).then_some("main"))
    });
    LabPage::new(
        format!("Lesson: {}", scenario.title),
        view! {
            {crumbs()}
            <div class="lead">
                <p class="soft">{scenario.question}</p>
                <h1>{scenario.title}</h1>
                <p>{scenario.claim}</p>
                <div class="row">{begin.collect_view()}</div>
            </div>
        },
    )
}

/// Draws the interview room.
pub(super) fn interview() -> LabPage {
    LabPage::new(
        "The interview room",
        view! {
            {crumbs()}
            <div class="lead">
                <h1>"Five questions of interviews, answered by doing."</h1>
                <p>
                    "Anyone can say it. Here each question begins a world in which the answer can be caused; the world itself says if you have it, and why it came so."
                </p>
            </div>
            <section class="sheet part" aria-labelledby="interview">
                <h2 id="interview">"The questions"</h2>
                {panels::interview()}
            </section>
        },
    )
}

pub(super) fn crumbs() -> impl IntoView {
    view! {
        <nav class="crumbs" aria-label="Learn">
            <a href=PATH rel="external">
                "Learn"
            </a>
        </nav>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(cookie: &'static str) -> Progress {
        Progress::of(&HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(cookie))]))
    }

    #[test]
    fn progress_is_read_from_the_cookies_of_lessons_alone() {
        let read = progress("other=1; lesson-five-tabs=1; lesson-none=1;lesson-sign-in=1");
        assert_eq!(read.0, ["five-tabs", "sign-in"]);
        assert!(progress("").0.is_empty() && Progress::of(&HeaderMap::new()).0.is_empty());
    }

    /// Returns the cookies that are set.
    fn cookies(set: impl FnOnce(&mut HeaderMap)) -> Vec<String> {
        let mut headers = HeaderMap::new();
        set(&mut headers);
        let all = headers.get_all(header::SET_COOKIE).iter();
        all.map(|value| value.to_str().expect("text").to_owned()).collect()
    }

    #[test]
    fn forgetting_deletes_the_cookies_that_were_set() {
        let scenario = scenario::find("five-tabs").expect("a scenario");
        let kept = cookies(|headers| note(headers, scenario));
        let forgotten = cookies(|headers| progress("lesson-five-tabs=1").forget(headers));
        let [kept, forgotten] = [&kept[..], &forgotten[..]].map(|all| {
            assert_eq!(all.len(), 1, "{all:?}");
            all[0].clone()
        });
        assert!(kept.contains("; Path=/learn; ") && kept.contains("HttpOnly"), "{kept}");
        assert_eq!(forgotten, kept.replace("Max-Age=31536000", "Max-Age=0"));
    }

    #[test]
    fn every_lesson_can_be_entered_and_no_outcome_is_told_before() {
        let html = index(&Progress::default()).html;
        for each in scenario::ALL {
            assert!(html.contains(&format!("value=\"{}\"", each.slug)), "{}", each.slug);
            let before = lesson(each).html;
            for stage in each.branches.iter().flat_map(|branch| branch.stages) {
                assert!(!before.contains(stage.look.at), "{}: {}", each.slug, stage.look.at);
                assert!(!html.contains(stage.look.at), "{}: {}", each.slug, stage.look.at);
            }
        }
    }

    #[test]
    fn a_part_ends_with_five_lines_and_a_way_on() {
        for each in &PARTS {
            let html = part(each, &Progress::default()).html;
            assert_eq!(html.matches("<li>").count() - each.lessons().count(), 5, "{html}");
            assert!(html.contains("href=\"/learn\""), "{html}");
            assert!(scenario::find(each.slug).is_none(), "an address of its own");
        }
    }
}
