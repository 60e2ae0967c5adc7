//! The diagram on a wide page: time runs down, a message that took its time slants, labels stand above arrows.
//!
//! Two passes: the first finds out how far down everything is, the second draws in the order of time, so that a
//! keyboard goes through the links as it happened. A label stands where its leg begins: whatever is drawn later begins
//! further down, so nothing is drawn over a text.

use super::{
    story::{Beat, Course, Fate, Lane, Leg, Origin, Story, Way},
    svg::{Anchor, Frame, Lines, Point, Svg, Tip},
    text::{fitting, wrap},
    words,
};
use crate::lab::message::{Answer, Message};

const WIDTH: i32 = 900;
/// Kept free at both sides.
const EDGE: i32 = 10;
const HEAD: i32 = 34;
/// From a line of text to the next.
const LINE: i32 = 16;
/// From the last baseline of a label down to its arrow.
const LIFT: i32 = 8;
/// Half the width of an activation bar.
const BAR: i32 = 5;
/// Between a lane or a bar and text.
const GAP: i32 = 9;
/// The size of small text.
const SMALL: i32 = 12;

/// Where everything is.
struct Plan<'a> {
    story: &'a Story<'a>,
    size: i32,
    /// The lanes' middles.
    lanes: Vec<(Lane, i32)>,
    head: i32,
    /// For each leg where it begins, where it ends, and the lines of its label.
    legs: Vec<(i32, i32, Vec<String>)>,
    /// For each beat its baseline, or the top of its bar.
    beats: Vec<i32>,
    height: i32,
}

/// What a server did, as it is drawn beside its bar; heights count from its top.
struct Work {
    store: Option<(Vec<String>, Tip)>,
    tag: Option<String>,
    arrow: i32,
    tag_at: i32,
    height: i32,
}

pub(super) fn draw(story: &Story<'_>, svg: &mut Svg) -> Frame {
    let plan = Plan::of(story);
    plan.draw(svg);
    let classes = if plan.size < 13 { "sd sd-wide sd-dense" } else { "sd sd-wide" };
    Frame { width: WIDTH, height: plan.height, classes }
}

impl<'a> Plan<'a> {
    fn of(story: &'a Story<'a>) -> Self {
        let count = i32::try_from(story.lanes.len()).unwrap_or(i32::MAX);
        let head = (WIDTH / count - 12).min(164);
        let (first, span) = (EDGE + head / 2, WIDTH - 2 * EDGE - head);
        let lanes = story.lanes.iter().zip(0..);
        let lanes = lanes.map(|(lane, index)| (*lane, first + span * index / (count - 1).max(1)));
        let mut plan = Self {
            story,
            size: if count > 6 { SMALL } else { 13 },
            lanes: lanes.collect(),
            head,
            legs: Vec::new(),
            beats: Vec::new(),
            height: 0,
        };
        plan.place();
        plan
    }

    /// The first pass.
    fn place(&mut self) {
        let mut y = EDGE + HEAD;
        let mut work: Option<(i32, i32)> = None;
        for beat in &self.story.beats {
            let served = work.take();
            match beat {
                Beat::Note(_) => {
                    y += 42;
                    self.beats.push(y - 8);
                }
                Beat::Leaves(index) => {
                    let leg = &self.story.legs[*index];
                    let (from, to) = self.room(leg);
                    let lines = words::label(leg).lines(fitting(to - from, self.size), 2);
                    let label = LINE * i32::try_from(lines.len()).unwrap_or(0) + LIFT;
                    y = match served {
                        Some((top, bottom)) => bottom.max(top + label + 8),
                        None => y + label + 18,
                    };
                    self.legs.push((y, y, lines));
                    self.beats.push(y);
                    // What a server answered ends a group.
                    y += if leg.way == Way::Answer { 10 } else { 0 };
                }
                Beat::Ends(index) => {
                    y += 32;
                    self.legs[*index].1 = y;
                    self.beats.push(y);
                }
                Beat::Serves(message) => {
                    work = message
                        .answer
                        .as_ref()
                        .map(|answer| (y, y + self.work(message, answer).height));
                    self.beats.push(y);
                }
            }
        }
        self.height = y + 34;
    }

