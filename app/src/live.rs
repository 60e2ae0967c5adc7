//! The script of a world of the lab: it posts the forms without leaving the page, and replaces only the panels that
//! changed.
//!
//! The server draws everything (see `lab`, its other half); here is no panel and no rule. A panel is replaced whole if
//! its fingerprint differs; what a person has open or focused stays so. Without a script the same forms work.

mod dom;

use std::{cell::RefCell, mem, time::Duration};

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{
    BroadcastChannel, DocumentFragment, Element, Event, FocusOptions, FormData, HtmlElement,
    HtmlFormElement, HtmlInputElement, HtmlTemplateElement, MessageEvent, ScrollIntoViewOptions,
    ScrollLogicalPosition, SubmitEvent, UiEvent, UrlSearchParams, VisibilityState,
};

use self::dom::{all, attribute, first, listen, target};
use crate::{
    client::{fetch_page, post_form},
    error::ApiError,
    path,
    session::{self, Pace},
    time::{countdown, monotonic},
};

/// The channel between the tabs of one browser. Its messages are the address of the world that changed.
const CHANNEL: &str = "coatroom-lab";
/// The pause between polls for what other visitors do in the same world, while polls are answered.
const LOOK: Duration = Duration::from_millis(1_500);
/// The debounce of typing: the pause after which a person's text is posted.
const PAUSE: Duration = Duration::from_millis(300);

/// The world that this page shows.
struct Live {
    address: String,
    channel: Option<BroadcastChannel>,
    /// The page's clock when the world's time was told.
    told_at: i64,
    /// The timer of a poll that was put off.
    put_off: Option<TimeoutHandle>,
    /// The pauses between polls that are not answered.
    pace: Pace,
}

thread_local! {
    static LIVE: RefCell<Option<Live>> = const { RefCell::new(None) };
}

/// Attaches the script to a page of the lab.
pub fn attach() {
    for element in all("[data-cookies]") {
        show_cookies(&element);
    }
    let Some(world) = first("[data-live]") else { return };
    let channel = BroadcastChannel::new(CHANNEL).ok();
    if let Some(channel) = &channel {
        let told = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| {
            let of_ours = LIVE.with_borrow(|live| live.as_ref().map(|live| live.address.clone()));
            if event.data().as_string() == of_ours {
                look();
            }
        });
        channel.set_onmessage(Some(told.as_ref().unchecked_ref()));
        told.forget();
    }
    LIVE.set(Some(Live {
        address: attribute(&world, "data-live"),
        channel,
        told_at: now(),
        put_off: None,
        pace: Pace::new(),
    }));
    // The listeners stay for as long as the page lives, so nothing is removed.
    listen(&world, "submit", submit);
    // A double click is one step, also if its first click is answered before the second.
    listen(&world, "click", |event| {
        let clicks = event.dyn_ref::<UiEvent>().map_or(0, UiEvent::detail);
        if clicks > 1
            && target::<Element>(event).is_some_and(|at| at.matches(".bar button") == Ok(true))
        {
            event.prevent_default();
        }
    });
    listen(&world, "input", |event| {
        if let Some(form) = target::<HtmlElement>(event).as_ref().and_then(typed_into) {
            let timer = set_timeout_with_handle(move || drop(form.request_submit()), PAUSE);
            put_off(timer.ok());
        }
        if let Some(input) = target::<HtmlInputElement>(event)
            && let Some(output) = first(&format!("output[for={}]", input.id()))
        {
            output.set_text_content(Some(&input.value()));
        }
    });
    set_interval(
        || {
            if document().visibility_state() == VisibilityState::Visible && !is_put_off() {
                look();
            }
        },
        LOOK,
    );
    set_interval(tick, Duration::from_millis(250));
}

/// Puts the piece of the lab on the front page into its place, if no document brought it: a page that was built here
/// takes it from one that is fetched.
pub fn front() {
    if first("#front:empty").is_none() {
        return;
    }
    spawn_local(async {
        let Ok(html) = fetch_page(path::HOME).await else { return };
        if let Some(Ok(Some(fetched))) = parsed(&html).map(|page| page.query_selector("#front"))
            && let Some(place) = first("#front")
        {
            place.set_inner_html(&fetched.inner_html());
        }
    });
}

/// Returns the form that is posted while a person types into that field, if there is one.
fn typed_into(field: &HtmlElement) -> Option<HtmlFormElement> {
    field.closest("form[data-typed]").ok()??.dyn_into().ok()
}

