//! The one signal that holds the session, and what keeps it true: refreshing in time, asking again after a pause,
//! and telling the other tabs.
//!
//! The server renders from what it found before rendering, and the browser begins with the same value, so nothing
//! flashes. Only what the server says ends a session here: no answer, however late or wrong, signs anybody out.
//! An answer from before a sign-in or sign-out is dropped.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use futures::{
    FutureExt as _,
    future::{LocalBoxFuture, Shared},
};
use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{BroadcastChannel, VisibilityState};

use crate::{
    api::{self, NoOtherFields},
    error::ApiError,
    model::{Refreshed, SessionView},
    rendered::rendered,
    rendering,
};

/// The name of the channel between tabs. Its messages say that something changed, and nothing else.
const CHANNEL: &str = "coatroom-session";
/// How long after a refresh without an answer the next one is tried.
const RETRY: Duration = Duration::from_secs(2);

/// The session, as every component sees it.
#[derive(Clone, Copy)]
pub struct SessionState {
    view: RwSignal<SessionView>,
    /// The row that decided the last refresh of this page.
    decided: RwSignal<Option<u8>>,
    /// Why the last refresh brought nothing, though the session may well live.
    trouble: RwSignal<Option<ApiError>>,
    /// Counts sign-ins and sign-outs of this page.
    epoch: StoredValue<u32>,
}

thread_local! {
    /// The browser's one session state. On a server, where threads serve many, it stays empty.
    static STATE: Cell<Option<SessionState>> = const { Cell::new(None) };
    /// The refresh that is under way.
    static FLIGHT: RefCell<Option<Shared<LocalBoxFuture<'static, bool>>>> = const { RefCell::new(None) };
    static TABS: RefCell<Option<BroadcastChannel>> = const { RefCell::new(None) };
}

/// Provides the session to all components, from what the server found before it rendered.
pub fn provide_session() -> SessionState {
    let found = rendered(rendering::session_view);
    let state = SessionState {
        view: RwSignal::new(found),
        decided: RwSignal::new(None),
        trouble: RwSignal::new(None),
        epoch: StoredValue::new(0),
    };
    provide_context(state);
    Effect::new(move |_| {
        if STATE.get().is_none() {
            STATE.set(Some(state));
            state.listen();
        }
    });
    Effect::new(move |pending: Option<Option<TimeoutHandle>>| {
        if let Some(handle) = pending.flatten() {
            handle.clear();
        }
        state.refresh_in_time()
    });
    state
}

/// The session of the page.
pub fn use_session() -> SessionState {
    expect_context()
}

impl SessionState {
    /// What is known of the session.
    pub fn view(self) -> Signal<SessionView> {
        self.view.into()
    }

    /// The row that decided the last refresh of this page.
    pub fn decided(self) -> Signal<Option<u8>> {
        self.decided.into()
    }

    /// Why the last call of this page brought nothing.
    pub fn trouble(self) -> Signal<Option<ApiError>> {
        self.trouble.into()
    }

    /// Takes over what a sign-in or a sign-out answered.
    pub fn adopt(self, view: SessionView) {
        self.epoch.update_value(|epoch| *epoch += 1);
        self.decided.set(None);
        let signed_in = view.signed_in().is_some();
        self.set(view);
        tell_other_tabs();
        if signed_in {
            // Proves that the ticket arrived.
            spawn_local(self.resync());
        }
    }

    /// Asks the server how things stand. Where the access token has expired, that refreshes it first.
    pub async fn resync(self) {
        let epoch = self.epoch.get_value();
        let answer = api::current_session(NoOtherFields {}).await;
        if self.epoch.get_value() == epoch
            && let Ok(view) = answer
        {
            self.set(view);
        }
    }

    fn set(self, view: SessionView) {
        self.trouble.set(None);
        self.view.set(view);
    }

    /// Ends the session here, because the server said so, and lets the server delete the cookies if they are dead.
    fn end(self, error: ApiError) {
        let ended = match error {
            ApiError::SessionEnded { reason } => Some(reason),
            _ => None,
        };
        self.adopt(SessionView::SignedOut { ended });
        spawn_local(async {
            // Where it fails, the next page asks again.
            let _unanswered = api::clear(NoOtherFields {}).await;
        });
    }