    fn draw(&self, svg: &mut Svg) {
        let foot = self.height - EDGE;
        let lives = self.lanes.iter().map(|(_, x)| format!("M{x} {}V{foot}", EDGE + HEAD));
        svg.path("sd-life", &lives.collect::<String>());
        for (lane, x) in &self.lanes {
            let name = wrap(lane.title(), fitting(self.head - 6, self.size), 1).concat();
            svg.head([x - self.head / 2, EDGE, self.head, HEAD], &name, lane.title());
        }
        for (beat, y) in self.story.beats.iter().zip(&self.beats) {
            match beat {
                Beat::Note(note) => self.note(svg, note, *y),
                Beat::Leaves(index) => self.leg(svg, *index),
                Beat::Serves(message) => self.serve(svg, message, *y),
                Beat::Ends(_) => {}
            }
        }
        self.numbers(svg);
    }

    fn note(&self, svg: &mut Svg, note: &str, y: i32) {
        let fits = fitting(WIDTH - 8 * EDGE, 13);
        for line in wrap(note, fits, 1) {
            let half = i32::try_from(line.chars().count()).unwrap_or(0) * 4 + 16;
            let (left, right) = (WIDTH / 2 - half, WIDTH / 2 + half);
            svg.path(
                "sd-rule",
                &format!("M{EDGE} {0}H{left}M{right} {0}H{1}", y - 4, WIDTH - EDGE),
            );
            svg.text("sd-note", Point { x: WIDTH / 2, y }, Anchor::Middle, &line);
        }
    }

    fn leg(&self, svg: &mut Svg, index: usize) {
        let leg = &self.story.legs[index];
        let (start, end, lines) = &self.legs[index];
        let (from, to) = self.ends(leg, *start, *end);
        svg.open_leg(leg);
        svg.hit(from, to);
        let tip = match leg.fate {
            Fate::Arrives => Tip::Arrow,
            Fate::Lost => Tip::Cross,
            Fate::UnderWay => Tip::Circle,
        };
        svg.line("sd-line", from, to, tip);
        if leg.origin == Origin::Midway {
            svg.dot(from);
        }
        let (left, right) = self.room(leg);
        // At the lane that the line touches.
        let (x, anchor) = match (leg.way, leg.origin, leg.course, leg.fate) {
            (Way::Request, Origin::Sender, ..) => (left, Anchor::Start),
            (Way::Answer, _, Course::Straight, Fate::Arrives) => (left, Anchor::Start),
            _ => (right, Anchor::End),
        };
        let above = LINE * (i32::try_from(lines.len()).unwrap_or(1) - 1) + LIFT;
        let label = Lines { lines, number: words::label(leg).number, step: LINE };
        svg.label(Point { x, y: start - above }, anchor, &label);
        svg.close_leg();
    }

    fn serve(&self, svg: &mut Svg, message: &Message, top: i32) {
        let Some(answer) = &message.answer else { return };
        let work = self.work(message, answer);
        let x = self.x(Lane::Place(message.request.at));
        let text = x + BAR + GAP;
        if let Some((lines, tip)) = &work.store {
            let y = top + work.arrow;
            let class = if *tip == Tip::Cross { "sd-ask sd-lost" } else { "sd-ask" };
            svg.line(class, Point { x, y }, Point { x: self.x(Lane::Store), y }, *tip);
            for (line, index) in lines.iter().zip(0..) {
                let at = Point { x: text, y: top + 19 + LINE * index };
                svg.text("sd-dim", at, Anchor::Start, line);
            }
        }
        let bottom = self.answered(message).unwrap_or(top + work.height);
        svg.rect("sd-bar", [x - BAR, top, 2 * BAR, bottom - top], 3);
        if let Some(tag) = &work.tag {
            svg.text("sd-tag", Point { x: text, y: top + work.tag_at }, Anchor::Start, tag);
        }
    }

