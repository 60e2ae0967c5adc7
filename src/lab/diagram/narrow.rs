//! The diagram on a telephone: each step is a row of its own, an arrow between the lanes, its words below it.
//!
//! Lanes are drawn beside arrows only, so that text has the whole width. A message that took its time has two rows, one
//! where it left and one where it arrived, and both are its link.

use super::{
    story::{Beat, Fate, Lane, Leg, Origin, Story, Way},
    svg::{Anchor, Frame, Lines, Point, Svg, Tip},
    text::{fitting, wrap},
    words,
};
use crate::lab::message::Message;

const WIDTH: i32 = 340;
const EDGE: i32 = 6;
const HEAD: i32 = 28;
/// The height of a row with an arrow, which is in its middle.
const ROW: i32 = 26;
/// From a line of text to the next.
const LINE: i32 = 17;
/// Below the last line of text.
const GAP: i32 = 14;
/// Half the width of an activation bar.
const BAR: i32 = 4;
const SIZE: i32 = 13;

/// Where everything is.
struct Plan<'a> {
    story: &'a Story<'a>,
    /// The lanes' middles.
    lanes: Vec<(Lane, i32)>,
    head: i32,
    /// For each beat its top.
    beats: Vec<i32>,
    /// For each leg that ends in a row of its own, that row's top.
    ends: Vec<Option<i32>>,
    height: i32,
}

/// What a server did.
struct Work {
    tag: Option<String>,
    store: Vec<String>,
    tip: Tip,
}

pub(super) fn draw(story: &Story<'_>, svg: &mut Svg) -> Frame {
    let plan = Plan::of(story);
    plan.draw(svg);
    Frame { width: WIDTH, height: plan.height, classes: "sd sd-narrow" }
}

impl<'a> Plan<'a> {
    fn of(story: &'a Story<'a>) -> Self {
        let count = i32::try_from(story.lanes.len()).unwrap_or(i32::MAX);
        let head = ((WIDTH - 2 * EDGE) / count - 4).min(56);
        let (first, span) = (EDGE + head / 2, WIDTH - 2 * EDGE - head);
        let lanes = story.lanes.iter().zip(0..);
        let lanes = lanes.map(|(lane, index)| (*lane, first + span * index / (count - 1).max(1)));
        let mut plan = Self {
            story,
            lanes: lanes.collect(),
            head,
            beats: Vec::new(),
            ends: vec![None; story.legs.len()],
            height: 0,
        };
        plan.place();
        plan
    }

    /// The first pass.
    fn place(&mut self) {
        let mut y = EDGE + HEAD + 4;
        for beat in &self.story.beats {
            self.beats.push(y);
            let (row, lines) = match beat {
                Beat::Leaves(index) => (ROW, label(&self.story.legs[*index]).1.len()),
                Beat::Ends(index) => {
                    self.ends[*index] = Some(y);
                    (ROW, 1)
                }
                Beat::Serves(message) => {
                    let Work { tag, store, .. } = work(message);
                    let lines = store.len() + tag.iter().len();
                    if lines == 0 {
                        continue;
                    }
                    (if store.is_empty() { 0 } else { ROW }, lines)
                }
                Beat::Note(note) => (LINE / 2, all_lines(note).len()),
            };
            y += row + LINE * i32::try_from(lines).unwrap_or(0) + GAP;
        }
        self.height = y;
    }

    fn draw(&self, svg: &mut Svg) {
        for (lane, x) in &self.lanes {
            let short = lane.short();
            let name = if fitting(self.head, SIZE) < short.len() { &short[..2] } else { short };
            svg.head([x - self.head / 2, EDGE, self.head, HEAD], name, lane.title());
        }
        for (beat, top) in self.story.beats.iter().zip(&self.beats) {
            match beat {
                Beat::Leaves(index) => self.leg(svg, *index, *top),
                Beat::Serves(message) => self.serve(svg, message, *top),
                Beat::Note(note) => {
                    for (line, index) in all_lines(note).iter().zip(1..) {
                        let at = Point { x: WIDTH / 2, y: top + LINE * index };
                        svg.text("sd-note", at, Anchor::Middle, line);
                    }
                }
                // It stands in the link of its leg.
                Beat::Ends(_) => {}
            }
        }
    }

