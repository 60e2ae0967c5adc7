//! The diagram on a wide page: time runs down, a message that took its time slants, labels stand
//! above arrows.
//!
//! Two passes: the first finds out how far down everything is, the second draws in the order of
//! time, so that a keyboard goes through the links as it happened. A label stands where its leg
//! begins: whatever is drawn later begins further down, so nothing is drawn over a text.

use super::{
    lanes::{Lane, Lanes},
    story::{ArrowEnd, Beat, Course, Leg, Origin, Story, Way},
    svg::{Anchor, Frame, Lines, Point, Svg, Tip},
    text::{fitting, height, wrap},
    words,
};
use crate::message::{Answer, Message};

const WIDTH: i32 = 900;
/// Kept free at both sides, above and below.
const EDGE: i32 = 8;
const HEAD: i32 = 34;
/// The height above which the lanes have their names below as well: the heads may be out of sight.
const TALL: i32 = 400;
/// The distance from a line of text to the next.
const LINE: i32 = 16;
/// The distance from the last baseline of a label down to its arrow.
const LIFT: i32 = 9;
/// Half the width of an activation bar.
const BAR: i32 = 5;
/// The space between a lane or a bar and text.
const GAP: i32 = 9;
/// The size of small text.
const SMALL: i32 = 12;

/// The place of everything on the page.
struct Plan<'a> {
    story: &'a Story<'a>,
    lanes: Lanes,
    /// The size of labels.
    size: i32,
    legs: Vec<Placed>,
    /// Each beat's place, and what was done there.
    beats: Vec<(i32, Option<Work>)>,
    height: i32,
}

/// A leg: its beginning and its end, and its label.
struct Placed {
    start: i32,
    end: i32,
    number: Option<u32>,
    lines: Vec<String>,
}

/// The work of a server, as it is drawn beside its bar; heights count from the bar's top.
struct Work {
    store: Vec<String>,
    tip: Tip,
    tag: Vec<String>,
    arrow: i32,
    bottom: i32,
}

pub(super) fn draw(story: &Story<'_>, svg: &mut Svg<'_>) -> Frame {
    let plan = Plan::of(story);
    plan.draw(svg);
    let classes = if plan.size == SMALL { "sd sd-wide sd-dense" } else { "sd sd-wide" };
    Frame { width: WIDTH, height: plan.height, classes }
}

impl<'a> Plan<'a> {
    fn of(story: &'a Story<'a>) -> Self {
        let mut plan = Self {
            story,
            lanes: Lanes::spread(&story.lanes, [EDGE, WIDTH - EDGE], 164, 4),
            size: if story.lanes.len() > 6 { SMALL } else { 13 },
            legs: Vec::with_capacity(story.legs.len()),
            beats: Vec::with_capacity(story.beats.len()),
            height: 0,
        };
        plan.place();
        plan
    }

    /// The first pass.
    fn place(&mut self) {
        let mut y = EDGE + HEAD;
        for beat in &self.story.beats {
            match beat {
                Beat::Note(_) => {
                    self.beats.push((y + 34, None));
                    y += 42;
                }
                Beat::Leaves(index) => {
                    let placed = self.label(&self.story.legs[*index]);
                    let label = height(&placed.lines, LINE) + LIFT;
                    // An answer leaves at the end of its server's bar, and ends a group.
                    y = match self.beats.last_mut() {
                        Some((top, Some(work))) => {
                            work.bottom = work.bottom.max(label + 8);
                            *top + work.bottom
                        }
                        _ => y + label + 18,
                    };
                    self.legs.push(Placed { start: y, end: y, ..placed });
                    self.beats.push((y, None));
                    y += if self.story.legs[*index].way == Way::Answer { 10 } else { 0 };
                }
                Beat::Ends(index) => {
                    y += 32;
                    self.legs[*index].end = y;
                    self.beats.push((y, None));
                }
                Beat::Serves(message) => {
                    let work = message.answer.as_ref().map(|answer| self.work(message, answer));
                    self.beats.push((y, work));
                }
            }
        }
        self.height = y + 26 + EDGE;
        if self.height > TALL {
            self.height += HEAD;
        }
    }

    fn label(&self, leg: &Leg<'_>) -> Placed {
        let label = words::label(leg);
        let (left, right) = self.room(leg);
        // As many lines as it needs: what stands last, a copy or a loss, is what it is about.
        let lines = wrap(&label.text, fitting(right - left, self.size), usize::MAX);
        Placed { start: 0, end: 0, number: label.number, lines }
    }

    /// Returns the work of a server, in the room between its lane and the store's.
    fn work(&self, message: &Message, answer: &Answer) -> Work {
        let x = self.lanes.x(Lane::Place(message.request.at));
        let fits = fitting(self.lanes.x(Lane::Store) - x - BAR - 2 * GAP, SMALL);
        let store = words::store(answer).map_or_else(Vec::new, |text| wrap(&text, fits, 3));
        let tag = words::tag(answer).map_or_else(Vec::new, |text| wrap(&text, fits, 2));
        let arrow = 3 + height(&store, LINE) + LIFT;
        let bottom = match (store.is_empty(), tag.is_empty()) {
            (true, true) => 0,
            (true, false) => 20 + height(&tag, LINE),
            (false, true) => arrow + 18,
            (false, false) => arrow + 20 + height(&tag, LINE),
        };
        Work { store, tip: words::tip(answer), tag, arrow, bottom }
    }

