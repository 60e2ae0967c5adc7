//! The page of a world: its panels, and what a script replaces of it.

use std::time::Duration;

use coatroom::{
    Session, User,
    keyring::{KeyId, KeyState},
    store::Event,
};
use coatroom_lab::{
    action::{Carrier, Party, Slip},
    compare::Compared,
    lesson::Lesson,
    scenario::Panel,
    touched::Touched,
    world::{ActError, Held, World},
    worlds::{Fold, Hosted, News, Refused},
    xray::XRay,
};
use leptos::prelude::*;

use super::{
    choice::{Choice, Hand, List, Shown},
    form,
    page::{LabPage, html, panel},
    panels::{self, stage},
    tab::Tab,
};

/// The time that a drawing may be late for a script that waits for it, by what clocks and timers differ.
const MARGIN: Duration = Duration::from_millis(50);
/// The longest query of a link, in bytes: servers and messengers cut longer ones.
const MAX_QUERY: usize = 4096;

/// All that the panels show.
pub(super) struct Scene<'a> {
    pub(super) hosted: &'a Hosted,
    pub(super) world: &'a World,
    pub(super) choice: &'a Choice,
    /// The version of the world that is shown, at least.
    version: u64,
    /// The sessions of the world, newest first, each with its events, newest first.
    pub(super) sessions: Vec<(Session, Vec<Event>)>,
    /// The worth of the owner's credential; an error if the node cannot tell.
    pub(super) standing: Result<Option<Held>, ActError>,
    pub(super) lesson: Option<Lesson>,
    /// The part of the world that the deed of the lesson's step changed, if it is done.
    pub(super) touched: Touched,
    pub(super) account: Option<User>,
    /// The signing keys, oldest first.
    pub(super) keys: Vec<(KeyId, KeyState)>,
    /// The owner's access token, or what was forged of it; an error if the node cannot tell.
    pub(super) xray: Result<Option<XRay>, ActError>,
    /// The same trace under each policy, if that part of the page is there.
    pub(super) compared: Vec<Compared>,
}

impl<'a> Scene<'a> {
    async fn of(hosted: &'a Hosted, world: &'a World, choice: &'a Choice) -> Self {
        let lesson = hosted.lesson().await;
        let new_since = lesson.as_ref().and_then(Lesson::new_since);
        let touched = new_since.map(|from| Touched::since(world, from)).unwrap_or_default();
        let is_seen = |seen: Panel, fold| match &lesson {
            Some(lesson) if choice.shown != Shown::All => {
                stage::tab(lesson, choice) == Tab::Panel(seen)
            }
            _ => hosted.is_unfolded(fold),
        };
        let policies = is_seen(Panel::Policies, Fold::Policies);
        let has_xray = is_seen(Panel::XRay, Fold::XRay);
        Self {
            hosted,
            world,
            choice,
            // Read first: a change while the rest is read is news to the visitor who sees this.
            version: hosted.version(),
            sessions: world.sessions().await,
            standing: world.held(Party::Tab1).await,
            lesson,
            touched,
            account: world.account().await,
            keys: world.keys().await,
            xray: if has_xray { world.xray(hosted.forgery()).await } else { Ok(None) },
            compared: if policies && world.setting().carrier.rotates() {
                hosted.compared(world).await.unwrap_or_else(|error| {
                    tracing::error!(%error, "replaying a world of the lab under the other policies failed");
                    Vec::new()
                })
            } else {
                Vec::new()
            },
        }
    }

    /// The address that forms of this world post to.
    pub(super) fn address(&self) -> String {
        format!("/lab/world/{}", self.hosted.id())
    }

    /// The hidden fields of every form of this page: what its visitor chose stays chosen.
    pub(super) fn fields(&self) -> impl IntoView + use<> {
        let panel = self.choice.shown.word().map(|word| {
            view! { <input type="hidden" name="panel" value=word /> }
        });
        view! { {self.fields_of_any_panel()} {panel} }
    }

    /// The same, for a form among the controls that are folded at first: a press leaves them open, also where each
    /// press is a page.
    pub(super) fn fields_by_hand(&self) -> impl IntoView + use<> {
        let hand = (self.choice.hand == Hand::Folded)
            .then(|| view! { <input type="hidden" name="hand" value="open" /> });
        view! { {self.fields()} {hand} }
    }

    /// The same, for a form that turns to another panel.
    pub(super) fn fields_of_any_panel(&self) -> impl IntoView + use<> {
        let Choice { tab, who, at, hold, list, hand, .. } = *self.choice;
        let hand = (hand == Hand::Open)
            .then(|| view! { <input type="hidden" name="hand" value="open" /> });
        let list = (list == List::Whole)
            .then(|| view! { <input type="hidden" name="list" value="whole" /> });
        view! {
            <input type="hidden" name="tab" value=form::tab_number(tab) />
            <input type="hidden" name="who" value=who.word() />
            <input type="hidden" name="at" value=at.word() />
            <input type="hidden" name="hold" value=hold.word() />
            {list}
            {hand}
        }
    }

    /// The credential of the world's sign-ins.
    pub(super) fn carrier(&self) -> Carrier {
        self.world.setting().carrier
    }

    /// Returns true if the page is a lesson's stage, with one panel on it.
    pub(super) fn is_stage(&self) -> bool {
        self.lesson.is_some() && self.choice.shown != Shown::All
    }

