//! Plots as SVG: bars for throughput, dots on a logarithmic scale for latencies, a line for what was
//! read over the time.

use std::fmt::Write as _;

use crate::{
    loops::Sample,
    report::{Course, Line, Round, Section, Spread, short},
};

const WIDTH: f64 = 760.0;
/// The place of the axis: names of subjects are left of it.
const LEFT: f64 = 250.0;
const RIGHT: f64 = 80.0;
const ROW: f64 = 26.0;
const TOP: f64 = 44.0;

/// Returns the plots of a scenario: kind, title, SVG.
pub fn of(section: &Section) -> Vec<(&'static str, String, String)> {
    let mut plots = Vec::new();
    let rates = rows(&section.lines, |line| Spread::of(line.rounds.iter().filter_map(Round::rate)));
    if !rates.is_empty() {
        let title = format!("{}: a second, median and range of the rounds", section.title);
        plots.push(("rate", title.clone(), bars(&title, &rates)));
    }
    let latencies = rows(&section.lines, |line| {
        let of = |of: fn(&Sample) -> f64| {
            let samples = line.rounds.iter().filter_map(|round| round.open.as_ref());
            Spread::of(samples.map(of)).map(|spread| spread.median)
        };
        Some([of(|sample| sample.p50)?, of(|sample| sample.p99)?, of(|sample| sample.p999)?])
    });
    if !latencies.is_empty() {
        let title = format!("{}: p50, p99 and p99.9 in ms at a fixed rate", section.title);
        plots.push(("latency", title.clone(), dots(&title, &latencies)));
    }
    if let Some(course) = &section.course {
        plots.push(("course", course.title.clone(), line(course)));
    }
    plots
}

/// The subjects that have such a value.
fn rows<T>(lines: &[Line], of: impl Fn(&Line) -> Option<T>) -> Vec<(&str, T)> {
    lines.iter().filter_map(|line| Some((&line.subject[..], of(line)?))).collect()
}

fn bars(title: &str, rows: &[(&str, Spread)]) -> String {
    let most = rows.iter().map(|(_, spread)| spread.most).fold(f64::MIN_POSITIVE, f64::max);
    let at = |value: f64| LEFT + (WIDTH - LEFT - RIGHT) * value / most;
    let mut svg = frame(title, rows.iter().map(|(name, _)| *name));
    for (y, (_, spread)) in middles().zip(rows) {
        let Spread { least, median, most } = spread;
        let _never_fails = write!(
            svg,
            "<rect x='{LEFT}' y='{:.1}' width='{:.1}' height='14' fill='#4a7fb5'/>\
             <path d='M{:.1} {y:.1}H{:.1}' stroke='#222' stroke-width='2'/>\
             <text x='{:.1}' y='{:.1}'>{}</text>",
            y - 7.0,
            at(*median) - LEFT,
            at(*least),
            at(*most),
            at(*most) + 6.0,
            y + 4.0,
            short(*median),
        );
    }
    svg + "</svg>\n"
}

fn dots(title: &str, rows: &[(&str, [f64; 3])]) -> String {
    let values = || rows.iter().flat_map(|(_, each)| each.map(|value| value.max(1e-3).log10()));
    let least = values().fold(f64::INFINITY, f64::min).floor();
    let most = values().fold(f64::NEG_INFINITY, f64::max).ceil().max(least + 1.0);
    let at = |log: f64| LEFT + (WIDTH - LEFT - RIGHT) * (log - least) / (most - least);
    let mut svg = frame(title, rows.iter().map(|(name, _)| *name));
    let bottom = height(rows.len()) - 8.0;
    let mut decade = least;
    while decade <= most {
        let _never_fails = write!(
            svg,
            "<path d='M{x:.1} {TOP}V{bottom:.1}' stroke='#ddd'/>\
             <text x='{x:.1}' y='38' text-anchor='middle' fill='#666'>{}</text>",
            10_f64.powf(decade),
            x = at(decade),
        );
        decade += 1.0;
    }
    for (y, (_, each)) in middles().zip(rows) {
        for (value, colour) in each.iter().zip(["#4a7fb5", "#d08a1d", "#b5443a"]) {
            let x = at(value.max(1e-3).log10());
            let _never_fails =
                write!(svg, "<circle cx='{x:.1}' cy='{y:.1}' r='5' fill='{colour}'/>");
        }
    }
    svg + "</svg>\n"
}

/// Draws readings over the time, from zero on: what is flat has to look flat.
fn line(course: &Course) -> String {
    const BOTTOM: f64 = 260.0;
    const LEFT: f64 = 60.0;
    let Course { title, every, values } = course;
    let most = values.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let minutes = every * f64::from(u32::try_from(values.len()).unwrap_or(u32::MAX).max(1));
    let x = |minute: f64| LEFT + (WIDTH - LEFT - RIGHT) * minute / minutes;
    let y = |value: f64| BOTTOM - (BOTTOM - TOP) * value / most;
    let points: Vec<_> = (1_u32..)
        .zip(values)
        .map(|(n, value)| format!("{:.1},{:.1}", x(every * f64::from(n)), y(*value)))
        .collect();
    let last = values.last().copied().unwrap_or_default();
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} 290' font-family='sans-serif' font-size='12'>\
         <rect width='100%' height='100%' fill='#fff'/><text x='12' y='20' font-size='14'>{}</text>\
         <path d='M{LEFT} {TOP}V{BOTTOM}H{:.1}' fill='none' stroke='#222'/>\
         <text x='{:.1}' y='{:.1}' text-anchor='end'>{}</text><text x='{:.1}' y='{BOTTOM}' text-anchor='end'>0</text>\
         <text x='{:.1}' y='{:.1}' text-anchor='end'>{} min</text>\
         <polyline points='{}' fill='none' stroke='#4a7fb5' stroke-width='2'/>\
         <text x='{:.1}' y='{:.1}'>{}</text></svg>\n",
        escaped(title),
        x(minutes),
        LEFT - 6.0,
        TOP + 4.0,
        short(most),
        LEFT - 6.0,
        x(minutes),
        BOTTOM + 18.0,
        short(minutes),
        points.join(" "),
        x(minutes) + 6.0,
        y(last) + 4.0,
        short(last),
    )
}

/// Begins a picture: its title, and a name in each row.
fn frame<'a>(title: &str, names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let height = height(names.len());
    let mut svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' \
         font-family='sans-serif' font-size='12'><rect width='100%' height='100%' fill='#fff'/>\
         <text x='12' y='20' font-size='14'>{}</text>",
        escaped(title)
    );
    for (y, name) in middles().zip(names) {
        let (x, y, name) = (LEFT - 8.0, y + 4.0, escaped(name));
        let _never_fails = write!(svg, "<text x='{x}' y='{y}' text-anchor='end'>{name}</text>");
    }
    svg
}

fn height(rows: usize) -> f64 {
    middles().nth(rows).unwrap_or(TOP)
}

/// The middles of the rows, from the top.
fn middles() -> impl Iterator<Item = f64> {
    std::iter::successors(Some(TOP + ROW / 2.0), |y| Some(y + ROW))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
