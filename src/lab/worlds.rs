//! The worlds that a server keeps for its visitors: few, small, slow enough, and gone when nobody looks.
//!
//! A world is reached by its id alone, which is random: whoever has the link takes part. Nothing in here touches an
//! account or a session of the application. Invariant: there are never more worlds than [`Limits::worlds`], and none
//! does more than its share.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard};

use super::{
    action::Action,
    forge::Forgery,
    lesson::Lesson,
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
}

impl Limits {
    /// 200 worlds, half an hour, a minute, 20 a second.
    pub const DEFAULT: Self = Self {
        worlds: 200,
        idle: Duration::from_secs(30 * 60),
        safe: Duration::from_secs(60),
        rate: 20,
    };
}

/// The worlds of a server.
#[derive(Debug)]
pub struct Worlds {
    clock: Arc<dyn Clock>,
    limits: Limits,
    hosted: Mutex<HashMap<WorldId, Arc<Hosted>>>,
    made: Mutex<Bucket>,
}

/// A world, and what its visitors do with it.
#[derive(Debug)]
pub struct Hosted {
    id: WorldId,
    clock: Arc<dyn Clock>,
    world: AsyncMutex<World>,
    lesson: AsyncMutex<Option<Lesson>>,
    /// Counts what changed, so that others can ask whether anything did.
    version: AtomicU64,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    at: Timestamp,
    acted: Bucket,
    /// Since when the world's clock runs with ours, if it does.
    runs_since: Option<Timestamp>,
    forgery: Option<Forgery>,
}

/// Whether a world's clock stands still between actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It does: time passes when somebody says so.
    Stopped,
    /// It runs with the machine's.
    Running,
}

/// Why a visitor does not get what they asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// No world of that id.
    #[error("there is no such world any more: worlds vanish after {} minutes without a visitor", Limits::DEFAULT.idle.as_secs() / 60)]
    Gone,
    /// Every world is in use.
    #[error("the lab is full: all its worlds are in use; try again in a minute")]
    Full,
    /// Too many actions in a second.
    #[error("that is too fast: a world takes {} actions a second", Limits::DEFAULT.rate)]
    TooFast,
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
        let made = Mutex::new(Bucket::full(limits.rate, clock.now()));
        Self { clock, limits, hosted: Mutex::default(), made }
    }

    /// Makes a world.
    ///
    /// # Errors
    /// [`Refused::Full`] where no world can make room, [`Refused::TooFast`] where too many are made, [`Refused::Act`]
    /// where the setting makes no sense.
    pub async fn begin(&self, setting: Setting) -> Result<Arc<Hosted>, Refused> {
        self.admit()?;
        self.host(World::new(setting).await?)
    }

    /// Makes a world in which a trace has happened.
    ///
    /// # Errors
    /// As [`begin`](Self::begin), and [`Refused::Act`] where the trace makes no sense.
    pub async fn play(&self, trace: &Trace) -> Result<Arc<Hosted>, Refused> {
        self.admit()?;
        self.host(World::play(trace).await?)
    }

    /// The world of that id.
    ///
    /// # Errors
    /// [`Refused::Gone`].
    pub fn find(&self, id: WorldId) -> Result<Arc<Hosted>, Refused> {
        let now = self.clock.now();
        let mut hosted = locked(&self.hosted);
        self.sweep(&mut hosted, now);
        let found = hosted.get(&id).ok_or(Refused::Gone)?;
        locked(&found.seen).at = now;
        Ok(Arc::clone(found))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        let mut hosted = locked(&self.hosted);
        self.sweep(&mut hosted, self.clock.now());
        hosted.len()
    }

    /// Whether another world may be made, before any work is done for it.
    fn admit(&self) -> Result<(), Refused> {
        let now = self.clock.now();
        let mut hosted = locked(&self.hosted);
        self.sweep(&mut hosted, now);
        if hosted.len() >= self.limits.worlds {
            let idle = |hosted: &Hosted| now.since(locked(&hosted.seen).at);
            let longest =
                hosted.values().max_by_key(|each| idle(each)).map(|each| (each.id, idle(each)));
            match longest {
                Some((id, idle)) if idle >= self.limits.safe => hosted.remove(&id),
                _ => return Err(Refused::Full),
            };
        }
        locked(&self.made).take(now)
    }

    fn host(&self, world: World) -> Result<Arc<Hosted>, Refused> {
        let now = self.clock.now();
        let made = Arc::new(Hosted {
            id: WorldId::random(),
            clock: Arc::clone(&self.clock),
            world: AsyncMutex::new(world),
            lesson: AsyncMutex::new(None),
            version: AtomicU64::new(0),
            seen: Mutex::new(Seen {
                at: now,
                acted: Bucket::full(self.limits.rate, now),
                runs_since: None,
                forgery: None,
            }),
        });
        let mut hosted = locked(&self.hosted);
        // Others may have been made while this one was.
        if hosted.len() >= self.limits.worlds {
            return Err(Refused::Full);
        }
        hosted.insert(made.id, Arc::clone(&made));
        Ok(made)
    }

    fn sweep(&self, hosted: &mut HashMap<WorldId, Arc<Hosted>>, now: Timestamp) {
        hosted.retain(|_, each| now.since(locked(&each.seen).at) < self.limits.idle);
    }
}

