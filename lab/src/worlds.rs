//! The worlds that a server keeps for its visitors: few, small, slow enough, and gone when no visitor looks.
//!
//! A world is reached by its id alone, which is random: every visitor with the link takes part. Nothing in here touches
//! an account or a session of the application. Invariant: there are never more worlds than [`Limits::worlds`], of one
//! network no more than [`Limits::of_one`], and none does more than its share.

mod bucket;
mod hosted;
mod share;
mod shared;
mod turns;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use coatroom::{
    clock::{Clock, Timestamp},
    session::SessionId,
};

use self::share::Made;
pub use self::{
    hosted::Hosted,
    shared::{Fold, News, Pace},
};
use super::{
    setting::Setting,
    trace::Trace,
    world::{ActError, World},
};

/// The id of a world, which is all that it takes to enter it: as random as a session's, and written alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorldId(SessionId);

impl WorldId {
    fn random() -> Self {
        Self(SessionId::random())
    }

    /// Parses what [`Display`](fmt::Display) wrote; nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        SessionId::parse(text).map(Self)
    }
}

impl fmt::Display for WorldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The most that all worlds together, and each alone, may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most worlds at once.
    pub worlds: usize,
    /// The most of them that were begun from one network; and of the new worlds in a second, as great a part.
    pub of_one: usize,
    /// The time after which a world that no visitor looks at is dropped.
    pub idle: Duration,
    /// The time after a visitor's last look in which a world is safe from making room for a new one.
    pub safe: Duration,
    /// The most actions in a second, in one world; and the most new worlds in a second.
    pub rate: u32,
    /// The time until a world may be drawn once more for scripts, if they ask for many drawings.
    pub drawn_every: Duration,
    /// Number of drawings of it that may follow each other at once, if there were none for a while.
    pub drawings_at_once: u32,
}

impl Limits {
    /// 200 worlds, an eighth of them for one network, half an hour, a minute, 20 a second, two seconds, 16 at once.
    pub const DEFAULT: Self = Self {
        worlds: 200,
        of_one: 25,
        idle: Duration::from_secs(30 * 60),
        safe: Duration::from_secs(60),
        rate: 20,
        drawn_every: Duration::from_secs(2),
        drawings_at_once: 16,
    };
}

/// Number of actions of a trace that cost as much as a new world.
const PLAYED: u32 = 100;

/// The worlds of a server.
#[derive(Debug)]
pub struct Worlds {
    clock: Arc<dyn Clock>,
    limits: Limits,
    hosted: Mutex<HashMap<WorldId, Kept>>,
    made: Mutex<Made>,
}

/// A world, and the network from which it was begun; empty if that is not known.
#[derive(Debug)]
struct Kept {
    hosted: Arc<Hosted>,
    network: String,
}