    /// Starts the timer of the next refresh: at four fifths of the lifetime, counted from the server's word on a
    /// clock that nobody sets.
    fn refresh_in_time(self) -> Option<TimeoutHandle> {
        let due = self.view.with(|view| {
            let session = view.signed_in()?;
            let (from, to) = (session.access.issued_at, session.access.expires_at);
            Some(from + (to - from) * 4 / 5 - session.server_now)
        })?;
        // Never at once: what the server has just answered is as new as it gets.
        let wait = Duration::from_millis(u64::try_from(due).unwrap_or(0).max(500));
        // A hidden tab asks when it is looked at again.
        let refresh = || {
            if document().visibility_state() == VisibilityState::Visible {
                spawn_local(async {
                    refresh_once().await;
                });
            }
        };
        set_timeout_with_handle(refresh, wait).ok()
    }

    /// Listens to the other tabs, and asks again whenever this one may have missed something.
    fn listen(self) {
        let resync = move || spawn_local(self.resync());
        let seen = move || {
            if document().visibility_state() == VisibilityState::Visible {
                resync();
            }
        };
        // For as long as the page lives, so nothing is removed.
        let _page_long = window_event_listener_untyped("visibilitychange", move |_| seen());
        let _page_long = window_event_listener(ev::online, move |_| resync());
        let _page_long = window_event_listener_untyped("pageshow", move |event| {
            let event: web_sys::PageTransitionEvent = event.unchecked_into();
            if event.persisted() {
                resync();
            }
        });
        if let Ok(channel) = BroadcastChannel::new(CHANNEL) {
            let changed = Closure::<dyn Fn()>::new(resync);
            channel.set_onmessage(Some(changed.as_ref().unchecked_ref()));
            changed.forget();
            TABS.set(Some(channel));
        }
        // The first proof that the browser holds a ticket is a request that carries its wristband.
        if self.view.with_untracked(|view| view.signed_in().is_some_and(|seen| !seen.delivered)) {
            resync();
        }
        if self
            .view
            .with_untracked(|view| matches!(view, SessionView::SignedOut { ended: Some(_) }))
        {
            spawn_local(async {
                let _unanswered = api::clear(NoOtherFields {}).await;
            });
        }
    }
}

/// Refreshes, once for all who ask at the same time. Returns whether a call may be tried again.
pub async fn refresh_once() -> bool {
    let Some(state) = STATE.get() else { return false };
    let flight = FLIGHT.with_borrow_mut(|flight| {
        flight
            .get_or_insert_with(|| {
                let flight = refresh(state).boxed_local().shared();
                // On its own, so that a component that goes away cannot abort it.
                spawn_local(flight.clone().map(drop));
                flight
            })
            .clone()
    });
    flight.await
}

async fn refresh(state: SessionState) -> bool {
    let epoch = state.epoch.get_value();
    let mut answer = api::refresh(NoOtherFields {}).await;
    if answer == Err(ApiError::NoAnswer) {
        // The answer may have been lost after the exchange: then the same one is given again.
        answer = api::refresh(NoOtherFields {}).await;
    }
    FLIGHT.set(None);
    if state.epoch.get_value() != epoch {
        return false;
    }
    match answer {
        Ok(Refreshed { row, session }) => {
            state.decided.set(Some(row));
            state.set(session);
            tell_other_tabs();
            // Proves that the new ticket arrived.
            spawn_local(state.resync());
            true
        }
        Err(error) if error.status() == 401 => {
            state.end(error);
            false
        }
        Err(error) => {
            state.trouble.set(Some(error));
            set_timeout(
                || {
                    spawn_local(async {
                        refresh_once().await;
                    });
                },
                RETRY,
            );
            false
        }
    }
}

fn tell_other_tabs() {
    TABS.with_borrow(|tabs| {
        if let Some(channel) = tabs {
            let _closed = channel.post_message(&"changed".into());
        }
    });
}
