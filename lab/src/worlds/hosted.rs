//! One world of a server, and what its visitors do with it.

mod lesson;
mod page;

use std::{
    collections::BTreeSet,
    future::Future,
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use coatroom::clock::{Clock, Timestamp};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tracing::{Instrument as _, instrument::WithSubscriber as _};

use self::page::Comparison;
use super::{Fold, Limits, News, Pace, Refused, WorldId, bucket::Bucket, locked, turns::Turns};
use crate::{
    action::{Action, MAX_WAIT_MS},
    forge::Forgery,
    goal::Goal,
    lesson::Lesson,
    world::{ActError, World},
};

/// A world, for as long as no other task is in it.
type Entered = OwnedMutexGuard<World>;

/// A world, and what its visitors do with it.
#[derive(Debug)]
pub struct Hosted {
    id: WorldId,
    clock: Arc<dyn Clock>,
    world: Arc<AsyncMutex<World>>,
    lesson: AsyncMutex<Option<Lesson>>,
    compared: AsyncMutex<Option<Comparison>>,
    /// Number of changes, so that other visitors' pages can poll for them.
    version: AtomicU64,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    at: Timestamp,
    acted: Bucket,
    drawn: Bucket,
    unfolded: BTreeSet<Fold>,
    /// The time since which the world's clock runs with ours, if it does.
    runs_since: Option<Timestamp>,
    forgery: Option<Forgery>,
    goal: Option<&'static Goal>,
    news: News,
}

impl Hosted {
    pub(super) fn new(world: World, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        let now = clock.now();
        Self {
            id: WorldId::random(),
            clock,
            world: Arc::new(AsyncMutex::new(world)),
            lesson: AsyncMutex::new(None),
            compared: AsyncMutex::default(),
            version: AtomicU64::new(0),
            seen: Mutex::new(Seen {
                at: now,
                acted: Bucket::per_second(limits.rate, now),
                drawn: Bucket::full(limits.drawings_at_once, limits.drawn_every, now),
                unfolded: BTreeSet::new(),
                runs_since: None,
                forgery: None,
                goal: None,
                news: News::Nothing,
            }),
        }
    }

    /// Its id.
    pub const fn id(&self) -> WorldId {
        self.id
    }

    /// The time at which a visitor last looked at it.
    pub(super) fn seen_at(&self) -> Timestamp {
        locked(&self.seen).at
    }

    pub(super) fn touch(&self, now: Timestamp) {
        locked(&self.seen).at = now;
    }

    /// The world, for a look at it; its clock has caught up.
    ///
    /// # Errors
    /// [`Refused::Act`] if the engine failed in a way that it should not.
    pub async fn enter(self: &Arc<Self>) -> Result<Entered, Refused> {
        self.whole(async |_, world| Ok(world)).await
    }

    /// Does some things, one after the other, up to the first that is refused.
    ///
    /// # Errors
    /// [`Refused::TooFast`], and nothing happened; or [`Refused::Act`], and what came before it happened.
    pub async fn act(self: &Arc<Self>, actions: Vec<Action>) -> Result<(), Refused> {
        self.whole(async move |hosted, mut world| {
            // All of it or nothing: half of what a button does is of use to no visitor.
            hosted.admit(actions.len())?;
            for action in actions {
                world.act(action).await?;
                hosted.tell(News::Acted);
            }
            Ok(())
        })
        .await
    }

    /// Lets its clock run, or stops it.
    ///
    /// # Errors
    /// As [`enter`](Self::enter).
    pub async fn set_pace(self: &Arc<Self>, pace: Pace) -> Result<(), Refused> {
        self.whole(async move |hosted, _| {
            let now = hosted.clock.now();
            locked(&hosted.seen).runs_since = (pace == Pace::Running).then_some(now);
            hosted.tell(News::Paced);
            Ok(())
        })
        .await
    }

    /// Begins it anew: for [`Worlds::begin_anew`](super::Worlds::begin_anew), which counts it.
    pub(super) async fn begin_anew(self: &Arc<Self>) -> Result<(), Refused> {
        self.whole(async |hosted, mut world| {
            hosted.admit(1)?;
            *world = World::new(world.began()).await?;
            if let Some(lesson) = hosted.lesson.lock().await.as_mut() {
                *lesson = Lesson::new(lesson.scenario(), lesson.branch().slug);
            }
            hosted.tell(News::BegunAnew);
            Ok(())
        })
        .await
    }

    /// Does something in the world once its clock has caught up, in a background task: the client may hang up
    /// meanwhile, and half of an action is none that a trace could tell.
    async fn whole<T: Send + 'static, Done>(
        self: &Arc<Self>,
        work: impl FnOnce(Arc<Self>, Entered) -> Done + Send + 'static,
    ) -> Result<T, Refused>
    where
        Done: Future<Output = Result<T, Refused>> + Send,
    {
        let hosted = Arc::clone(self);
        let task = async move {
            let world = hosted.caught_up().await;
            work(hosted, world).await
        };
        // The task's log lines belong to the request that began it.
        let task = tokio::spawn(task.in_current_span().with_current_subscriber());
        task.await.map_err(|error| ActError::Engine(error.to_string()))?
    }

    async fn caught_up(&self) -> Entered {
        let mut world = Arc::clone(&self.world).lock_owned().await;
        let now = self.clock.now();
        let passed = {
            let mut seen = locked(&self.seen);
            let since = seen.runs_since.as_mut();
            since.map_or(Duration::ZERO, |since| now.since(std::mem::replace(since, now)))
        };
        if let ms @ 1.. = u32::try_from(passed.as_millis()).unwrap_or(u32::MAX) {
            let before = Turns::of(&world).await;
            match world.act(Action::Wait(ms.min(MAX_WAIT_MS))).await {
                Ok(()) => match Turns::of(&world).await {
                    after if after == before => {}
                    after if after.access == before.access => self.changed(),
                    _ => self.tell(News::Turned),
                },
                Err(full) => {
                    // Its time stands still; what is in it may still be looked at.
                    locked(&self.seen).runs_since = None;
                    self.tell(News::Full);
                    tracing::debug!(%full, "a world of the lab is full; its clock stops");
                }
            }
        }
        world
    }

    /// Admits so many actions now, or refuses them.
    fn admit(&self, actions: usize) -> Result<(), Refused> {
        let actions = u32::try_from(actions).unwrap_or(u32::MAX);
        locked(&self.seen).acted.take(actions, self.clock.now()).ok_or(Refused::TooFast)
    }
}
