use std::sync::Arc;

use leptos::prelude::*;

use super::moment::Moment;
use crate::{
    eager::eager,
    model::SignedIn,
    rendering,
    time::{countdown, time_of_day, use_clock},
};

/// The worth of an access token at a moment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TokenState {
    Active,
    Expiring,
    Expired,
}

impl TokenState {
    const fn attribute(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Expiring => "Expiring",
            Self::Expired => "Expired",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Active => "The access token is active.",
            Self::Expiring => "The access token is about to expire.",
            Self::Expired => "The access token has expired.",
        }
    }
}

/// The access token as a wristband that runs down, in step with the server's clock.
#[component]
pub fn Wristband(session: Signal<Arc<SignedIn>>) -> impl IntoView {
    let clock = use_clock();
    let expires_at = Signal::derive(move || session.with(|session| session.access.expires_at));
    let left = move || expires_at.get() - clock.now();
    let state = Memo::new(move |_| {
        let lifetime = session.with(|session| session.access.expires_at - session.access.issued_at);
        match left() {
            left if left <= 0 => TokenState::Expired,
            left if left <= lifetime / 5 => TokenState::Expiring,
            _ => TokenState::Active,
        }
    });
    let seconds_left = Memo::new(move |_| (left().max(0) + 999) / 1000);

    // Shown only if no script puts times into the person's zone.
    let as_of = time_of_day(session.with_untracked(|session| session.server_now));

    eager(view! {
        <section
            class="sheet wristband"
            data-state=move || state.get().attribute()
            aria-labelledby="wristband"
        >
            <div class="band">
                <div>
                    <h2 id="wristband">"Wristband · access token"</h2>
                    <p class="badge ticks">{move || state.get().word()}</p>
                </div>
                // A countdown stands still if no script runs: then the page says the instant instead.
                <span class="time ticks" role="timer" aria-label="Time left">
                    {move || countdown(seconds_left.get() * 1000)}
                </span>
                <span class="as-of soft">"at " {as_of} " UTC"</span>
            </div>
            <div class="holes"></div>
            <progress
                class="ticks"
                max=move || session.with(|session| session.access_ttl / 1000)
                value=move || seconds_left.get()
                aria-label="Time left of the access token"
            ></progress>
            {move || session.with(|session| facts(session))}
            <p class="visually-hidden ticks" role="status">
                {move || state.get().sentence()}
            </p>
        </section>
    })
}

fn facts(session: &SignedIn) -> impl IntoView + use<> {
    let access = &session.access;
    let short = |name| access.header(name).chars().take(8).collect::<String>();
    view! {
        <dl class="facts">
            <div>
                <dt>"Expires"</dt>
                <dd>
                    <Moment at=access.expires_at />
                </dd>
            </div>
            <div>
                <dt>"Signed with"</dt>
                <dd>{short("alg")} " · key " <code>{short("kid")} "…"</code></dd>
            </div>
            <div>
                <dt>"Size"</dt>
                <dd>{access.size} " bytes"</dd>
            </div>
            <div>
                <dt>"Costs to check"</dt>
                <dd>{rendering::check()}</dd>
            </div>
        </dl>
    }
}
