//! The interview room: five questions that candidates are asked, each answered by an action instead of a sentence.
//!
//! The world in which it is done checks the answer, so that words alone reach nothing.

use std::time::Duration;

use coatroom::config::Verification;

use super::{Goal, Request, Seen};
use crate::{
    action::{Action, Ask, Carrier, Database, Party, Place, Sessions},
    message::Answer,
    setting::Setting,
    world::EntryKind,
};

/// A question, and the goal by which it is answered.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The question.
    pub asks: &'static str,
    /// The goal.
    pub goal: Goal,
}

const STATELESS: Setting =
    Setting { carrier: Carrier::Token, verification: Verification::Stateless, ..Setting::DEFAULT };
const OPAQUE: Setting = Setting { carrier: Carrier::Opaque, ..Setting::DEFAULT };

/// All questions, in their order.
pub const INTERVIEW: [Question; 5] = [
    Question {
        asks: "Why is a JWT called stateless?",
        goal: Goal {
            slug: "why-stateless",
            asks: "Have a call answered with 200 while no store answers.",
            setting: STATELESS,
            way: &["database down", "tab1 call"],
            because: "The node asked nothing and remembered nothing of you: a key and a clock were \
                      enough. That is the state that is missing, and so nothing can be taken back.",
            reached: |seen| seen.moments().any(|at| at.is_call(200) && at.down),
        },
    },
    Question {
        asks: "How does signing out work with a JWT?",
        goal: Goal {
            slug: "sign-out-with-a-jwt",
            asks: "Have a copy of the token answered with 200 after its owner signed out, and \
                   refused later.",
            setting: STATELESS,
            way: &["steal", "tab1 sign-out", "thief call", "wait 61s", "thief call"],
            because: "Signing out deleted a cookie in one browser. The token itself ended only when \
                      it expired; a denylist would end it before, and is state again.",
            reached: |seen| {
                let after = seen.moments().skip_while(|at| !at.signs_out());
                let mut copies = after.filter(|at| at.request.from == Party::Thief);
                copies.any(|at| at.is_call(200)) && copies.any(|at| at.is_call(401))
            },
        },
    },
    Question {
        asks: "Why is Redis needed for sessions?",
        goal: Goal {
            slug: "why-a-shared-store",
            asks: "Be signed in at one node, and out at the other, without signing out.",
            setting: Setting { sessions: Sessions::OfEachNode, ..OPAQUE },
            way: &["tab1 call", "tab1 call at node-b"],
            because: "Each node keeps its own books here, and the session is in those of one. A \
                      store that both reach cures it: Redis is one such store, a database another.",
            reached: |seen| {
                let good = |at: &Moment<'_>| at.is_call(200) && at.request.at == Place::NodeA;
                let unknown = |at: &Moment<'_>| at.is_call(401) && at.request.at == Place::NodeB;
                let signed_out = seen.moments().any(|at| at.signs_out());
                !signed_out
                    && seen.moments().any(|at| good(&at))
                    && seen.moments().any(|at| unknown(&at))
            },
        },
    },
    Question {
        asks: "Which would you choose, and why?",
        goal: Goal {
            slug: "which-would-you-choose",
            asks: "In one world: a call is answered while the store is down, and a copy is refused \
                   at both nodes in the very second in which its owner signs out.",
            setting: Setting::DEFAULT,
            way: &[
                "steal",
                "database down",
                "tab1 call",
                "database up",
                "tab1 sign-out",
                "thief call",
                "thief call at node-b",
            ],
            because: "The pair does both: a signature is enough for each call, and a short list in \
                      memory takes it back. Its price is a refresh each minute, and the rule for it.",
            reached: |seen| {
                let Some(end) = seen.moments().find(Moment::signs_out) else { return false };
                let refused = |place| {
                    seen.moments().any(|at| {
                        let of_copy = at.request.from == Party::Thief && at.request.at == place;
                        let at_once = at.answer.at.since(end.answer.at) < Duration::from_secs(1);
                        of_copy && at.is_call(401) && at.answer.at >= end.answer.at && at_once
                    })
                };
                seen.moments().any(|at| at.is_call(200) && at.down)
                    && refused(Place::NodeA)
                    && refused(Place::NodeB)
            },
        },
    },
    Question {
        asks: "What breaks first in each?",
        goal: Goal {
            slug: "what-breaks-first",
            asks: "This world has opaque sessions. Have a good session refused, though it is not \
                   over, and answered again with the same cookie.",
            setting: OPAQUE,
            way: &["database down", "tab1 call", "database up", "tab1 call"],
            because: "The store is what breaks first: 503, and the cookie stays. A signed token \
                      fails at taking back, a pair at the race of two refreshes.",
            reached: |seen| {
                let mut calls = seen.moments().filter(|at| at.request.ask == Ask::Call);
                let told = calls.any(|at| at.is_call(503)) && calls.any(|at| at.is_call(200));
                let anew = seen.moments().any(|at| at.request.ask == Ask::SignIn);
                told && !anew
            },
        },
    },
];

/// A request that was served, and the state of the store then.
struct Moment<'a> {
    request: Request,
    answer: &'a Answer,
    down: bool,
}

impl Moment<'_> {
    fn is_call(&self, status: u16) -> bool {
        self.request.ask == Ask::Call && self.answer.status == status
    }

    fn signs_out(&self) -> bool {
        self.request.ask == Ask::SignOut && self.answer.status == 200
    }
}

impl Seen<'_> {
    /// The requests that were served, in their order.
    fn moments(&self) -> impl Iterator<Item = Moment<'_>> {
        let mut down = false;
        self.world.timeline().iter().filter_map(move |entry| match entry.kind {
            EntryKind::Done(Action::Database(state)) => {
                down = state == Database::Down;
                None
            }
            EntryKind::Served(number) => {
                let message = self.world.message(number)?;
                let answer = message.answer.as_ref()?;
                Some(Moment { request: message.request, answer, down })
            }
            _ => None,
        })
    }
}
