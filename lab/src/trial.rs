//! Three short stories for a front page: each is caused by one press, in a world, and told in one line.
//!
//! The line says what came of the world, and of its trace under the other policies. Invariant: it is told only of a
//! world in which the trial happened and nothing else, so nothing is told that was not so.

use tokio::sync::OnceCell;

use super::{
    action::{Action, InvalidAction},
    compare::{Compared, Noticed, Standing, compare},
    policy::Policy,
    setting::Setting,
    trace::Trace,
    world::{ActError, World},
};

/// Something to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// The exchange is done, and its answer never arrives.
    LostAnswer,
    /// Five requests with one ticket at once.
    FiveTabs,
    /// Another browser has a copy of the jar.
    CopiedCookies,
}

/// An exchange as it is every day: what stands on the page before anything was tried.
const EVERY_DAY: &[&str] = &["tab1 call", "wait 61s", "tab1 refresh", "tab1 call"];

impl Trial {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::LostAnswer, Self::FiveTabs, Self::CopiedCookies];

    /// Its name in forms.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::LostAnswer => "lost-answer",
            Self::FiveTabs => "five-tabs",
            Self::CopiedCookies => "copied-cookies",
        }
    }

    /// The one of that name.
    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trial| trial.slug() == slug)
    }

    /// The words on its button.
    pub const fn title(self) -> &'static str {
        match self {
            Self::LostAnswer => "Lose the answer",
            Self::FiveTabs => "Five tabs at once",
            Self::CopiedCookies => "Copy the cookies",
        }
    }

    const fn lines(self) -> &'static [&'static str] {
        match self {
            Self::LostAnswer => {
                &["tab1 call", "wait 61s", "tab1 loses refresh", "wait 1h", "tab1 use"]
            }
            Self::FiveTabs => &[
                "tab1 call",
                "wait 61s",
                "tab1 sends refresh",
                "tab2 sends refresh",
                "tab3 sends refresh",
                "tab4 sends refresh",
                "tab1 sends reload",
                "deliver 2",
                "deliver 3",
                "deliver 4",
                "deliver 5",
                "deliver 6",
                "deliver 6",
                "deliver 5",
                "deliver 4",
                "deliver 3",
                "deliver 2",
                "wait 61s",
                "tab2 use",
            ],
            Self::CopiedCookies => &[
                "tab1 call",
                "steal",
                "wait 61s",
                "tab1 refresh",
                "tab1 call",
                "wait 6s",
                "thief refresh",
                "tab1 call",
            ],
        }
    }

    /// Its actions, as a trace.
    ///
    /// # Errors
    /// [`ActError::Invalid`] never: its lines are constant, and a test reads them.
    pub fn trace(self) -> Result<Trace, ActError> {
        trace(self.lines())
    }

    /// The line that is told of it: what came of it under this rule, and under the others. Nothing of a world in which
    /// anything else happened, for there it need not be true.
    ///
    /// # Errors
    /// As those of [`compare`].
    pub async fn line(self, world: &World) -> Result<Option<String>, ActError> {
        // Of one trace comes one line, in every world: eight worlds are played for it once.
        static LINES: [OnceCell<String>; 3] = [const { OnceCell::const_new() }; 3];
        if self.trace().ok() != Some(world.trace()) {
            return Ok(None);
        }
        let line = LINES[self as usize].get_or_try_init(|| self.compared(world)).await?;
        Ok(Some(line.clone()))
    }

    async fn compared(self, world: &World) -> Result<String, ActError> {
        let compared = compare(world).await?;
        let others: Vec<&Compared> =
            compared.iter().filter(|each| each.policy != Policy::Coatroom).collect();
        Ok(match self {
            Self::LostAnswer => honest(
                "An hour later the old ticket fetched the same answer again, and you are still signed in",
                &others,
            ),
            Self::FiveTabs => honest(
                "One exchange, and the same answer for all five, so you are still signed in",
                &others,
            ),
            Self::CopiedCookies => stolen(&others),
        })
    }
}

/// A world in which one exchange went as it goes every day.
///
/// # Errors
/// As those of [`World::play`].
pub async fn every_day() -> Result<World, ActError> {
    World::play(&trace(EVERY_DAY)?).await
}

fn trace(lines: &[&str]) -> Result<Trace, ActError> {
    let actions: Result<Vec<Action>, InvalidAction> =
        lines.iter().map(|line| line.parse()).collect();
    Trace::new(Setting::DEFAULT, actions?).map_err(|error| ActError::Engine(error.to_string()))
}

/// Returns true if the owner was signed out.
fn out(compared: &Compared) -> bool {
    compared.owner.accident.is_some() || compared.owner.standing != Standing::SignedIn
}

