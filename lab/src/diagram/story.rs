//! The content of a diagram, before places are known: the lanes, the legs of messages, and what happened in which
//! order.
//!
//! Invariant: each message that has an entry has one [`Leg`] for its request, unless it is a copy
//! of an answer, and one for its answer once there is one.

use std::collections::BTreeSet;

use super::{lanes::Lane, words};
use crate::{
    action::{Action, Party, Place},
    message::{Message, Phase},
    world::{Entry, EntryKind, World},
};

/// A part of a timeline.
pub(super) struct Story<'a> {
    /// The participants, from left to right.
    pub(super) lanes: Vec<Lane>,
    pub(super) legs: Vec<Leg<'a>>,
    pub(super) beats: Vec<Beat<'a>>,
    /// Number of entries that came before.
    pub(super) skipped: usize,
}

/// A message on its way to a server, or back.
#[derive(Clone, Copy)]
pub(super) struct Leg<'a> {
    pub(super) message: &'a Message,
    pub(super) way: Way,
    pub(super) origin: Origin,
    pub(super) course: Course,
    pub(super) fate: ArrowEnd,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Request,
    Answer,
}

/// The beginning of a leg.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// It begins at its sender.
    Sender,
    /// It begins under way: it is a copy, or what came before is not shown.
    Midway,
}

/// The course of a leg: whether anything else happened before it ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// Nothing else happened, or it has not ended: it is one row.
    Straight,
    /// Something else happened: it ends in a later row.
    Slanted,
}

/// The end of a leg.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ArrowEnd {
    Arrives,
    Lost,
    UnderWay,
}

/// Something that happens, one below the other. Numbers are indices of legs.
pub(super) enum Beat<'a> {
    /// A straight leg, or the beginning of a slanted one.
    Leaves(usize),
    /// The end of a slanted leg.
    Ends(usize),
    /// A server at work, between the two legs of a message.
    Serves(&'a Message),
    /// Something that is no message.
    Note(String),
}

impl<'a> Story<'a> {
    /// The newest entries of a world.
    pub(super) fn of(world: &'a World, newest: usize) -> Self {
        let timeline = world.timeline();
        let mut skipped = timeline.len().saturating_sub(newest);
        while skipped > 0
            && let (Some(before), Some(first)) = (timeline.get(skipped - 1), timeline.get(skipped))
            && follows(before.kind, first.kind)
        {
            skipped += 1;
        }
        let mut story = Self { lanes: Vec::new(), legs: Vec::new(), beats: Vec::new(), skipped };
        for (index, entry) in timeline.iter().enumerate().skip(skipped) {
            story.tell(world, entry.kind, timeline.get(index + 1..).unwrap_or_default());
        }
        let mut lanes = BTreeSet::from([Lane::Place(Place::NodeA), Lane::Store]);
        lanes.extend(story.legs.iter().flat_map(|leg| [leg.party(), leg.place()]));
        if timeline[skipped..].iter().any(|entry| entry.kind == EntryKind::Done(Action::Steal)) {
            lanes.insert(Lane::Party(Party::Thief));
        }
        story.lanes.extend(lanes);
        story
    }

    /// Tells an entry; `rest` is what came after it.
    fn tell(&mut self, world: &'a World, kind: EntryKind, rest: &[Entry]) {
        let message = |number| world.message(number);
        let course = match rest.first() {
            Some(next) if follows(kind, next.kind) => Course::Straight,
            _ => Course::Slanted,
        };
        match kind {
            EntryKind::Sent(number) => {
                self.leave(message(number), Way::Request, Origin::Sender, course);
            }
            EntryKind::Doubled(number) => {
                let way = way_of_copy(message(number), rest);
                self.leave(message(number), way, Origin::Midway, course);
            }
            EntryKind::Served(number) => {
                self.end(message(number), Way::Request);
                self.beats.extend(message(number).map(Beat::Serves));
                self.leave(message(number), Way::Answer, Origin::Sender, course);
            }
            EntryKind::RequestLost(number) => self.end(message(number), Way::Request),
            EntryKind::Received(number) | EntryKind::AnswerLost(number) => {
                self.end(message(number), Way::Answer);
            }
            EntryKind::Done(action) => {
                self.beats.push(Beat::Note(words::note(action)));
                let place = world.timeline().len() - rest.len() - 1;
                self.beats.extend(world.said(place).map(|said| Beat::Note(said.to_owned())));
            }
        }
    }

    /// Begins a leg.
    fn leave(&mut self, message: Option<&'a Message>, way: Way, origin: Origin, course: Course) {
        let Some(message) = message else { return };
        let fate = match (way, message.phase) {
            (Way::Request, Phase::Asked) | (Way::Answer, Phase::Answered) => ArrowEnd::UnderWay,
            (Way::Request, Phase::RequestLost) | (Way::Answer, Phase::AnswerLost) => ArrowEnd::Lost,
            _ => ArrowEnd::Arrives,
        };
        let course = if fate == ArrowEnd::UnderWay { Course::Straight } else { course };
        self.beats.push(Beat::Leaves(self.legs.len()));
        self.legs.push(Leg { message, way, origin, course, fate });
    }

    /// Ends a leg.
    fn end(&mut self, message: Option<&'a Message>, way: Way) {
        let Some(message) = message else { return };
        let begun = |leg: &Leg<'_>| leg.message.number == message.number && leg.way == way;
        match self.legs.iter().rposition(begun) {
            Some(leg) if self.legs[leg].course == Course::Slanted => {
                self.beats.push(Beat::Ends(leg));
            }
            Some(_) => {}
            // It began before the first entry.
            None => self.leave(Some(message), way, Origin::Midway, Course::Straight),
        }
    }
}

impl Leg<'_> {
    /// The lane of the party that asks.
    pub(super) const fn party(&self) -> Lane {
        Lane::Party(self.message.request.from)
    }

    /// The lane of the server that answers.
    pub(super) const fn place(&self) -> Lane {
        Lane::Place(self.message.request.at)
    }
}

/// Returns true if an entry goes on with the message of the entry before it.
fn follows(before: EntryKind, kind: EntryKind) -> bool {
    match (before, kind) {
        (
            EntryKind::Sent(one) | EntryKind::Doubled(one) | EntryKind::Served(one),
            EntryKind::Served(other)
            | EntryKind::Received(other)
            | EntryKind::RequestLost(other)
            | EntryKind::AnswerLost(other),
        ) => one == other,
        _ => false,
    }
}

/// Returns the way of a copy: a request if it was served after it was copied, or never; otherwise an answer.
fn way_of_copy(copy: Option<&Message>, rest: &[Entry]) -> Way {
    let Some(copy) = copy else { return Way::Request };
    let served = || rest.iter().any(|entry| entry.kind == EntryKind::Served(copy.number));
    match copy.phase {
        Phase::Asked | Phase::RequestLost => Way::Request,
        _ if served() => Way::Request,
        _ => Way::Answer,
    }
}