/// Posts a form of the world, and puts its answer into the page.
fn submit(event: &Event) {
    let Some(form) = target::<HtmlFormElement>(event) else { return };
    if form.has_attribute("data-whole") {
        return;
    }
    event.prevent_default();
    let Some(fields) = fields(&form) else { return };
    let sent = String::from(fields.to_string());
    let typed = form.has_attribute("data-typed").then_some((form, sent));
    let pressed = event.dyn_ref::<SubmitEvent>().and_then(SubmitEvent::submitter);
    if let Some(pressed) = &pressed {
        fields.append(&attribute(pressed, "name"), &attribute(pressed, "value"));
        // A second press is allowed, and done once more.
        let _always_settable = pressed.set_attribute("aria-busy", "true");
    }
    let body = format!("{}&{}live=1", String::from(fields.to_string()), chosen());
    // The message was about the press before; if the same comes once more, it is heard once more.
    say("", "");
    spawn_local(async move {
        match send(body, typed).await {
            Ok(true) => {}
            // The world is not drawn yet, as much happened in this moment.
            Ok(false) => look_in(due_in()),
            Err(error) => say(&error.to_string(), "pressed"),
        }
        if let Some(pressed) = pressed {
            let _always_there = pressed.remove_attribute("aria-busy");
        }
        // The message sticks to the top of the window, and must not cover what was pressed.
        if first("#said:not(:empty)").is_some()
            && let Some(pressed) = document().active_element()
        {
            let nearest = ScrollIntoViewOptions::new();
            nearest.set_block(ScrollLogicalPosition::Nearest);
            pressed.scroll_into_view_with_scroll_into_view_options(&nearest);
        }
        LIVE.with_borrow(|live| {
            if let Some(Live { address, channel: Some(channel), .. }) = live {
                let _nobody_listens = channel.post_message(&address.as_str().into());
            }
        });
    });
}

/// Polls once after that many milliseconds, however much happened until then; unless the world is drawn before.
fn look_in(pause: f64) {
    if is_put_off() {
        return;
    }
    let timer = set_timeout_with_handle(
        || {
            put_off(None);
            look();
        },
        Duration::from_secs_f64(pause / 1_000.0),
    );
    put_off(timer.ok());
}

/// Returns the milliseconds to a poll that finds a drawing due, as the page says.
fn due_in() -> f64 {
    let told = first("[data-due-in]").map(|world| attribute(&world, "data-due-in"));
    told.and_then(|ms| ms.parse::<u32>().ok()).map_or(0.0, f64::from)
}

/// Changes the pauses between polls.
fn pace<T: Default>(change: impl FnOnce(&mut Pace) -> T) -> T {
    LIVE.with_borrow_mut(|live| live.as_mut().map(|live| change(&mut live.pace)))
        .unwrap_or_default()
}

fn is_put_off() -> bool {
    LIVE.with_borrow(|live| live.as_ref().is_some_and(|live| live.put_off.is_some()))
}

/// Puts a poll off, or does not any more; the timer before it is stopped.
fn put_off(timer: Option<TimeoutHandle>) {
    LIVE.with_borrow_mut(|live| {
        let before = live.as_mut().and_then(|live| mem::replace(&mut live.put_off, timer));
        before.iter().for_each(TimeoutHandle::clear);
    });
}

/// Polls for what other visitors changed.
fn look() {
    let Some(version) = first("#version") else { return };
    let since = attribute(&version, "data-panel");
    let body = format!("{}live=1&since={since}", chosen());
    spawn_local(async move {
        if let Err(error) = send(body, None).await {
            // Cleared when the server is heard again.
            say(&error.to_string(), "unheard");
            let pause = pace(|pace| pace.failed(monotonic(), js_sys::Math::random()));
            // The server may want to hear nothing for longer.
            look_in(pause.max(session::wait()));
            return;
        }
        pace(Pace::succeeded);
        if first("#said[data-panel=unheard]").is_some() {
            say("", "");
        }
    });
}

/// Returns what the person chose in the form that asks, whichever form is posted: of a name that is there twice, the
/// server takes the last.
fn chosen() -> String {
    let form = first("form[data-chosen]").and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
    form.and_then(|form| fields(&form))
        .map(|fields| String::from(fields.to_string()) + "&")
        .unwrap_or_default()
}

fn fields(form: &HtmlFormElement) -> Option<UrlSearchParams> {
    let fields = FormData::new_with_form(form).ok()?;
    let fields: &JsValue = fields.as_ref();
    UrlSearchParams::new_with_str_sequence_sequence(fields).ok()
}

/// Posts, and replaces what changed. Returns true if the world was drawn. An answer is stale if the person typed on
/// meanwhile: that is posted by itself, and its answer counts.
async fn send(body: String, typed: Option<(HtmlFormElement, String)>) -> Result<bool, ApiError> {
    let address = LIVE.with_borrow(|live| live.as_ref().map(|live| live.address.clone()));
    let html = post_form(&address.unwrap_or_default(), body).await?;
    if let Some((form, sent)) = typed
        && fields(&form).is_some_and(|fields| fields.to_string() != sent.as_str())
    {
        return Ok(true);
    }
    // An answer that holds no panel is not the lab's: a proxy in between answered.
    if html.is_empty() { Ok(false) } else { replace(&html).ok_or(ApiError::Unavailable) }
}

/// Shows a message, or none, in the element that is there for it: a live region is announced when its text changes, and
/// only if it stays.
fn say(text: &str, print: &str) {
    if let Some(said) = first("#said") {
        put(&said, text, print);
    }
}

