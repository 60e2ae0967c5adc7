//! A world: one owner, one thief, some nodes on one store, and the network between them, in somebody's hands.
//!
//! It sends, loses and delivers; what a token is worth, the library decides, behind its own layers. A world's clock
//! stands still unless it is told to wait, and all that runs behind a request is done before the next action, so that
//! one [`Trace`] has one outcome. Invariant: nothing that a world shows holds the value of a token.

mod exchange;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::Router;
use http::HeaderMap;

use super::{
    action::{Action, Ask, Database, InvalidAction, Party, Place, Request},
    house,
    jar::Jar,
    ledger::Ledger,
    message::{Message, Phase},
    setting::{Setting, Start},
    trace::Trace,
};
use crate::{
    access_token::AccessToken,
    auth::{Access, Auth, Credentials, StartError},
    clock::{Clock, TestClock, Timestamp},
    config::ConfigError,
    keyring::{KeyState, SigningAlgorithm, WhenActive},
    keys::KeysError,
    secret::ServerSecret,
    session::{Session, SessionId},
    store::{Event, Store as _, StoreError},
    user::{Role, UserId},
};

/// When every world begins: a whole second, so that no lifetime is rounded.
pub const START: Timestamp = Timestamp::from_seconds(1_800_000_000);
/// The most entries of a world's timeline.
pub const MAX_ENTRIES: usize = 2_000;
/// The most bytes that a world may keep, by its own estimate.
pub const MAX_SIZE: usize = 256 * 1024;
/// What a world keeps whatever happens in it: nodes, keys, the account.
const BASE_SIZE: usize = 16 * 1024;

/// A world.
#[derive(Debug)]
pub struct World {
    began: Setting,
    setting: Setting,
    secret: ServerSecret,
    clock: Arc<TestClock>,
    ledger: Arc<Ledger>,
    nodes: BTreeMap<Place, Node>,
    account: UserId,
    owner: Jar,
    thief: Option<Jar>,
    messages: Vec<Message>,
    under_way: BTreeMap<u32, HeaderMap>,
    sessions: Vec<SessionId>,
    timeline: Vec<Entry>,
    done: Vec<Action>,
    size: usize,
}

