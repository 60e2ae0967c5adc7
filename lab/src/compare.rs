//! What happened in a world, under all policies: who would have been signed out, and whether a theft
//! would have been noticed.
//!
//! Every message of the world is lived through again at its time, with what its jar would have
//! held; nobody does anything else because of what was answered, as people and scripts would.
//! Invariant: under [`Policy::Coatroom`] it comes to what came of the world itself.

mod keys;
mod life;
mod rerun;
mod serve;

use std::time::Duration;

use coatroom::clock::Timestamp;

use self::rerun::Rerun;
use super::{
    action::Party,
    policy::Policy,
    span::span,
    world::{START, World},
};

/// What came of it under one policy.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Which.
    pub policy: Policy,
    /// The sessions, in the order in which they began.
    pub sessions: Vec<Lived>,
    /// What came of the owner.
    pub owner: Fate,
    /// The number of sessions that were stolen.
    pub thefts: usize,
    /// What came of a theft, of the last where there were several.
    pub theft: Noticed,
    /// What the thief has in the end, if there was one.
    pub thief: Option<Standing>,
}

/// A session from its beginning to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lived {
    /// Who signed in.
    pub by: Party,
    /// When.
    pub began_at: Timestamp,
    /// When its refresh token was last exchanged for a new one.
    pub rotated_at: Timestamp,
    /// When a copy of its tokens was first taken.
    pub stolen_at: Option<Timestamp>,
    /// When two clients were first seen to keep in step.
    pub reported: Option<Moment>,
    /// The moment at which its owner's refresh token was first refused, the session being alive.
    pub refused: Option<Moment>,
    /// When and why it was ended; one that expires is not.
    pub end: Option<End>,
}

/// That a session was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Why.
    pub cause: Cause,
    /// When.
    pub at: Moment,
}

/// When something came of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time.
    pub at: Timestamp,
    /// The entry of the world's timeline, from 0.
    pub entry: usize,
    /// The message that was served.
    pub message: u32,
}

/// What came of the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// When they were first signed out though they did not ask for it and nobody had a copy of
    /// their tokens.
    pub accident: Option<Moment>,
    /// What they have in the end.
    pub standing: Standing,
}

/// What the tokens in a jar are worth, if its client refreshes once the access token is past its
/// time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The refresh would be answered.
    SignedIn,
    /// It would not, and nobody knows it yet: the session lives, or the access token is still good.
    Spent,
    /// Nothing.
    SignedOut(Cause),
}

/// Why somebody is signed out, or a session over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nobody signed in.
    NeverIn,
    /// Its owner asked for it: by signing out, or by signing in anew.
    Request,
    /// The thief did.
    RequestOfThief,
    /// It was past its time.
    Expiry,
    /// A spent token was presented, or two clients kept in step: somebody was taken for a thief.
    Rule,
    /// A spent token was presented and refused. Only its holder is out: the session goes on.
    Refusal,
}

/// What came of a theft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// There was none, and nothing was taken for one.
    NoneHappened,
    /// There was none, and the owner was taken for a thief.
    Falsely {
        /// When.
        at: Moment,
        /// How long after the last exchange.
        after: Duration,
    },
    /// The session was ended.
    Ended {
        /// When.
        at: Moment,
        /// How long after the theft.
        after: Duration,
    },
    /// The session lived on, but it was seen that two clients kept in step.
    Reported {
        /// When.
        at: Moment,
        /// How long after the theft.
        after: Duration,
    },
    /// It was not noticed.
    Never,
}

/// The same trace under each policy, in the order of [`Policy::ALL`].
pub fn compare(world: &World) -> Vec<Compared> {
    // There is a first node always, and it has what no setting changes.
    let Ok(auth) = world.auth() else { return Vec::new() };
    Policy::ALL.map(|policy| Rerun::new(world, auth.config(), policy).live()).into()
}

impl Compared {
    fn new(
        policy: Policy,
        sessions: Vec<Lived>,
        standing: Standing,
        thief: Option<Standing>,
    ) -> Self {
        // Who signs in as a thief is no victim.
        let owners = || sessions.iter().filter(|session| session.by != Party::Thief);
        let unstolen = || owners().filter(|session| session.stolen_at.is_none());
        let out = |session: &Lived| earlier(by_rule(session), session.refused);
        let accident = unstolen().filter_map(out).min_by_key(|at| at.entry);
        let stolen = owners().filter(|session| session.stolen_at.is_some());
        // What is under way is what somebody looks for, whatever came of a theft before.
        let newest = stolen.clone().max_by_key(|session| (session.stolen_at, session.began_at));
        let false_alarm = || {
            let alarms = unstolen().filter(|session| by_rule(session).is_some());
            alarms.min_by_key(|session| by_rule(session).map(|at| at.entry))
        };
        let theft = newest.or_else(false_alarm).map_or(Noticed::NoneHappened, noticed);
        let thefts = stolen.count();
        Self { policy, sessions, owner: Fate { accident, standing }, thefts, theft, thief }
    }

    /// What came of the owner, for a table. Times are counted from the beginning of the world.
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
                Cause::Expiry => "expired",
                Cause::Rule => "signed out with the thief",
                Cause::Refusal => "signed out alone: the session goes on",
            }
            .into(),
        }
    }

    /// What came of a theft, for a table. Times are counted from the theft, that of a false alarm
    /// from the exchange that left the token behind.
    pub fn theft_words(&self) -> String {
        match self.thefts {
            0 | 1 => self.last_theft_words(),
            thefts => format!("the last of {thefts}: {}", self.last_theft_words()),
        }
    }

    fn last_theft_words(&self) -> String {
        match self.theft {
            Noticed::NoneHappened => "none happened".into(),
            Noticed::Falsely { after, .. } => format!("{}, falsely", so_long_after(after)),
            Noticed::Ended { after, .. } => so_long_after(after),
            Noticed::Reported { after, .. } => format!("reported {}", so_long_after(after)),
            Noticed::Never => match self.thief {
                Some(Standing::SignedIn) => "never: the thief is in".into(),
                Some(Standing::SignedOut(_)) => "never: the thief is out".into(),
                _ => "never".into(),
            },
        }
    }
}

/// What came of the theft of one session.
fn noticed(session: &Lived) -> Noticed {
    match (session.stolen_at, session.reported, by_rule(session)) {
        (None, _, None) => Noticed::NoneHappened,
        (None, _, Some(at)) => Noticed::Falsely { at, after: at.at.since(session.rotated_at) },
        (Some(_), None, None) => Noticed::Never,
        (Some(stolen_at), None, Some(at)) => Noticed::Ended { at, after: at.at.since(stolen_at) },
        // Where both came of one message, the session ended.
        (Some(stolen_at), Some(at), ended) => {
            let after = at.at.since(stolen_at);
            if ended == Some(at) {
                Noticed::Ended { at, after }
            } else {
                Noticed::Reported { at, after }
            }
        }
    }
}

fn earlier(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    one.into_iter().chain(other).min_by_key(|at| at.entry)
}

/// When a session was ended by the policy.
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
