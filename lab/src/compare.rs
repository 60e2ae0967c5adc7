//! The course of a world under all policies: whether its owner would have been signed out, and whether a theft would
//! have been noticed.
//!
//! Each policy has a world of its own, on the real engine, in which every message is sent again at its time, with what
//! its jar would have held. Owner and thief do nothing else because of an answer, though people and scripts would.
//! Invariant: under [`Policy::Coatroom`] it comes to what came of the world itself.

mod rerun;

use std::time::Duration;

use coatroom::clock::Timestamp;

use self::rerun::Rerun;
use super::{
    action::Party,
    policy::Policy,
    span::span,
    world::{ActError, START, World},
};

/// The outcome under one policy.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The policy.
    pub policy: Policy,
    /// The sessions, in the order in which they began.
    pub sessions: Vec<Lived>,
    /// The fate of the owner.
    pub owner: Fate,
    /// The number of sessions that were stolen.
    pub thefts: usize,
    /// The outcome of a theft; of the last if there were several.
    pub theft: Noticed,
    /// The standing of the thief in the end, if there was one.
    pub thief: Option<Standing>,
}

/// A session from its beginning to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lived {
    /// The party that signed in.
    pub by: Party,
    /// The time of the sign-in.
    pub began_at: Timestamp,
    /// The time at which its refresh token was last exchanged for a new one.
    pub rotated_at: Timestamp,
    /// The time at which a copy of its tokens was first taken.
    pub stolen_at: Option<Timestamp>,
    /// The time at which two clients were first seen to keep in step.
    pub reported: Option<Timestamp>,
    /// The moment at which its owner's refresh token was first refused, the session being alive.
    pub refused: Option<Moment>,
    /// The time and the cause of its end by decision; a session that expires has none.
    pub end: Option<End>,
}

/// The end of a session by decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The cause.
    pub cause: Cause,
    /// The moment.
    pub at: Moment,
}

/// The moment at which something had an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time.
    pub at: Timestamp,
    /// The entry of the world's timeline, from 0.
    pub entry: usize,
    /// The message that was served; `None` if it was no message that had it.
    pub message: Option<u32>,
}

/// The fate of the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The moment at which they were first signed out without asking for it, of a session that the thief had no copy
    /// of.
    pub accident: Option<Moment>,
    /// Their standing in the end.
    pub standing: Standing,
}

/// The worth of the tokens in a jar, if its client refreshes once the access token is past its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The refresh would be answered.
    SignedIn,
    /// It would not, and the client does not know it yet: the session lives, or the access token is still good.
    Spent,
    /// The tokens are worth nothing.
    SignedOut(Cause),
}

/// The cause of a sign-out, or of the end of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// There was no sign-in.
    NeverIn,
    /// Its owner asked for it: by signing out, or by signing in anew.
    Request,
    /// The thief did.
    RequestOfThief,
    /// An operator ended it.
    Operator,
    /// It was past its time.
    Expiry,
    /// A spent token was presented, or two clients kept in step: the policy took a client for a thief.
    Rule,
    /// A spent token was presented and refused. Only its holder is out: the session goes on.
    Refusal,
}

/// The outcome of a theft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// There was none, and nothing was taken for one.
    NoneHappened,
    /// There was none, and the owner was taken for a thief, so long after the last exchange.
    Falsely(Duration),
    /// The session was ended, so long after the theft.
    Ended(Duration),
    /// The session lived on, but it was seen that two clients kept in step, so long after the theft.
    Reported(Duration),
    /// It was not noticed.
    Never,
}

/// The same trace under each policy, in the order of [`Policy::ALL`].
///
/// # Errors
/// [`ActError`] never, as each of its steps was done once before.
pub async fn compare(world: &World) -> Result<Vec<Compared>, ActError> {
    let mut all = Vec::new();
    for policy in Policy::ALL {
        all.push(under(world, policy).await?);
    }
    Ok(all)
}

/// The same trace under one policy.
///
/// # Errors
/// As those of [`compare`].
pub async fn under(world: &World, policy: Policy) -> Result<Compared, ActError> {
    let rerun = Rerun::new(world, policy).await?;
    let sessions = rerun.sessions().await;
    let owner = rerun.standing(Party::Tab1).await?;
    // The owner's refresh changes what the thief finds, so the thief's is another world's.
    let thief = match world.thief() {
        Some(_) => Some(Rerun::new(world, policy).await?.standing(Party::Thief).await?),
        None => None,
    };
    Ok(Compared::new(policy, sessions, owner, thief))
}

