//! The page of a world, which all its visitors share: what is unfolded in it, what is told, and if it changed.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use coatroom::clock::Timestamp;

use super::{Hosted, Refused, locked};
use crate::{
    compare::{Compared, compare},
    forge::Forgery,
    goal::Goal,
    world::{ActError, World},
    worlds::{Fold, News, Pace},
};

/// A comparison, with the version and the time that it is of.
#[derive(Debug)]
pub(super) struct Comparison {
    of: (u64, Timestamp),
    compared: Vec<Compared>,
}

impl Hosted {
    /// Number of its changes.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The pace of its clock.
    pub fn pace(&self) -> Pace {
        if locked(&self.seen).runs_since.is_some() { Pace::Running } else { Pace::Stopped }
    }

    /// The last thing that happened.
    pub fn news(&self) -> News {
        locked(&self.seen).news
    }

    /// Returns true if anything changed since that version; if its clock runs, time alone may have changed it.
    pub async fn changed_since(self: &Arc<Self>, version: u64) -> bool {
        if self.pace() == Pace::Running {
            drop(self.enter().await);
        }
        self.version() != version
    }

    /// The thing that its visitors want to bring about, if there is one.
    pub fn goal(&self) -> Option<&'static Goal> {
        locked(&self.seen).goal
    }

    /// Gives it a goal.
    pub fn set_goal(&self, goal: &'static Goal) {
        locked(&self.seen).goal = Some(goal);
        self.changed();
    }

    /// The time until it may be drawn once more, after a drawing was refused.
    pub fn drawn_every(&self) -> Duration {
        locked(&self.seen).drawn.every()
    }

    /// Admits another drawing of it, or refuses it.
    ///
    /// # Errors
    /// [`Refused::TooFast`] if it was drawn too often just now.
    pub fn admit_drawing(&self) -> Result<(), Refused> {
        locked(&self.seen).drawn.take(1, self.clock.now()).ok_or(Refused::TooFast)
    }

    /// Returns true if a part of its page is there.
    pub fn is_unfolded(&self, fold: Fold) -> bool {
        locked(&self.seen).unfolded.contains(&fold)
    }

    /// Shows a part of its page.
    pub fn unfold(&self, fold: Fold) {
        if locked(&self.seen).unfolded.insert(fold) {
            self.changed();
        }
    }

    /// Folds a part of its page away.
    pub fn fold(&self, fold: Fold) {
        if locked(&self.seen).unfolded.remove(&fold) {
            self.changed();
        }
    }

    /// The trace of its world under each policy: lived through again only if anything changed since the last look.
    ///
    /// # Errors
    /// As those of [`compare`].
    pub async fn compared(&self, world: &World) -> Result<Vec<Compared>, ActError> {
        let of = (self.version(), world.now());
        let mut last = self.compared.lock().await;
        if let Some(last) = last.as_ref().filter(|last| last.of == of) {
            return Ok(last.compared.clone());
        }
        let compared = compare(world).await?;
        *last = Some(Comparison { of, compared: compared.clone() });
        Ok(compared)
    }

    /// The forgery of the owner's access token for its X-ray, if there is one.
    pub fn forgery(&self) -> Option<Forgery> {
        locked(&self.seen).forgery
    }

    /// Forges that from now on, or nothing.
    pub fn set_forgery(&self, forgery: Option<Forgery>) {
        locked(&self.seen).forgery = forgery;
        self.tell(News::Forged);
    }

    /// Tells what happened.
    pub(super) fn tell(&self, news: News) {
        locked(&self.seen).news = news;
        self.changed();
    }

    /// Tells that something changed.
    pub(super) fn changed(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
    }
}
