//! Writes SVG: text, lines and links, each by its class, with whole coordinates.
//!
//! Classes begin with `sd-` and are the only styling, as the site's policy allows no other.
//! Everything that is text or an attribute's value passes [`escape`].

use std::fmt;

use super::{
    lanes::Lanes,
    story::{ArrowEnd, Leg, Way},
    text::put,
    words,
};

/// The body of a diagram.
pub(super) struct Svg<'a> {
    body: String,
    links: Links<'a>,
}

/// The links of arrows, if they have any.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Links<'a> {
    /// Links to the messages, whose addresses are `messages` and their number, and to the rows of the rule, whose
    /// addresses are `rows` and theirs. Some messages are marked.
    To { messages: &'a str, rows: &'a str, marked: &'a [u32] },
    /// There is no page around.
    None,
}

/// The frame around a body.
pub(super) struct Frame {
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) classes: &'static str,
}

/// Lines of text one below the other.
pub(super) struct Lines<'a> {
    pub(super) texts: &'a [String],
    /// The number that the first begins with.
    pub(super) number: Option<u32>,
    /// The distance from one to the next.
    pub(super) step: i32,
}

/// A point; `x` grows to the right and `y` downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) x: i32,
    pub(super) y: i32,
}

/// The point of a text at which its `x` is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// The mark at the end of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tip {
    Arrow,
    Cross,
    Circle,
    Dot,
}

impl Tip {
    /// Returns the mark at the end of a leg.
    pub(super) const fn of(fate: ArrowEnd) -> Self {
        match fate {
            ArrowEnd::Arrives => Self::Arrow,
            ArrowEnd::Lost => Self::Cross,
            ArrowEnd::UnderWay => Self::Circle,
        }
    }
}

impl<'a> Svg<'a> {
    pub(super) fn new(links: Links<'a>) -> Self {
        Self { body: String::with_capacity(16 * 1024), links }
    }

    fn put(&mut self, text: fmt::Arguments<'_>) {
        put(&mut self.body, text);
    }

