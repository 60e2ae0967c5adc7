//! Goals: something to bring about in a world, checked on the world itself, with a par.
//!
//! Nothing is acted: a goal is reached if the world says so, however a learner came there. Each has a way, so that its par
//! is a number of moves which a test has made.

mod interview;

use coatroom::{
    Session,
    session::{Decision, EndReason},
    store::Event,
};

pub use self::interview::{INTERVIEW, Question};
use super::{
    action::{Action, Ask, Party, Request},
    jar::Jar,
    message::Answer,
    setting::Setting,
    world::{EntryKind, World},
};

/// Something to bring about.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// Its name in addresses.
    pub slug: &'static str,
    /// The thing to bring about, and what may not be done.
    pub asks: &'static str,
    /// The world that it begins in.
    pub setting: Setting,
    /// A way there: an [`Action`] each. Its length is the par.
    pub way: &'static [&'static str],
    /// The reason why it goes so, and no shorter; told when it is reached.
    pub because: &'static str,
    reached: fn(&Seen<'_>) -> bool,
}

/// The evidence that a goal is checked on.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The world.
    pub world: &'a World,
    /// Its sessions, as [`World::sessions`] says them.
    pub sessions: &'a [(Session, Vec<Event>)],
}

/// All goals, the easiest first.
pub const GOALS: [Goal; 4] = [
    Goal {
        slug: "rob-in-silence",
        asks: "Let the thief hold a newer refresh token than the owner, while the session goes on.",
        setting: Setting::DEFAULT,
        way: &["tab1 call", "steal", "wait 61s", "thief refresh"],
        because: "The server sees one client at work, and gives it the next ticket. Only when the \
                  owner comes with the old one, after the grace, are there two.",
        reached: |seen| {
            let held = |jar: &Jar| {
                let shown = jar.shown(seen.world.now());
                shown.iter().filter_map(|cookie| cookie.generation).max()
            };
            let thief = seen.world.thief().and_then(held);
            thief > held(seen.world.owner()) && !seen.is_over()
        },
    },
    Goal {
        slug: "outlive-the-end",
        asks: "Have a call answered with a token whose session was ended before.",
        setting: Setting::DEFAULT,
        way: &["set verification stateless", "steal", "tab1 sign-out", "thief call"],
        because: "A node that looks at the signature alone cannot know. With the list in memory, or \
                  the session's row, the same call is refused.",
        reached: |seen| {
            let mut ended = false;
            seen.served().any(|(from, ask, answer)| {
                ended |= ask == Ask::SignOut && answer.status == 200;
                ended && from == Party::Thief && ask == Ask::Call && answer.status == 200
            })
        },
    },
    Goal {
        slug: "late-and-forgiven",
        asks: "Have a spent ticket answered after its successor was seen in use: row 8.",
        setting: Setting::DEFAULT,
        way: &[
            "tab1 call",
            "wait 61s",
            "tab1 sends refresh",
            "double 2",
            "deliver 2",
            "deliver 2",
            "tab1 call",
            "deliver 3",
        ],
        because: "The copy left before the answer came. For the five seconds of the grace a server \
                  forgives what may still be a slow request of the same browser.",
        reached: |seen| {
            let decided = |decision: &Decision| decision.row() == 8;
            seen.served().any(|(_, _, answer)| answer.decision.as_ref().is_some_and(decided))
        },
    },
    Goal {
        slug: "out-by-the-network",
        asks: "Sign the owner out without a copy of any token and without a sign-out: you hold \
               nothing but the network and the clock. In five moves? Find out why that cannot be.",
        setting: Setting::DEFAULT,
        way: &[
            "tab1 call",
            "wait 11s",
            "tab1 sends refresh",
            "double 2",
            "deliver 2",
            "deliver 2",
            "tab1 call",
            "wait 6s",
            "deliver 3",
        ],
        because: "To end a session, a spent ticket has to be shown late. To spend one takes its \
                  proof, an exchange and the delivery of that; to be late, the next proof and more \
                  than the grace. Five moves are too few for that, and a network behind TLS can be \
                  late, and cannot copy.",
        reached: |seen| {
            let helped = seen.world.timeline().iter().any(|entry| {
                let number = match entry.kind {
                    EntryKind::Done(action) => {
                        return matches!(action, Action::Steal | Action::Set(_));
                    }
                    EntryKind::Sent(number) => number,
                    _ => return false,
                };
                let asked = seen.world.message(number).map(|message| message.request.ask);
                matches!(
                    asked,
                    Some(Ask::SignOut | Ask::SignOutEverywhere | Ask::Post | Ask::SignIn)
                )
            });
            let reuse = |(session, _): &(Session, _)| {
                session.end_reason(seen.world.now()) == Some(EndReason::Reuse)
            };
            !helped && seen.sessions.iter().any(reuse)
        },
    },
];

