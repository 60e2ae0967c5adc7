//! A diagram, read back: its links, its texts with the room that they take, and every point that it
//! names.

use std::collections::BTreeSet;

use roxmltree::{Document, Node};

/// A diagram.
#[derive(Debug, Default)]
pub struct Drawing {
    pub around: Area,
    pub links: Vec<Link>,
    /// The links to rows of the rule.
    pub rows: Vec<RowLink>,
    /// Each line of text, and the room that it may take.
    pub texts: Vec<(String, Area)>,
    /// The name of each lane, as it is said.
    pub heads: Vec<String>,
    /// The same, as it is written.
    pub names: Vec<String>,
    /// The middles of the lanes.
    pub lanes: Vec<f64>,
    /// The `x` of the end of each leg that did not arrive.
    pub stops: Vec<f64>,
    /// The areas on which no text may lie: bars, and lines that are level.
    pub solid: Vec<Area>,
    pub points: Vec<(f64, f64)>,
    pub classes: BTreeSet<String>,
    pub attributes: BTreeSet<String>,
}

/// A link.
#[derive(Debug)]
pub struct Link {
    pub message: u32,
    pub way: String,
    pub end: String,
    pub says: String,
    /// The height of what can be chosen.
    pub hit: f64,
}

/// A link to a row of the rule.
#[derive(Debug)]
pub struct RowLink {
    pub address: String,
    pub says: String,
    /// The height of what can be chosen.
    pub hit: f64,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    pub fn holds(&self, (x, y): (f64, f64)) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }

    pub fn covers(&self, other: &Self) -> bool {
        self.holds((other.left, other.top)) && self.holds((other.right, other.bottom))
    }

    pub fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

impl Drawing {
    /// Reads a diagram, which must be XML.
    pub fn read(svg: &str) -> Self {
        let document = Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
        let root = document.root_element();
        let mut sides = attribute(root, "viewBox").split(' ').map(str::parse::<f64>);
        let mut side = || sides.next().expect("four sides").expect("a number");
        let (left, top, right, bottom) = (side(), side(), side(), side());
        assert_eq!(attribute(root, "role"), "group");
        assert!(!attribute(root, "aria-label").is_empty());
        let around = Area { left, top, right, bottom };
        let mut drawing = Self { around, ..Self::default() };
        let small = attribute(root, "class").contains("sd-dense");
        for node in root.descendants().filter(Node::is_element) {
            drawing.attributes.extend(node.attributes().map(|each| each.name().to_owned()));
            let classes = node.attribute("class").unwrap_or_default();
            drawing.classes.extend(classes.split_whitespace().map(str::to_owned));
            match node.tag_name().name() {
                "a" if classes == "sd-row" => drawing.rows.push(row(node)),
                "a" => drawing.links.push(link(node)),
                "text" => drawing.texts.push(text(node, small)),
                "rect" => drawing.rect(node),
                "circle" => drawing.circle(node),
                "path" => drawing.path(node),
                "svg" | "g" | "tspan" | "title" | "style" => {}
                other => panic!("{other}"),
            }
        }
        drawing
    }

    /// Returns true if it holds that text, in one line or in several.
    pub fn says(&self, words: &str) -> bool {
        let all: Vec<&str> = self.texts.iter().map(|(text, _)| text.as_str()).collect();
        all.join(" ").contains(words)
    }

    fn rect(&mut self, node: Node<'_, '_>) {
        let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| number(node, name));
        assert!(width > 0.0 && height > 0.0, "{node:?}");
        self.points.extend([(x, y), (x + width, y + height)]);
        if node.attribute("class") == Some("sd-bar") {
            self.solid.push(Area { left: x, top: y, right: x + width, bottom: y + height });
        }
        if node.attribute("class") == Some("sd-head") {
            self.lanes.push(x + width / 2.0);
            let group = node.parent().expect("a group");
            let title = group.children().find(|child| child.has_tag_name("title"));
            let name = group.children().find(|child| child.tag_name().name() == "text");
            let whole = title.or(name).and_then(|node| node.text()).expect("a name");
            let lines: Vec<_> = group
                .children()
                .filter(|child| child.tag_name().name() == "text")
                .filter_map(|child| child.text())
                .collect();
            let name = lines.join(" ");
            self.heads.push(if title.is_some() { whole.to_owned() } else { name.clone() });
            self.names.push(name);
        }
    }

    fn circle(&mut self, node: Node<'_, '_>) {
        let [x, y, r] = ["cx", "cy", "r"].map(|name| number(node, name));
        self.points.extend([(x - r, y - r), (x + r, y + r)]);
        if node.attribute("class") == Some("sd-open") {
            self.stops.push(x);
        }
    }

    fn path(&mut self, node: Node<'_, '_>) {
        let points = path(attribute(node, "d"));
        let of_a_leg = node.ancestors().any(|around| around.has_tag_name("a"));
        if of_a_leg && node.attribute("class") == Some("sd-cross") {
            let (sum, count) =
                points.iter().fold((0.0, 0.0), |(sum, n), (x, _)| (sum + x, n + 1.0));
            self.stops.push(sum / count);
        }
        if let [(left, top), (right, bottom), ..] = *points
            && top.total_cmp(&bottom).is_eq()
        {
            let (left, right) = (left.min(right), left.max(right));
            self.solid.push(Area { left, top, right, bottom });
        }
        self.points.extend(points);
    }
}

