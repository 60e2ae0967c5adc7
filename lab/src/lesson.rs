//! A scenario as a learner goes through it in a world: how far they are, and whether it showed what it must.
//!
//! The scenario says what a stage must show, and the world what it showed. A learner may do other things in between, so
//! the messages that a scenario numbers are the lesson's own, in their order. Invariant: a deed is begun if there is
//! room for all that its stage has left to do, and not at all otherwise, and never twice; what the world refuses of it
//! is left out.

use super::{
    action::{Action, InvalidAction},
    scenario::{Branch, Deed, Dial, Scenario, Stage, Truth},
    setting::Setting,
    world::{ActError, World},
};

/// A way through a scenario.
#[derive(Clone, Debug)]
pub struct Lesson {
    scenario: &'static Scenario,
    branch: &'static Branch,
    /// The index of the stage that its learner is at.
    stage: usize,
    /// Number of deeds of it that are done.
    done: usize,
    /// The places in the world's timeline at which the stage began, and its last deed.
    from: (usize, usize),
    /// True if all that the deeds say could be done.
    whole: bool,
    shown: Vec<Shown>,
    /// The number of the guess for each stage, as far as there is one.
    guesses: Vec<Option<usize>>,
    /// The length of time that its learner chose, in minutes, or that the dial stands at; 0 without one.
    minutes: u32,
    /// The world's numbers of the lesson's messages; `None` for one that could not be sent.
    sent: Vec<Option<u32>>,
}

