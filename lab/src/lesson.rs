//! A scenario as a learner goes through it in a world: how far they are, and whether it showed what it must.
//!
//! The scenario says what a stage must show, and the world what it showed. A learner may do other things in between, so
//! the messages that a scenario numbers are the lesson's own, in their order. Invariant: a stage is begun if there is
//! room for all of it and not at all otherwise, and never twice; what the world refuses of it is left out.

use super::{
    action::{Action, InvalidAction},
    scenario::{Branch, Quiz, Scenario},
    setting::Setting,
    world::{ActError, World},
};

/// A way through a scenario.
#[derive(Clone, Debug)]
pub struct Lesson {
    scenario: &'static Scenario,
    branch: &'static Branch,
    shown: Vec<Shown>,
    /// The world's numbers of the lesson's messages; `None` for one that could not be sent.
    sent: Vec<Option<u32>>,
    answered: Option<usize>,
    checked: Option<Shown>,
}

/// The result of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The outcome of each request that was served.
    pub outcomes: Vec<String>,
    /// The place at which the stage begins in the world's timeline.
    pub from: usize,
    /// The verdict: whether that is what it must show.
    pub verdict: Verdict,
}

/// The verdict on a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It showed what it must.
    AsTold,
    /// It did not, or not all of it could be done: the learner did something else in between.
    Otherwise,
}

impl Lesson {
    /// Begins a scenario's branch; its first if there is none of that name.
    pub fn new(scenario: &'static Scenario, branch: &str) -> Self {
        let branch = scenario.branch(branch).unwrap_or(&scenario.branches[0]);
        Self {
            scenario,
            branch,
            shown: Vec::new(),
            sent: Vec::new(),
            answered: None,
            checked: None,
        }
    }

    /// Runs a branch from beginning to end in a world of its own, the quiz included if it follows.
    ///
    /// # Errors
    /// [`ActError`] if a world does not begin, or has no room.
    pub async fn run(scenario: &'static Scenario, branch: &str) -> Result<(World, Self), ActError> {
        let mut lesson = Self::new(scenario, branch);
        let mut world = World::new(lesson.setting()).await?;
        while lesson.is_under_way() {
            lesson.next(&mut world).await?;
        }
        if lesson.quiz().is_some() {
            lesson.check(&mut world).await?;
        }
        Ok((world, lesson))
    }

    /// Plays a lesson again in a world of its own, up to a stage that it has run: what a learner did in between is left
    /// out. The answer to the quiz is left out, too.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn replay(&self, stages: usize) -> Result<(World, Self), ActError> {
        let mut lesson = Self::new(self.scenario, self.branch.slug);
        let mut world = World::new(lesson.setting()).await?;
        for _ in 0..stages.min(self.shown.len()) {
            lesson.next(&mut world).await?;
        }
        Ok((world, lesson))
    }

    /// Runs the next stage, if there is one.
    ///
    /// # Errors
    /// [`ActError::Full`] if the world has no room for it; nothing happened then.
    pub async fn next(&mut self, world: &mut World) -> Result<(), ActError> {
        if let Some(stage) = self.branch.stages.get(self.shown.len()) {
            let shown = self.show(world, stage.acts, stage.shows).await?;
            self.shown.push(shown);
        }
        Ok(())
    }

    /// Does what answers the quiz, once, after the last stage.
    ///
    /// # Errors
    /// As those of [`next`](Self::next).
    pub async fn check(&mut self, world: &mut World) -> Result<(), ActError> {
        if let Some(quiz) = self.quiz()
            && !self.is_under_way()
            && self.checked.is_none()
        {
            self.checked = Some(self.show(world, quiz.acts, quiz.shows).await?);
        }
        Ok(())
    }

    /// Notes an answer to the quiz; `None` if there is none of that number, and nothing is noted.
    pub fn answer(&mut self, answer: usize) -> Option<()> {
        self.quiz()?.options.get(answer)?;
        self.answered = Some(answer);
        Some(())
    }

    /// The scenario.
    pub const fn scenario(&self) -> &'static Scenario {
        self.scenario
    }

    /// The branch of it.
    pub const fn branch(&self) -> &'static Branch {
        self.branch
    }

    /// The title of the scenario.
    pub fn title(&self) -> &'static str {
        self.scenario.title
    }

    /// The setting of its world.
    pub fn setting(&self) -> Setting {
        self.scenario.setting_of(self.branch)
    }

    /// The results of the stages, as far as they were run.
    pub fn shown(&self) -> &[Shown] {
        &self.shown
    }

    /// Returns true if there is a stage that was not run.
    pub fn is_under_way(&self) -> bool {
        self.shown.len() < self.branch.stages.len()
    }

    /// The quiz, if it goes on from this branch.
    pub fn quiz(&self) -> Option<&'static Quiz> {
        (self.branch.slug == self.scenario.branches[0].slug).then_some(&self.scenario.quiz)
    }

    /// The answer that was given to the quiz.
    pub const fn answered(&self) -> Option<usize> {
        self.answered
    }

    /// The result of checking the quiz.
    pub const fn checked(&self) -> Option<&Shown> {
        self.checked.as_ref()
    }

    /// Does what a stage or the quiz does, and compares what came of it.
    async fn show(
        &mut self,
        world: &mut World,
        acts: &[&str],
        shows: &[&str],
    ) -> Result<Shown, ActError> {
        let actions: Result<Vec<Action>, InvalidAction> =
            acts.iter().map(|act| act.parse()).collect();
        let actions = actions?;
        world.room_for(&actions)?;
        let from = world.timeline().len();
        let mut all = true;
        for action in actions {
            all &= self.act(world, action).await.is_ok();
        }
        let outcomes = world.outcomes(from);
        let as_told = all && outcomes == shows;
        let verdict = if as_told { Verdict::AsTold } else { Verdict::Otherwise };
        Ok(Shown { outcomes, from, verdict })
    }

    /// Does what a line of the scenario says, to the lesson's own messages.
    async fn act(&mut self, world: &mut World, action: Action) -> Result<(), ActError> {
        let before = world.messages().len();
        let done = match self.meant(action) {
            Ok(action) => world.act(action).await,
            Err(refused) => Err(refused),
        };
        let sent = world.messages()[before..].iter().map(|message| Some(message.number));
        self.sent.extend(sent);
        let sends = matches!(
            action,
            Action::Ask(_) | Action::Send(_) | Action::AskInVain(_) | Action::Double(_)
        );
        if done.is_err() && sends {
            // Those after it keep the numbers that the scenario has for them.
            self.sent.push(None);
        }
        done
    }

    /// The action with the world's number of the message that it is about.
    fn meant(&self, action: Action) -> Result<Action, ActError> {
        let own = |number: u32| {
            let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
            let sent = index.and_then(|index| *self.sent.get(index)?);
            sent.ok_or(ActError::NotUnderWay(number))
        };
        Ok(match action {
            Action::Deliver(number) => Action::Deliver(own(number)?),
            Action::Lose(number) => Action::Lose(own(number)?),
            Action::Double(number) => Action::Double(own(number)?),
            other => other,
        })
    }
}