    fn leg(&self, svg: &mut Svg, index: usize, top: i32) {
        let leg = &self.story.legs[index];
        let (number, lines) = label(leg);
        let (from, to) = self.course(leg);
        let middle = from.midpoint(to);
        svg.open_leg(leg);
        self.row(svg, top, lines.len());
        let y = top + ROW / 2;
        let line = |svg: &mut Svg, from, to, tip| {
            svg.line("sd-line", Point { x: from, y }, Point { x: to, y }, tip);
        };
        match (self.ends[index], leg.fate) {
            (Some(_), _) => line(svg, from, middle, Tip::Dot),
            (None, Fate::Arrives) => line(svg, from, to, Tip::Arrow),
            (None, Fate::Lost) => line(svg, from, middle, Tip::Cross),
            (None, Fate::UnderWay) => line(svg, from, middle, Tip::Circle),
        }
        if leg.origin == Origin::Midway {
            svg.dot(Point { x: from, y });
        }
        let words = Lines { lines: &lines, number, step: LINE };
        svg.label(Point { x: EDGE, y: top + ROW + LINE - 5 }, Anchor::Start, &words);
        if let Some(top) = self.ends[index] {
            self.row(svg, top, 1);
            let (from, y) = (Point { x: middle, y: top + ROW / 2 }, top + ROW / 2);
            svg.dot(from);
            match leg.fate {
                Fate::Lost => {
                    svg.line("sd-line", from, Point { x: middle.midpoint(to), y }, Tip::Cross);
                }
                _ => svg.line("sd-line", from, Point { x: to, y }, Tip::Arrow),
            }
            let words =
                Lines { lines: &[words::end(leg)], number: Some(leg.message.number), step: LINE };
            svg.label(Point { x: EDGE, y: top + ROW + LINE - 5 }, Anchor::Start, &words);
        }
        svg.close_leg();
    }

    /// The ground of a row: the lanes, and what can be chosen.
    fn row(&self, svg: &mut Svg, top: i32, lines: usize) {
        let height = ROW + LINE * i32::try_from(lines).unwrap_or(0) + 4;
        svg.hit_area([0, top, WIDTH, height]);
        self.lives(svg, top);
    }

    fn lives(&self, svg: &mut Svg, top: i32) {
        let lives = self.lanes.iter().map(|(_, x)| format!("M{x} {top}v{ROW}"));
        svg.path("sd-life", &lives.collect::<String>());
    }

    fn serve(&self, svg: &mut Svg, message: &Message, top: i32) {
        let Work { tag, store, tip } = work(message);
        let mut text = Point { x: EDGE, y: top + LINE - 5 };
        if !store.is_empty() {
            self.lives(svg, top);
            let y = top + ROW / 2;
            let (from, to) = (self.x(Lane::Place(message.request.at)), self.x(Lane::Store));
            let class = if tip == Tip::Cross { "sd-ask sd-lost" } else { "sd-ask" };
            svg.line(class, Point { x: from, y }, Point { x: to, y }, tip);
            svg.rect("sd-bar", [from - BAR, top + 2, 2 * BAR, ROW - 4], 2);
            text.y += ROW;
        }
        if let Some(tag) = &tag {
            svg.text("sd-tag", text, Anchor::Start, tag);
            text.y += LINE;
        }
        for line in &store {
            svg.text("sd-dim", text, Anchor::Start, line);
            text.y += LINE;
        }
    }

    /// From where to where a leg goes, whether it arrives or not.
    fn course(&self, leg: &Leg<'_>) -> (i32, i32) {
        let (party, place) = (self.x(leg.party()), self.x(leg.place()));
        let (from, to) = match leg.way {
            Way::Request => (party, place),
            Way::Answer => (place, party),
        };
        if leg.origin == Origin::Midway { (from.midpoint(to), to) } else { (from, to) }
    }

    fn x(&self, lane: Lane) -> i32 {
        self.lanes.iter().find(|(each, _)| *each == lane).map_or(0, |(_, x)| *x)
    }
}

/// The number and the lines of a leg's label.
fn label(leg: &Leg<'_>) -> (Option<u32>, Vec<String>) {
    let label = words::label(leg);
    let text = format!("{}{}", words::who(leg), label.text);
    let text = label.number.map_or_else(|| text.clone(), |number| format!("{number} {text}"));
    (label.number, all_lines(&text))
}

fn work(message: &Message) -> Work {
    let Some(answer) = &message.answer else {
        return Work { tag: None, store: Vec::new(), tip: Tip::Nothing };
    };
    let silent = answer.statements.iter().any(|statement| statement.rows.is_none());
    Work {
        tag: words::tag(answer),
        store: words::store(answer).map_or_else(Vec::new, |text| all_lines(&text)),
        tip: if silent { Tip::Cross } else { Tip::Arrow },
    }
}

fn all_lines(text: &str) -> Vec<String> {
    wrap(text, fitting(WIDTH - 2 * EDGE, SIZE), usize::MAX)
}