fn attribute<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    node.attribute(name).unwrap_or_else(|| panic!("{name} of {node:?}"))
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    attribute(node, name).parse().expect("a number")
}

fn row(node: Node<'_, '_>) -> RowLink {
    let lines: Vec<_> = node.children().filter_map(|line| line.text()).collect();
    let address = attribute(node, "href").to_owned();
    RowLink { address, says: lines.join(" "), hit: hit(node) }
}

/// Returns the height of what can be chosen of a link.
fn hit(node: Node<'_, '_>) -> f64 {
    let hits = node.descendants().filter(|each| each.attribute("class") == Some("sd-hit"));
    let heights = hits.map(|hit| match hit.attribute("stroke-width") {
        Some(width) => width.parse().expect("a number"),
        None => number(hit, "height"),
    });
    heights.fold(f64::INFINITY, f64::min)
}

fn link(node: Node<'_, '_>) -> Link {
    let message = attribute(node, "data-message");
    assert_eq!(attribute(node, "href"), format!("#m{message}"));
    let classes: Vec<_> = attribute(node, "class").split(' ').collect();
    let [msg, way, end @ ..] = classes.as_slice() else { panic!("{classes:?}") };
    assert_eq!((*msg, end.len() < 2), ("sd-msg", true), "{classes:?}");
    Link {
        message: message.parse().expect("a number"),
        way: (*way).to_owned(),
        end: end.concat(),
        says: attribute(node, "aria-label").to_owned(),
        hit: hit(node),
    }
}

/// A line of text. A character is taken to be 0.6 em wide, 0.8 em above the baseline and 0.2 em
/// below.
fn text(node: Node<'_, '_>, small: bool) -> (String, Area) {
    let class = attribute(node, "class");
    let small = small || ["sd-dim", "sd-number", "sd-tag"].contains(&class);
    let size = if small { 12.0 } else { 13.0 };
    let text: String =
        node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect();
    let count = u32::try_from(text.chars().count()).expect("few");
    let width = f64::from(count) * size * 0.6;
    let (x, y) = (number(node, "x"), number(node, "y"));
    let left = match node.attribute("text-anchor") {
        None => x,
        Some("middle") => x - width / 2.0,
        Some("end") => x - width,
        Some(other) => panic!("{other}"),
    };
    let area = Area { left, top: y - 0.8 * size, right: left + width, bottom: y + 0.2 * size };
    (text.replace('\u{a0}', " "), area)
}

/// The points of a path of lines.
fn path(data: &str) -> Vec<(f64, f64)> {
    let mut points = Vec::new();
    let (mut x, mut y) = (0.0, 0.0);
    let starts: Vec<usize> = data.match_indices(char::is_alphabetic).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([data.len()]);
    for (start, end) in starts.iter().zip(ends) {
        let numbers = numbers(&data[start + 1..end]);
        match (&data[*start..=*start], numbers.as_slice()) {
            ("M" | "L", [to, down]) => (x, y) = (*to, *down),
            ("m" | "l", [by, down]) => (x, y) = (x + by, y + down),
            ("H", [to]) => x = *to,
            ("v", [by]) => y += by,
            other => panic!("{other:?} in {data}"),
        }
        points.push((x, y));
    }
    points
}

/// Numbers that a space or a sign parts.
fn numbers(text: &str) -> Vec<f64> {
    let spaced = text.replace('-', " -");
    spaced.split_whitespace().map(|number| number.parse().expect("a number")).collect()
}
