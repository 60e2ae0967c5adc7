//! One world of a server, and what its visitors do with it.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard};

use super::{Limits, Refused, WorldId, bucket::Bucket, locked};
use crate::{
    clock::{Clock, Timestamp},
    lab::{
        action::{Action, MAX_WAIT_MS},
        forge::Forgery,
        lesson::Lesson,
        world::World,
    },
};

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
    drawn: Bucket,
    unfolded: BTreeSet<Fold>,
    /// Since when the world's clock runs with ours, if it does.
    runs_since: Option<Timestamp>,
    forgery: Option<Forgery>,
}

/// A part of a world's page that costs more than a look, and is there for who asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fold {
    /// The trace under seven policies.
    Policies,
    /// The X-ray of the owner's access token.
    XRay,
    /// The trace as text.
    Export,
}

impl Fold {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Policies, Self::XRay, Self::Export];

    /// Its name in forms.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Policies => "policies",
            Self::XRay => "xray",
            Self::Export => "export",
        }
    }

    /// The one of that name.
    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fold| fold.slug() == slug)
    }
}

/// Whether a world's clock stands still between actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It does: time passes when somebody says so.
    Stopped,
    /// It runs with the machine's.
    Running,
}

impl Hosted {
    pub(super) fn new(world: World, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        let now = clock.now();
        Self {
            id: WorldId::random(),
            clock,
            world: AsyncMutex::new(world),
            lesson: AsyncMutex::new(None),
            version: AtomicU64::new(0),
            seen: Mutex::new(Seen {
                at: now,
                acted: Bucket::full(limits.rate, now),
                drawn: Bucket::holding(limits.drawings_at_once, limits.drawings, now),
                unfolded: BTreeSet::new(),
                runs_since: None,
                forgery: None,
            }),
        }
    }

    /// When somebody last looked at it.
    pub(super) fn seen_at(&self) -> Timestamp {
        locked(&self.seen).at
    }

    pub(super) fn touch(&self, now: Timestamp) {
        locked(&self.seen).at = now;
    }

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
            && let Err(full) = world.act(Action::Wait(ms.min(MAX_WAIT_MS))).await
        {
            // Its time stands still; what is in it may still be looked at.
            locked(&self.seen).runs_since = None;
            tracing::debug!(%full, "a world of the lab stopped its clock");
        }
        Ok(world)
    }

    /// Begins a lesson in it.
    pub async fn teach(&self, lesson: Lesson) {
        // Lessons look at it.
        locked(&self.seen).unfolded.insert(Fold::Policies);
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
        let mut seen = locked(&self.seen);
        seen.forgery = forgery;
        drop(seen);
        self.changed();
    }

    /// Begins it anew, with the setting it had in the beginning; a lesson begins anew as well.
    ///
    /// # Errors
    /// [`Refused::TooFast`] or [`Refused::Act`]; it goes on as it was then.
    pub async fn begin_anew(&self) -> Result<(), Refused> {
        let mut world = self.enter().await?;
        locked(&self.seen).acted.take(self.clock.now())?;
        *world = World::new(world.began()).await?;
        if let Some(lesson) = self.lesson.lock().await.as_mut() {
            *lesson = Lesson::new(lesson.scenario(), lesson.branch().slug);
        }
        self.changed();
        Ok(())
    }

    /// Whether it may be drawn once more already.
    ///
    /// # Errors
    /// [`Refused::TooFast`] where it was drawn too often in the last second.
    pub fn admit_drawing(&self) -> Result<(), Refused> {
        locked(&self.seen).drawn.take(self.clock.now())
    }

    /// Whether a part of its page is there.
    pub fn is_unfolded(&self, fold: Fold) -> bool {
        locked(&self.seen).unfolded.contains(&fold)
    }

    /// Shows a part of its page, or folds it away where it is there.
    pub fn turn(&self, fold: Fold) {
        let mut seen = locked(&self.seen);
        if !seen.unfolded.remove(&fold) {
            seen.unfolded.insert(fold);
        }
        drop(seen);
        self.changed();
    }

    /// Tells that something changed.
    pub fn changed(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
    }
}
