//! The worlds that a server keeps for its visitors: few, small, slow enough, and gone when nobody looks.
//!
//! A world is reached by its id alone, which is random: whoever has the link takes part. Nothing in here touches an
//! account or a session of the application. Invariant: there are never more worlds than [`Limits::worlds`], and none
//! does more than its share.

mod bucket;
mod hosted;
mod shared;
mod turns;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use self::bucket::Bucket;
pub use self::{
    hosted::Hosted,
    shared::{Fold, News, Pace},
};
use super::{
    setting::Setting,
    trace::Trace,
    world::{ActError, World},
};
use crate::{
    clock::{Clock, Timestamp},
    user::id,
};

id! {
    /// The id of a world, which is all that it takes to enter it.
    WorldId
}

/// What all worlds together, and each alone, may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most worlds at once.
    pub worlds: usize,
    /// How long a world is kept that nobody looks at.
    pub idle: Duration,
    /// How long a world is safe from making room for a new one.
    pub safe: Duration,
    /// The most actions in a second, in one world; and the most new worlds in a second.
    pub rate: u32,
    /// How long it takes until a world may be drawn once more for scripts, where they ask for many drawings.
    pub drawn_every: Duration,
    /// How many drawings of it may follow each other at once, where there were none for a while.
    pub drawings_at_once: u32,
}

impl Limits {
    /// 200 worlds, half an hour, a minute, 20 a second, two seconds, 16 at once.
    pub const DEFAULT: Self = Self {
        worlds: 200,
        idle: Duration::from_secs(30 * 60),
        safe: Duration::from_secs(60),
        rate: 20,
        drawn_every: Duration::from_secs(2),
        drawings_at_once: 16,
    };
}

/// How many actions of a trace cost as much as a new world.
const PLAYED: u32 = 100;

/// The worlds of a server.
#[derive(Debug)]
pub struct Worlds {
    clock: Arc<dyn Clock>,
    limits: Limits,
    hosted: Mutex<HashMap<WorldId, Arc<Hosted>>>,
    made: Mutex<Bucket>,
}

/// Why a visitor does not get what they asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// No world of that id.
    #[error("there is no such world any more: worlds vanish after {} minutes without a visitor, and sooner where others need the room", Limits::DEFAULT.idle.as_secs() / 60)]
    Gone,
    /// Every world is in use.
    #[error("the lab is full: all its worlds are in use; try again in a minute")]
    Full,
    /// Too many actions in a second.
    #[error("that is too fast: a world takes {} actions a second", Limits::DEFAULT.rate)]
    TooFast,
    /// Too many new worlds in a second.
    #[error("too many worlds are being made just now; try again in a moment")]
    TooManyMade,
    /// Too many actions at once.
    #[error("that is too much at once: a form asks for {} actions at most", Limits::DEFAULT.rate)]
    TooMuch,
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
        let made = Mutex::new(Bucket::per_second(limits.rate, clock.now()));
        Self { clock, limits, hosted: Mutex::default(), made }
    }

    /// Makes a world.
    ///
    /// # Errors
    /// [`Refused::Full`] where no world can make room, [`Refused::TooManyMade`], [`Refused::Act`] where the
    /// setting makes no sense.
    pub async fn begin(&self, setting: Setting) -> Result<Arc<Hosted>, Refused> {
        self.admit(1)?;
        self.host(World::new(setting).await?)
    }

    /// Makes a world in which a trace has happened.
    ///
    /// # Errors
    /// As [`begin`](Self::begin), and [`Refused::Act`] where the trace makes no sense.
    pub async fn play(&self, trace: &Trace) -> Result<Arc<Hosted>, Refused> {
        let length = u32::try_from(trace.actions().len()).unwrap_or(u32::MAX);
        self.admit(1 + length / PLAYED)?;
        self.host(World::play(trace).await?)
    }

    /// Begins a world anew, with the setting it had in the beginning; a lesson begins anew as well. It costs what a new
    /// one costs, so it counts as one.
    ///
    /// # Errors
    /// [`Refused::TooManyMade`], [`Refused::TooFast`] or [`Refused::Act`]; it goes on as it was then.
    pub async fn begin_anew(&self, hosted: &Arc<Hosted>) -> Result<(), Refused> {
        self.charge(1)?;
        hosted.begin_anew().await
    }

    /// The world of that id.
    ///
    /// # Errors
    /// [`Refused::Gone`].
    pub fn find(&self, id: WorldId) -> Result<Arc<Hosted>, Refused> {
        let now = self.clock.now();
        let hosted = locked(&self.hosted);
        // Nobody else's is looked at: this is what every click costs.
        let found = hosted.get(&id).filter(|found| self.is_kept(found, now));
        let found = found.ok_or(Refused::Gone)?;
        found.touch(now);
        Ok(Arc::clone(found))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        let mut hosted = locked(&self.hosted);
        self.sweep(&mut hosted, self.clock.now());
        hosted.len()
    }

    /// Whether another world may be made that costs as much as so many, before any work is done for it.
    fn admit(&self, cost: u32) -> Result<(), Refused> {
        let now = self.clock.now();
        let mut hosted = locked(&self.hosted);
        self.sweep(&mut hosted, now);
        if hosted.len() >= self.limits.worlds {
            let idle = |hosted: &Hosted| now.since(hosted.seen_at());
            let longest =
                hosted.values().max_by_key(|each| idle(each)).map(|each| (each.id(), idle(each)));
            match longest {
                Some((id, idle)) if idle >= self.limits.safe => hosted.remove(&id),
                _ => return Err(Refused::Full),
            };
        }
        self.charge(cost)
    }

    /// Takes what making worlds costs from what all visitors together have of it.
    fn charge(&self, cost: u32) -> Result<(), Refused> {
        let cost = cost.min(self.limits.rate);
        locked(&self.made).take(cost, self.clock.now()).ok_or(Refused::TooManyMade)
    }

    fn host(&self, world: World) -> Result<Arc<Hosted>, Refused> {
        let made = Arc::new(Hosted::new(world, Arc::clone(&self.clock), self.limits));
        let mut hosted = locked(&self.hosted);
        // Others may have been made while this one was.
        if hosted.len() >= self.limits.worlds {
            return Err(Refused::Full);
        }
        hosted.insert(made.id(), Arc::clone(&made));
        Ok(made)
    }

    fn sweep(&self, hosted: &mut HashMap<WorldId, Arc<Hosted>>, now: Timestamp) {
        hosted.retain(|_, each| self.is_kept(each, now));
    }

    fn is_kept(&self, hosted: &Hosted, now: Timestamp) -> bool {
        now.since(hosted.seen_at()) < self.limits.idle
    }
}

#[cfg(test)]
mod tests;
