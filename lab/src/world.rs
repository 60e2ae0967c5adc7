//! A world: one owner, one thief, some nodes on one store, and the network between them, in a learner's hands.
//!
//! It sends, loses and delivers; what a token is worth, the library decides, behind its own layers. A world's clock
//! stands still unless it is told to wait, and the background tasks of a request are done before the next action, so
//! that one [`Trace`] has one outcome. Invariant: nothing that a world shows holds the value of a token.

mod clock;
mod exchange;
mod handover;
mod made;
mod network;
mod nodes;
mod view;

use std::{collections::BTreeMap, iter, sync::Arc, time::Duration};

use axum::Router;
use coatroom::{
    ServerSecret,
    accounts::Accounts,
    auth::{Auth, StartError},
    clock::Timestamp,
    config::ConfigError,
    keys::KeysError,
    session::SessionId,
    store::StoreError,
    user::UserId,
};
use http::HeaderMap;
use tracing::{Dispatch, instrument::WithSubscriber as _};

pub use self::view::Held;
use self::{clock::WorldClock, handover::Handing};
use super::{
    action::{Action, Ask, Database, InvalidAction, MAX_WAIT_MS, Party, Place, Request},
    house::slip::Ids,
    jar::{Jar, Shown},
    ledger::Ledger,
    message::Message,
    policy::Policy,
    setting::{Setting, Start},
    trace::Trace,
};

/// The time at which every world begins: a whole second, so that no lifetime is rounded.
pub const START: Timestamp = Timestamp::from_seconds(1_800_000_000);
/// The most entries of a world's timeline.
pub const MAX_ENTRIES: usize = 2_000;
/// The most bytes that a world may keep, by its own estimate: some 300 calls, 75 sign-ins, or 130 messages under way.
pub const MAX_SIZE: usize = 256 * 1024;
/// The bytes that a world keeps whatever happens in it: nodes, keys, the account.
const BASE_SIZE: usize = 16 * 1024;
/// The bytes that a round trip may leave behind, unless it ends a great many sessions at once.
const TRIP_SIZE: usize = 4 * 1024;
/// Number of entries of the timeline that a round trip has.
const TRIP_ENTRIES: usize = 3;

/// A world.
#[derive(Debug)]
pub struct World {
    began: Setting,
    setting: Setting,
    secret: ServerSecret,
    clock: Arc<WorldClock>,
    policy: Policy,
    node_a: Node,
    /// The other places, as far as they were asked for since the last restart.
    others: BTreeMap<Place, Node>,
    owner: Jar,
    thief: Option<Jar>,
    messages: Vec<Message>,
    under_way: BTreeMap<u32, HeaderMap>,
    sessions: Vec<SessionId>,
    /// The token that was made last, for the X-ray.
    plate: Option<String>,
    /// The way to service B, once it was begun.
    handing: Option<Handing>,
    /// The results of deeds that are no messages, by their place in the timeline.
    said: BTreeMap<usize, String>,
    timeline: Vec<Entry>,
    done: Vec<Action>,
    size: usize,
}

#[derive(Debug)]
struct Node {
    accounts: Accounts,
    router: Router,
    /// Its store, which other nodes have as well unless each has its own.
    ledger: Arc<Ledger>,
    /// The account, as this store names it.
    account: UserId,
    /// The table of a house that knows visitors by an id; empty in every other.
    ids: Arc<Ids>,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The time.
    pub at: Timestamp,
    /// The thing that happened.
    pub kind: EntryKind,
}

/// A thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// The request of that number left.
    Sent(u32),
    /// It reached its server, which answered it.
    Served(u32),
    /// The answer arrived.
    Received(u32),
    /// The request was lost.
    RequestLost(u32),
    /// The answer was lost.
    AnswerLost(u32),
    /// A copy, with that number, joined the message it is a copy of.
    Doubled(u32),
    /// Something else was done.
    Done(Action),
}