impl Goal {
    /// All goals: those of the lab, then those of the interview.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        GOALS.iter().chain(INTERVIEW.iter().map(|question| &question.goal))
    }

    /// The goal of that slug.
    pub fn find(slug: &str) -> Option<&'static Self> {
        Self::all().find(|goal| goal.slug == slug)
    }

    /// The goal after it, in the list that it is in; `None` after the last.
    pub fn next(&self) -> Option<&'static Self> {
        let after = |mut goals: Box<dyn Iterator<Item = &'static Self>>| {
            goals.find(|goal| goal.slug == self.slug).and_then(|_| goals.next())
        };
        let questions = INTERVIEW.iter().map(|question| &question.goal);
        after(Box::new(GOALS.iter())).or_else(|| after(Box::new(questions)))
    }

    /// Returns true if a world is where the goal is reached, or was on the way.
    pub fn is_reached(&self, seen: &Seen<'_>) -> bool {
        (self.reached)(seen)
    }

    /// Number of moves of its way.
    pub const fn par(&self) -> usize {
        self.way.len()
    }
}

impl Seen<'_> {
    /// Returns true if no session lives.
    fn is_over(&self) -> bool {
        self.sessions.iter().all(|(session, _)| session.end_reason(self.world.now()).is_some())
    }

    /// The requests that were served, in their order: sender, what was asked, the answer.
    fn served(&self) -> impl Iterator<Item = (Party, Ask, &Answer)> {
        self.world.timeline().iter().filter_map(|entry| {
            let EntryKind::Served(number) = entry.kind else { return None };
            let message = self.world.message(number)?;
            Some((message.request.from, message.request.ask, message.answer.as_ref()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_goal_is_reached_by_the_last_move_of_its_way() {
        for goal in Goal::all() {
            let mut world = World::new(goal.setting).await.expect("a world");
            for (line, move_number) in goal.way.iter().zip(1..) {
                let action: Action = line.parse().expect("an action");
                world.act(action).await.unwrap_or_else(|error| panic!("{line}: {error}"));
                let sessions = world.sessions().await;
                let reached = goal.is_reached(&Seen { world: &world, sessions: &sessions });
                assert_eq!(reached, move_number == goal.par(), "{} {line}", goal.slug);
            }
            assert_eq!(world.trace().actions().len(), goal.par(), "{}", goal.slug);
        }
    }

    #[tokio::test]
    async fn signing_out_is_not_the_networks_doing() {
        let goal = Goal::find("out-by-the-network").expect("a goal");
        for way in
            ["tab1 sign-out", "steal; wait 61s; tab1 refresh; tab1 call; wait 6s; thief refresh"]
        {
            let mut world = World::new(Setting::DEFAULT).await.expect("a world");
            for line in way.split("; ") {
                world.act(line.parse().expect("an action")).await.expect("it is done");
            }
            let sessions = world.sessions().await;
            assert!(!goal.is_reached(&Seen { world: &world, sessions: &sessions }), "{way}");
        }
    }
}