/// A place in a lesson.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// The learner reads of a stage, predicts, and does its deeds, of which there are some left.
    Before(&'static Stage),
    /// The stage's deeds are done, and there is something to look at.
    After(&'static Stage),
    /// All stages are done.
    End,
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
            stage: 0,
            done: 0,
            from: (0, 0),
            whole: true,
            shown: Vec::new(),
            guesses: vec![None; branch.stages.len()],
            minutes: branch.dial().map_or(0, |dial| dial.stands_at),
            sent: Vec::new(),
        }
    }

    /// Runs a branch from beginning to end in a world of its own.
    ///
    /// # Errors
    /// [`ActError`] if a world does not begin, or has no room.
    pub async fn run(scenario: &'static Scenario, branch: &str) -> Result<(World, Self), ActError> {
        let mut lesson = Self::new(scenario, branch);
        let mut world = World::new(lesson.setting()).await?;
        while lesson.is_under_way() {
            lesson.go_on(&mut world, None).await?;
        }
        Ok((world, lesson))
    }

    /// Chooses the length of time of its branch, in minutes, until a deed was done with it. One that may not be chosen
    /// changes nothing.
    pub fn choose(&mut self, minutes: u32) {
        let next = self.deeds().1.first().and_then(|deed| deed.dial);
        if next.is_some_and(|dial| dial.takes(minutes)) {
            self.minutes = minutes;
        }
    }

    /// The dial of its branch, with the length of time that it stands at, in minutes.
    pub fn dial(&self) -> Option<(Dial, u32)> {
        self.branch.dial().map(|dial| (dial, self.minutes))
    }

    /// Goes on by one step: does the stage's next deed, or turns to the next stage. The guess is noted with its first.
    ///
    /// # Errors
    /// [`ActError::Full`] if the world has no room for what the stage has left to do; nothing happened then.
    pub async fn go_on(&mut self, world: &mut World, guess: Option<usize>) -> Result<(), ActError> {
        match self.place() {
            Place::Before(stage) => self.next_deed(world, stage, guess).await?,
            Place::After(_) => (self.stage, self.done) = (self.stage + 1, 0),
            Place::End => {}
        }
        Ok(())
    }

    /// Goes back by one step. A deed is taken back by playing the lesson again up to it, in a world that the caller
    /// puts in the place of its own; the world that is returned. The learner's guesses stay.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn go_back(&mut self) -> Result<Option<World>, ActError> {
        let Some(to) = self.step().checked_sub(1) else { return Ok(None) };
        if self.done == 0 {
            self.stage -= 1;
            self.done = self.branch.stages[self.stage].deeds.len();
            return Ok(None);
        }
        let mut again = Self::new(self.scenario, self.branch.slug);
        again.minutes = self.minutes;
        let mut world = World::new(again.setting()).await?;
        while again.step() < to {
            again.go_on(&mut world, None).await?;
        }
        again.guesses.clone_from(&self.guesses);
        *self = again;
        Ok(Some(world))
    }

    /// The place in it.
    pub fn place(&self) -> Place {
        match self.branch.stages.get(self.stage) {
            None => Place::End,
            Some(stage) if self.done < stage.deeds.len() => Place::Before(stage),
            Some(stage) => Place::After(stage),
        }
    }

    /// The place as a number, which grows with each step: a form says with it where its page was.
    pub fn step(&self) -> usize {
        let before = &self.branch.stages[..self.stage];
        before.iter().map(|stage| stage.deeds.len() + 1).sum::<usize>() + self.done
    }

    /// The deeds of the stage that are done, and those that are left, in order.
    pub fn deeds(&self) -> (&'static [Deed], &'static [Deed]) {
        let deeds = self.branch.stages.get(self.stage).map_or(&[][..], |stage| stage.deeds);
        deeds.split_at(self.done)
    }

    /// The place in the world's timeline since which a page marks what is new: that of the last deed, or that of the
    /// stage once all its deeds are done; `None` if there is nothing to mark.
    pub fn new_since(&self) -> Option<usize> {
        match self.place() {
            Place::Before(_) => (self.done > 0).then_some(self.from.1),
            Place::After(_) => Some(self.from.0),
            Place::End => None,
        }
    }

    /// The number of the stage that its learner is at, from 1; of the last one at the end.
    pub fn number(&self) -> usize {
        (self.stage + 1).min(self.branch.stages.len())
    }

    /// The guess for the stage of that number, from 1.
    pub fn guess(&self, number: usize) -> Option<usize> {
        self.guesses.get(number.checked_sub(1)?).copied().flatten()
    }

    /// The number of predictions that were made, and of those that came true.
    pub fn predicted(&self) -> (usize, usize) {
        let stages = self.branch.stages.iter().zip(&self.guesses).take(self.shown.len());
        let made = stages.filter_map(|(stage, guess)| stage.guess((*guess)?));
        made.fold((0, 0), |(made, right), guess| {
            (made + 1, right + usize::from(guess.truth == Truth::Right))
        })
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

    /// Returns true until the end.
    pub fn is_under_way(&self) -> bool {
        !matches!(self.place(), Place::End)
    }

    /// Does the next deed of a stage. After its last, compares what came of them all.
    async fn next_deed(
        &mut self,
        world: &mut World,
        stage: &'static Stage,
        guess: Option<usize>,
    ) -> Result<(), ActError> {
        let (_, left) = self.deeds();
        let left: Vec<Vec<Action>> =
            left.iter().map(|deed| self.actions(deed)).collect::<Result<_, _>>()?;
        world.room_for(&left.concat())?;
        let now = world.timeline().len();
        self.from.1 = now;
        if self.done == 0 {
            self.from.0 = now;
            self.whole = true;
            self.guesses[self.stage] = guess.filter(|guess| stage.guess(*guess).is_some());
        }
        for action in left.into_iter().next().unwrap_or_default() {
            self.whole &= self.act(world, action).await.is_ok();
        }
        self.done += 1;
        if self.done == stage.deeds.len() {
            let from = self.from.0;
            let outcomes = world.outcomes(from);
            let as_told = self.whole && outcomes == stage.shows;
            let verdict = if as_told { Verdict::AsTold } else { Verdict::Otherwise };
            self.shown.push(Shown { outcomes, from, verdict });
        }
        Ok(())
    }

    /// Reads the actions of a deed.
    fn actions(&self, deed: &Deed) -> Result<Vec<Action>, InvalidAction> {
        deed.lines(self.minutes).map(|act| act.parse()).collect()
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