/// Returns true if a theft ended the session.
fn ended(compared: &Compared) -> bool {
    matches!(compared.theft, Noticed::Ended { .. })
}

fn honest(here: &str, others: &[&Compared]) -> String {
    let (gone, kept) = parted(others, out);
    format!(
        "{here}. Of {} other rules, {} would have signed you out ({}); {} would not ({}).",
        number(others.len()),
        number(gone.len()),
        gone.join(", "),
        number(kept.len()),
        kept.join(", "),
    )
}

fn stolen(others: &[&Compared]) -> String {
    let (ends, unseen) = parted(others, ended);
    let inside = |each: &Compared| each.thief == Some(Standing::SignedIn);
    let (inside, _) = parted(others, inside);
    format!(
        "The copy was used after its ticket had been left: the session ended for both of you, and only you have the password. Of {} other rules, {} end it, too ({}); {} notice nothing ({}), and under {} of them the thief is still in ({}).",
        number(others.len()),
        number(ends.len()),
        ends.join(", "),
        number(unseen.len()),
        unseen.join(", "),
        number(inside.len()),
        inside.join(", "),
    )
}

/// The short names of those for which it is so, and of the others.
fn parted(
    all: &[&Compared],
    is: impl Fn(&Compared) -> bool,
) -> (Vec<&'static str>, Vec<&'static str>) {
    let (matching, others): (Vec<&Compared>, Vec<&Compared>) =
        all.iter().copied().partition(|each| is(each));
    let names = |of: Vec<&Compared>| of.into_iter().map(|each| each.policy.short()).collect();
    (names(matching), names(others))
}

fn number(count: usize) -> String {
    const WORDS: [&str; 9] =
        ["none", "one", "two", "three", "four", "five", "six", "seven", "eight"];
    WORDS.get(count).map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn told(trial: Trial) -> (World, String) {
        let world = World::play(&trial.trace().expect("a trace")).await.expect("it is played");
        let line = trial.line(&world).await.expect("compared").expect("its own world");
        (world, line)
    }

    #[tokio::test]
    async fn each_trial_is_told_in_one_line_of_what_came_of_it() {
        for (trial, expected) in [
            (
                Trial::LostAnswer,
                "An hour later the old ticket fetched the same answer again, and you are still \
                 signed in. Of seven other rules, five would have signed you out (strict, a new \
                 token for each, access only, branches, a cache); two would not (until used, one \
                 behind).",
            ),
            (
                Trial::FiveTabs,
                "One exchange, and the same answer for all five, so you are still signed in. Of \
                 seven other rules, three would have signed you out (strict, a new token for each, \
                 until used); four would not (access only, branches, a cache, one behind).",
            ),
            (
                Trial::CopiedCookies,
                "The copy was used after its ticket had been left: the session ended for both of \
                 you, and only you have the password. Of seven other rules, five end it, too \
                 (strict, a new token for each, access only, branches, a cache); two notice nothing \
                 (until used, one behind), and under one of them the thief is still in (one behind).",
            ),
        ] {
            let (world, line) = told(trial).await;
            assert_eq!(line, expected);
            assert_eq!(Trial::parse(trial.slug()), Some(trial));
            // The words on this rule say what came of it.
            let compared = compare(&world).await.expect("compared");
            let ours = compared.iter().find(|each| each.policy == Policy::Coatroom).expect("ours");
            let is_theft = trial == Trial::CopiedCookies;
            assert_eq!((ended(ours), out(ours)), (is_theft, is_theft));
        }
    }

    #[tokio::test]
    async fn of_a_world_in_which_anything_else_happened_nothing_is_told() {
        for trial in Trial::ALL {
            let (mut world, _) = told(trial).await;
            for other in Trial::ALL {
                let line = other.line(&world).await.expect("compared");
                assert_eq!(line.is_some(), other == trial, "{other:?} of {trial:?}");
            }
            world.act("wait 1s".parse().expect("an action")).await.expect("it is done");
            let line = trial.line(&world).await.expect("compared");
            assert_eq!(line, None, "{trial:?}, and gone on in");
        }
        let world = every_day().await.expect("it is played");
        for trial in Trial::ALL {
            assert_eq!(trial.line(&world).await.expect("compared"), None);
        }
    }

    #[tokio::test]
    async fn every_request_of_a_trial_is_answered_as_it_is_told() {
        let (world, _) = told(Trial::CopiedCookies).await;
        let outcomes = world.outcomes(0);
        assert!(outcomes.iter().any(|line| line.contains("row 9 Reuse(recent)")), "{outcomes:?}");
        let (world, _) = told(Trial::LostAnswer).await;
        assert!(world.outcomes(0).iter().any(|line| line.contains("row 7")));
        let world = every_day().await.expect("it is played");
        assert!(world.outcomes(0).iter().all(|line| line.contains(": 200")));
    }
}
