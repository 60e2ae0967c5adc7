//! The report: measurements as tables, and the sentences that they are held against.
//!
//! Figures of one scenario come from one run with the order of the subjects alternated, so a ratio is taken within each
//! round, and the median and the extremes of the rounds are told. Figures of different scenarios are not compared.

use std::fmt::Write as _;

use crate::{loops::Sample, machine::Machine, plot};

/// One scenario, measured.
pub struct Section {
    /// The name by which it is run, and that of its plots.
    pub name: &'static str,
    pub title: String,
    /// The paragraph above the table.
    pub text: String,
    pub lines: Vec<Line>,
    pub verdicts: Vec<Verdict>,
    /// A figure that was read again and again, plotted over the time.
    pub course: Option<Course>,
}

/// The readings of one figure.
pub struct Course {
    pub title: String,
    /// The interval between two readings, in minutes.
    pub every: f64,
    pub values: Vec<f64>,
}

/// One subject in a scenario.
pub struct Line {
    pub subject: String,
    pub rounds: Vec<Round>,
}

/// One round of one subject.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// As fast as it answers.
    pub closed: Option<Sample>,
    /// At a rate that all subjects of the scenario can answer.
    pub open: Option<Sample>,
    /// A figure without a loop, such as one that a peer measured by itself.
    pub figure: Option<f64>,
}

impl Round {
    /// The throughput, or the figure in place of it.
    pub fn rate(&self) -> Option<f64> {
        self.figure.or_else(|| Some(self.closed.as_ref()?.per_second))
    }

    pub fn p99(&self) -> Option<f64> {
        Some(self.open.as_ref()?.p99)
    }
}

/// The least, the median and the greatest of some rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub least: f64,
    pub median: f64,
    pub most: f64,
}

impl Spread {
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_unstable_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(values[middle - 1], values[middle])
        } else {
            values[middle]
        };
        Some(Self { least, median, most })
    }
}

/// The bound of a target.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
    /// Told, and held against nothing.
    None,
}

/// A target, and the measurement that is held against it.
pub struct Verdict {
    pub target: String,
    pub bound: Bound,
    pub measured: Option<Spread>,
    /// The reason why no more can be had, as far as it was measured: told if the target is missed.
    pub limit: Option<String>,
}

impl Verdict {
    /// Holds figures, one of each round, against a bound.
    pub fn of(
        target: impl Into<String>,
        bound: Bound,
        values: impl IntoIterator<Item = f64>,
    ) -> Self {
        Self { target: target.into(), bound, measured: Spread::of(values), limit: None }
    }

    /// Holds the ratio of two lines, round by round, against a bound.
    pub fn ratio(
        target: impl Into<String>,
        bound: Bound,
        lines: &[Line],
        [subject, peer]: [&str; 2],
        of: fn(&Round) -> Option<f64>,
    ) -> Self {
        let rounds = |name: &str| {
            lines.iter().find(|line| line.subject == name).map(|line| &line.rounds[..])
        };
        let (subject, peer) = (rounds(subject).unwrap_or(&[]), rounds(peer).unwrap_or(&[]));
        let ratios = subject.iter().zip(peer).filter_map(|(a, b)| Some(of(a)? / of(b)?));
        Self::of(target, bound, ratios)
    }

    /// The part of the bound by which the target is missed, if it is.
    fn missed_by(&self) -> Option<f64> {
        let Spread { median, .. } = self.measured?;
        match self.bound {
            Bound::AtLeast(bound) if median < bound => Some(1.0 - median / bound),
            Bound::AtMost(bound) if median > bound => Some(median / bound - 1.0),
            _ => None,
        }
    }

    fn outcome(&self) -> String {
        match (self.measured, self.missed_by(), self.bound) {
            (None, ..) => "not measured".into(),
            (_, Some(by), _) => format!("**missed by {:.0} %**", 100.0 * by),
            (_, _, Bound::None) => "told".into(),
            _ => "met".into(),
        }
    }

    /// The reason for a target that is missed.
    fn excuse(&self) -> Option<&str> {
        self.missed_by().and(self.limit.as_deref())
    }

    fn cells(&self) -> [String; 3] {
        let measured = self.measured.map_or_else(
            || "—".into(),
            |Spread { least, median, most }| {
                format!("{} ({} to {})", short(median), short(least), short(most))
            },
        );
        let bound = match self.bound {
            Bound::AtLeast(bound) => format!("≥ {}", short(bound)),
            Bound::AtMost(bound) => format!("≤ {}", short(bound)),
            Bound::None => "—".into(),
        };
        [bound, measured, self.outcome()]
    }
}

impl Line {
    /// The medians of its rounds.
    fn cells(&self) -> [String; 7] {
        let median = |of: &dyn Fn(&Round) -> Option<f64>| {
            Spread::of(self.rounds.iter().filter_map(of)).map_or(f64::NAN, |spread| spread.median)
        };
        let open = |of: fn(&Sample) -> f64| median(&|round| round.open.as_ref().map(of));
        let closed = |of: fn(&Sample) -> f64| median(&|round| round.closed.as_ref().map(of));
        let busy = closed(|sample| 100.0 * sample.busy);
        [
            short(median(&Round::rate)),
            short(closed(|sample| sample.p50)),
            short(closed(|sample| sample.p99)),
            short(open(|sample| sample.p50)),
            short(open(|sample| sample.p99)),
            short(open(|sample| sample.p999)),
            if busy.is_nan() { "—".into() } else { format!("{busy:.0} %") },
        ]
    }
}

