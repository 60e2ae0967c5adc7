//! The things that a form of the lab can ask for, parsed whole: a value that is none is refused before anything is done.

use coatroom_lab::{
    action::Action,
    forge::Forgery,
    goal::Goal,
    lesson::Lesson,
    scenario,
    trial::Trial,
    worlds::{Fold, Pace, Refused},
};

use super::form::Form;

/// The thing that a form asks for in a world.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// The panels, if the world is no more of that version.
    Look(u64),
    /// A change of the world, or of what all its visitors see.
    Do(Deed),
}

/// A change that a form asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// A step of the lesson, from that one, with the number of the visitor's guess, and the minutes that they chose.
    GoOn(usize, Option<usize>, Option<u32>),
    /// A step back, from that one.
    Back(usize),
    /// The world as it was in the beginning.
    Anew,
    /// Another pace of the clock.
    Pace(Pace),
    /// A part of the page. The form names the state that is wanted, and toggles nothing: two visitors who press at once
    /// want the same.
    Unfold(Fold),
    /// The page without a part of it.
    Fold(Fold),
    /// The X-ray of that forgery, or of the token as it is.
    Forge(Option<Forgery>),
    /// These actions.
    Act(Vec<Action>),
}

impl Wish {
    /// The fields that ask for something, the first one that is there before the others.
    const FIELDS: [&str; 6] = ["since", "lesson", "pace", "show", "hide", "forge"];

    /// Parses a form that is posted to a world.
    ///
    /// # Errors
    /// [`Refused::NoChoice`] for a value that its field cannot have, [`Refused::Act`] for a line that is no action,
    /// [`Refused::TooMuch`].
    pub(super) fn of(form: &Form) -> Result<Self, Refused> {
        let Some((name, value)) =
            Self::FIELDS.into_iter().find_map(|name| Some((name, form.get(name)?)))
        else {
            return Ok(Self::Do(Deed::Act(form.actions()?)));
        };
        let wish = match (name, value) {
            ("since", version) => version.parse().ok().map(Self::Look),
            ("lesson", "next" | "back") => Deed::step(value, form).map(Self::Do),
            _ => Deed::parse(name, value).map(Self::Do),
        };
        wish.ok_or(Refused::NoChoice)
    }
}

impl Deed {
    /// Parses a step of the lesson: the one that its page was at, and the guess and the choice, if there is one.
    fn step(value: &str, form: &Form) -> Option<Self> {
        let from = form.get("step")?.parse().ok()?;
        if value == "back" {
            return Some(Self::Back(from));
        }
        let guess = form.get("guess").map(str::parse).transpose().ok()?;
        let choice = form.get("choice").map(str::parse).transpose().ok()?;
        Some(Self::GoOn(from, guess, choice))
    }

    fn parse(name: &str, value: &str) -> Option<Self> {
        match (name, value) {
            ("lesson", "anew") => Some(Self::Anew),
            ("pace", "run") => Some(Self::Pace(Pace::Running)),
            ("pace", "stop") => Some(Self::Pace(Pace::Stopped)),
            ("show", fold) => Fold::parse(fold).map(Self::Unfold),
            ("hide", fold) => Fold::parse(fold).map(Self::Fold),
            ("forge", "none") => Some(Self::Forge(None)),
            ("forge", slug) => Forgery::parse(slug).map(|forgery| Self::Forge(Some(forgery))),
            _ => None,
        }
    }
}

/// The world that a form begins.
#[derive(Debug)]
pub(super) enum Beginning<'f> {
    /// One in which something is tried for the page that it was tried on.
    Trial(Trial),
    /// One for a lesson.
    Lesson(Box<Lesson>),
    /// One in which that text happened, if it is a trace.
    Trace(&'f str),
    /// One in which something is to be brought about.
    Goal(&'static Goal),
    /// One in which nothing happened.
    Empty,
}

impl<'f> Beginning<'f> {
    /// Parses a form that begins a world.
    ///
    /// # Errors
    /// [`Refused::NoChoice`] for a trial, a scenario, a branch or a goal that there is not.
    pub(super) fn of(form: &'f Form) -> Result<Self, Refused> {
        if let Some(slug) = form.get("trial") {
            return Trial::parse(slug).map(Self::Trial).ok_or(Refused::NoChoice);
        }
        if let Some(slug) = form.get("scenario") {
            let lesson = lesson(slug, form.get("branch")).ok_or(Refused::NoChoice)?;
            return Ok(Self::Lesson(Box::new(lesson)));
        }
        if let Some(slug) = form.get("goal") {
            return Goal::find(slug).map(Self::Goal).ok_or(Refused::NoChoice);
        }
        Ok(form.get("trace").map_or(Self::Empty, Self::Trace))
    }
}

/// Begins the lesson of a branch of a scenario, of its first if no branch is named.
fn lesson(slug: &str, branch: Option<&str>) -> Option<Lesson> {
    let scenario = scenario::find(slug)?;
    let branch = match branch {
        Some(slug) => scenario.branch(slug)?,
        None => scenario.branches.first()?,
    };
    Some(Lesson::new(scenario, branch.slug))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_asks_for_one_thing_in_a_world() {
        let wish = |form: &str| Wish::of(&Form::parse(form.as_bytes())).expect("a wish");
        assert_eq!(wish("since=7&lesson=next"), Wish::Look(7));
        for (form, deed) in [
            ("lesson=next&step=0", Deed::GoOn(0, None, None)),
            ("guess=2&step=4&lesson=next", Deed::GoOn(4, Some(2), None)),
            ("choice=15&step=4&lesson=next", Deed::GoOn(4, None, Some(15))),
            ("step=3&lesson=back", Deed::Back(3)),
            ("lesson=anew", Deed::Anew),
            ("pace=run", Deed::Pace(Pace::Running)),
            ("pace=stop", Deed::Pace(Pace::Stopped)),
            ("show=xray", Deed::Unfold(Fold::XRay)),
            ("hide=xray", Deed::Fold(Fold::XRay)),
            ("forge=none", Deed::Forge(None)),
            ("forge=raise-role", Deed::Forge(Some(Forgery::RaiseRole))),
            ("do=steal", Deed::Act(vec![Action::Steal])),
            ("tab=2&lesson=", Deed::Act(Vec::new())),
        ] {
            assert_eq!(wish(form), Wish::Do(deed), "{form}");
        }
    }

    #[test]
    fn a_value_that_is_none_is_refused() {
        for form in [
            "since=soon",
            "since=-1",
            "lesson=last",
            "lesson=next",
            "lesson=back&step=-1",
            "lesson=2",
            "lesson=next&step=0&guess=x",
            "lesson=next&step=0&choice=-1",
            "pace=fast",
            "show=all",
            "hide=cookies",
            "forge=gold",
            "forge=gold&do=steal",
        ] {
            let refused = Wish::of(&Form::parse(form.as_bytes()));
            assert!(matches!(refused, Err(Refused::NoChoice)), "{form}");
        }
        for form in ["trial=luck", "scenario=none", "scenario=thieves&branch=none", "goal=gold"] {
            let form = Form::parse(form.as_bytes());
            assert!(matches!(Beginning::of(&form), Err(Refused::NoChoice)), "{form:?}");
        }
    }
}
