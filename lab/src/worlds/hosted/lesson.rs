//! The lesson of a world, as its visitors go through it together.

use std::sync::Arc;

use super::{Hosted, Refused, locked};
use crate::{
    lesson::Lesson,
    worlds::{Fold, News},
};

impl Hosted {
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

    /// Goes on with the lesson, if it is at that step: a button that is pressed twice, or by two visitors, does one
    /// step. The choice is the length of time that its learner set, in minutes, where the step has a dial.
    ///
    /// # Errors
    /// [`Refused::TooFast`] or [`Refused::Act`].
    pub async fn go_on(
        self: &Arc<Self>,
        from: usize,
        guess: Option<usize>,
        choice: Option<u32>,
    ) -> Result<(), Refused> {
        self.whole(async move |hosted, mut world| {
            hosted.admit(1)?;
            if let Some(lesson) = hosted.lesson.lock().await.as_mut()
                && lesson.step() == from
            {
                if let Some(minutes) = choice {
                    lesson.choose(minutes);
                }
                let went = lesson.go_on(&mut world, guess).await;
                hosted.tell(News::Stepped);
                went?;
            }
            Ok(())
        })
        .await
    }

    /// Goes back by a step of the lesson: for [`Worlds::go_back`](crate::worlds::Worlds::go_back), which counts it.
    pub(in crate::worlds) async fn go_back(self: &Arc<Self>, from: usize) -> Result<(), Refused> {
        self.whole(async move |hosted, mut world| {
            hosted.admit(1)?;
            if let Some(lesson) = hosted.lesson.lock().await.as_mut()
                && lesson.step() == from
            {
                if let Some(before) = lesson.go_back().await? {
                    *world = before;
                }
                hosted.tell(News::WentBack);
            }
            Ok(())
        })
        .await
    }
}
