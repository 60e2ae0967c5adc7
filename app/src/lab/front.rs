//! The front page's piece of the lab: a wristband, a ticket and a picture of a world, and three things to try.
//!
//! Before a visitor tried anything it is the same for every visitor, drawn once and cached: a look makes no world. A
//! press makes one, and the page is drawn of that. If there is no lab, the same words stand beside a still picture.

use coatroom::{Timestamp, auth::Validity};
use coatroom_lab::{
    action::Party,
    diagram::{Layout, picture},
    trial::{Trial, every_day},
    world::{ActError, World},
    worlds::{WorldId, Worlds},
};
use leptos::prelude::*;
use tokio::sync::OnceCell;

use super::{Open, form::in_query, page::html, panels};

/// The piece, drawn.
#[derive(Clone, Debug)]
pub struct Front(pub(crate) String);

/// The address of the front page after something was tried in a world.
pub(super) fn address(trial: Trial, world: WorldId) -> String {
    format!("/?trial={}&world={world}#front", trial.slug())
}

/// Draws the piece for a request: of the world that its query names, if what was tried is all that happened there, or
/// the cached one, which is the same for every visitor.
pub(crate) async fn front(open: Option<&Open>, query: Option<&str>) -> Front {
    let tried = match (open, query) {
        (Some(Open(worlds)), Some(query)) => tried(worlds, query).await,
        _ => None,
    };
    let drawn = match (tried, open) {
        (Some(drawn), _) => Ok(drawn),
        (None, Some(_)) => OPEN.get_or_try_init(before).await.cloned(),
        (None, None) => STILL.get_or_try_init(still).await.cloned(),
    };
    Front(drawn.unwrap_or_else(|error| {
        tracing::error!(%error, "drawing the lab's world on the front page failed");
        String::new()
    }))
}

static OPEN: OnceCell<String> = OnceCell::const_new();
static STILL: OnceCell<String> = OnceCell::const_new();

/// Draws it as it is before anything was tried.
async fn before() -> Result<String, ActError> {
    let told = view! {
        {buttons()}
        <p class="soft">
            "Each makes a world of the lab for you: the real library behind the real layers, with a clock and a network that do as they are told. No account is needed, and none is touched."
        </p>
    };
    Ok(drawn(&every_day().await?, html(told)).await)
}

/// Draws it for a server on which nothing can be tried, with what would have come of it.
async fn still() -> Result<String, ActError> {
    let mut lines = Vec::new();
    for trial in Trial::ALL {
        let world = World::play(&trial.trace()?).await?;
        lines.push((trial.title(), trial.line(&world).await?));
    }
    let lines = lines.into_iter().map(|(title, line)| {
        view! {
            <div>
                <dt>{title}</dt>
                <dd>{line}</dd>
            </div>
        }
    });
    let told = view! { <dl class="tried">{lines.collect_view()}</dl> };
    Ok(drawn(&every_day().await?, html(told)).await)
}

/// Draws it after something was tried in a world that is still there, and as it was then.
async fn tried(worlds: &Worlds, query: &str) -> Option<String> {
    let get = |name| in_query(Some(query), name);
    let trial = Trial::parse(&get("trial")?)?;
    let hosted = worlds.find(WorldId::parse(&get("world")?)?).ok()?;
    let world = hosted.enter().await.ok()?;
    let line = trial.line(&world).await.ok()??;
    let go_on = format!("/lab/world/{}", hosted.id());
    let told = view! {
        <p class="line">
            <b>{trial.title()} ". "</b>
            {line}
        </p>
        {buttons()}
        <p>
            <a href=go_on rel="external">
                "Go on in this world"
            </a>
        </p>
    };
    Some(drawn(&world, html(told)).await)
}

/// The buttons.
fn buttons() -> impl IntoView {
    let buttons = Trial::ALL.map(|trial| {
        view! {
            <button name="trial" value=trial.slug() id=format!("try-{}", trial.slug())>
                {trial.title()}
            </button>
        }
    });
    view! {
        <form method="post" action="/lab/worlds" class="row" data-whole="">
            {buttons.collect_view()}
        </form>
    }
}

/// Draws the piece: the state of a world, what happened in it, and what is told of that.
async fn drawn(world: &World, told: String) -> String {
    let drawing = picture(world, Layout::Wide) + &picture(world, Layout::Narrow);
    let (wristband, ticket) = (wristband(world).await, ticket(world).await);
    html(view! {
        <section class="sheet front" aria-labelledby="front-title">
            <h2 id="front-title">"See it at work"</h2>
            <div class="pair">{wristband} {ticket}</div>
            <div class="scroll" tabindex="0" role="region" aria-label="What happened, as arrows">
                <div class="diagram" inner_html=drawing></div>
            </div>
            <div class="flow" inner_html=told></div>
        </section>
    })
}

