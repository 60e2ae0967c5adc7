//! The diagram on a telephone: each step is a row of its own, an arrow between the lanes, its words
//! below it.
//!
//! Lanes are drawn beside arrows only, so that text has the whole width. A message that took its time has two rows, one
//! for its departure and one for its arrival, and both are its link.

use std::slice;

use super::{
    lanes::{Lane, Lanes},
    story::{ArrowEnd, Beat, Course, Leg, Origin, Story, Way},
    svg::{Anchor, Frame, Lines, Point, Svg, Tip},
    text::{fitting, height, wrap},
    words,
};
use crate::message::Message;

const WIDTH: i32 = 340;
const EDGE: i32 = 6;
const HEAD: i32 = 28;
/// The height above which the lanes have their names below as well: the heads may be out of sight.
const TALL: i32 = 400;
/// The height of a row with an arrow, which is in its middle.
const ROW: i32 = 26;
/// The distance from a line of text to the next.
const LINE: i32 = 17;
/// The space below the last line of text.
const GAP: i32 = 13;
/// Half the width of an activation bar.
const BAR: i32 = 4;
/// The size of text.
const SIZE: i32 = 13;

/// The place of everything on the page.
struct Plan<'a> {
    story: &'a Story<'a>,
    lanes: Lanes,
    /// Each beat's top, and its lines of text.
    beats: Vec<(i32, Vec<String>)>,
    /// The top of the row in which each slanted leg ends, by the index of the leg.
    ends: Vec<i32>,
    height: i32,
}

pub(super) fn draw(story: &Story<'_>, svg: &mut Svg<'_>) -> Frame {
    let plan = Plan::of(story);
    plan.draw(svg);
    Frame { width: WIDTH, height: plan.height, classes: "sd sd-narrow" }
}

impl<'a> Plan<'a> {
    fn of(story: &'a Story<'a>) -> Self {
        let mut plan = Self {
            story,
            lanes: Lanes::spread(&story.lanes, [EDGE, WIDTH - EDGE], 56, 4),
            beats: Vec::with_capacity(story.beats.len()),
            ends: vec![0; story.legs.len()],
            height: 0,
        };
        plan.place();
        plan
    }

    /// The first pass.
    fn place(&mut self) {
        let mut y = EDGE + HEAD + 4;
        for beat in &self.story.beats {
            let (row, lines) = match beat {
                Beat::Leaves(index) => (ROW, label(&self.story.legs[*index])),
                Beat::Ends(index) => {
                    self.ends[*index] = y;
                    (ROW, vec![words::end(&self.story.legs[*index])])
                }
                Beat::Serves(message) => work(message),
                Beat::Note(note) => (LINE / 2, all_lines(note)),
            };
            let rows = row + height(&lines, LINE);
            self.beats.push((y, lines));
            y += match beat {
                _ if rows == 0 => 0,
                // An answer ends a group.
                Beat::Leaves(index) if self.story.legs[*index].way == Way::Answer => rows + GAP + 8,
                _ => rows + GAP,
            };
        }
        self.height = if y > TALL { y + HEAD + EDGE } else { y };
    }

    fn draw(&self, svg: &mut Svg<'_>) {
        self.heads(svg, "sd-head", EDGE);
        if self.height > TALL {
            svg.aside(|svg| self.heads(svg, "sd-foot", self.height - EDGE - HEAD));
        }
        for (beat, (top, lines)) in self.story.beats.iter().zip(&self.beats) {
            match beat {
                Beat::Leaves(index) => self.leg(svg, *index, *top, lines),
                Beat::Serves(message) => self.serve(svg, message, *top, lines),
                Beat::Note(_) => {
                    let mut at = Point { x: WIDTH / 2, y: *top };
                    for line in lines {
                        at.y += LINE;
                        svg.text("sd-note", at, Anchor::Middle, line);
                    }
                }
                // It stands in the link of its leg.
                Beat::Ends(_) => {}
            }
        }
    }