    /// The whole element. A style makes it a document of its own.
    pub(super) fn close(self, frame: &Frame, name: &str, style: Option<&str>) -> String {
        let Frame { width, height, classes } = frame;
        let mut out = String::with_capacity(self.body.len() + 512);
        out.push_str("<svg");
        if style.is_some() {
            put(
                &mut out,
                format_args!(
                    r#" xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}""#
                ),
            );
        }
        put(
            &mut out,
            format_args!(
                r#" class="{classes}" viewBox="0 0 {width} {height}" role="group" aria-label=""#
            ),
        );
        escape(&mut out, name);
        out.push_str(r#"">"#);
        if let Some(style) = style {
            put(&mut out, format_args!("<style>{style}</style>"));
        }
        out.push_str(&self.body);
        out.push_str("</svg>");
        out
    }

    /// Draws the head of a lane, or its foot, which is the same again. If its name is short, its title is the whole one.
    pub(super) fn head(&mut self, class: &str, area: [i32; 4], name: &[String], whole: &str) {
        let [x, y, width, height] = area;
        self.body.push_str("<g>");
        if name.join(" ") != whole {
            self.body.push_str("<title>");
            escape(&mut self.body, whole);
            self.body.push_str("</title>");
        }
        self.rect(class, area, 8);
        let mut at = Point { x: x + width / 2, y: y + height / 2 + 5 };
        at.y -= i32::try_from(name.len().saturating_sub(1)).unwrap_or(0) * 7;
        for line in name {
            self.text("sd-name", at, Anchor::Middle, line);
            at.y += 14;
        }
        self.body.push_str("</g>");
    }

    /// A piece of every lane.
    pub(super) fn lives(&mut self, lanes: &Lanes, top: i32, length: i32) {
        self.body.push_str(r#"<path class="sd-life" d=""#);
        for (_, x) in &lanes.all {
            self.put(format_args!("M{x} {top}v{length}"));
        }
        self.body.push_str(r#""/>"#);
    }

    /// Draws what a link says again: hidden from screen readers.
    pub(super) fn aside(&mut self, draw: impl FnOnce(&mut Self)) {
        self.body.push_str(r#"<g aria-hidden="true">"#);
        draw(self);
        self.body.push_str("</g>");
    }

    pub(super) fn rect(&mut self, class: &str, [x, y, width, height]: [i32; 4], radius: i32) {
        self.put(format_args!(r#"<rect class="{class}" x="{x}" y="{y}" "#));
        self.put(format_args!(r#"width="{width}" height="{height}" rx="{radius}"/>"#));
    }

    /// One line of text, `y` its baseline.
    pub(super) fn text(&mut self, class: &str, at: Point, anchor: Anchor, text: &str) {
        self.open_text(class, at, anchor);
        escape(&mut self.body, text);
        self.body.push_str("</text>");
    }

    /// The label of a leg; `y` is the baseline of its first line.
    pub(super) fn label(&mut self, at: Point, anchor: Anchor, label: &Lines<'_>) {
        for (index, line) in (0..).zip(label.texts) {
            self.open_text("sd-label", Point { y: at.y + index * label.step, ..at }, anchor);
            match (index, label.number, line.split_once(' ')) {
                (0, Some(number), Some((_, rest))) => {
                    self.put(format_args!(r#"<tspan class="sd-number">{number}</tspan> "#));
                    escape(&mut self.body, rest);
                }
                _ => escape(&mut self.body, line),
            }
            self.body.push_str("</text>");
        }
    }

    fn open_text(&mut self, class: &str, Point { x, y }: Point, anchor: Anchor) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        self.put(format_args!(r#"<text class="{class}" x="{x}" y="{y}"{anchor}>"#));
    }

    /// A line with what is at its end.
    pub(super) fn line(&mut self, class: &str, from: Point, to: Point, tip: Tip) {
        let Point { x, y } = to;
        self.put(format_args!(r#"<path class="{class}" d="M{} {}L{x} {y}"#, from.x, from.y));
        if tip == Tip::Arrow {
            self.arrow(from, to);
        }
        self.put(format_args!(r#""/>"#));
        match tip {
            Tip::Cross => {
                let (left, top) = (x - 6, y - 6);
                self.put(format_args!(
                    r#"<path class="sd-cross" d="M{left} {top}l12 12m0-12l-12 12"/>"#
                ));
            }
            Tip::Circle => {
                self.put(format_args!(r#"<circle class="sd-open" cx="{x}" cy="{y}" r="5"/>"#));
            }
            Tip::Dot => self.dot(to),
            Tip::Arrow => {}
        }
    }

    /// Draws the line of a server's question to the store.
    pub(super) fn ask(&mut self, from: Point, to: Point, tip: Tip) {
        let class = if tip == Tip::Cross { "sd-ask sd-lost" } else { "sd-ask" };
        self.line(class, from, to, tip);
    }

    /// A rule from one `x` to the other.
    pub(super) fn rule(&mut self, [from, to]: [i32; 2], y: i32) {
        self.put(format_args!(r#"<path class="sd-rule" d="M{from} {y}H{to}"/>"#));
    }

    fn arrow(&mut self, from: Point, Point { x, y }: Point) {
        if from.y == y {
            let back = if x > from.x { x - 8 } else { x + 8 };
            self.put(format_args!("M{back} {}L{x} {y}L{back} {}", y - 4, y + 4));
        } else {
            let [(x1, y1), (x2, y2)] = barbs(from, Point { x, y });
            self.put(format_args!("M{x1:.1} {y1:.1}L{x} {y}L{x2:.1} {y2:.1}"));
        }
    }

    /// Draws a dot, at which something begins that has come from elsewhere.
    pub(super) fn dot(&mut self, Point { x, y }: Point) {
        self.put(format_args!(r#"<circle class="sd-dot" cx="{x}" cy="{y}" r="3"/>"#));
    }

    /// Draws an unseen band around a line, which a visitor can choose.
    pub(super) fn hit(&mut self, from: Point, to: Point) {
        self.put(format_args!(
            r#"<path class="sd-hit" stroke-width="26" d="M{} {}L{} {}"/>"#,
            from.x, from.y, to.x, to.y
        ));
    }

    /// The same, as an area.
    pub(super) fn hit_area(&mut self, area: [i32; 4]) {
        self.rect("sd-hit", area, 6);
    }

    /// Opens the link of a leg.
    pub(super) fn open_leg(&mut self, leg: &Leg<'_>) {
        let way = if leg.way == Way::Request { "sd-request" } else { "sd-answer" };
        let fate = match leg.fate {
            ArrowEnd::Arrives => "",
            ArrowEnd::Lost => " sd-lost",
            ArrowEnd::UnderWay => " sd-flight",
        };
        let number = leg.message.number;
        match self.links {
            Links::To { messages, marked, .. } => {
                self.body.push_str(r#"<a href=""#);
                escape(&mut self.body, messages);
                self.put(format_args!(r#"{number}" class="sd-msg {way}{fate}""#));
                if marked.contains(&number) {
                    self.body.push_str(r#" data-new="""#);
                }
                self.put(format_args!(r#" data-message="{number}" aria-label=""#));
                escape(&mut self.body, &words::sentence(leg));
                self.body.push_str(r#""><g>"#);
            }
            Links::None => {
                self.put(format_args!(r#"<g class="sd-msg {way}{fate}"><g><title>"#));
                escape(&mut self.body, &words::sentence(leg));
                self.body.push_str("</title>");
            }
        }
    }

    /// The row of the rule that decided, in one line or in several: a link to it, which can be
    /// chosen in that area.
    pub(super) fn row(&mut self, row: u8, area: [i32; 4], draw: impl FnOnce(&mut Self)) {
        let Links::To { rows, .. } = self.links else { return draw(self) };
        self.body.push_str(r#"<a href=""#);
        escape(&mut self.body, rows);
        self.put(format_args!(r#"{row}" class="sd-row">"#));
        self.hit_area(area);
        draw(self);
        self.body.push_str("</a>");
    }

    pub(super) fn close_leg(&mut self) {
        match self.links {
            Links::To { .. } => self.body.push_str("</g></a>"),
            Links::None => self.body.push_str("</g></g>"),
        }
    }
}

/// The ends of both barbs of an arrow that arrives at `to`.
fn barbs(from: Point, to: Point) -> [(f64, f64); 2] {
    let (x, y) = (f64::from(to.x), f64::from(to.y));
    let (across, down) = (x - f64::from(from.x), y - f64::from(from.y));
    let length = across.hypot(down).max(1.0);
    let (across, down) = (across / length, down / length);
    let barb = |side: f64| (x - 8.0 * across + side * down, y - 8.0 * down - side * across);
    [barb(4.0), barb(-4.0)]
}

/// Writes text so that it is text in XML, whatever it is.
fn escape(out: &mut String, text: &str) {
    let special =
        |character: char| matches!(character, '&' | '<' | '>' | '"') || character.is_control();
    let mut rest = text;
    while let Some(index) = rest.find(special) {
        let (plain, from) = rest.split_at(index);
        let mut characters = from.chars();
        out.push_str(plain);
        out.push_str(match characters.next() {
            Some('&') => "&amp;",
            Some('<') => "&lt;",
            Some('>') => "&gt;",
            Some('"') => "&quot;",
            // Most control characters may not stand in XML at all, not even escaped.
            _ => "\u{fffd}",
        });
        rest = characters.as_str();
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_whatever_it_is() {
        let mut out = String::new();
        escape(&mut out, "</title><script>alert('1' & \"2\")\u{0}\u{1b}");
        let expected = "&lt;/title&gt;&lt;script&gt;alert('1' &amp; &quot;2&quot;)";
        assert_eq!(out, format!("{expected}\u{fffd}\u{fffd}"));
    }

    #[test]
    fn an_arrow_points_where_its_line_goes() {
        let [one, other] = barbs(Point { x: 0, y: 5 }, Point { x: 100, y: 5 });
        assert_eq!((one, other), ((92.0, 1.0), (92.0, 9.0)));
        let [one, other] = barbs(Point { x: 7, y: 0 }, Point { x: 7, y: 50 });
        assert_eq!((one, other), ((11.0, 42.0), (3.0, 42.0)));
    }
}
