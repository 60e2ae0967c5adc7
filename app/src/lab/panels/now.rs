use coatroom::{
    Session, Timestamp,
    auth::Validity,
    keyring::{KeyId, KeyState},
    store::{Event, EventKind},
};
use coatroom_lab::{action::Carrier, scenario::Panel, worlds::Pace};
use leptos::prelude::*;

use super::words::{NOT_KNOWN, checked_by, life, short, span, standing};
use crate::lab::world_page::Scene;

/// Draws the state of the owner: the account, the session, the deadlines. All of it is the server's word.
pub(in super::super) fn now(scene: &Scene<'_>) -> impl IntoView + use<> {
    let now = scene.world.now();
    let held_now = scene.standing.as_ref().ok().and_then(Option::as_ref);
    let (state, words) = standing(&scene.standing, scene.carrier());
    // A revoked token has no time left, whatever it says.
    let lives = held_now.filter(|held| held.validity != Validity::Revoked);
    let expires_at = lives.and_then(|held| held.expires_at);
    let lifetime = match (scene.carrier(), own(scene)) {
        (Carrier::Opaque, Some((session, _))) => {
            expires_at.map_or(1, |at| at.millis() - session.last_seen_at.millis())
        }
        _ => i64::from(scene.world.setting().access_ttl_s) * 1000,
    };
    let left = expires_at.map_or(0, |at| (at.millis() - now.millis()).max(0));
    let until = expires_at.map(Timestamp::millis);
    let session = own(scene).map(|(session, _)| session);
    let held = scene.world.owner().shown(now).iter().find_map(|cookie| cookie.generation);
    let clock = match scene.hosted.pace() {
        Pace::Running => "runs with yours",
        Pace::Stopped => "stands still until you move it",
    };
    let known = scene.standing.is_ok();
    let time = known.then(|| {
        view! { <span class="time" data-until=until>{span((left + 999) / 1000 * 1000)}</span> }
    });
    let label = format!("Time left of the {}", scene.carrier().credential());
    let bar = known.then(|| {
        view! { <progress max=lifetime value=left data-bar=until aria-label=label></progress> }
    });
    let ticket = scene.carrier().rotates().then(|| {
        view! {
            <div>
                <dt>"Refresh token"</dt>
                <dd>{refresh_token(session, held)}</dd>
            </div>
        }
    });
    let keys = (scene.carrier() != Carrier::Opaque).then(|| {
        view! {
            <div>
                <dt>"Signing keys"</dt>
                <dd>{keys(&scene.keys)}</dd>
            </div>
        }
    });
    let runs = (scene.hosted.pace() == Pace::Running).then(|| now.millis());
    view! {
        <section class="sheet" data-state=state data-runs=runs aria-labelledby="now">
            <h2 id="now">{Panel::Now.name()}</h2>
            <div class="band" data-new=(scene.touched.entries() > 0).then_some("")>
                <p class="badge">{words}</p>
                {time}
            </div>
            {bar}
            {warning(scene)}
            <dl class="facts">
                <div>
                    <dt>"Signed in as"</dt>
                    <dd>{signed_in_as(scene)}</dd>
                </div>
                {ticket}
                {session.map(|session| deadlines(session, now))}
                <div>
                    <dt>"Checked by"</dt>
                    <dd>{checked_by(scene.world.setting())}</dd>
                </div>
                {keys}
                <div>
                    <dt>"The world's clock"</dt>
                    <dd>{super::words::when(now)} ", " {clock}</dd>
                </div>
            </dl>
        </section>
    }
}

/// The session whose tokens are in the owner's jar, or were the last to be: not that of a thief who signed in since.
pub(super) fn own<'a>(scene: &'a Scene<'_>) -> Option<&'a (Session, Vec<Event>)> {
    let id = scene.world.owner().session()?;
    scene.sessions.iter().find(|(session, _)| session.id == id)
}

/// Draws the warning to the owner, if there is reason for one.
fn warning(scene: &Scene<'_>) -> impl IntoView + use<> {
    let (session, events) = own(scene)?;
    let in_step = events.iter().any(|event| event.kind == EventKind::LockStep);
    (in_step && session.end_reason(scene.world.now()).is_none()).then(|| {
        view! {
            <p class="badge" data-state="expiring">
                "Another browser may be using this sign-in: two keep in step"
            </p>
        }
    })
}

/// Returns the account and role that the token speaks for, and the account's role if it is another by now.
fn signed_in_as(scene: &Scene<'_>) -> String {
    let role = match &scene.standing {
        Ok(Some(held)) if held.validity != Validity::Revoked => held.role.as_ref(),
        Ok(_) => None,
        Err(_) => return NOT_KNOWN.into(),
    };
    let account = scene.account.as_ref();
    match (role, account) {
        (Some(role), Some(account)) if *role == account.role => {
            format!("{}, {}", account.email.as_str(), account.role.as_str())
        }
        (Some(role), Some(account)) => format!(
            "{}, {} says the token, {} says the account",
            account.email.as_str(),
            role.as_str(),
            account.role.as_str()
        ),
        _ => "nobody".into(),
    }
}

/// The signing keys and their states.
fn keys(keys: &[(KeyId, KeyState)]) -> impl IntoView + use<> {
    let last = keys.len().saturating_sub(1);
    let keys = keys.iter().enumerate().map(|(index, (kid, state))| {
        let short: String = kid.as_str().chars().take(6).collect();
        let apart = if index < last { ", " } else { "" };
        view! {
            <code>{short} "…"</code>
            " "
            {state.as_str()}
            {apart}
        }
    });
    keys.collect_view()
}

/// Returns in words the generation that the jar holds, and the one that the server has.
fn refresh_token(session: Option<&Session>, held: Option<u64>) -> String {
    match (session, held) {
        (Some(session), Some(held)) if held == session.generation => {
            format!("generation {held}, the current one")
        }
        (Some(session), Some(held)) => {
            format!("generation {held}; the house is at {}", session.generation)
        }
        (_, None) => "none in the jar".into(),
        (None, Some(held)) => format!("generation {held}"),
    }
}

fn deadlines(session: &Session, now: Timestamp) -> impl IntoView + use<> {
    let left = |at: i64| span((at - now.millis()).max(0) / 1000 * 1000);
    let id = short(session.id);
    let (idle, absolute) = (session.idle_expires_at.millis(), session.absolute_expires_at.millis());
    let ends = (session.end_reason(now).is_none()).then(|| {
        view! {
            <div>
                <dt>"Ends if idle, ends for certain"</dt>
                <dd>"in " {left(idle)} ", in " {left(absolute)}</dd>
            </div>
        }
    });
    view! {
        <div>
            <dt>"Session"</dt>
            <dd>
                <code>{id}</code>
                ", "
                {life(session, now)}
            </dd>
        </div>
        {ends}
    }
}
