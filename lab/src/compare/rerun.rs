//! One policy lives through what happened in a world.
//!
//! The house of a rerun does with a request what the layers of the real one do, except that it asks a [`Server`]
//! instead of the rule. Cookies are followed by what they stand for; none is forgotten for its age, as a jar keeps them
//! until their session is over for certain.

use std::{collections::BTreeMap, time::Duration};

use coatroom::{
    access_token::slot,
    clock::Timestamp,
    config::{AuthConfig, Lifetimes, LockStepResponse, Verification},
    keyring::Schedule,
    replays::ReplayAllowance,
    session::{Client, Persistence, Timing},
};

use super::{
    Cause, Compared, Lived, Moment, Standing,
    keys::Keys,
    life::{Access, Cookies, Held, Jar, Life},
};
use crate::{
    action::{Action, Ask, Database, Party, Place, Request},
    policy::{Answer, Policy, Server, Token},
    setting::{Setting, Start},
    world::{Entry, START, What, World},
};

/// A world as it would have been.
#[derive(Clone, Debug)]
pub(super) struct Rerun<'w> {
    world: &'w World,
    /// The configuration that no setting of a world changes.
    fixed: &'w AuthConfig,
    policy: Policy,
    setting: Setting,
    pub(super) here: Moment,
    pub(super) database: Database,
    keys: Keys,
    authority_version: u32,
    pub(super) sessions: Vec<Life>,
    owner: Jar,
    thief: Option<Jar>,
    under_way: BTreeMap<u32, UnderWay>,
    /// The node that is asked.
    pub(super) asked: Place,
    /// The rest of the replays that a node answers, for each session and network.
    replays: BTreeMap<(Place, usize, Network), ReplayAllowance>,
}

/// The network that a request comes from: the owner's is one, the thief's another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Network {
    Owners,
    Thiefs,
}

/// A message that may still arrive.
#[derive(Clone, Debug)]
struct UnderWay {
    carries: Jar,
    answer: Cookies,
}

/// The worth of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    Good,
    /// Ours, and no longer good.
    Past,
    /// It cannot be told from any other text.
    Invalid,
}

impl<'w> Rerun<'w> {
    pub(super) fn new(world: &'w World, fixed: &'w AuthConfig, policy: Policy) -> Self {
        let setting = world.trace().setting();
        let mut rerun = Self {
            world,
            fixed,
            policy,
            setting,
            here: Moment { at: START, entry: 0, message: 0 },
            database: Database::Up,
            keys: Keys::new(START),
            authority_version: 0,
            sessions: Vec::new(),
            owner: Jar::default(),
            thief: None,
            under_way: BTreeMap::new(),
            asked: Place::NodeA,
            replays: BTreeMap::new(),
        };
        if setting.start == Start::SignedIn {
            let cookies = rerun.sign_in(Party::Tab1, &[]);
            rerun.owner.receive(cookies);
        }
        rerun
    }

    /// Lives it through.
    pub(super) fn live(mut self) -> Compared {
        for (number, entry) in self.world.timeline().iter().enumerate() {
            self.here = Moment { at: entry.at, entry: number, message: 0 };
            self.happen(*entry);
        }
        self.here.at = self.world.now();
        let owner = self.standing(&self.owner, Party::Tab1);
        let thief = self.thief.as_ref().map(|jar| self.standing(jar, Party::Thief));
        let sessions = self.sessions.into_iter().map(|life| life.lived).collect();
        Compared::new(self.policy, sessions, owner, thief)
    }

    fn happen(&mut self, Entry { what, .. }: Entry) {
        let message = |number| self.world.message(number);
        match what {
            What::Sent(number) => {
                let from = message(number).map(|message| message.request.from);
                let carries = self.jar(from).clone();
                self.under_way.insert(number, UnderWay { carries, answer: Cookies::default() });
            }
            What::Served(number) => {
                let Some(request) = message(number).map(|message| message.request) else { return };
                let Some(UnderWay { carries, .. }) = self.under_way.get(&number).cloned() else {
                    return;
                };
                self.here.message = number;
                let answer = self.serve(request, &carries);
                self.under_way.insert(number, UnderWay { carries, answer });
            }
            What::Received(number) => {
                let from = message(number).map(|message| message.request.from);
                if let Some(UnderWay { answer, .. }) = self.under_way.remove(&number) {
                    self.jar(from).receive(answer);
                }
            }
            What::RequestLost(number) | What::AnswerLost(number) => {
                self.under_way.remove(&number);
            }
            What::Doubled(number) => {
                let original = message(number).and_then(|message| message.copy_of);
                let copy = original.and_then(|original| self.under_way.get(&original)).cloned();
                self.under_way.extend(copy.map(|copy| (number, copy)));
            }
            What::Done(action) => self.do_it(action),
        }
    }