/// The owner's access token in that world.
async fn wristband(world: &World) -> impl IntoView + use<> {
    let standing = world.held(Party::Tab1).await;
    let (state, words) = panels::standing(&standing, world.setting().carrier);
    let held = standing.as_ref().ok().and_then(Option::as_ref);
    let good = held.filter(|held| held.validity == Validity::Valid);
    let expires_at = good.and_then(|held| held.expires_at).map(Timestamp::millis);
    let left = expires_at.map_or(0, |at| (at - world.now().millis()).max(0));
    let lifetime = i64::from(world.setting().access_ttl_s) * 1000;
    view! {
        <div class="sheet wristband" data-state=state>
            <div class="band">
                <div>
                    <h3>"Wristband · access token"</h3>
                    <p class="badge">{words}</p>
                </div>
                <span class="time">{crate::time::countdown(left)}</span>
            </div>
            <div class="holes"></div>
            <progress max=lifetime value=left aria-label="Time left of the access token"></progress>
            <p class="soft says">"Any bouncer reads it, and asks nobody. It is good for a minute here."</p>
        </div>
    }
}

/// Makes a sentence's end of the life of a session.
fn is_over(life: &str) -> String {
    if life.starts_with("over") { format!("is {life}") } else { life.to_owned() }
}

/// The owner's refresh token in that world.
async fn ticket(world: &World) -> impl IntoView + use<> {
    let sessions = world.sessions().await;
    let own = world.owner().session();
    let session =
        sessions.into_iter().map(|(session, _)| session).find(|each| Some(each.id) == own);
    let lives = session.as_ref().map_or("no session", |each| panels::life(each, world.now()));
    let generation = session.as_ref().map(|session| session.generation);
    let given = match session.as_ref().map_or(0, |session| session.replays) {
        0 => String::new(),
        1 => " It was given again once.".to_owned(),
        times => format!(" It was given again {times} times."),
    };
    view! {
        <div class="sheet ticket">
            <div class="body">
                <h3>"Ticket · refresh token"</h3>
                <p>"Its session " {is_over(lives)} "." {given}</p>
                <p class="soft">
                    "Exchanged for the next number when the wristband has run out. The house can void it."
                </p>
            </div>
            <div class="stub">
                <span>"No."</span>
                <b>{generation}</b>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use coatroom::clock::SystemClock;
    use coatroom_lab::worlds::Limits;

    use super::*;

    fn open() -> Open {
        Open(Arc::new(Worlds::new(Arc::new(SystemClock), Limits::DEFAULT)))
    }

    #[tokio::test]
    async fn a_look_makes_no_world_and_is_the_same_for_every_visitor() {
        let open = open();
        let Front(one) = front(Some(&open), None).await;
        for query in ["", "trial=lost-answer", "trial=x&world=AAAAAAAAAAAAAAAAAAAAAA", "world=1"] {
            let Front(other) = front(Some(&open), Some(query)).await;
            assert_eq!(one, other, "{query}");
        }
        assert_eq!(open.0.count(), 0);
        for trial in Trial::ALL {
            assert!(one.contains(trial.title()), "{one}");
        }
    }

    #[tokio::test]
    async fn the_outcome_of_a_trial_is_told_of_the_world_it_was_tried_in() {
        let open = open();
        for trial in Trial::ALL {
            let trace = trial.trace().expect("a trace");
            let hosted = open.0.play(&trace, "").await.expect("room");
            let address = address(trial, hosted.id());
            let query = address.trim_start_matches("/?").trim_end_matches("#front");
            let Front(drawn) = front(Some(&open), Some(query)).await;
            let line = trial.line(&World::play(&trace).await.expect("played")).await;
            let line = line.expect("compared").expect("its own");
            assert!(drawn.contains(&line), "{line} in {drawn}");
            assert!(drawn.contains(&format!("/lab/world/{}", hosted.id())), "{drawn}");
        }
    }

    #[tokio::test]
    async fn no_outcome_is_told_of_another_world_or_of_one_played_on() {
        let open = open();
        let Front(before) = front(Some(&open), None).await;
        let trace = Trial::FiveTabs.trace().expect("a trace");
        let hosted = open.0.play(&trace, "").await.expect("room");
        for trial in Trial::ALL {
            let query = format!("trial={}&world={}", trial.slug(), hosted.id());
            let Front(drawn) = front(Some(&open), Some(&query)).await;
            assert_eq!(drawn == before, trial != Trial::FiveTabs, "{query}");
        }
        hosted.act(vec!["wait 1s".parse().expect("an action")]).await.expect("it is done");
        let query = format!("trial={}&world={}", Trial::FiveTabs.slug(), hosted.id());
        let Front(drawn) = front(Some(&open), Some(&query)).await;
        assert_eq!(drawn, before);
    }

    #[tokio::test]
    async fn without_a_lab_the_words_are_the_same_without_any_button() {
        let Front(still) = front(None, Some("trial=lost-answer&world=x")).await;
        assert!(!still.contains("<button") && !still.contains("/lab"), "{still}");
        for trial in Trial::ALL {
            let world = World::play(&trial.trace().expect("a trace")).await.expect("played");
            let line = trial.line(&world).await.expect("compared").expect("its own");
            assert!(still.contains(&line), "{still}");
        }
    }
}
