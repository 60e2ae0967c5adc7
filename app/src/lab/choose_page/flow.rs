//! The drawing of a flow: its parties as lanes, its messages as arrows between them, one below the other.
//!
//! There is one layout, as wide as a telephone: a page sets several side by side. Coordinates are pixels there.

use std::fmt::Write as _;

use coatroom_lab::choose::{Flow, Step};
use html_escape::encode_text;

/// The width of a drawing.
const WIDTH: i32 = 272;
/// The height of the heads of the lanes, and the width of each.
const HEAD: (i32, i32) = (26, 68);
/// The height of a message: its words, and the arrow below them.
const MESSAGE: i32 = 34;
/// The same, where a lane works alone.
const WORK: i32 = 44;
/// The height of a heading.
const PART: i32 = 32;
/// The usual width of a letter: words near an edge are moved away from it by this measure.
const LETTER: f32 = 7.4;

/// Draws a flow as SVG, with its steps as its text.
pub(super) fn svg(flow: &Flow) -> String {
    let mut drawing = Drawing { flow, body: String::new(), y: HEAD.0 + 4 };
    for step in flow.steps {
        drawing.step(*step);
    }
    let (slug, height) = (flow.slug, drawing.y + 6);
    let (title, told) = (encode_text(flow.title), flow.told());
    let heads = drawing.heads(height);
    format!(
        r#"<svg class="sd scene" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="flow-{slug}-title flow-{slug}-text"><title id="flow-{slug}-title">{title}</title><desc id="flow-{slug}-text">{}</desc>{heads}{}</svg>"#,
        encode_text(&told),
        drawing.body,
    )
}

struct Drawing<'a> {
    flow: &'a Flow,
    body: String,
    /// The height that is taken.
    y: i32,
}

impl Drawing<'_> {
    /// Returns the middle of a lane.
    fn lane(&self, index: usize) -> i32 {
        let last =
            i32::try_from(self.flow.lanes.len()).unwrap_or(i32::MAX).saturating_sub(1).max(1);
        let (first, room) = (HEAD.1 / 2 + 1, WIDTH - HEAD.1 - 2);
        first + room * i32::try_from(index).unwrap_or(last) / last
    }

    /// Draws the lanes with their heads. They lie below everything else.
    fn heads(&self, height: i32) -> String {
        let (head, width) = HEAD;
        let mut out = String::new();
        for (index, name) in self.flow.lanes.iter().enumerate() {
            let x = self.lane(index);
            put(&mut out, format_args!(r#"<path class="sd-life" d="M{x} {head}V{height}"/>"#));
            let left = x - width / 2;
            put(
                &mut out,
                format_args!(
                    r#"<rect class="sd-head" x="{left}" y="1" width="{width}" height="{head}" rx="6"/>"#
                ),
            );
            put(
                &mut out,
                format_args!(
                    r#"<text class="sd-name" x="{x}" y="18" text-anchor="middle">{}</text>"#,
                    encode_text(name)
                ),
            );
        }
        out
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Part(name) => self.part(name),
            Step::Sends(from, to, says) => self.sends(self.lane(from), self.lane(to), says),
            Step::Does(at, says) => self.does(self.lane(at), says),
        }
    }

    fn part(&mut self, name: &str) {
        let (rule, words) = (self.y + 7, self.y + 24);
        let name = encode_text(name);
        put(
            &mut self.body,
            format_args!(
                r#"<path class="sd-rule" d="M0 {rule}H{WIDTH}"/><text class="sd-note" x="2" y="{words}">{name}</text>"#
            ),
        );
        self.y += PART;
    }

    fn sends(&mut self, from: i32, to: i32, says: &str) {
        self.words(i32::midpoint(from, to), says);
        let y = self.y + 26;
        let back = if to > from { to - 7 } else { to + 7 };
        self.line(&format!("M{from} {y}H{to}M{back} {}L{to} {y}L{back} {}", y - 4, y + 4));
        self.y += MESSAGE;
    }

    fn does(&mut self, at: i32, says: &str) {
        self.words(at, says);
        let y = self.y + 24;
        let back = at - 7;
        self.line(&format!(
            "M{at} {y}h-26v12h26M{back} {}L{at} {}L{back} {}",
            y + 8,
            y + 12,
            y + 16
        ));
        self.y += WORK;
    }

    /// Writes words as near to the middle of an arrow as the edges let them.
    fn words(&mut self, middle: i32, says: &str) {
        let half = half_width(says);
        let x = middle.clamp(half, WIDTH - half);
        let (y, says) = (self.y + 17, encode_text(says));
        put(
            &mut self.body,
            format_args!(r#"<text x="{x}" y="{y}" text-anchor="middle">{says}</text>"#),
        );
    }

    fn line(&mut self, path: &str) {
        put(&mut self.body, format_args!(r#"<path class="sd-line" d="{path}"/>"#));
    }
}

/// Returns half of the width of words, at most half of the drawing.
fn half_width(words: &str) -> i32 {
    let letters = u16::try_from(words.chars().count()).unwrap_or(u16::MAX);
    #[expect(clippy::cast_possible_truncation, reason = "a float that is too large saturates")]
    let half = (f32::from(letters) * LETTER / 2.0).ceil() as i32;
    half.clamp(1, WIDTH / 2)
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _a_string_takes_all = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use coatroom_lab::choose::FLOWS;

    use super::*;

    #[test]
    fn words_of_each_flow_fit_into_its_width() {
        for flow in &FLOWS {
            for step in flow.steps {
                let (Step::Part(says) | Step::Sends(_, _, says) | Step::Does(_, says)) = *step;
                assert!(half_width(says) < WIDTH / 2, "{says}");
            }
        }
    }

    #[test]
    fn a_flow_names_its_lanes_and_steps_in_its_text() {
        for flow in &FLOWS {
            let svg = svg(flow);
            assert!(svg.contains(r#"role="img""#) && svg.contains(&flow.told()), "{svg}");
            for lane in flow.lanes {
                assert!(svg.contains(&format!(">{lane}</text>")), "{svg}");
            }
            assert!(!svg.contains("style="), "the policy allows none");
        }
    }
}