    fn do_it(&mut self, action: Action) {
        match action {
            Action::Steal => self.steal(),
            Action::Database(state) => self.database = state,
            Action::RotateKey => self.keys.rotate(self.here.at, self.schedule()),
            Action::RetireKey => self.keys.retire(self.here.at),
            Action::Role(_) => self.authority_version += 1,
            Action::Set(change) => {
                self.setting = self.setting.with(change);
                self.replays.clear();
                let timing = self.timing();
                for life in &mut self.sessions {
                    life.server.set_timing(timing);
                }
            }
            // A node that starts anew forgets more than this, and reads the rest again.
            Action::Restart => self.replays.clear(),
            // Messages have entries of their own, and the time is in each entry.
            Action::Ask(_)
            | Action::Send(_)
            | Action::AskInVain(_)
            | Action::Deliver(_)
            | Action::Lose(_)
            | Action::Double(_)
            | Action::Wait(_) => {}
        }
    }

    fn steal(&mut self) {
        let now = self.here.at;
        self.thief = Some(self.owner.clone());
        for held in &self.owner.held {
            if let Some(life) = self.sessions.get_mut(held.session)
                && life.over(now).is_none()
            {
                life.lived.stolen_at.get_or_insert(now);
            }
        }
    }

    fn jar(&mut self, of: Option<Party>) -> &mut Jar {
        match (of, &mut self.thief) {
            (Some(Party::Thief), Some(thief)) => thief,
            _ => &mut self.owner,
        }
    }

    pub(super) fn sign_in(&mut self, by: Party, replaces: &[usize]) -> Cookies {
        let now = self.here.at;
        let Lifetimes { idle, absolute, .. } = self.lifetimes();
        for session in replaces {
            if let Some(life) = self.sessions.get_mut(*session) {
                life.end(request(by), self.here);
            }
        }
        let session = self.sessions.len();
        self.sessions.push(Life {
            server: Server::new(self.policy, self.timing(), now),
            newest: Server::first(),
            expires_at: now + idle.min(absolute),
            absolute_expires_at: now + absolute,
            refused: Vec::new(),
            lived: Lived {
                by,
                began_at: now,
                rotated_at: now,
                stolen_at: None,
                reported: None,
                refused: None,
                end: None,
            },
        });
        let access = self.issue(session, Server::first());
        let set = Some(Held { session, access, refresh: Some(Server::first()) });
        Cookies { set, forget: Vec::new() }
    }

    /// Returns what is set, and whether nothing more can be had with what is held.
    pub(super) fn refresh(&mut self, held: Held, from: Party) -> (Option<Held>, bool) {
        let Held { session, refresh: Some(token), .. } = held else { return (None, false) };
        let (now, here) = (self.here.at, self.here);
        let (lock_step, idle) = (self.fixed.lock_step.generations, self.lifetimes().idle);
        let Some(life) = self.sessions.get_mut(session) else { return (None, true) };
        if life.over(now).is_some() {
            return (None, true);
        }
        if life.server.would_replay(now, token) {
            let network = if from == Party::Thief { Network::Thiefs } else { Network::Owners };
            let allowance = self.replays.entry((self.asked, session, network)).or_default();
            // Told to wait: nothing is set, and nothing ends.
            if allowance.take(now.since(START), self.fixed.replays).is_err() {
                return (None, false);
            }
        }
        let (token, refresh) = match life.server.refresh(now, token, &client(from)) {
            Answer::Ended => {
                life.end(Cause::Rule, here);
                return (None, true);
            }
            Answer::Refused => {
                life.refused.push(token);
                // A tab that was late is not out while its jar has a newer pair.
                let holds = |held: &Held| (held.session, held.refresh) == (session, Some(token));
                if from != Party::Thief && self.owner.held.iter().any(holds) {
                    life.lived.refused.get_or_insert(here);
                }
                return (None, true);
            }
            Answer::Later => return (None, false),
            Answer::Access(token) => (token, None),
            Answer::Both(token) => (token, Some(token)),
        };
        if refresh.is_some() && token > life.newest {
            (life.newest, life.lived.rotated_at) = (token, now);
            life.expires_at = (now + idle).min(life.absolute_expires_at);
        } else if refresh.is_some() && life.server.streak() >= lock_step {
            life.lived.reported.get_or_insert(here);
            if self.setting.lock_step == LockStepResponse::End {
                life.end(Cause::Rule, here);
                return (None, true);
            }
        }
        (Some(Held { session, access: self.issue(session, token), refresh }), false)
    }