/// The reason why an action was not done; the world is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// No action at all.
    #[error(transparent)]
    Invalid(#[from] InvalidAction),
    /// Nothing of that number is under way.
    #[error("message {0} is not under way")]
    NotUnderWay(u32),
    /// The thief has no jar yet to ask with.
    #[error("the thief has no jar yet: steal one first")]
    NoThief,
    /// The world has had its share.
    #[error(
        "this world is full (at most {MAX_ENTRIES} events and {} kB); begin a new one",
        MAX_SIZE / 1024
    )]
    Full,
    /// The parameters make no sense together.
    #[error("these parameters make no sense: {0}")]
    Setting(#[from] ConfigError),
    /// A node does not start.
    #[error("a node does not start with these parameters: {0}")]
    Start(#[from] StartError),
    /// The keys were not changed.
    #[error("the keys were not changed: {0}")]
    Keys(#[from] KeysError),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine failed in a way that it should not.
    #[error("the engine failed: {0}")]
    Engine(String),
}

impl World {
    /// A new world. Call it from within a Tokio runtime.
    ///
    /// # Errors
    /// [`ActError`] if the parameters make no sense.
    pub async fn new(setting: Setting) -> Result<Self, ActError> {
        Self::under(Policy::Coatroom, setting).await
    }

    /// A new world whose nodes decide as that policy does.
    pub(super) async fn under(policy: Policy, setting: Setting) -> Result<Self, ActError> {
        // A learner's doings are no news for the operator's log, thefts least of all.
        Self::begin(policy, setting).with_subscriber(Dispatch::none()).await
    }

    async fn begin(policy: Policy, setting: Setting) -> Result<Self, ActError> {
        let engine = |error: &dyn std::fmt::Display| ActError::Engine(error.to_string());
        let secret = ServerSecret::new(ServerSecret::generate()).map_err(|error| engine(&error))?;
        let clock = Arc::new(WorldClock::new());
        let node_a = Node::first(policy, setting, &secret, &clock).await?;
        let mut world = Self {
            began: setting,
            setting,
            secret,
            clock,
            policy,
            node_a,
            others: BTreeMap::new(),
            owner: Jar::default(),
            thief: None,
            messages: Vec::new(),
            under_way: BTreeMap::new(),
            sessions: Vec::new(),
            plate: None,
            handing: None,
            said: BTreeMap::new(),
            timeline: Vec::new(),
            done: Vec::new(),
            size: BASE_SIZE,
        };
        if setting.start == Start::SignedIn {
            let request = Request { from: Party::Tab1, ask: Ask::SignIn, at: Place::NodeA };
            world.round_trip(request).await?;
            // The world begins after this sign-in, which is no part of it.
            world.messages.clear();
            world.timeline.clear();
            world.size = BASE_SIZE;
        }
        world.forget_statements();
        Ok(world)
    }

    /// Plays a trace from its beginning.
    ///
    /// # Errors
    /// The first [`ActError`]: a trace that is in bounds may still make no sense.
    pub async fn play(trace: &Trace) -> Result<Self, ActError> {
        let mut world = Self::new(trace.setting()).await?;
        for action in trace.actions() {
            world.act(*action).await?;
        }
        Ok(world)
    }

    /// Does an action.
    ///
    /// # Errors
    /// [`ActError`]; nothing happened then.
    pub async fn act(&mut self, action: Action) -> Result<(), ActError> {
        self.room_for(&[action])?;
        self.repeat(action).await
    }

    /// Does an action for which another world had room.
    pub(super) async fn repeat(&mut self, action: Action) -> Result<(), ActError> {
        self.carry_out(action).with_subscriber(Dispatch::none()).await
    }

    /// The step that an entry of the timeline tells of; `None` never, as every message of it is there.
    pub(super) fn step(&self, kind: EntryKind) -> Option<Action> {
        Some(match kind {
            EntryKind::Sent(number) => Action::Send(self.message(number)?.request),
            EntryKind::Served(number) | EntryKind::Received(number) => Action::Deliver(number),
            EntryKind::RequestLost(number) | EntryKind::AnswerLost(number) => Action::Lose(number),
            EntryKind::Doubled(number) => Action::Double(self.message(number)?.copy_of?),
            EntryKind::Done(action) => action,
        })
    }

    /// Refuses these if there is no room for all of them, before anything of them happens.
    ///
    /// # Errors
    /// [`ActError::Full`].
    pub(super) fn room_for(&self, actions: &[Action]) -> Result<(), ActError> {
        let trips = |action: &Action| match action {
            Action::Ask(Request { ask: Ask::Use, .. }) => 3,
            _ => 1,
        };
        let trips: usize = actions.iter().map(trips).sum();
        let entries = self.timeline.len() + trips * TRIP_ENTRIES;
        let size = self.size + trips * TRIP_SIZE;
        if entries > MAX_ENTRIES || size > MAX_SIZE { Err(ActError::Full) } else { Ok(()) }
    }

    async fn carry_out(&mut self, action: Action) -> Result<(), ActError> {
        match action {
            Action::Ask(request) if request.ask == Ask::Use => self.use_it(request).await?,
            Action::Ask(request) => {
                self.round_trip(request).await?;
            }
            Action::Send(request) => {
                self.send(request)?;
            }
            Action::AskInVain(request) => self.ask_in_vain(request).await?,
            Action::Deliver(number) => self.deliver(number).await?,
            Action::Lose(number) => self.lose(number)?,
            Action::Double(number) => self.double(number)?,
            Action::Steal => self.thief = Some(self.owner.clone()),
            Action::Visit => self.thief = Some(Jar::default()),
            Action::Plunder => self.thief = Some(self.owner.only(Shown::is_read_by_scripts)),
            Action::Plant => self.owner.plant(self.jar(Party::Thief)?.clone()),
            Action::Guess => self.guess().await?,
            Action::CopyRows => {
                let said = self.copy_rows().await?;
                self.said.insert(self.timeline.len(), said);
            }
            Action::MintAtB => self.mint_at_b().await?,
            Action::Forge(how) => self.forge(how),
            Action::Mint(flaw) => self.mint(flaw).await?,
            Action::Seal(format, letters) => {
                let said = self.seal(format, letters).await?;
                self.said.insert(self.timeline.len(), said);
            }
            Action::HandOver(step) => {
                let said = self.hand_over(step).await?;
                self.said.insert(self.timeline.len(), said);
            }
            Action::Wait(ms) => self.clock.advance(Duration::from_millis(ms.into())),
            Action::Database(state) => {
                for node in self.nodes() {
                    node.ledger.set_down(state == Database::Down);
                }
            }
            Action::Restart => self.restart(self.setting).await?,
            Action::RotateKey => self.rotate_key().await?,
            Action::RetireKey => self.retire_key().await?,
            Action::Role(role) => self.set_role(role).await?,
            Action::Deny(reach) => self.deny(reach).await?,
            Action::Set(change) => self.restart(self.setting.with(change)).await?,
        }
        if !matches!(
            action,
            Action::Ask(_)
                | Action::Send(_)
                | Action::AskInVain(_)
                | Action::Deliver(_)
                | Action::Lose(_)
                | Action::Double(_)
        ) {
            self.drain().await;
            self.heard().await;
            self.forget_statements();
            self.size += made::weight(action);
            self.note_done(action);
        }
        self.keep(action);
        Ok(())
    }

    /// Keeps an action for the trace.
    fn keep(&mut self, action: Action) {
        if let Some(last) = self.done.last_mut()
            && let Some(both) = together(*last, action)
        {
            *last = both;
            return;
        }
        self.size += size_of::<Action>();
        self.done.push(action);
    }

    fn note_done(&mut self, action: Action) {
        let now = self.now();
        if let Some(Entry { kind: EntryKind::Done(last), at }) = self.timeline.last_mut()
            && let Some(both) = together(*last, action)
        {
            (*last, *at) = (both, now);
            return;
        }
        self.enter(EntryKind::Done(action));
    }

    fn enter(&mut self, kind: EntryKind) {
        self.timeline.push(Entry { at: self.now(), kind });
        self.size += size_of::<Entry>();
    }

    /// The engine of the first node.
    pub fn auth(&self) -> &Auth {
        self.node_a.accounts.auth()
    }

    /// Forgets what the stores were asked: a look is no part of what happens.
    fn forget_statements(&self) {
        for node in self.nodes() {
            node.ledger.take();
        }
    }

    /// Every node that runs, and the other service if it does.
    fn nodes(&self) -> impl Iterator<Item = &Node> {
        iter::once(&self.node_a).chain(self.others.values())
    }

    fn next(&self) -> u32 {
        u32::try_from(self.messages.len() + 1).unwrap_or(u32::MAX)
    }

    fn message_mut(&mut self, number: u32) -> Result<&mut Message, ActError> {
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        index.and_then(|index| self.messages.get_mut(index)).ok_or(ActError::NotUnderWay(number))
    }
}

/// Two times of waiting in a row are one, in the timeline as in the trace: so a trace has no more actions than the
/// timeline has entries, and can be read again.
fn together(before: Action, more: Action) -> Option<Action> {
    let (Action::Wait(before), Action::Wait(more)) = (before, more) else { return None };
    before.checked_add(more).filter(|sum| *sum <= MAX_WAIT_MS).map(Action::Wait)
}
