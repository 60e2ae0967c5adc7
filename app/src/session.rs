//! The one signal that holds the session, and the parts that keep it true: a timer that refreshes, questions after a
//! pause, and the other tabs.
//!
//! The server renders from what it found before rendering, and the browser begins with the same value, so nothing
//! flashes. A session ends here only by the server's word: neither a lost answer nor a late or wrong one signs a person
//! out. An answer from before a sign-in or sign-out is stale, and dropped.

mod claims;
mod news;
mod pace;
mod timer;

use std::cell::{Cell, RefCell};

use futures::{
    FutureExt as _,
    future::{LocalBoxFuture, Shared},
};
use leptos::{prelude::*, task::spawn_local};

pub use self::{
    pace::Pace,
    timer::{told_to_wait, wait},
};
use crate::{
    api::{self, NoOtherFields},
    error::ApiError,
    model::{Brief, EndReason, Refreshed, SessionView},
    rendered::rendered,
    rendering,
    time::monotonic,
};

/// The session, as every component sees it.
#[derive(Clone, Copy)]
pub struct SessionState {
    view: RwSignal<SessionView>,
    /// The outcome of the last refresh of this page, as HTML that the server drew.
    decided: StoredValue<String>,
    /// The error of the last call that brought nothing, though the session may well live.
    trouble: RwSignal<Option<ApiError>>,
    /// News of what was done to the session from outside while this page was open, in words.
    news: RwSignal<String>,
    /// Counts sign-ins and sign-outs of this page.
    epoch: StoredValue<u32>,
}

thread_local! {
    /// The browser's one session state. On a server, where threads serve many, it stays empty.
    static STATE: Cell<Option<SessionState>> = const { Cell::new(None) };
    /// The refresh that is under way.
    static FLIGHT: RefCell<Option<Shared<LocalBoxFuture<'static, bool>>>> = const { RefCell::new(None) };
    /// The moment at which the server last said how things stand.
    static HEARD: Cell<f64> = const { Cell::new(0.0) };
    /// The issue time of the token that the last refresh brought, if it was due to be refreshed again at once.
    static STALE: Cell<Option<i64>> = const { Cell::new(None) };
    /// The state of the question for the session: true while it is under way, and true if it is to be asked once more.
    static ASKING: Cell<(bool, bool)> = const { Cell::new((false, false)) };
}

/// Provides the session to all components, from what the server found before it rendered.
pub fn provide_session() -> SessionState {
    let found = rendered(rendering::session_view);
    let state = SessionState {
        view: RwSignal::new(found),
        decided: StoredValue::new(String::new()),
        trouble: RwSignal::new(None),
        news: RwSignal::new(String::new()),
        epoch: StoredValue::new(0),
    };
    provide_context(state);
    Effect::new(move |_| {
        if STATE.get().is_none() {
            STATE.set(Some(state));
            state.begin();
        }
    });
    state
}

/// Returns the session of the page.
pub fn use_session() -> SessionState {
    expect_context()
}

impl SessionState {
    /// Returns what is known of the session.
    pub fn view(self) -> Signal<SessionView> {
        self.view.into()
    }

    /// Returns the outcome of the last refresh of this page, as HTML that the server drew.
    pub fn decided(self) -> String {
        self.decided.get_value()
    }

    /// Returns the error of the last call of this page that brought nothing.
    pub fn trouble(self) -> Signal<Option<ApiError>> {
        self.trouble.into()
    }

    /// Returns news of what was done to the session from outside while this page was open, in words.
    pub fn news(self) -> RwSignal<String> {
        self.news
    }

    /// Takes over what a sign-in or a sign-out answered. The person asked for it here, so it is no news.
    pub fn adopt(self, view: SessionView) {
        self.change(view);
        self.news.set(String::new());
    }

    /// Takes over that a person signed in or out, or that the session ended.
    fn change(self, view: SessionView) {
        self.epoch.update_value(|epoch| *epoch += 1);
        self.decided.set_value(String::new());
        self.set(view);
        timer::tell_other_tabs();
    }

