//! The part of what is shown of a world that time alone changes.

use std::time::Duration;

use coatroom::{
    auth::Validity,
    keyring::KeyState,
    session::{EndReason, Session},
};

use crate::{action::Party, jar::Jar, world::World};

/// The state of a world, as far as it may be another a moment later without any action. A mere countdown is no part of
/// it: pages let that run by themselves.
#[derive(PartialEq)]
pub(super) struct Turns {
    /// The worth of the owner's access token; an error if the node cannot tell.
    pub(super) access: Result<Option<Validity>, ()>,
    /// The reason why each session is over, if it is, and which of its windows are open.
    sessions: Vec<(Option<EndReason>, [bool; 2])>,
    keys: Vec<KeyState>,
    /// Number of cookies in all jars.
    cookies: usize,
}

impl Turns {
    pub(super) async fn of(world: &World) -> Self {
        let now = world.now();
        let grace = Duration::from_millis(world.setting().grace_ms.into());
        let windows = |session: &Session| {
            let seen_at = session.acknowledged_at;
            [grace, 2 * grace].map(|window| seen_at.is_some_and(|at| now.since(at) < window))
        };
        let sessions = world.sessions().await;
        let jars = [Some(world.owner()), world.thief()];
        let held = world.held(Party::Tab1).await;
        Self {
            access: held.map(|held| held.map(|held| held.validity)).map_err(drop),
            sessions: sessions
                .iter()
                .map(|(session, _)| (session.end_reason(now), windows(session)))
                .collect(),
            keys: world.keys().await.into_iter().map(|(_, state)| state).collect(),
            cookies: jars.into_iter().flatten().map(|jar: &Jar| jar.shown(now).len()).sum(),
        }
    }
}