    /// Returns true if the page has the controls of a world without a lesson.
    pub(super) fn is_by_hand(&self) -> bool {
        let on_tab = |lesson| stage::tab(lesson, self.choice) == Tab::Hand;
        !self.is_stage() || self.lesson.as_ref().is_some_and(on_tab)
    }

    /// Returns the address at which what happened here can be played again: the text is all that it takes. `None` if
    /// that is too long for an address.
    pub(super) fn share(&self) -> Option<String> {
        let trace = self.world.trace().to_json();
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("trace", &trace).finish();
        (query.len() <= MAX_QUERY).then(|| format!("/lab?{query}#play"))
    }

    /// Returns the address of a message in the list in words.
    pub(super) fn messages(&self) -> String {
        if !self.is_stage() {
            return format!("#{}", panels::ANCHOR);
        }
        let entries = Choice { shown: Shown::Tab(Tab::Entries), ..self.choice.clone() };
        format!("{}{}#{}", self.address(), entries.query(), panels::ANCHOR)
    }

    /// Returns what is said in sight and not to screen readers alone: a refusal, or that the clock stopped by itself.
    fn refusal(&self, error: Option<&Refused>) -> Option<String> {
        let full = || (self.hosted.news() == News::Full).then(|| ActError::Full.to_string());
        error.map(ToString::to_string).or_else(full)
    }
}

/// Draws the whole page. A document is read from its beginning, so nothing in it is announced.
pub(super) async fn page(
    hosted: &Hosted,
    world: &World,
    choice: &Choice,
    error: Option<&Refused>,
) -> LabPage {
    let scene = Scene::of(hosted, world, choice).await;
    let title = scene.lesson.as_ref().map_or("A world of your own", Lesson::title);
    // The number tells apart the tabs that a lesson has its reader open.
    let title = format!("Tab {} · {title}", form::tab_number(choice.tab));
    let body = fragment_of(&scene, Some(said(scene.refusal(error))), None);
    LabPage::new(
        title,
        view! {
            {panels::head(&scene)}
            <div
                id="world"
                data-panel="lives"
                class=if scene.is_stage() { "world on-stage" } else { "world" }
                data-live=scene.address()
                data-due-in=(hosted.drawn_every() + MARGIN).as_millis().to_string()
                inner_html=body
            ></div>
        },
    )
}

/// Draws what a script replaces of it, and what it announces. Without a refusal, the one before stays: a poll for what
/// other visitors do takes no answer away.
pub(super) async fn fragment(
    hosted: &Hosted,
    world: &World,
    choice: &Choice,
    error: Option<&Refused>,
) -> String {
    let scene = Scene::of(hosted, world, choice).await;
    let news = panels::news(&scene);
    let refusal = scene.refusal(error).map(|text| said(Some(text)));
    fragment_of(&scene, refusal, news)
}

/// Draws a refusal alone, for a script that polls again a moment later.
pub(super) fn refusal(error: &Refused) -> String {
    html(said(Some(error.to_string())))
}

fn said(text: Option<String>) -> impl IntoView {
    told("said", "said error", text)
}

/// Draws an element that is announced when its text changes. Without text it is empty, which style sheets see.
pub(super) fn told(id: &'static str, class: &'static str, text: Option<String>) -> impl IntoView {
    let print = text.clone().unwrap_or_default();
    view! {
        <p id=id class=class role="status" data-panel=print>
            {text}
        </p>
    }
}

/// Concatenates panels that are drawn already: this is what a world costs most, and a view around them would copy each
/// of them once more.
fn fragment_of(scene: &Scene<'_>, said: Option<impl IntoView>, news: Option<String>) -> String {
    let head = html(view! {
        <p id="version" data-panel=scene.version hidden></p>
        {said}
        {told("news", "visually-hidden", news)}
    });
    let step = |lesson| panel("panel-guide", panels::guide(scene, lesson));
    match &scene.lesson {
        Some(lesson) if scene.is_stage() => [
            head,
            r#"<div class="lesson">"#.to_owned(),
            step(lesson),
            panel("panel-stage", stage(scene, lesson)),
            "</div>".to_owned(),
        ]
        .concat(),
        lesson => [head, all(scene, lesson.as_ref().map(step))].concat(),
    }
}

/// Draws all panels, with the step of a lesson before them.
fn all(scene: &Scene<'_>, step: Option<String>) -> String {
    let rotates = scene.carrier().rotates();
    // A number that the house gave out names no session.
    let has_now = scene.world.setting().slip != Slip::KeepsId;
    [
        r#"<div class="panes"><div class="controls">"#.to_owned(),
        step.unwrap_or_default(),
        panels::goal(scene).map(|goal| panel("panel-goal", goal)).unwrap_or_default(),
        panel("panel-actors", panels::actors(scene)),
        panel("panel-network", panels::network(scene)),
        r#"</div><div class="shows">"#.to_owned(),
        panel("panel-diagram", panels::diagram(scene)),
        r#"<div class="pair">"#.to_owned(),
        if has_now { panel("panel-now", panels::now(scene)) } else { String::new() },
        if rotates { panel("panel-lineage", panels::lineage(scene)) } else { String::new() },
        "</div>".to_owned(),
        panel("panel-jar", panels::jar(scene)),
        if rotates { panel("panel-policies", panels::policies(scene)) } else { String::new() },
        panel("panel-cost", panels::cost(scene)),
        panel("panel-xray", panels::xray(scene)),
        panel("panel-house", panels::house(scene)),
        panel("panel-entries", panels::entries(scene)),
        panel("panel-export", panels::export(scene)),
        "</div></div>".to_owned(),
    ]
    .concat()
}
