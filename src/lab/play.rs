//! Lets a [`Trace`] happen to the real engine, on a store in memory and a clock that the trace moves.
//!
//! It sends, loses and delivers; what a token is worth, [`Auth`] decides. Invariant: a proof of delivery is noted
//! before the next step, so that one trace has one outcome.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde::Serialize;

use super::trace::{Actor, Kind, Step, Trace};
use crate::{
    access_token::AccessToken,
    auth::{Access, Auth, Credentials, Refreshed, SignInContext, TokenPair},
    clock::{TestClock, Timestamp},
    config::AuthConfig,
    refresh_token::RefreshToken,
    secret::ServerSecret,
    session::{Client, EndReason, Persistence, Session, SessionId},
    store::{EventKind, Trigger, memory::MemoryStore},
};

/// When every play begins: a whole second, so that no lifetime is rounded.
const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// How many turns other tasks get to note a proof of delivery, before the play is given up.
const PATIENCE: u32 = 1_000_000;

/// What came of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Played {
    /// Each decision, in order.
    pub answers: Vec<Answered>,
    /// The generations in which owner and thief were reported to keep in step.
    pub in_step: Vec<u64>,
    /// Why the session is over at the end, if it is.
    pub ended: Option<EndReason>,
    /// The current generation at the end.
    pub generation: u64,
}

/// A decision about a presented refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Answered {
    /// The number of the request.
    pub message: u32,
    /// The row of the rule, 1 to 10.
    pub row: u8,
    /// The generation of the refresh token in the answer, where it has one.
    pub refresh: Option<u64>,
}

/// Why a trace cannot be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlayError {
    /// The engine spaces rotations by twice the grace, and accepts a grace of at most 112.5 seconds.
    #[error("the engine has no such windows")]
    Timing,
    /// A step names a message that is not under way, or one that is.
    #[error("step {0} does not fit what is under way")]
    Step(usize),
    /// The engine did not answer.
    #[error("the engine does not answer: {0}")]
    Engine(String),
}

/// Plays a trace from its beginning. Call it from within a Tokio runtime.
///
/// # Errors
/// [`PlayError`]: a trace that is in bounds may still make no sense.
pub async fn play(trace: &Trace) -> Result<Played, PlayError> {
    let mut world = World::begin(trace).await?;
    for (index, step) in trace.steps().iter().enumerate() {
        world.take(*step).await?.ok_or(PlayError::Step(index))?;
    }
    let session = world.session().await?;
    let events = world.auth.events(world.sid, u32::MAX).await.map_err(engine)?;
    let reported = events.iter().rev().filter(|event| event.kind == EventKind::LockStep);
    Ok(Played {
        in_step: reported.map(|event| event.generation).collect(),
        answers: world.answers,
        ended: session.ended(world.auth.now()),
        generation: session.generation,
    })
}

/// The cookies of one browser.
#[derive(Clone, Debug)]
struct Jar {
    access: AccessToken,
    refresh: Option<RefreshToken>,
}

/// What is under way.
#[derive(Clone, Debug)]
enum Message {
    Request { from: Actor, kind: Kind, jar: Jar },
    Answer { to: Actor, tokens: Option<Box<TokenPair>> },
}

#[derive(Debug)]
struct World {
    auth: Auth,
    clock: Arc<TestClock>,
    sid: SessionId,
    owner: Jar,
    thief: Option<Jar>,
    under_way: HashMap<u32, Message>,
    answers: Vec<Answered>,
}

/// One browser, or what claims to be the same one, in two networks.
fn client(actor: Actor) -> Client {
    let ip_prefix = match actor {
        Actor::Owner => "192.0.2.0/24",
        Actor::Thief => "203.0.113.0/24",
    };
    Client {
        label: "Firefox on Linux".into(),
        user_agent_hash: "firefox".into(),
        ip_prefix: ip_prefix.into(),
    }
}

fn engine(error: impl std::fmt::Display) -> PlayError {
    PlayError::Engine(error.to_string())
}

impl World {
    async fn begin(trace: &Trace) -> Result<Self, PlayError> {
        let timing = trace.timing();
        if u64::from(timing.spacing_ms) != 2 * u64::from(timing.grace_ms) {
            return Err(PlayError::Timing);
        }
        let secret = ServerSecret::new(ServerSecret::generate()).map_err(engine)?;
        let mut config = AuthConfig::new("https://lab.invalid", secret);
        config.grace = Duration::from_millis(timing.grace_ms.into());
        // Nobody's password is kept here.
        (config.hashing.memory_kib, config.hashing.iterations) = (8, 1);
        config.check().map_err(|_| PlayError::Timing)?;
        let clock = Arc::new(TestClock::new(START));
        let store = Arc::new(MemoryStore::new());
        let auth = Auth::with_clock(config, store, clock.clone()).await.map_err(engine)?;
        let who = Credentials {
            email: "ada@lab.invalid".into(),
            password: "a quiet harbour at dawn".into(),
        };
        let context = SignInContext {
            persistence: Persistence::Remembered,
            client: client(Actor::Owner),
            replaces: Vec::new(),
        };
        let TokenPair { access, refresh, session, .. } =
            auth.sign_up(who, context).await.map_err(engine)?;
        let (owner, sid) = (Jar { access, refresh }, session.id);
        let (under_way, answers) = (HashMap::new(), Vec::new());
        Ok(Self { auth, clock, sid, owner, thief: None, under_way, answers })
    }