fn put(region: &Element, text: &str, print: &str) {
    if attribute(region, "data-panel") != print {
        region.set_text_content(Some(text));
        let _always_settable = region.set_attribute("data-panel", print);
    }
}

/// Puts the panels of `html` in the place of those on the page, if they differ. Returns true if the world was among
/// them; nothing if there are none at all.
fn replace(html: &str) -> Option<bool> {
    let template = parsed(html)?;
    let fresh = template.query_selector_all("[data-panel]").ok()?;
    if fresh.length() == 0 {
        return None;
    }
    let version = |of: Option<Element>| attribute(&of?, "data-panel").parse::<u64>().ok();
    let drawn = version(template.query_selector("#version").ok()?);
    // A stale answer, which was overtaken by a later one.
    let late = drawn.is_some() && drawn < version(first("#version"));
    let focused = document().active_element();
    // If it goes, its panel gets the focus: the keyboard is not sent back to the beginning.
    let around = focused.as_ref().and_then(|element| element.closest(".panel").ok().flatten());
    let [focused, around] = [focused, around].map(|element| element.map(|element| element.id()));
    for index in 0..fresh.length() {
        let Some(fresh) = fresh.get(index).and_then(|node| node.dyn_into::<Element>().ok()) else {
            continue;
        };
        let Some(old) = document().get_element_by_id(&fresh.id()) else { continue };
        let print = attribute(&fresh, "data-panel");
        if attribute(&old, "data-panel") == print {
            continue;
        }
        // A refusal is told late, too.
        if fresh.id() == "said" || !late && fresh.has_attribute("role") {
            put(&old, &fresh.text_content().unwrap_or_default(), &print);
        } else if !late {
            keep_open(&old, &fresh);
            old.replace_with_with_node_1(&fresh).unwrap_or_default();
        }
    }
    if drawn.is_some() && !late {
        LIVE.with_borrow_mut(|live| live.iter_mut().for_each(|live| live.told_at = now()));
        put_off(None);
    }
    if let Some(around) = around {
        let find = |id: String| document().get_element_by_id(&id)?.dyn_into::<HtmlElement>().ok();
        let same = focused.filter(|id| !id.is_empty()).and_then(find);
        // If the world is gone, so are its panels.
        let element = same.or_else(|| find(around)).or_else(|| find("world".into()));
        if let Some(element) = element {
            let stays = FocusOptions::new();
            stays.set_prevent_scroll(true);
            element.focus_with_options(&stays).unwrap_or_default();
        }
    }
    for element in all("[data-cookies]") {
        show_cookies(&element);
    }
    tick();
    Some(drawn.is_some())
}

/// Parses HTML into elements that are on no page.
fn parsed(html: &str) -> Option<DocumentFragment> {
    let template = document().create_element("template").ok()?;
    template.set_inner_html(html);
    Some(template.dyn_into::<HtmlTemplateElement>().ok()?.content())
}

/// Keeps open what a person opened.
fn keep_open(old: &Element, fresh: &Element) {
    let Ok(open) = old.query_selector_all("details[open]") else { return };
    for index in 0..open.length() {
        let id = open.get(index).and_then(|node| node.dyn_into::<Element>().ok()).map(|e| e.id());
        let Some(id) = id.filter(|id| !id.is_empty()) else { continue };
        if let Ok(Some(same)) = fresh.query_selector(&format!("details[id='{id}']")) {
            let _always_settable = same.set_attribute("open", "");
        }
    }
}

/// Lets countdowns and bars run on between two answers, if the world's clock runs.
fn tick() {
    let Some(world) = first("[data-runs]") else { return };
    let told_at = LIVE.with_borrow(|live| live.as_ref().map_or(0, |live| live.told_at));
    let Ok(then) = attribute(&world, "data-runs").parse::<i64>() else { return };
    let now = then + now() - told_at;
    let left = |element: &Element, name: &str| {
        attribute(element, name).parse::<i64>().ok().map(|until| (until - now).max(0))
    };
    for element in all("[data-until]") {
        if let Some(left) = left(&element, "data-until") {
            element.set_text_content(Some(&countdown(left)));
        }
    }
    for element in all("[data-bar]") {
        if let Some(left) = left(&element, "data-bar") {
            let _always_settable = element.set_attribute("value", &left.to_string());
        }
    }
}

/// Shows what a script of this page can read of its cookies: really asked.
fn show_cookies(element: &Element) {
    let document = document().unchecked_into::<web_sys::HtmlDocument>();
    let cookies = document.cookie().unwrap_or_default();
    let text = if cookies.is_empty() { "\"\"".to_owned() } else { format!("\"{cookies}\"") };
    element.set_text_content(Some(&text));
}

/// Returns milliseconds of a clock that only goes forward.
#[expect(clippy::cast_possible_truncation, reason = "a page is not open for ages")]
fn now() -> i64 {
    monotonic() as i64
}
