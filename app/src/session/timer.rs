//! The one timer of a page, and the events that make the page ask: the timer, a look at it, the network, the other
//! tabs.
//!
//! None of them has a series of its own: each event either asks at once or waits with the timer. A page whose calls
//! fail keeps still for longer and longer.

use std::{cell::Cell, time::Duration};

use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{BroadcastChannel, VisibilityState};

use super::{SessionState, claims, pace::Pace};
use crate::time::monotonic;

/// The name of the channel between tabs. Its messages say that something changed, and nothing else.
const CHANNEL: &str = "coatroom-session";
/// The timer never goes off sooner: what the server has just answered is as new as it gets.
const SOONEST: f64 = 500.0;

thread_local! {
    static PACE: Cell<Pace> = const { Cell::new(Pace::new()) };
    static TIMER: Cell<Option<TimeoutHandle>> = const { Cell::new(None) };
    /// The number of times that the timer was set: one that was set before counts no more, should it ring all the same.
    static TURN: Cell<u32> = const { Cell::new(0) };
    static TABS: Cell<Option<BroadcastChannel>> = const { Cell::new(None) };
}

fn pace<T>(change: impl FnOnce(&mut Pace) -> T) -> T {
    let mut pace = PACE.get();
    let result = change(&mut pace);
    PACE.set(pace);
    result
}

/// Notes that the server was asked and all is well; the timer goes off `due` milliseconds from now, if at all.
pub fn succeeded(due: Option<f64>) {
    pace(Pace::succeeded);
    set(due);
}

/// Notes that the server was asked in vain; the timer goes off after a pause that grows.
pub fn failed() {
    set(Some(pace(|pace| pace.failed(monotonic(), js_sys::Math::random()))));
}

/// Notes that the server wants to hear nothing for so many seconds.
pub fn told_to_wait(seconds: f64) {
    pace(|pace| pace.told_to_wait(monotonic(), seconds, js_sys::Math::random()));
}

/// Returns the milliseconds for which the page is to ask nothing; zero if it may at once.
pub fn wait() -> f64 {
    PACE.get().wait(monotonic())
}

/// Returns true if the last call was answered.
pub fn is_well() -> bool {
    PACE.get().is_well()
}

/// Sets the timer, or none. An earlier setting counts no more.
pub fn set(wait: Option<f64>) {
    if let Some(before) = TIMER.take() {
        before.clear();
    }
    let turn = TURN.get().wrapping_add(1);
    TURN.set(turn);
    let Some(wait) = wait else { return };
    let rings = move || {
        if TURN.get() != turn {
            return;
        }
        TIMER.set(None);
        // A hidden tab asks when it is looked at again.
        if is_visible() {
            with_state(SessionState::attend);
        }
    };
    // A timer takes whole milliseconds. One that rang before its time would find nothing due, and wait again.
    let wait = Duration::from_secs_f64((wait.max(SOONEST) + 1.0) / 1_000.0);
    TIMER.set(set_timeout_with_handle(rings, wait).ok());
}

/// Asks, or waits with the timer, because something happened by which the page may be stale.
fn look(state: SessionState) {
    let wait = wait();
    if wait > 0.0 {
        set(Some(wait));
    } else {
        spawn_local(state.resync());
    }
}

/// Hides what the page claims until the server has answered, because it was found long before it is shown.
fn ask_before_claiming(state: SessionState) {
    claims::hide();
    if wait() > 0.0 {
        state.know_nothing();
    }
    look(state);
}

fn with_state(then: impl FnOnce(SessionState)) {
    if let Some(state) = super::STATE.get() {
        then(state);
    }
}

fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// Subscribes to the browser and to the other tabs, for as long as the page lives.
pub fn listen(state: SessionState) {
    let _page_long = window_event_listener_untyped("visibilitychange", move |_| {
        if is_visible() {
            look(state);
        }
    });
    let _page_long = window_event_listener(ev::online, move |_| look(state));
    // The claims are hidden before the page is frozen, so that not one frame shows them when it is thawed.
    let _page_long = window_event_listener_untyped("pagehide", |event| {
        if is_persisted(event) {
            claims::hide();
        }
    });
    let _page_long = window_event_listener_untyped("pageshow", move |event| {
        if is_persisted(event) {
            ask_before_claiming(state);
        }
    });
    if let Ok(channel) = BroadcastChannel::new(CHANNEL) {
        let changed = Closure::<dyn Fn()>::new(move || look(state));
        channel.set_onmessage(Some(changed.as_ref().unchecked_ref()));
        changed.forget();
        TABS.set(Some(channel));
    }
    if claims::is_prerendered() {
        claims::hide();
        let shown = Closure::<dyn Fn()>::new(move || ask_before_claiming(state));
        let shown = shown.into_js_value();
        let _page_long = document()
            .add_event_listener_with_callback("prerenderingchange", shown.unchecked_ref());
    } else if claims::was_there_before() {
        ask_before_claiming(state);
    }
}

fn is_persisted(event: web_sys::Event) -> bool {
    event.unchecked_into::<web_sys::PageTransitionEvent>().persisted()
}

pub fn tell_other_tabs() {
    let channel = TABS.take();
    if let Some(channel) = &channel {
        let _closed = channel.post_message(&"changed".into());
    }
    TABS.set(channel);
}
