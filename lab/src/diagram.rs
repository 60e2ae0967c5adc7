//! The sequence diagram of a world, as SVG: each arrow a message that was sent, answered, lost, or
//! is under way.
//!
//! It is drawn from the timeline and from nothing else, and holds neither colours nor measures of
//! text: those are the stylesheet's, and text is given the room that the widest font would take.
//! Invariant: what happened later stands lower, no two texts overlap, and nothing that a world
//! holds is written without being escaped.

mod lanes;
mod narrow;
mod story;
mod svg;
mod text;
mod wide;
pub(super) mod words;

pub use self::words::note;
use self::{
    story::Story,
    svg::{Links, Svg},
};
use super::world::World;

/// The style of a diagram that stands alone.
const STYLE: &str = include_str!("diagram/standalone.css");

/// The options of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View<'a> {
    /// Number of entries of the timeline at most, the newest ones. A round trip that would be cut is left out whole.
    pub newest: usize,
    /// The beginning of the addresses of messages: arrows are links to this and the number of the message.
    pub anchor: &'a str,
    /// The beginning of the addresses of the rule's rows: the row that decided is a link to this and its number.
    pub rows: &'a str,
    /// The numbers of the messages whose arrows are marked as new.
    pub marked: &'a [u32],
}

/// The layout of a diagram, by the width of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// 900 units wide, with labels above the arrows.
    Wide,
    /// 340 units wide, for a telephone: labels below the arrows, over the whole width.
    Narrow,
}

/// A diagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagram {
    /// The `svg` element of the wide layout, to stand in a page. Its arrows are links to their messages, and the rows
    /// that decided to the rule.
    pub wide: String,
    /// The one of the narrow layout.
    pub narrow: String,
    /// Number of older entries that it does not show.
    pub skipped: usize,
}

/// Draws the newest entries of a world, in both layouts. A page that holds both in one element of the class `diagram`
/// shows the one that fits.
pub fn diagram(world: &World, view: View<'_>) -> Diagram {
    let story = Story::of(world, view.newest);
    let name = words::name(&story);
    let draw = |layout| {
        let links = Links::To { messages: view.anchor, rows: view.rows, marked: view.marked };
        drawn(&story, layout, links, &name, None)
    };
    Diagram { wide: draw(Layout::Wide), narrow: draw(Layout::Narrow), skipped: story.skipped }
}

/// Draws all of a world for a page that says nothing else of its messages: its arrows are no links.
pub fn picture(world: &World, layout: Layout) -> String {
    let story = Story::of(world, usize::MAX);
    drawn(&story, layout, Links::None, &words::name(&story), None)
}

/// Draws all of a world as a document of its own, to keep or to print. It has a style, and its
/// arrows are no links.
pub fn standalone(world: &World) -> String {
    let story = Story::of(world, usize::MAX);
    drawn(&story, Layout::Wide, Links::None, &words::name(&story), Some(STYLE))
}

fn drawn(
    story: &Story<'_>,
    layout: Layout,
    links: Links<'_>,
    name: &str,
    style: Option<&str>,
) -> String {
    let mut svg = Svg::new(links);
    let frame = match layout {
        Layout::Wide => wide::draw(story, &mut svg),
        Layout::Narrow => narrow::draw(story, &mut svg),
    };
    svg.close(&frame, name, style)
}