#[derive(Debug)]
struct Node {
    auth: Auth,
    router: Router,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
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

/// Why an action was not done; the world is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// No action at all.
    #[error(transparent)]
    Invalid(#[from] InvalidAction),
    /// Nothing of that number is under way.
    #[error("message {0} is not under way")]
    NotUnderWay(u32),
    /// There is nobody yet who could ask.
    #[error("the thief has no jar yet: steal one first")]
    NoThief,
    /// The world has had its share.
    #[error(
        "this world is full: {MAX_ENTRIES} events and {} kB are what a world may keep; begin a new one",
        MAX_SIZE / 1024
    )]
    Full,
    /// The parameters make no sense together.
    #[error("these parameters make no sense: {0}")]
    Setting(#[from] ConfigError),
    /// A node does not start.
    #[error("no node starts like this: {0}")]
    Start(#[from] StartError),
    /// The keys were not changed.
    #[error("the keys stay as they are: {0}")]
    Keys(#[from] KeysError),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine failed in a way that it should not.
    #[error("the engine does not answer: {0}")]
    Engine(String),
}

impl World {
    /// A new world. Call it from within a Tokio runtime.
    ///
    /// # Errors
    /// [`ActError`] where the parameters make no sense.
    pub async fn new(setting: Setting) -> Result<Self, ActError> {
        let engine = |error: &dyn std::fmt::Display| ActError::Engine(error.to_string());
        let secret = ServerSecret::new(ServerSecret::generate()).map_err(|error| engine(&error))?;
        let clock = Arc::new(TestClock::new(START));
        let ledger = Arc::new(Ledger::new());
        let auth = Auth::with_clock(setting.config(secret.clone())?, ledger.clone(), clock.clone())
            .await?;
        let who = Credentials { email: house::EMAIL.into(), password: house::PASSWORD.into() };
        let account = auth.add_user(&who, setting.role).await.map_err(|error| engine(&error))?.id;
        let node = Node { router: house::node(auth.clone()), auth };
        let mut world = Self {
            began: setting,
            setting,
            secret,
            clock,
            ledger,
            nodes: BTreeMap::from([(Place::NodeA, node)]),
            account,
            owner: Jar::default(),
            thief: None,
            messages: Vec::new(),
            under_way: BTreeMap::new(),
            sessions: Vec::new(),
            timeline: Vec::new(),
            done: Vec::new(),
            size: BASE_SIZE,
        };
        if setting.start == Start::SignedIn {
            let request = Request { from: Party::Tab1, ask: Ask::SignIn, at: Place::NodeA };
            world.round_trip(request).await?;
            // What happened before the world began is not part of it.
            world.messages.clear();
            world.timeline.clear();
        }
        world.ledger.take();
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

    /// Does something.
    ///
    /// # Errors
    /// [`ActError`]; nothing happened then.
    pub async fn act(&mut self, action: Action) -> Result<(), ActError> {
        // The longest action leaves three round trips behind.
        if self.timeline.len() + 9 > MAX_ENTRIES || self.size > MAX_SIZE {
            return Err(ActError::Full);
        }
        match action {
            Action::Ask(request) if request.ask == Ask::Use => self.use_it(request).await?,
            Action::Ask(request) => {
                self.round_trip(request).await?;
            }
            Action::Send(request) => {
                self.send(request)?;
            }
            Action::Deliver(number) => self.deliver(number).await?,
            Action::Lose(number) => self.lose(number)?,
            Action::Double(number) => self.double(number)?,
            Action::Steal => self.thief = Some(self.owner.clone()),
            Action::Wait(ms) => self.clock.advance(Duration::from_millis(ms.into())),
            Action::Database(state) => self.ledger.set_down(state == Database::Down),
            Action::Restart => self.restart(self.setting).await?,
            Action::RotateKey => self.rotate_key().await?,
            Action::RetireKey => self.retire_key().await?,
            Action::Role(role) => self.set_role(role).await?,
            Action::Set(change) => self.restart(self.setting.with(change)).await?,
        }
        if !matches!(
            action,
            Action::Ask(_)
                | Action::Send(_)
                | Action::Deliver(_)
                | Action::Lose(_)
                | Action::Double(_)
        ) {
            self.settled().await;
            self.ledger.take();
            self.note_done(action);
        }
        self.keep(action);
        Ok(())
    }

    /// Keeps an action for the trace; two times of waiting in a row are one.
    fn keep(&mut self, action: Action) {
        if let (Some(Action::Wait(before)), Action::Wait(more)) = (self.done.last_mut(), action)
            && let Some(sum) =
                before.checked_add(more).filter(|sum| *sum <= super::action::MAX_WAIT_MS)
        {
            *before = sum;
            return;
        }
        self.size += size_of::<Action>();
        self.done.push(action);
    }

    fn note_done(&mut self, action: Action) {
        let at = self.now();
        if let (
            Some(Entry { what: What::Done(Action::Wait(before)), at: then }),
            Action::Wait(more),
        ) = (self.timeline.last_mut(), action)
            && let Some(sum) = before.checked_add(more)
        {
            (*before, *then) = (sum, at);
            return;
        }
        self.enter(What::Done(action));
    }

    fn enter(&mut self, what: What) {
        self.timeline.push(Entry { at: self.now(), what });
        self.size += size_of::<Entry>();
    }

    /// A call as the application's client makes it: where the access token has expired, it refreshes once and calls
    /// again, which proves that the new tokens arrived.
    async fn use_it(&mut self, request: Request) -> Result<(), ActError> {
        let call = Request { ask: Ask::Call, ..request };
        let expired = |message: &Message| {
            let answer = message.answer.as_ref();
            answer.and_then(|answer| answer.error.as_deref()) == Some("access_expired")
        };
        let number = self.round_trip(call).await?;
        if self.message(number).is_some_and(expired) {
            let number = self.round_trip(Request { ask: Ask::Refresh, ..request }).await?;
            let refreshed = self.message(number).and_then(|message| message.answer.as_ref());
            if refreshed.is_some_and(|answer| answer.status == 200) {
                self.round_trip(call).await?;
            }
        }
        Ok(())
    }

    async fn round_trip(&mut self, request: Request) -> Result<u32, ActError> {
        let number = self.send(request)?;
        self.deliver(number).await?;
        self.deliver(number).await?;
        Ok(number)
    }

    async fn deliver(&mut self, number: u32) -> Result<(), ActError> {
        let headers = self.under_way.get(&number).ok_or(ActError::NotUnderWay(number))?.clone();
        let message = self.message(number).ok_or(ActError::NotUnderWay(number))?;
        let (request, phase) = (message.request, message.phase);
        if phase == Phase::Asked {
            let node = self.node(request.at).await?;
            let (headers, answer) = self.exchange(node, request, headers).await?;
            self.size += answer.weight();
            self.under_way.insert(number, headers);
            let message = self.message_mut(number)?;
            (message.phase, message.answer) = (Phase::Answered, Some(answer));
            self.enter(What::Served(number));
        } else {
            let now = self.now();
            let jar = match request.from {
                Party::Thief => self.thief.as_mut(),
                _ => Some(&mut self.owner),
            };
            if let Some(jar) = jar {
                jar.receive(&headers, now);
            }
            self.under_way.remove(&number);
            self.message_mut(number)?.phase = Phase::Received;
            self.enter(What::Received(number));
        }
        Ok(())
    }

    fn lose(&mut self, number: u32) -> Result<(), ActError> {
        self.under_way.remove(&number).ok_or(ActError::NotUnderWay(number))?;
        let message = self.message_mut(number)?;
        let (phase, what) = match message.phase {
            Phase::Asked => (Phase::RequestLost, What::RequestLost(number)),
            _ => (Phase::AnswerLost, What::AnswerLost(number)),
        };
        message.phase = phase;
        self.enter(what);
        Ok(())
    }

    fn double(&mut self, number: u32) -> Result<(), ActError> {
        let headers = self.under_way.get(&number).ok_or(ActError::NotUnderWay(number))?.clone();
        let original = self.message(number).ok_or(ActError::NotUnderWay(number))?;
        let copy = Message { number: self.next(), copy_of: Some(number), ..original.clone() };
        self.size += copy.weight();
        self.under_way.insert(copy.number, headers);
        self.enter(What::Doubled(copy.number));
        self.messages.push(copy);
        Ok(())
    }

    /// The node at that place, which starts when it is first asked for.
    async fn node(&mut self, place: Place) -> Result<Router, ActError> {
        if let Some(node) = self.nodes.get(&place) {
            return Ok(node.router.clone());
        }
        let node = match place {
            Place::NodeA | Place::NodeB => self.start(self.setting).await?,
            Place::ServiceB => {
                let auth = self.auth()?.clone();
                let router = house::service(auth.clone(), self.clock.clone());
                Node { auth, router }
            }
        };
        let router = node.router.clone();
        self.nodes.insert(place, node);
        Ok(router)
    }

    async fn start(&self, setting: Setting) -> Result<Node, ActError> {
        let config = setting.config(self.secret.clone())?;
        let auth = Auth::with_clock(config, self.ledger.clone(), self.clock.clone()).await?;
        Ok(Node { router: house::node(auth.clone()), auth })
    }

    async fn restart(&mut self, setting: Setting) -> Result<(), ActError> {
        let node = self.start(setting).await?;
        self.setting = setting;
        self.nodes = BTreeMap::from([(Place::NodeA, node)]);
        Ok(())
    }

    async fn rotate_key(&self) -> Result<(), ActError> {
        let keys = self.auth()?.keys();
        let when = WhenActive::AfterCachePeriod;
        keys.rotate(SigningAlgorithm::EdDsa, when, self.now()).await?;
        Ok(())
    }

    async fn retire_key(&self) -> Result<(), ActError> {
        let (keys, now) = (self.auth()?.keys(), self.now());
        let records = keys.records().await?;
        if let Some(oldest) = records.iter().find(|key| key.state(now) != KeyState::Retired) {
            keys.retire(&oldest.kid, now).await?;
        }
        Ok(())
    }

    async fn set_role(&self, role: Role) -> Result<(), ActError> {
        self.auth()?.set_role(self.account, role).await?;
        Ok(())
    }

    /// Waits until all that runs behind requests is done, on every node.
    async fn settled(&self) {
        for node in self.nodes.values() {
            node.auth.settled().await;
        }
        self.ledger.settled().await;
    }

    /// The engine of the first node.
    ///
    /// # Errors
    /// [`ActError::Engine`] never, as there is one always.
    pub fn auth(&self) -> Result<&Auth, ActError> {
        let node = self.nodes.get(&Place::NodeA);
        node.map(|node| &node.auth).ok_or_else(|| ActError::Engine("no node".into()))
    }

    fn next(&self) -> u32 {
        u32::try_from(self.messages.len() + 1).unwrap_or(u32::MAX)
    }

    fn message_mut(&mut self, number: u32) -> Result<&mut Message, ActError> {
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        index.and_then(|index| self.messages.get_mut(index)).ok_or(ActError::NotUnderWay(number))
    }
}

/// What may be seen of a world.
impl World {
    /// The time in it.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Its parameters, as they are now.
    pub fn setting(&self) -> Setting {
        self.setting
    }

    /// What it takes to play it again.
    pub fn trace(&self) -> Trace {
        Trace::of_world(self.began, self.done.clone())
    }

    /// What happened, in order.
    pub fn timeline(&self) -> &[Entry] {
        &self.timeline
    }

    /// All messages, in the order of their numbers.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The message of that number.
    pub fn message(&self, number: u32) -> Option<&Message> {
        self.messages.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// The outcome of each request that was served, in the order in which they were, from that entry of the timeline on.
    pub fn outcomes(&self, from: usize) -> Vec<String> {
        let served = self.timeline.iter().skip(from).filter_map(|entry| match entry.what {
            What::Served(number) => self.message(number),
            _ => None,
        });
        served.map(ToString::to_string).collect()
    }

    /// The owner's jar.
    pub fn owner(&self) -> &Jar {
        &self.owner
    }

    /// The thief's, once there is one.
    pub fn thief(&self) -> Option<&Jar> {
        self.thief.as_ref()
    }

    /// The access token in the jar of the owner, or of the thief, for a look at it.
    pub fn access_token(&self, of: Party) -> Option<AccessToken> {
        let jar = if of == Party::Thief { self.thief.as_ref()? } else { &self.owner };
        jar.access(self.now())
    }

    /// What the access token of the owner, or of the thief, is worth to the first node, without anything noted; `None`
    /// where there is none, or where the node cannot tell.
    pub async fn standing(&self, of: Party) -> Option<Access> {
        let token = self.access_token(of)?;
        let standing = self.auth().ok()?.examine(&token).await.ok();
        // A look is no part of what happens.
        self.ledger.take();
        standing
    }

    /// Whether the database answers.
    pub fn database(&self) -> Database {
        if self.ledger.is_down() { Database::Down } else { Database::Up }
    }

    /// The sessions that began in it, newest first, each with its events, newest first.
    ///
    /// # Errors
    /// [`StoreError`] never, as memory answers always.
    pub async fn sessions(&self) -> Result<Vec<(Session, Vec<Event>)>, StoreError> {
        let mut sessions = Vec::new();
        for id in self.sessions.iter().rev() {
            if let Some(session) = self.ledger.within().session(*id).await? {
                sessions.push((session, self.ledger.within().events(*id, u32::MAX).await?));
            }
        }
        Ok(sessions)
    }

    /// What it keeps, in bytes, by its own estimate.
    pub fn size(&self) -> usize {
        self.size
    }
}