impl Compared {
    fn new(
        policy: Policy,
        sessions: Vec<Lived>,
        standing: Standing,
        thief: Option<Standing>,
    ) -> Self {
        // A session to which the thief signed in has no victim.
        let owners = || sessions.iter().filter(|session| session.by != Party::Thief);
        let unstolen = || owners().filter(|session| session.stolen_at.is_none());
        let out = |session: &Lived| earlier(by_rule(session), session.refused);
        let accident = unstolen().filter_map(out).min_by_key(|at| at.entry);
        let stolen = owners().filter(|session| session.stolen_at.is_some());
        // The newest theft is told, for it is the one under way that the learner looks for, whatever came of earlier
        // ones.
        let newest = stolen.clone().max_by_key(|session| (session.stolen_at, session.began_at));
        let false_alarm = || {
            let alarms = unstolen().filter(|session| by_rule(session).is_some());
            alarms.min_by_key(|session| by_rule(session).map(|at| at.entry))
        };
        let theft = newest.or_else(false_alarm).map_or(Noticed::NoneHappened, noticed);
        let thefts = stolen.count();
        Self { policy, sessions, owner: Fate { accident, standing }, thefts, theft, thief }
    }

    /// The fate of the owner, for a table. Times are counted from the beginning of the world.
    pub fn owner_words(&self) -> String {
        match (self.owner.accident, self.owner.standing) {
            (Some(at), Standing::SignedIn) => format!("signed out {}, in again", since_start(at)),
            (Some(at), _) => format!("signed out {}", since_start(at)),
            (None, Standing::SignedIn) => "signed in".into(),
            (None, Standing::Spent) => "out at the next refresh".into(),
            (None, Standing::SignedOut(cause)) => match cause {
                Cause::NeverIn => "not signed in",
                Cause::Request => "signed out on request",
                Cause::RequestOfThief => "signed out by the thief",
                Cause::Operator => "signed out by an operator",
                Cause::Expiry => "expired",
                Cause::Rule => "signed out with the thief",
                Cause::Refusal => "signed out alone: the session goes on",
            }
            .into(),
        }
    }

    /// The outcome of a theft, for a table. Times are counted from the theft, that of a false alarm from the last
    /// exchange.
    pub fn theft_words(&self) -> String {
        match self.thefts {
            0 | 1 => self.last_theft_words(),
            thefts => format!("the last of {thefts}: {}", self.last_theft_words()),
        }
    }

    fn last_theft_words(&self) -> String {
        match self.theft {
            Noticed::NoneHappened => "none happened".into(),
            Noticed::Falsely(after) => format!("{}, falsely", so_long_after(after)),
            Noticed::Ended(after) => so_long_after(after),
            Noticed::Reported(after) => format!("reported {}", so_long_after(after)),
            Noticed::Never => match self.thief {
                Some(Standing::SignedIn) => "never: the thief is in".into(),
                Some(Standing::SignedOut(_)) => "never: the thief is out".into(),
                _ => "never".into(),
            },
        }
    }
}

/// Returns the outcome of the theft of one session.
fn noticed(session: &Lived) -> Noticed {
    let ended = by_rule(session).map(|end| end.at);
    let Some(stolen_at) = session.stolen_at else {
        let falsely = |at: Timestamp| Noticed::Falsely(at.since(session.rotated_at));
        return ended.map_or(Noticed::NoneHappened, falsely);
    };
    match session.reported.into_iter().chain(ended).min() {
        None => Noticed::Never,
        // If both came at once, the session ended.
        Some(at) if ended == Some(at) => Noticed::Ended(at.since(stolen_at)),
        Some(at) => Noticed::Reported(at.since(stolen_at)),
    }
}

fn earlier(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    one.into_iter().chain(other).min_by_key(|at| at.entry)
}

/// Returns the moment at which the policy ended a session, if it did.
fn by_rule(session: &Lived) -> Option<Moment> {
    session.end.filter(|end| end.cause == Cause::Rule).map(|end| end.at)
}

fn since_start(moment: Moment) -> String {
    so_long_after(moment.at.since(START))
}

fn so_long_after(time: Duration) -> String {
    if time.is_zero() {
        return "at once".into();
    }
    format!("after {}", span(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)))
}
