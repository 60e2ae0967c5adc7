//! The part of a world that changed since a place in its timeline: what a page marks as new.

use coatroom::session::SessionId;

use super::{
    action::Action,
    jar::Shown,
    message::{Message, Phase},
    world::{EntryKind, World},
};

/// The events since a place in the timeline.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    messages: Vec<u32>,
    actions: Vec<Action>,
    entries: usize,
}

impl Touched {
    /// Everything since the entry of that index.
    pub fn since(world: &World, from: usize) -> Self {
        let entries = world.timeline().get(from..).unwrap_or_default();
        let mut touched = Self { entries: entries.len(), ..Self::default() };
        for entry in entries {
            match entry.kind {
                EntryKind::Sent(number)
                | EntryKind::Served(number)
                | EntryKind::Received(number)
                | EntryKind::RequestLost(number)
                | EntryKind::AnswerLost(number)
                | EntryKind::Doubled(number) => {
                    if !touched.messages.contains(&number) {
                        touched.messages.push(number);
                    }
                }
                EntryKind::Done(action) => touched.actions.push(action),
            }
        }
        touched
    }

    /// Number of entries.
    pub const fn entries(&self) -> usize {
        self.entries
    }

    /// The numbers of the messages that left, were served, arrived, were lost or doubled.
    pub fn messages(&self) -> &[u32] {
        &self.messages
    }

    /// Returns true if the thief took a copy.
    pub fn stole(&self) -> bool {
        let taken = |action: &Action| {
            matches!(
                action,
                Action::Steal
                    | Action::Plunder
                    | Action::Visit
                    | Action::Guess
                    | Action::CopyRows
                    | Action::Forge(_)
                    | Action::Mint(_)
                    | Action::MintAtB
            )
        };
        self.actions.iter().any(taken)
    }

    /// Returns true if an answer that arrived set that cookie.
    pub fn set(&self, world: &World, cookie: &Shown) -> bool {
        let mut answers = self
            .of(world)
            .filter(|message| message.phase == Phase::Received)
            .filter_map(|message| message.answer.as_ref());
        answers.any(|answer| {
            answer.cookies.iter().any(|set| {
                set.name == cookie.name
                    && set.fingerprint == cookie.fingerprint
                    && !set.is_deletion()
            })
        })
    }

    /// Returns true if the session's row was changed.
    pub fn changed(&self, world: &World, session: SessionId) -> bool {
        let denied = |action: &Action| matches!(action, Action::Deny(_));
        if self.actions.iter().any(denied) && world.owner().session() == Some(session) {
            return true;
        }
        let mut answers = self.of(world).filter_map(|message| message.answer.as_ref());
        answers.any(|answer| answer.changes.iter().any(|changed| changed.session == session))
    }

    fn of<'w>(&self, world: &'w World) -> impl Iterator<Item = &'w Message> {
        self.messages.iter().filter_map(|number| world.message(*number))
    }
}
