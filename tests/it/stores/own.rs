//! A session store of one's own, over a `BTreeMap`, in under 150 lines: the functions of [`Session`] are all that it
//! knows of the rule. It keeps no accounts, and needs none.

mod rest;

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use coatroom::{
    Session, SessionId, Subject, Timestamp,
    principal::Authority,
    session::{EndReason, Revocation},
    store::{
        Change, Denied, EVENTS_KEPT, Event, Rotation, SessionStore, StoreError, Touch,
        memory::MemoryStore,
    },
};

#[derive(Debug, Default)]
pub(super) struct OwnStore {
    tables: Mutex<Tables>,
    /// Signing keys and marks, which are no sessions.
    rest: MemoryStore,
}

#[derive(Debug, Default)]
struct Tables {
    sessions: BTreeMap<SessionId, (Session, Vec<Event>)>,
    authorities: BTreeMap<Subject, u64>,
    /// Numbers, instants, and the instants since which sessions are ended.
    epochs: Vec<(u64, Timestamp, Option<Timestamp>)>,
    log: Vec<Change>,
}

type Answer<T> = Result<T, StoreError>;

impl OwnStore {
    fn with<T>(&self, work: impl FnOnce(&mut Tables) -> T) -> Answer<T> {
        let poisoned = |_| StoreError::Unavailable("poisoned".into());
        self.tables.lock().map_err(poisoned).map(|mut tables| work(&mut tables))
    }
}

impl Tables {
    fn epoch(&self) -> u64 {
        self.epochs.last().map_or(0, |(number, ..)| *number)
    }

    fn read(&self, id: SessionId) -> Option<Session> {
        let (session, _) = self.sessions.get(&id)?;
        let ends = |(number, _, since): &&(u64, Timestamp, Option<Timestamp>)| {
            *number > session.epoch && since.is_none_or(|since| session.last_seen_at >= since)
        };
        let ended = self.epochs.iter().filter(ends).map(|(_, at, _)| *at).min();
        let ended = ended.map(|at| Revocation { at, reason: EndReason::Administrator });
        let newest_authority = self.authorities.get(&session.subject).copied().unwrap_or(0);
        Some(Session { revoked: session.revoked.or(ended), newest_authority, ..session.clone() })
    }

    /// Changes a session by one of its functions, if that applies, and tells of it by `note`.
    fn change(
        &mut self,
        id: SessionId,
        change: impl FnOnce(&Session) -> Option<Session>,
        note: impl FnOnce(&mut Vec<Event>),
    ) -> Option<Session> {
        let changed = change(&self.read(id)?)?;
        let (session, events) = self.sessions.get_mut(&id)?;
        note(events);
        *session = changed.clone();
        Some(changed)
    }

    fn latest(&self, of: impl Fn(&Session) -> bool, now: Timestamp) -> Timestamp {
        let sessions = self.sessions.values().filter(|(one, _)| of(one));
        sessions.fold(now, |at, (one, _)| at.max(one.rotated_at).max(one.last_seen_at))
    }
}

fn count(events: &mut Vec<Event>, event: &Event) {
    let same = |one: &&mut Event| {
        (one.kind, one.generation, &one.client) == (event.kind, event.generation, &event.client)
    };
    match events.iter_mut().find(same) {
        Some(one) => (one.times, one.at) = (one.times + 1, event.at),
        None => events.push(event.clone()),
    }
}

#[async_trait]
impl SessionStore for OwnStore {
    async fn add_session(&self, session: &Session, event: &Event) -> Answer<()> {
        self.with(|all| {
            let session = Session { epoch: all.epoch(), ..session.clone() };
            all.sessions.insert(session.id, (session, vec![event.clone()]));
        })
    }

    async fn session(&self, id: SessionId) -> Answer<Option<Session>> {
        self.with(|all| all.read(id))
    }

    async fn sessions_of(&self, subject: &Subject) -> Answer<Vec<Session>> {
        self.with(|all| {
            let mut found: Vec<_> = all.sessions.keys().filter_map(|id| all.read(*id)).collect();
            found.retain(|one| one.subject == *subject && one.revoked.is_none());
            found.sort_by_key(|one| std::cmp::Reverse((one.created_at, one.id)));
            found
        })
    }

    async fn rotate(&self, step: &Rotation, event: &Event) -> Answer<Option<Session>> {
        self.with(|all| {
            let epoch = all.epoch();
            all.change(
                step.id,
                |session| session.rotated(step, epoch),
                |events| {
                    events.drain(..events.len().saturating_sub(EVENTS_KEPT as usize));
                    events.push(event.clone());
                },
            )
        })
    }

    async fn acknowledge(&self, id: SessionId, generation: u64, now: Timestamp) -> Answer<bool> {
        self.with(|all| all.change(id, |one| one.acknowledged(generation, now), |_| ()).is_some())
    }

    async fn touch(&self, touch: &Touch) -> Answer<bool> {
        self.with(|all| all.change(touch.id, |one| one.touched(touch), |_| ()).is_some())
    }

    async fn deny(&self, denied: Denied, at: Timestamp) -> Answer<()> {
        self.with(|all| all.log.push(denied.as_change(at)))
    }

    async fn count_replay(&self, id: SessionId, generation: u64, event: &Event) -> Answer<bool> {
        let replayed = |one: &Session| one.replayed(generation, event.at);
        self.with(|all| all.change(id, replayed, |events| count(events, event)).is_some())
    }

    async fn revoke(&self, id: SessionId, reason: EndReason, event: &Event) -> Answer<bool> {
        self.with(|all| {
            let revoked = |one: &Session| one.revoked(reason, event.at);
            let did = all.change(id, revoked, |events| events.push(event.clone())).is_some();
            if did {
                all.log.push(Change::Revoked { id, at: all.latest(|one| one.id == id, event.at) });
            }
            did
        })
    }

    async fn record(&self, id: SessionId, event: &Event) -> Answer<()> {
        self.with(|all| all.sessions.get_mut(&id).map_or((), |(_, events)| count(events, event)))
    }

    async fn events(&self, id: SessionId, limit: u32) -> Answer<Vec<Event>> {
        let newest =
            |events: &Vec<Event>| events.iter().rev().take(limit as usize).cloned().collect();
        self.with(|all| all.sessions.get(&id).map(|(_, events)| newest(events)).unwrap_or_default())
    }

    async fn add_epoch(&self, since: Option<Timestamp>, now: Timestamp) -> Answer<u64> {
        self.with(|all| {
            let number = u64::try_from(now.millis()).unwrap_or(0).max(all.epoch() + 1);
            all.epochs.push((number, now, since));
            number
        })
    }

    async fn renew_authority(&self, id: SessionId, authority: &Authority) -> Answer<bool> {
        self.with(|all| all.change(id, |one| one.with_authority(authority), |_| ()).is_some())
    }

    async fn authority_version(&self, subject: &Subject) -> Answer<u64> {
        self.with(|all| all.authorities.get(subject).copied().unwrap_or(0))
    }

    async fn outdate(&self, subject: &Subject, now: Timestamp) -> Answer<u64> {
        self.with(|all| {
            let known = all.authorities.get(subject).copied().unwrap_or(0);
            let version = u64::try_from(now.millis()).unwrap_or(0).max(known + 1);
            let (subject, at) = (subject.clone(), all.latest(|one| one.subject == *subject, now));
            all.authorities.insert(subject.clone(), version);
            all.log.push(Change::Authority { subject, version, at });
            version
        })
    }
}