/// The reason why a visitor does not get what they asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// No world of that id.
    #[error("there is no such world any more: worlds vanish after {} minutes without a visitor, and sooner where others need the room", Limits::DEFAULT.idle.as_secs() / 60)]
    Gone,
    /// Every world is in use.
    #[error("the lab is full: all its worlds are in use; try again in a minute")]
    Full,
    /// Its network has its share of the worlds.
    #[error(
        "your network has {0} worlds, the most at once; go on in one of them, or try again when one was left alone for a minute"
    )]
    Share(usize),
    /// Too many actions in a second.
    #[error("that is too fast: a world takes {} actions a second", Limits::DEFAULT.rate)]
    TooFast,
    /// Too many new worlds in a second.
    #[error("too many worlds are being made just now; try again in a moment")]
    TooManyMade,
    /// Too many actions at once.
    #[error("that is too much at once: a form asks for {} actions at most", Limits::DEFAULT.rate)]
    TooMuch,
    /// A value that its field cannot have.
    #[error("there is no such choice on this page")]
    NoChoice,
    /// The world refused.
    #[error(transparent)]
    Act(#[from] ActError),
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Worlds {
    /// No worlds yet.
    pub fn new(clock: Arc<dyn Clock>, limits: Limits) -> Self {
        let made = Mutex::new(Made::new(&limits, clock.now()));
        Self { clock, limits, hosted: Mutex::default(), made }
    }

    /// Makes a world, for a visitor from that network. A network that is not known is the empty text, and has no share
    /// to exceed.
    ///
    /// # Errors
    /// [`Refused::Full`] if no world can make room, [`Refused::Share`] if none of that network can and it has its
    /// share, [`Refused::TooManyMade`], [`Refused::Act`] if the setting makes no sense.
    pub async fn begin(&self, setting: Setting, network: &str) -> Result<Arc<Hosted>, Refused> {
        self.admit(1, network)?;
        self.host(World::new(setting).await?, network)
    }

    /// Makes a world in which a trace has happened.
    ///
    /// # Errors
    /// As [`begin`](Self::begin), and [`Refused::Act`] if the trace makes no sense.
    pub async fn play(&self, trace: &Trace, network: &str) -> Result<Arc<Hosted>, Refused> {
        let length = u32::try_from(trace.actions().len()).unwrap_or(u32::MAX);
        self.admit(1 + length / PLAYED, network)?;
        self.host(World::play(trace).await?, network)
    }

    /// Begins a world anew, with the setting it had in the beginning; a lesson begins anew as well. It costs what a new
    /// one costs, so it counts as one.
    ///
    /// # Errors
    /// [`Refused::TooManyMade`], [`Refused::TooFast`] or [`Refused::Act`]; it goes on as it was then.
    pub async fn begin_anew(&self, hosted: &Arc<Hosted>) -> Result<(), Refused> {
        let network = locked(&self.hosted).get(&hosted.id()).map(|kept| kept.network.clone());
        self.charge(1, &network.unwrap_or_default())?;
        hosted.begin_anew().await
    }

    /// Goes back by one step of a world's lesson, from that step: a deed is taken back by playing the lesson again up to
    /// it. It counts as a world. Does nothing if the lesson is at another step: the button was pressed twice, or by
    /// another visitor.
    ///
    /// # Errors
    /// As [`begin_anew`](Self::begin_anew).
    pub async fn go_back(&self, hosted: &Arc<Hosted>, from: usize) -> Result<(), Refused> {
        let network = locked(&self.hosted).get(&hosted.id()).map(|kept| kept.network.clone());
        self.charge(1, &network.unwrap_or_default())?;
        hosted.go_back(from).await
    }

    /// The world of that id.
    ///
    /// # Errors
    /// [`Refused::Gone`].
    pub fn find(&self, id: WorldId) -> Result<Arc<Hosted>, Refused> {
        let now = self.clock.now();
        let hosted = locked(&self.hosted);
        // No other world is looked at: this is what every click costs.
        let found = hosted.get(&id).map(|kept| &kept.hosted);
        let found = found.filter(|found| self.is_kept(found, now)).ok_or(Refused::Gone)?;
        found.touch(now);
        Ok(Arc::clone(found))
    }

    /// Number of worlds.
    pub fn count(&self) -> usize {
        let mut hosted = locked(&self.hosted);
        self.sweep(&mut hosted, self.clock.now());
        hosted.len()
    }

    /// Admits another world that costs as much as so many, or refuses it, before any work is done for it.
    fn admit(&self, cost: u32, network: &str) -> Result<(), Refused> {
        self.find_room(&mut locked(&self.hosted), network)?;
        self.charge(cost, network)
    }

    /// Finds room for another world of that network, or makes it.
    ///
    /// # Errors
    /// Those of [`room`](Self::room), if no world that may make room was left alone for long enough.
    fn find_room(&self, hosted: &mut HashMap<WorldId, Kept>, network: &str) -> Result<(), Refused> {
        let now = self.clock.now();
        self.sweep(hosted, now);
        match self.room(hosted, network) {
            Ok(()) => Ok(()),
            // The worlds of other networks stay: one that has much may not take from one that has little.
            Err(share @ Refused::Share(_)) => {
                self.make_room(hosted, now, |kept| kept.network == network).ok_or(share)
            }
            Err(full) => self.make_room(hosted, now, |_| true).ok_or(full),
        }
    }

    /// Refuses another world of that network if there is no room.
    ///
    /// # Errors
    /// [`Refused::Share`] if the network has as many as one may, [`Refused::Full`] if the server has.
    fn room(&self, hosted: &HashMap<WorldId, Kept>, network: &str) -> Result<(), Refused> {
        let own = hosted.values().filter(|kept| kept.network == network).count();
        if own >= self.limits.of_one && !network.is_empty() {
            return Err(Refused::Share(self.limits.of_one));
        }
        if hosted.len() >= self.limits.worlds { Err(Refused::Full) } else { Ok(()) }
    }

    /// Forgets the world that was left alone longest, of those that may make room; `None` if none was for long enough.
    fn make_room(
        &self,
        hosted: &mut HashMap<WorldId, Kept>,
        now: Timestamp,
        may: impl Fn(&Kept) -> bool,
    ) -> Option<()> {
        let idle = |kept: &Kept| now.since(kept.hosted.seen_at());
        let longest =
            hosted.iter().filter(|(_, kept)| may(kept)).max_by_key(|(_, kept)| idle(kept));
        let id = longest.filter(|(_, kept)| idle(kept) >= self.limits.safe).map(|(id, _)| *id)?;
        hosted.remove(&id).map(drop)
    }

    /// Takes what making worlds costs from what that network, and all visitors together, have of it.
    fn charge(&self, cost: u32, network: &str) -> Result<(), Refused> {
        let taken = locked(&self.made).take(cost, network, self.clock.now());
        taken.ok_or(Refused::TooManyMade)
    }

    fn host(&self, world: World, network: &str) -> Result<Arc<Hosted>, Refused> {
        let made = Arc::new(Hosted::new(world, Arc::clone(&self.clock), self.limits));
        let mut hosted = locked(&self.hosted);
        // Others may have been made while this one was, and have taken the room that it was admitted to.
        self.find_room(&mut hosted, network)?;
        let kept = Kept { hosted: Arc::clone(&made), network: network.to_owned() };
        hosted.insert(made.id(), kept);
        Ok(made)
    }

    fn sweep(&self, hosted: &mut HashMap<WorldId, Kept>, now: Timestamp) {
        hosted.retain(|_, kept| self.is_kept(&kept.hosted, now));
    }

    fn is_kept(&self, hosted: &Hosted, now: Timestamp) -> bool {
        now.since(hosted.seen_at()) < self.limits.idle
    }
}

#[cfg(test)]
mod tests;