    fn heads(&self, svg: &mut Svg<'_>, class: &str, y: i32) {
        for (lane, x) in &self.lanes.all {
            let short = lane.short();
            let fits = fitting(self.lanes.head, SIZE) >= short.len();
            let name = if fits { short } else { &short[..2] };
            let area = [x - self.lanes.head / 2, y, self.lanes.head, HEAD];
            svg.head(class, area, &[name.to_owned()], lane.title());
        }
    }

    fn leg(&self, svg: &mut Svg<'_>, index: usize, top: i32, lines: &[String]) {
        let leg = &self.story.legs[index];
        let reach = self.lanes.reach(leg, 0);
        let at = |x, y| Point { x, y };
        svg.open_leg(leg);
        let y = self.row(svg, top, lines);
        if leg.origin == Origin::Midway {
            svg.dot(at(reach.from, y));
        }
        let label = Lines { texts: lines, number: words::label(leg).number, step: LINE };
        svg.label(text_at(top), Anchor::Start, &label);
        if leg.course == Course::Straight {
            svg.line("sd-line", at(reach.from, y), at(reach.to, y), Tip::of(leg.fate));
        } else {
            svg.line("sd-line", at(reach.from, y), at(reach.midway, y), Tip::Dot);
            let (top, words) = (self.ends[index], words::end(leg));
            let y = self.row(svg, top, slice::from_ref(&words));
            // A lost message has got a little further.
            let to = if leg.fate == ArrowEnd::Lost { reach.further } else { reach.to };
            svg.dot(at(reach.midway, y));
            svg.line("sd-line", at(reach.midway, y), at(to, y), Tip::of(leg.fate));
            svg.text("sd-dim", text_at(top), Anchor::Start, &words);
        }
        svg.close_leg();
    }

    /// Draws the ground of a row of a leg: the lanes, and what can be chosen. Returns how far down its line is.
    fn row(&self, svg: &mut Svg<'_>, top: i32, lines: &[String]) -> i32 {
        svg.hit_area([0, top, WIDTH, ROW + height(lines, LINE) + 4]);
        svg.lives(&self.lanes, top + 1, ROW - 4);
        top + ROW / 2
    }

    fn serve(&self, svg: &mut Svg<'_>, message: &Message, top: i32, lines: &[String]) {
        let Some(answer) = &message.answer else { return };
        let mut text = Point { x: EDGE, y: top - 5 };
        if !answer.statements.is_empty() {
            svg.lives(&self.lanes, top + 1, ROW - 4);
            let (x, y) = (self.lanes.x(Lane::Place(message.request.at)), top + ROW / 2);
            let to = self.lanes.x(Lane::Store);
            svg.ask(Point { x: x + BAR, y }, Point { x: to, y }, words::tip(answer));
            svg.rect("sd-bar", [x - BAR, top + 2, 2 * BAR, ROW - 4], 2);
            text.y += ROW;
        }
        let mut lines = lines.iter();
        if let Some(decision) = answer.decision
            && let Some(tag) = lines.next()
        {
            let area = [EDGE, text.y, WIDTH - 2 * EDGE, LINE + 8];
            text.y += LINE;
            svg.row(decision.row(), area, |svg| svg.text("sd-tag", text, Anchor::Start, tag));
        }
        for line in lines {
            text.y += LINE;
            svg.text("sd-dim", text, Anchor::Start, line);
        }
    }
}

/// Returns the place of the first line of text of a row.
const fn text_at(top: i32) -> Point {
    Point { x: EDGE, y: top + ROW + LINE - 5 }
}

/// The lines of a leg's label.
fn label(leg: &Leg<'_>) -> Vec<String> {
    all_lines(&words::label_with_sender(leg).text)
}

/// Returns what a server did, its decision first, and the height of its arrow.
fn work(message: &Message) -> (i32, Vec<String>) {
    let Some(answer) = &message.answer else { return (0, Vec::new()) };
    let mut lines: Vec<String> = words::tag(answer).into_iter().collect();
    let store = words::store(answer);
    let row = if store.is_some() { ROW } else { 0 };
    lines.extend(store.iter().flat_map(|text| all_lines(text)));
    (row, lines)
}

fn all_lines(text: &str) -> Vec<String> {
    wrap(text, fitting(WIDTH - 2 * EDGE, SIZE), usize::MAX)
}