    /// Takes over what a sign-in answered, once the browser has shown that it keeps the cookies. The same call proves
    /// that the ticket arrived.
    pub async fn arrive(self, view: SessionView) -> Result<(), ApiError> {
        let view = match api::current_session(NoOtherFields {}).await {
            Ok(SessionView::SignedOut { .. }) => return Err(ApiError::NotKept),
            Ok(now) => now,
            // An error does not say that they were not kept.
            Err(_) => view,
        };
        self.adopt(view);
        Ok(())
    }

    /// Asks the server for the state of the session, once for all callers at the same time. If the access token has
    /// expired, the server refreshes in passing.
    async fn resync(self) {
        if let (true, _) = ASKING.get() {
            // The answer under way may not say what has changed since its question was sent.
            ASKING.set((true, true));
            return;
        }
        let mut proves = false;
        loop {
            ASKING.set((true, false));
            let epoch = self.epoch.get_value();
            let answer = api::current_session(NoOtherFields {}).await;
            let is_current = self.epoch.get_value() == epoch;
            match answer {
                // A stale answer, from before a sign-in or a sign-out.
                _ if !is_current => {}
                Ok(view) => {
                    // It brought new tokens in passing: the next request proves that they arrived.
                    let unproven = view.brief().is_some_and(|brief| !brief.delivered);
                    self.hear(view);
                    if unproven && !proves {
                        proves = true;
                        continue;
                    }
                }
                Err(error) => {
                    self.unanswered(error);
                    break;
                }
            }
            if !ASKING.get().1 {
                break;
            }
        }
        ASKING.set((false, false));
        claims::show();
    }

    /// Asks for all of the session, if this page was told no more than who is signed in.
    pub fn complete(self) {
        spawn_local(self.resync());
    }

    /// Asks how things stand after a call, if this page does not know: the call was refused, or the access token was
    /// due and has perhaps been refreshed in passing.
    pub fn called(self, error: Option<ApiError>) {
        if error.map_or_else(|| self.is_due(), |error| error.status() == 401) {
            spawn_local(self.resync());
        }
    }

    /// Does what is due: a refresh, or a question to the server.
    fn attend(self) {
        spawn_local(async move {
            if self.is_due() {
                refresh_once().await;
            } else {
                self.resync().await;
            }
        });
    }

    fn is_due(self) -> bool {
        self.view.with_untracked(|view| due(view).is_some_and(|due| due <= 0.0))
    }

    /// Takes over what the server answered to the question for the session. An end that this page did not know of is
    /// told to the other tabs.
    fn hear(self, view: SessionView) {
        let bare = view == SessionView::SignedOut { ended: None };
        let view = self.as_heard(view);
        let is_over = |view: &SessionView| matches!(view, SessionView::SignedOut { .. });
        if is_over(&view) && !self.view.with_untracked(is_over) {
            self.change(view);
            // If there is a reason, the cookies tell it to the next page, too: until the next sign-in.
            if bare {
                clear_dead_cookies();
            }
        } else {
            self.set(view);
        }
    }

    /// Takes over what the server said of the session.
    fn set(self, view: SessionView) {
        self.trouble.set(None);
        HEARD.set(monotonic());
        match due(&view) {
            Some(due) if due <= 0.0 => {
                let issued_at = view.brief().map(|brief| brief.issued_at);
                // Another refresh would bring the same once more.
                if STALE.get() == issued_at { timer::failed() } else { timer::set(Some(due)) }
            }
            due => timer::succeeded(due),
        }
        if let Some(news) = self.view.with_untracked(|before| news::of(before, &view)) {
            // The page claimed nothing while its claims were hidden.
            self.news.set(if claims::are_hidden() { String::new() } else { news });
        }
        self.view.set(view);
    }