    async fn session(&self) -> Result<Session, PlayError> {
        let session = self.auth.session(self.sid).await.map_err(engine)?;
        session.ok_or_else(|| engine("the session is gone"))
    }

    /// Takes a step; `None` where it does not fit.
    async fn take(&mut self, step: Step) -> Result<Option<()>, PlayError> {
        match step {
            Step::Send { message, from, kind, .. } => {
                let jar = match from {
                    Actor::Owner => Some(self.owner.clone()),
                    Actor::Thief => self.thief.clone(),
                };
                let Some(jar) = jar else { return Ok(None) };
                Ok(self.begin_message(message, Message::Request { from, kind, jar }))
            }
            Step::DeliverRequest { message } => {
                let Some(Message::Request { from, kind, jar }) = self.under_way.remove(&message)
                else {
                    return Ok(None);
                };
                let tokens = self.serve(message, (from, kind), &jar).await?;
                Ok(self.begin_message(
                    message,
                    Message::Answer { to: from, tokens: tokens.map(Box::new) },
                ))
            }
            Step::LoseRequest { message } => Ok(self
                .under_way
                .remove(&message)
                .filter(|lost| matches!(lost, Message::Request { .. }))
                .map(|_| ())),
            Step::DeliverResponse { message } | Step::LoseResponse { message } => {
                let Some(Message::Answer { to, tokens }) = self.under_way.remove(&message) else {
                    return Ok(None);
                };
                if let (Step::DeliverResponse { .. }, Some(tokens)) = (step, tokens) {
                    self.receive(to, *tokens);
                }
                Ok(Some(()))
            }
            Step::Duplicate { message, copy } => {
                let Some(original) = self.under_way.get(&message).cloned() else {
                    return Ok(None);
                };
                Ok(self.begin_message(copy, original))
            }
            Step::Advance { ms } => {
                self.clock.advance(Duration::from_millis(ms.into()));
                Ok(Some(()))
            }
            Step::SignOut {} => {
                self.auth.sign_out(self.sid, client(Actor::Owner)).await.map_err(engine)?;
                Ok(Some(()))
            }
            Step::Steal {} => {
                self.thief = Some(self.owner.clone());
                Ok(Some(()))
            }
        }
    }

    fn begin_message(&mut self, number: u32, message: Message) -> Option<()> {
        self.under_way.insert(number, message).is_none().then_some(())
    }

    /// What the layer does with a request: the access token first, which is a proof of delivery; then the refresh
    /// token, where the request is one that refreshes.
    async fn serve(
        &mut self,
        message: u32,
        (from, kind): (Actor, Kind),
        jar: &Jar,
    ) -> Result<Option<TokenPair>, PlayError> {
        let access = self.auth.authenticate(&jar.access).await.map_err(engine)?;
        if let Access::Valid(info) | Access::Expired(info) = access {
            self.noted(info.claims.generation).await?;
        }
        if !kind.refreshes() {
            return Ok(None);
        }
        let trigger = match kind {
            Kind::PageExpired => Trigger::Document,
            Kind::Refresh | Kind::Plain | Kind::Page => Trigger::Call,
        };
        let presented = jar.refresh.clone();
        let Refreshed { decision, tokens } =
            self.auth.refresh(presented, trigger, client(from)).await.map_err(engine)?;
        let refresh = tokens
            .as_ref()
            .and_then(|tokens| tokens.refresh.as_ref())
            .map(RefreshToken::generation);
        self.answers.push(Answered { message, row: decision.row(), refresh });
        Ok(tokens)
    }

    fn receive(&mut self, to: Actor, tokens: TokenPair) {
        let jar = match to {
            Actor::Owner => &mut self.owner,
            Actor::Thief => self.thief.get_or_insert_with(|| self.owner.clone()),
        };
        jar.access = tokens.access;
        if tokens.refresh.is_some() {
            jar.refresh = tokens.refresh;
        }
    }

    /// Waits until the proof that `generation` arrived is noted, which happens behind the request.
    async fn noted(&self, generation: u64) -> Result<(), PlayError> {
        for _ in 0..PATIENCE {
            let session = self.session().await?;
            if session.generation != generation || session.acknowledged_at.is_some() {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
        Err(engine("a proof of delivery is never noted"))
    }
}
