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

    /// Runs the next stage of the lesson, if so many were run before: a button that is pressed twice, or by two
    /// visitors, runs one.
    ///
    /// # Errors
    /// [`Refused::TooFast`] or [`Refused::Act`].
    pub async fn next_stage(self: &Arc<Self>, after: usize) -> Result<(), Refused> {
        self.whole(async move |hosted, mut world| {
            hosted.admit(1)?;
            if let Some(lesson) = hosted.lesson.lock().await.as_mut()
                && lesson.shown().len() == after
            {
                let ran = lesson.next(&mut world).await;
                hosted.tell(News::Staged);
                ran?;
            }
            Ok(())
        })
        .await
    }

    /// Does what answers the lesson's quiz.
    ///
    /// # Errors
    /// As [`next_stage`](Self::next_stage).
    pub async fn check_quiz(self: &Arc<Self>) -> Result<(), Refused> {
        self.whole(async |hosted, mut world| {
            hosted.admit(1)?;
            if let Some(lesson) = hosted.lesson.lock().await.as_mut() {
                let ran = lesson.check(&mut world).await;
                hosted.tell(News::Checked);
                ran?;
            }
            Ok(())
        })
        .await
    }

    /// Notes an answer to the lesson's quiz.
    ///
    /// # Errors
    /// [`Refused::NoChoice`] if there is no such answer, or no lesson.
    pub async fn answer_quiz(&self, answer: usize) -> Result<(), Refused> {
        let mut lesson = self.lesson.lock().await;
        let answered = lesson.as_mut().and_then(|lesson| lesson.answer(answer));
        answered.ok_or(Refused::NoChoice)?;
        self.tell(News::Answered);
        Ok(())
    }
}