    /// Returns what the page says of what it heard: a person who was signed out elsewhere is told, and goes on being
    /// told why.
    fn as_heard(self, view: SessionView) -> SessionView {
        let told = self.view.with_untracked(|view| match view {
            SessionView::SignedIn(_) | SessionView::Brief(_) => Some(EndReason::SignedOut),
            SessionView::SignedOut { ended } => *ended,
            _ => None,
        });
        match view {
            SessionView::SignedOut { ended } => SessionView::SignedOut { ended: ended.or(told) },
            view => view,
        }
    }

    /// Notes that a question brought nothing that helps.
    fn unanswered(self, error: ApiError) {
        self.trouble.set(Some(error));
        timer::failed();
        if claims::are_hidden() {
            self.know_nothing();
        }
    }

    /// Claims nothing, until the server says how things stand.
    fn know_nothing(self) {
        self.view.set(SessionView::Unavailable);
        claims::show();
    }

    /// Begins with what the server rendered.
    fn begin(self) {
        HEARD.set(monotonic());
        let undelivered = self.view.with_untracked(|view| {
            match view {
                SessionView::Limited { retry_after } => {
                    told_to_wait(f64::from(*retry_after));
                    timer::failed();
                }
                SessionView::Unavailable => timer::failed(),
                SessionView::SignedIn(_)
                | SessionView::Brief(_)
                | SessionView::SignedOut { .. } => {
                    timer::set(due(view));
                }
            }
            view.brief().is_some_and(|brief| !brief.delivered)
        });
        timer::listen(self);
        // The first proof that the browser holds a ticket is a request that carries its wristband.
        if undelivered && !claims::is_prerendered() {
            spawn_local(self.resync());
        }
    }
}

/// Returns the milliseconds until the next refresh is due, if the person is signed in, counted from the server's word on
/// a clock that only goes forward.
fn due(view: &SessionView) -> Option<f64> {
    let Brief { server_now, issued_at, expires_at, .. } = view.brief()?;
    #[expect(clippy::cast_precision_loss, reason = "exact for 285,000 years")]
    let left = (due_at(issued_at, expires_at) - server_now) as f64;
    Some(left - (monotonic() - HEARD.get()))
}

/// Returns the instant at which an access token is due to be refreshed: at four fifths of its lifetime.
const fn due_at(issued_at: i64, expires_at: i64) -> i64 {
    issued_at + (expires_at - issued_at) * 4 / 5
}

fn clear_dead_cookies() {
    spawn_local(async {
        // If it fails, the next page asks again.
        let _unanswered = api::clear(NoOtherFields {}).await;
    });
}

/// Refreshes, once for all callers at the same time. Returns true if that brought tokens.
pub async fn refresh_once() -> bool {
    let Some(state) = STATE.get() else { return false };
    let flight = FLIGHT.with_borrow_mut(|flight| {
        flight
            .get_or_insert_with(|| {
                let flight = refresh(state).boxed_local().shared();
                // Spawned as a background task, so that a component that goes away cannot abort it.
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
    if answer == Err(ApiError::NoAnswer) && timer::is_well() {
        // The answer may have been lost after the exchange: then the same one is given again.
        answer = api::refresh(NoOtherFields {}).await;
    }
    FLIGHT.set(None);
    if state.epoch.get_value() != epoch {
        return false;
    }
    match answer {
        Ok(Refreshed { told, server_now, issued_at, expires_at, .. }) => {
            state.decided.set_value(told);
            STALE.set((due_at(issued_at, expires_at) <= server_now).then_some(issued_at));
            timer::tell_other_tabs();
            // Brings what there is to show, and proves that the new ticket arrived.
            state.resync().await;
            true
        }
        // The refusal may be late: since it was sent, another tab may have signed in. The jar as it is now decides.
        Err(error) if error.status() == 401 => {
            state.resync().await;
            false
        }
        Err(error) => {
            state.unanswered(error);
            false
        }
    }
}