    /// The numbers of slanted legs at their ends, where lines that cross would leave one guessing. Drawn last.
    fn numbers(&self, svg: &mut Svg) {
        for (leg, (start, end, _)) in self.story.legs.iter().zip(&self.legs) {
            if leg.course == Course::Straight {
                continue;
            }
            let (from, to) = self.ends(leg, *start, *end);
            let (x, anchor) = match (leg.way, leg.fate) {
                (_, Fate::Lost) if to.x < from.x => (to.x - 12, Anchor::End),
                (_, Fate::Lost) => (to.x + 12, Anchor::Start),
                (Way::Request, _) => (to.x + 2 * BAR + 5, Anchor::Start),
                (Way::Answer, _) => (to.x - 6, Anchor::End),
            };
            let number = leg.message.number.to_string();
            svg.text("sd-number", Point { x, y: to.y + 4 }, anchor, &number);
        }
    }

    /// What a server did, in the room between its lane and the next, or the store's.
    fn work(&self, message: &Message, answer: &Answer) -> Work {
        let x = self.x(Lane::Place(message.request.at));
        let room = self.x(Lane::Store) - x - BAR - 2 * GAP;
        let silent = answer.statements.iter().any(|statement| statement.rows.is_none());
        let tip = if silent { Tip::Cross } else { Tip::Arrow };
        let store = words::store(answer).map(|text| (wrap(&text, fitting(room, SMALL), 3), tip));
        // Nothing stands to the right of it, so it may cross the lane of the store.
        let fits = fitting(WIDTH - EDGE - x - BAR - GAP, SMALL);
        let tag = words::tag(answer).and_then(|tag| wrap(&tag, fits, 1).pop());
        let lines = store.as_ref().map_or(0, |(lines, _)| i32::try_from(lines.len()).unwrap_or(0));
        let arrow = 19 + LINE * (lines - 1) + LIFT;
        let tag_at = if store.is_some() { arrow + 19 } else { 19 };
        let height = match (&store, &tag) {
            (_, Some(_)) => tag_at + 17,
            (Some(_), None) => arrow + 18,
            (None, None) => 0,
        };
        Work { store, tag, arrow, tag_at, height }
    }

    /// Where the answer to a message leaves its server.
    fn answered(&self, message: &Message) -> Option<i32> {
        let legs = self.story.legs.iter().zip(&self.legs);
        let mut answers =
            legs.filter(|(leg, _)| leg.message.number == message.number && leg.way == Way::Answer);
        answers.next().map(|(_, (start, ..))| *start)
    }

    /// The room for a leg's label: between the lane of whoever asks and the bar of whoever answers.
    fn room(&self, leg: &Leg<'_>) -> (i32, i32) {
        (self.x(leg.party()) + GAP, self.x(leg.place()) - BAR - GAP)
    }

    /// Both ends of a leg's line.
    fn ends(&self, leg: &Leg<'_>, start: i32, end: i32) -> (Point, Point) {
        let (party, place) = (self.x(leg.party()), self.x(leg.place()) - BAR);
        let (sender, receiver) = match leg.way {
            Way::Request => (party, place),
            Way::Answer => (place, party),
        };
        let from = if leg.origin == Origin::Midway { party.midpoint(place) } else { sender };
        let to = if leg.fate == Fate::Arrives { receiver } else { from.midpoint(receiver) };
        (Point { x: from, y: start }, Point { x: to, y: end })
    }

    fn x(&self, lane: Lane) -> i32 {
        self.lanes.iter().find(|(each, _)| *each == lane).map_or(0, |(_, x)| *x)
    }
}
