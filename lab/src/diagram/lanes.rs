//! The lanes of a diagram: one for each participant, and the place of each on the page.

use super::story::{ArrowEnd, Leg, Origin, Way};
use crate::action::{Party, Place};

/// A participant. The order of the variants is the order on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    Party(Party),
    Place(Place),
    Store,
}

impl Lane {
    /// Its name on a page.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Party(party) => party.title(),
            Self::Place(place) => place.title(),
            Self::Store => "Store",
        }
    }

    /// A name for little room; the first two characters are one for less.
    pub(super) const fn short(self) -> &'static str {
        match self {
            Self::Party(Party::Tab1) => "T1",
            Self::Party(Party::Tab2) => "T2",
            Self::Party(Party::Tab3) => "T3",
            Self::Party(Party::Tab4) => "T4",
            Self::Party(Party::Thief) => "Thief",
            Self::Party(Party::Evil) => "Site",
            Self::Party(Party::Script) => "Script",
            Self::Party(Party::Neighbour) => "Next",
            Self::Party(Party::OldBrowser) => "Old",
            Self::Place(Place::NodeA) => "A",
            Self::Place(Place::NodeB) => "B",
            Self::Place(Place::PlainHttp) => "http",
            Self::Place(Place::ServiceB) => "SB",
            Self::Place(Place::BareB) => "BB",
            Self::Store => "DB",
        }
    }
}

/// The lanes, spread over a page.
pub(super) struct Lanes {
    /// Each with its middle, from left to right.
    pub(super) all: Vec<(Lane, i32)>,
    /// The width of their heads.
    pub(super) head: i32,
}

/// The points that a leg passes on its way across, at which messages are lost, doubled, and still under way.
pub(super) struct Reach {
    pub(super) from: i32,
    pub(super) midway: i32,
    /// The point beyond `midway`.
    pub(super) further: i32,
    pub(super) to: i32,
}

impl Lanes {
    /// Spreads lanes evenly over a width, with heads that are at least `apart`, and no wider than
    /// `head`.
    pub(super) fn spread(lanes: &[Lane], [left, right]: [i32; 2], head: i32, apart: i32) -> Self {
        let count = i32::try_from(lanes.len()).unwrap_or(i32::MAX).max(2);
        let head = ((right - left) / count - apart).min(head);
        let (first, span) = (left + head / 2, right - left - head);
        let middles = (0..).map(|index| first + span * index / (count - 1));
        Self { all: lanes.iter().copied().zip(middles).collect(), head }
    }

    /// The middle of a lane.
    pub(super) fn x(&self, lane: Lane) -> i32 {
        self.all.iter().find(|(each, _)| *each == lane).map_or(0, |(_, x)| *x)
    }

    /// Returns the points of a leg, as far as it gets. A bar on the lane of the server is `bar` wide to either side.
    pub(super) fn reach(&self, leg: &Leg<'_>, bar: i32) -> Reach {
        let (party, place) = (self.x(leg.party()), self.x(leg.place()) - bar);
        let (sender, receiver) = match leg.way {
            Way::Request => (party, place),
            Way::Answer => (place, party),
        };
        let (network, step) = self.network();
        let step = step * (receiver - sender).signum();
        let (from, midway) = match leg.origin {
            Origin::Sender => (sender, network),
            Origin::Midway => (network, network + step),
        };
        let to = if leg.fate == ArrowEnd::Arrives { receiver } else { midway };
        Reach { from, midway, further: midway + step, to }
    }

    /// Returns the middle between the lanes of senders and the lanes of servers, and a length that stays between them.
    /// No lane stands there, so no participant seems to have received what was lost.
    fn network(&self) -> (i32, i32) {
        let asks = |lane: &Lane| matches!(lane, Lane::Party(_));
        let last = self.all.iter().rfind(|(lane, _)| asks(lane)).map_or(0, |(_, x)| *x);
        let first = self.all.iter().find(|(lane, _)| !asks(lane)).map_or(last, |(_, x)| *x);
        (last.midpoint(first), (first - last) / 5)
    }
}