impl Hosted {
    /// Its id.
    pub const fn id(&self) -> WorldId {
        self.id
    }

    /// How often it changed.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Whether its clock runs.
    pub fn pace(&self) -> Pace {
        if locked(&self.seen).runs_since.is_some() { Pace::Running } else { Pace::Stopped }
    }

    /// Lets its clock run, or stops it.
    ///
    /// # Errors
    /// [`Refused::Act`] where the world is full.
    pub async fn set_pace(&self, pace: Pace) -> Result<(), Refused> {
        let world = self.enter().await?;
        let now = self.clock.now();
        locked(&self.seen).runs_since = (pace == Pace::Running).then_some(now);
        self.changed();
        drop(world);
        Ok(())
    }

    /// Does some things, one after the other, up to the first that is refused.
    ///
    /// # Errors
    /// [`Refused::TooFast`] or [`Refused::Act`]; what came before it happened.
    pub async fn act(&self, actions: &[Action]) -> Result<(), Refused> {
        let mut world = self.enter().await?;
        for action in actions {
            locked(&self.seen).acted.take(self.clock.now())?;
            self.changed();
            world.act(*action).await?;
        }
        Ok(())
    }

    /// The world, for a look at it; its clock has caught up.
    ///
    /// # Errors
    /// [`Refused::Act`] where the world is full and its clock runs.
    pub async fn enter(&self) -> Result<AsyncMutexGuard<'_, World>, Refused> {
        let mut world = self.world.lock().await;
        let now = self.clock.now();
        let passed = {
            let mut seen = locked(&self.seen);
            let since = seen.runs_since.as_mut();
            since.map_or(Duration::ZERO, |since| now.since(std::mem::replace(since, now)))
        };
        if let ms @ 1.. = u32::try_from(passed.as_millis()).unwrap_or(u32::MAX)
            && let Err(full) = world.act(Action::Wait(ms.min(super::action::MAX_WAIT_MS))).await
        {
            // Its time stands still; what is in it may still be looked at.
            locked(&self.seen).runs_since = None;
            tracing::debug!(%full, "a world of the lab stopped its clock");
        }
        Ok(world)
    }

    /// Begins a lesson in it.
    pub async fn teach(&self, lesson: Lesson) {
        *self.lesson.lock().await = Some(lesson);
        self.changed();
    }

    /// The lesson that is gone through in it, as far as it is.
    pub async fn lesson(&self) -> Option<Lesson> {
        self.lesson.lock().await.clone()
    }

    /// Runs the next stage of the lesson.
    ///
    /// # Errors
    /// [`Refused::TooFast`] or [`Refused::Act`].
    pub async fn next_stage(&self) -> Result<(), Refused> {
        let mut world = self.enter().await?;
        locked(&self.seen).acted.take(self.clock.now())?;
        self.changed();
        match self.lesson.lock().await.as_mut() {
            Some(lesson) => Ok(lesson.next(&mut world).await?),
            None => Ok(()),
        }
    }

    /// Does what answers the lesson's quiz.
    ///
    /// # Errors
    /// As [`next_stage`](Self::next_stage).
    pub async fn check_quiz(&self) -> Result<(), Refused> {
        let mut world = self.enter().await?;
        locked(&self.seen).acted.take(self.clock.now())?;
        self.changed();
        match self.lesson.lock().await.as_mut() {
            Some(lesson) => Ok(lesson.check(&mut world).await?),
            None => Ok(()),
        }
    }

    /// Notes an answer to the lesson's quiz.
    pub async fn answer_quiz(&self, answer: usize) {
        if let Some(lesson) = self.lesson.lock().await.as_mut() {
            lesson.answer(answer);
            self.changed();
        }
    }

    /// What is forged of the owner's access token for its X-ray, if anything is.
    pub fn forgery(&self) -> Option<Forgery> {
        locked(&self.seen).forgery
    }

    /// Forges that from now on, or nothing.
    pub fn set_forgery(&self, forgery: Option<Forgery>) {
        locked(&self.seen).forgery = forgery;
        self.changed();
    }

    /// Tells that something changed.
    pub fn changed(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
    }
}

/// A token bucket that holds a second's worth.
#[derive(Debug)]
struct Bucket {
    rate: u32,
    /// In thousandths.
    left: u64,
    at: Timestamp,
}

impl Bucket {
    fn full(rate: u32, at: Timestamp) -> Self {
        Self { rate, left: u64::from(rate) * 1_000, at }
    }

    fn take(&mut self, now: Timestamp) -> Result<(), Refused> {
        let passed = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        let most = u64::from(self.rate) * 1_000;
        self.left = self.left.saturating_add(passed.saturating_mul(self.rate.into())).min(most);
        self.at = now;
        self.left = self.left.checked_sub(1_000).ok_or(Refused::TooFast)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