    fn draw(&self, svg: &mut Svg<'_>) {
        let foot = (self.height > TALL).then_some(self.height - EDGE - HEAD);
        let end = foot.unwrap_or(self.height - EDGE);
        svg.lives(&self.lanes, EDGE + HEAD, end - EDGE - HEAD);
        self.heads(svg, "sd-head", EDGE);
        if let Some(y) = foot {
            svg.aside(|svg| self.heads(svg, "sd-foot", y));
        }
        for (beat, (y, work)) in self.story.beats.iter().zip(&self.beats) {
            match (beat, work) {
                (Beat::Note(note), _) => note_at(svg, note, *y),
                (Beat::Leaves(index), _) => self.leg(svg, *index),
                (Beat::Serves(message), Some(work)) => self.serve(svg, message, *y, work),
                (Beat::Serves(_), None) | (Beat::Ends(_), _) => {}
            }
        }
        svg.aside(|svg| self.numbers(svg));
    }

    fn heads(&self, svg: &mut Svg<'_>, class: &str, y: i32) {
        for (lane, x) in &self.lanes.all {
            let name = wrap(lane.title(), fitting(self.lanes.head - 4, self.size), 2);
            let area = [x - self.lanes.head / 2, y, self.lanes.head, HEAD];
            svg.head(class, area, &name, lane.title());
        }
    }

    fn leg(&self, svg: &mut Svg<'_>, index: usize) {
        let (leg, placed) = (&self.story.legs[index], &self.legs[index]);
        let (from, to) = self.ends(leg, placed);
        svg.open_leg(leg);
        let (left, right) = self.room(leg);
        let above = LIFT + height(&placed.lines, LINE);
        match leg.course {
            Course::Slanted => svg.hit(from, to),
            Course::Straight => {
                let (x, y) = (left - GAP, placed.start - above - 1);
                svg.hit_area([x, y, right - x + GAP, above + 9]);
            }
        }
        // The label stands at the lane that the line touches.
        let (x, anchor) = match (leg.way, leg.origin, leg.course, leg.fate) {
            (Way::Request, Origin::Sender, ..)
            | (Way::Answer, _, Course::Straight, ArrowEnd::Arrives) => (left, Anchor::Start),
            _ => (right, Anchor::End),
        };
        let y = placed.start - above + LINE;
        let label = Lines { texts: &placed.lines, number: placed.number, step: LINE };
        svg.label(Point { x, y }, anchor, &label);
        svg.line("sd-line", from, to, Tip::of(leg.fate));
        if leg.origin == Origin::Midway {
            svg.dot(from);
        }
        svg.close_leg();
    }

    fn serve(&self, svg: &mut Svg<'_>, message: &Message, top: i32, work: &Work) {
        let x = self.lanes.x(Lane::Place(message.request.at));
        let mut text = Point { x: x + BAR + GAP, y: top + 3 };
        if !work.store.is_empty() {
            let (from, to) = (x + BAR, self.lanes.x(Lane::Store));
            let y = top + work.arrow;
            svg.ask(Point { x: from, y }, Point { x: to, y }, work.tip);
            for line in &work.store {
                text.y += LINE;
                svg.text("sd-dim", text, Anchor::Start, line);
            }
            text.y = y + 3;
        }
        svg.rect("sd-bar", [x - BAR, top, 2 * BAR, work.bottom], 3);
        let Some(decision) = message.answer.as_ref().and_then(|answer| answer.decision) else {
            return;
        };
        let room = self.lanes.x(Lane::Store) - text.x - GAP;
        let area = [text.x, text.y, room, height(&work.tag, LINE) + 8];
        svg.row(decision.row(), area, |svg| {
            for line in &work.tag {
                text.y += LINE;
                svg.text("sd-tag", text, Anchor::Start, line);
            }
        });
    }

    /// Draws the numbers of slanted legs at their ends, last: lines that cross would leave a reader guessing.
    fn numbers(&self, svg: &mut Svg<'_>) {
        for (leg, placed) in self.story.legs.iter().zip(&self.legs) {
            if leg.course == Course::Straight {
                continue;
            }
            let (from, to) = self.ends(leg, placed);
            let beyond = match (leg.way, leg.fate) {
                (_, ArrowEnd::Lost) => 12,
                (Way::Request, _) => 2 * BAR + 5,
                (Way::Answer, _) => 6,
            };
            let (x, anchor) = if to.x < from.x {
                (to.x - beyond, Anchor::End)
            } else {
                (to.x + beyond, Anchor::Start)
            };
            let number = leg.message.number.to_string();
            svg.text("sd-number", Point { x, y: to.y + 4 }, anchor, &number);
        }
    }

    /// The room for a leg's label: between the lane of the party that asks and the bar of the server that answers.
    fn room(&self, leg: &Leg<'_>) -> (i32, i32) {
        (self.lanes.x(leg.party()) + GAP, self.lanes.x(leg.place()) - BAR - GAP)
    }

    /// Both ends of a leg's line.
    fn ends(&self, leg: &Leg<'_>, placed: &Placed) -> (Point, Point) {
        let reach = self.lanes.reach(leg, BAR);
        (Point { x: reach.from, y: placed.start }, Point { x: reach.to, y: placed.end })
    }
}

/// A note between two rules.
fn note_at(svg: &mut Svg<'_>, note: &str, y: i32) {
    let note = wrap(note, fitting(WIDTH - 16 * EDGE, 13), 1).concat();
    let half = i32::try_from(note.chars().count()).unwrap_or(0) * 4 + 2 * EDGE;
    let (left, right) = (WIDTH / 2 - half, WIDTH / 2 + half);
    svg.rule([EDGE, left], y - 4);
    svg.rule([right, WIDTH - EDGE], y - 4);
    svg.text("sd-note", Point { x: WIDTH / 2, y }, Anchor::Middle, &note);
}