const COLUMNS: [&str; 8] = [
    "subject",
    "a second",
    "p50 ms",
    "p99 ms",
    "open p50",
    "open p99",
    "open p99.9",
    "harness busy",
];

impl Section {
    /// The tables, in Markdown: it reads well in a terminal, too.
    pub fn tables(&self) -> String {
        let mut text = String::new();
        if !self.lines.is_empty() {
            let rows = self.lines.iter().map(|line| {
                let cells = line.cells();
                std::iter::once(line.subject.clone()).chain(cells).collect()
            });
            text += &table(&COLUMNS, rows);
        }
        if !self.verdicts.is_empty() {
            let rows = self.verdicts.iter().map(|verdict| {
                std::iter::once(verdict.target.clone()).chain(verdict.cells()).collect()
            });
            text.push('\n');
            text += &table(&["target", "bound", "measured (spread)", "outcome"], rows);
        }
        for verdict in &self.verdicts {
            if let Some(limit) = verdict.excuse() {
                let _never_fails = write!(text, "\nMissed: {}. {limit}\n", verdict.target);
            }
        }
        text
    }
}

/// Returns the whole report, and its plots by the names of their files.
pub fn write(
    machine: &Machine,
    how: &str,
    sections: &[Section],
) -> (String, Vec<(String, String)>) {
    let mut text = format!("# Coatroom under load\n\n{machine}\n{how}\n");
    let mut plots = Vec::new();
    for section in sections {
        let _never_fails =
            write!(text, "\n## {}\n\n{}\n\n{}", section.title, section.text, section.tables());
        for (kind, title, svg) in plot::of(section) {
            let file = format!("{}-{kind}.svg", section.name);
            let _never_fails = write!(text, "\n![{title}]({file})\n");
            plots.push((file, svg));
        }
    }
    (text, plots)
}

/// Lays cells out in columns of one width.
fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut rows: Vec<Vec<String>> = rows.collect();
    rows.insert(0, heads.iter().map(|&head| head.to_owned()).collect());
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..heads.len()).map(|column| width(column).unwrap_or(0)).collect();
    rows.insert(1, widths.iter().map(|width| "-".repeat(*width)).collect());
    let mut text = String::new();
    for row in rows {
        for (cell, width) in row.iter().zip(&widths) {
            let _never_fails = write!(text, "| {cell:<width$} ");
        }
        text.push_str("|\n");
    }
    text
}

/// Writes a figure with three digits that count.
pub fn short(figure: f64) -> String {
    match figure.abs() {
        _ if figure.is_nan() => "—".into(),
        100.0.. => format!("{figure:.0}"),
        10.0.. => format!("{figure:.1}"),
        1.0.. => format!("{figure:.2}"),
        _ => format!("{figure:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(subject: &str, rates: &[f64]) -> Line {
        let round = |rate: &f64| Round { figure: Some(*rate), ..Round::default() };
        Line { subject: subject.into(), rounds: rates.iter().map(round).collect() }
    }

    #[test]
    fn a_spread_has_the_median_of_its_values() {
        let spread = |values: &[f64]| Spread::of(values.iter().copied());
        assert_eq!(spread(&[3.0, 1.0, 2.0]).map(|spread| spread.median), Some(2.0));
        assert_eq!(spread(&[4.0, 1.0, 2.0, 3.0]).map(|spread| spread.median), Some(2.5));
        assert_eq!(spread(&[]), None);
    }

    #[test]
    fn a_ratio_is_taken_within_each_round() {
        let lines = [line("a", &[1.0, 4.0, 9.0]), line("b", &[2.0, 4.0, 3.0])];
        let names = ["a", "b"];
        let verdict = Verdict::ratio("", Bound::AtLeast(2.0), &lines, names, Round::rate);
        assert_eq!(verdict.measured, Some(Spread { least: 0.5, median: 1.0, most: 3.0 }));
        assert_eq!(verdict.outcome(), "**missed by 50 %**");
        let verdict = Verdict::ratio("", Bound::AtMost(1.0), &lines, names, Round::rate);
        assert_eq!(verdict.outcome(), "met");
        let verdict = Verdict::ratio("", Bound::AtMost(1.0), &lines, ["a", "c"], Round::rate);
        assert_eq!(verdict.outcome(), "not measured");
    }

    #[test]
    fn a_limit_is_told_where_the_target_is_missed() {
        let text = |value| {
            let verdict = Verdict::of("memory", Bound::AtMost(1.0), [value]);
            let verdicts = vec![Verdict { limit: Some("It is full.".into()), ..verdict }];
            let (title, text) = (String::new(), String::new());
            Section { name: "", title, text, lines: Vec::new(), verdicts, course: None }.tables()
        };
        assert!(text(2.0).ends_with("\nMissed: memory. It is full.\n"));
        assert!(!text(1.0).contains("full"));
    }
}
