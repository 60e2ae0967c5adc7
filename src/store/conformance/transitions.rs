//! The effect of each verb on a session is that of its function of [`Session`], in every state at the edges of their
//! guards.

use std::time::Duration;

use super::{
    Place,
    sample::{
        IDLE, SPACING, START, TICK, authority, event, read, rotation, save, subject, unsaved,
    },
};
use crate::{
    Session, Timestamp,
    session::{EndReason, Revocation},
    store::{EventKind, Rotation, Store, Touch},
};

/// The instant of each verb.
const NOW: Timestamp = Timestamp::from_millis(START.millis() + 90_000);

/// A verb: what a session becomes by it, and whether the store said that it applied.
#[derive(Clone, Copy, Debug)]
enum StoreVerb {
    Rotate { from: u64, version: u64 },
    Acknowledge { generation: u64 },
    Replay { generation: u64 },
    Revoke,
    Renew { version: u64 },
    Touch { spacing: Duration },
}

/// Applies each verb to each state, in the store and as a function, and compares.
pub async fn each_verb_makes_of_a_session_what_its_function_says(Place { store, .. }: Place) {
    for state in states() {
        for verb in verbs() {
            let id = crate::SessionId::random();
            let session = Session { id, revoked: None, ..state.clone() };
            save(&*store, &session).await;
            if let Some(Revocation { at, reason }) = state.revoked {
                let ended = event(EventKind::SignedOut, at, session.generation);
                assert!(store.revoke(session.id, reason, &ended).await.expect("answers"));
            }
            let before = read(&*store, session.id).await;
            let expected = expected(verb, &before);
            let applied = apply(&*store, verb, &before).await;
            let after = read(&*store, session.id).await;
            assert_eq!(applied, expected.is_some(), "{verb:?} of {before:?}");
            assert_eq!(after, expected.unwrap_or(before), "{verb:?}");
        }
    }
}

fn verbs() -> Vec<StoreVerb> {
    let mut verbs = vec![StoreVerb::Revoke];
    // Just old enough for a session that was last seen at START, just too young, and none at all.
    for spacing in [NOW.since(START), NOW.since(START) + TICK, Duration::ZERO, Duration::MAX] {
        verbs.push(StoreVerb::Touch { spacing });
    }
    verbs.extend([0, 1, 9].map(|version| StoreVerb::Renew { version }));
    for generation in [2, 3, 4] {
        let version = generation;
        verbs.push(StoreVerb::Rotate { from: generation, version });
        verbs.push(StoreVerb::Acknowledge { generation });
        verbs.push(StoreVerb::Replay { generation });
    }
    verbs
}

/// Sessions of generation 3: proven or not, seen before and after, expired or not, revoked or not.
fn states() -> Vec<Session> {
    let proofs = [None, Some(NOW - SPACING), Some(NOW - SPACING + TICK)];
    let ends = [NOW, NOW + TICK];
    let mut states = Vec::new();
    for acknowledged_at in proofs {
        for (idle, absolute) in [(ends[1], ends[1]), (ends[0], ends[1]), (ends[1], ends[0])] {
            for last_seen_at in [START, NOW + IDLE] {
                for reason in [None, Some(EndReason::Reuse)] {
                    let revoked = reason.map(|reason| Revocation { at: START, reason });
                    states.push(Session {
                        generation: 3,
                        acknowledged_at,
                        idle_expires_at: idle,
                        absolute_expires_at: absolute,
                        last_seen_at,
                        revoked,
                        authority: authority(1),
                        ..unsaved(&subject())
                    });
                }
            }
        }
    }
    states
}

fn step(session: &Session, from: u64, version: u64) -> Rotation {
    Rotation { from, authority: authority(version), ..rotation(session.id, NOW) }
}

const fn touch(session: &Session, spacing: Duration) -> Touch {
    Touch { id: session.id, now: NOW, spacing, idle_ttl: IDLE }
}

fn expected(verb: StoreVerb, session: &Session) -> Option<Session> {
    match verb {
        StoreVerb::Rotate { from, version } => {
            session.rotated(&step(session, from, version), session.epoch)
        }
        StoreVerb::Acknowledge { generation } => session.acknowledged(generation, NOW),
        StoreVerb::Replay { generation } => session.replayed(generation, NOW),
        StoreVerb::Revoke => session.revoked(EndReason::SignedOut, NOW),
        StoreVerb::Renew { version } => session.with_authority(&authority(version)),
        StoreVerb::Touch { spacing } => session.touched(&touch(session, spacing)),
    }
}

async fn apply(store: &dyn Store, verb: StoreVerb, session: &Session) -> bool {
    let id = session.id;
    let event = |kind| event(kind, NOW, session.generation);
    match verb {
        StoreVerb::Rotate { from, version } => {
            let rotated = event(EventKind::Rotated);
            store.rotate(&step(session, from, version), &rotated).await.map(|after| after.is_some())
        }
        StoreVerb::Acknowledge { generation } => store.acknowledge(id, generation, NOW).await,
        StoreVerb::Replay { generation } => {
            let replayed = event(EventKind::ReplayedConcurrent);
            store.count_replay(id, generation, &replayed).await
        }
        StoreVerb::Revoke => {
            store.revoke(id, EndReason::SignedOut, &event(EventKind::SignedOut)).await
        }
        StoreVerb::Renew { version } => store.renew_authority(id, &authority(version)).await,
        StoreVerb::Touch { spacing } => store.touch(&touch(session, spacing)).await,
    }
    .expect("answers")
}