    /// An access token, dated back to its slot as the engine does it, for every policy alike.
    fn issue(&self, session: usize, token: Token) -> Option<Access> {
        let (life, now) = (self.sessions.get(session)?, self.here.at);
        let issued_at = slot(life.lived.rotated_at, now, self.access_ttl());
        let expires_at = (issued_at + self.access_ttl()).min(life.expires_at);
        Some(Access {
            session,
            token,
            key: self.keys.signing(issued_at, now)?,
            authority_version: self.authority_version,
            issued_at: issued_at.seconds(),
            expires_at: expires_at.seconds(),
        })
    }

    pub(super) fn worth(&self, access: &Access) -> Worth {
        let now = self.here.at;
        let lifetime = access.expires_at - access.issued_at;
        if !self.keys.accepts(access.key, now) || lifetime > i64::from(self.setting.access_ttl_s) {
            return Worth::Invalid;
        }
        let stateless = self.setting.verification == Verification::Stateless;
        let over = self.sessions.get(access.session).and_then(|life| life.over(now));
        let outdated = over.is_some() || access.authority_version < self.authority_version;
        let expired = now >= Timestamp::from_seconds(access.expires_at);
        if expired || (outdated && !stateless) { Worth::Past } else { Worth::Good }
    }

    /// The worth of a jar in the end: what a refresh would find once the access token is past its time, as a client
    /// makes it, if owner and thief did nothing else.
    fn standing(&self, jar: &Jar, of: Party) -> Standing {
        let last = jar.held.iter().rev().find_map(|held| held.access);
        let good = last.filter(|access| self.worth(access) == Worth::Good);
        let mut then = Self { database: Database::Up, ..self.clone() };
        let spent = |rerun: &Self, held: &Held| {
            let life = rerun.sessions.get(held.session);
            life.and_then(|life| life.spent(rerun.here.at, held.refresh))
        };
        let before = jar.held.iter().find_map(|held| spent(self, held));
        let refreshable: Vec<Held> =
            jar.held.iter().copied().filter(|held| held.refresh.is_some()).collect();
        let lives = self.newest(&refreshable).filter(|held| spent(self, held).is_none());
        if let Some(access) = good {
            then.here.at = Timestamp::from_seconds(access.expires_at).max(self.here.at);
        }
        then.serve(Request { from: of, ask: Ask::Refresh, at: Place::NodeA }, jar);
        match lives {
            Some(held) if spent(&then, &held).is_none() => Standing::SignedIn,
            Some(_) => Standing::Spent,
            None if good.is_some() => Standing::Spent,
            None => Standing::SignedOut(before.or(jar.emptied).unwrap_or(Cause::NeverIn)),
        }
    }

    fn access_ttl(&self) -> Duration {
        Duration::from_secs(self.setting.access_ttl_s.into())
    }

    fn timing(&self) -> Timing {
        let grace = Duration::from_millis(self.setting.grace_ms.into());
        Timing { grace, spacing: 2 * grace }
    }

    fn schedule(&self) -> Schedule {
        Schedule { access_ttl: self.access_ttl(), ..self.fixed.schedule() }
    }

    fn lifetimes(&self) -> Lifetimes {
        self.fixed.lifetimes(Persistence::Remembered)
    }
}

/// The cause of an end that this party asked for.
pub(super) const fn request(by: Party) -> Cause {
    match by {
        Party::Thief => Cause::RequestOfThief,
        _ => Cause::Request,
    }
}

/// The owner's browser and the thief's are of one make, on two networks.
fn client(from: Party) -> Client {
    let network = if from == Party::Thief { "203.0.113.0/24" } else { "192.0.2.0/24" };
    Client { ip_prefix: network.into(), ..Client::default() }
}
