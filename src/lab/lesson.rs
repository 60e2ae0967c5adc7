//! A scenario as it is gone through in a world: how far somebody is, and whether it showed what it must.
//!
//! What a stage must show is in the scenario; what it showed is in the world. Invariant: a stage is run whole or not at
//! all, and never twice.

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
    answered: Option<usize>,
    checked: Option<Shown>,
}

/// What a stage showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The outcome of each request that was served.
    pub outcomes: Vec<String>,
    /// Where the stage begins in the world's timeline.
    pub from: usize,
    /// Whether that is what it must show.
    pub verdict: Verdict,
}

/// Whether a stage showed what it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It did.
    AsTold,
    /// It did not: somebody did something else in between.
    Otherwise,
}

impl Lesson {
    /// The beginning of a scenario's branch; of its first where there is none of that name.
    pub fn new(scenario: &'static Scenario, branch: &str) -> Self {
        let branch = scenario.branch(branch).unwrap_or(&scenario.branches[0]);
        Self { scenario, branch, shown: Vec::new(), answered: None, checked: None }
    }

    /// Runs a branch from beginning to end in a world of its own, the quiz included where it follows.
    ///
    /// # Errors
    /// [`ActError`] where a world refuses what the scenario asks.
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

    /// Runs the next stage, if there is one.
    ///
    /// # Errors
    /// [`ActError`] where the world refuses.
    pub async fn next(&mut self, world: &mut World) -> Result<(), ActError> {
        if let Some(stage) = self.branch.stages.get(self.shown.len()) {
            let shown = run(world, stage.acts, stage.shows).await?;
            self.shown.push(shown);
        }
        Ok(())
    }

    /// Does what answers the quiz, once, after the last stage.
    ///
    /// # Errors
    /// [`ActError`] where the world refuses.
    pub async fn check(&mut self, world: &mut World) -> Result<(), ActError> {
        if let Some(quiz) = self.quiz()
            && !self.is_under_way()
            && self.checked.is_none()
        {
            self.checked = Some(run(world, quiz.acts, quiz.shows).await?);
        }
        Ok(())
    }

    /// Notes an answer to the quiz, if there is one of that number.
    pub fn answer(&mut self, answer: usize) {
        if answer < self.scenario.quiz.options.len() {
            self.answered = Some(answer);
        }
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

    /// What the stages showed, as far as they were run.
    pub fn shown(&self) -> &[Shown] {
        &self.shown
    }

    /// Whether there is a stage that was not run.
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

    /// What came of checking it.
    pub const fn checked(&self) -> Option<&Shown> {
        self.checked.as_ref()
    }
}

async fn run(world: &mut World, acts: &[&str], shows: &[&str]) -> Result<Shown, ActError> {
    let from = world.timeline().len();
    let actions: Result<Vec<Action>, InvalidAction> = acts.iter().map(|act| act.parse()).collect();
    for action in actions? {
        world.act(action).await?;
    }
    let outcomes = world.outcomes(from);
    let verdict = if outcomes == shows { Verdict::AsTold } else { Verdict::Otherwise };
    Ok(Shown { outcomes, from, verdict })
}
