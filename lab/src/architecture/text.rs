//! A comparison in words: each cell, and the tables as Markdown and as lines of text.

use std::time::Duration;

use super::{
    Admission, Alone, Architecture, CLAIMS, Calls, Comparison, Effect, Findings, Onset, Outage,
};
use crate::{format::Holder, span::span};

/// A table: its name, the names of its columns, and how its cells are written.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The names of its columns after the first, which names the architecture.
    pub columns: [&'static str; 4],
    /// Writes the cells of an architecture.
    pub cells: fn(&Findings) -> [String; 4],
}

/// The tables, in the order of the page.
pub const TABLES: [Table; 3] = [
    Table {
        name: "What a request costs",
        columns: ["Cookie", "Store, at sign-in", "Store, per request", "To authenticate"],
        cells: costs,
    },
    Table {
        name: "How soon it holds",
        columns: ["Sign-out, here", "Sign-out, elsewhere", "New role, here", "New role, elsewhere"],
        cells: onsets,
    },
    Table {
        name: "What it survives",
        columns: [
            "A restart",
            "An hour without the store",
            "A server without the store",
            "Attacks",
        ],
        cells: survives,
    },
];

fn costs(found: &Findings) -> [String; 4] {
    [
        format!("{} bytes", found.cookie_bytes),
        calls(found.sign_in),
        per_request(found),
        microseconds(found.authenticate),
    ]
}

fn onsets(found: &Findings) -> [String; 4] {
    let ([here, elsewhere], [role_here, role_elsewhere]) = (found.sign_out, found.role);
    [here, elsewhere, role_here, role_elsewhere].map(onset)
}

fn survives(found: &Findings) -> [String; 4] {
    let attacked = &found.attacked;
    let mut attacks = format!("{} of {} got nothing", attacked.held, attacked.tried);
    if !attacked.let_in.is_empty() {
        attacks.push_str("; let in: ");
        attacks.push_str(&attacked.let_in.join(", "));
    }
    [
        found.restart.words().to_owned(),
        outage(found.outage),
        found.alone.words().to_owned(),
        attacks,
    ]
}

/// Writes numbers of calls.
pub(super) fn calls(calls: Calls) -> String {
    let of = |count: u32, one: &str, more: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    };
    let (reads, writes) = (calls.reads, calls.writes);
    match (reads, writes) {
        (0, 0) => "no call".to_owned(),
        (_, 0) => of(reads, "read", "reads"),
        (0, _) => of(writes, "write", "writes"),
        _ => format!("{}, {}", of(reads, "read", "reads"), of(writes, "write", "writes")),
    }
}

/// Writes the calls of one request of many, as hundredths.
fn per_request(found: &Findings) -> String {
    let each = |count: u32| {
        let hundredths = count * 100 / found.count.max(1);
        let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match found.requests {
        Calls { reads: 0, writes: 0 } => "no call".to_owned(),
        Calls { reads, writes } => format!("{} reads, {} writes", each(reads), each(writes)),
    }
}

/// Writes a time in microseconds; below ten with a decimal.
pub(super) fn microseconds(time: Duration) -> String {
    let tenths = time.as_nanos().div_ceil(100);
    if tenths < 100 {
        format!("{}.{} µs", tenths / 10, tenths % 10)
    } else {
        format!("{} µs", tenths / 10)
    }
}

fn time(time: Duration) -> String {
    span(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// Writes a time until something held.
pub(super) fn onset(onset: Onset) -> String {
    match onset {
        Onset::NeverKnown => "not known there".to_owned(),
        Onset::Never => "never".to_owned(),
        Onset::After(Duration::ZERO, Effect::Refused) => "at once, refused".to_owned(),
        Onset::After(Duration::ZERO, Effect::NewRole) => "at once".to_owned(),
        Onset::After(after, Effect::Refused) => format!("after {}, refused", time(after)),
        Onset::After(after, Effect::NewRole) => format!("after {}", time(after)),
    }
}

fn outage(outage: Outage) -> String {
    let during = match outage.refused {
        None => "let in".to_owned(),
        Some((Duration::ZERO, told)) => told.words().to_owned(),
        Some((after, told)) => format!("let in, {} from {} on", told.words(), time(after)),
    };
    format!("{during}; then {}", outage.after.words())
}

impl Admission {
    /// Its words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::LetIn => "let in",
            Self::SignedOut => "signed out",
            Self::Unavailable => "unavailable",
        }
    }
}

impl Alone {
    /// Its words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::ByPublicKey => "let in, by the public key",
            Self::BySecret => "let in, by the secret",
            Self::Refused => "refused",
        }
    }
}

impl Architecture {
    /// Returns the servers that could forge a credential, in words.
    pub const fn forged_by(&self) -> &'static str {
        match self.is_made_by() {
            Holder::OfSharedKey => "each server that can check one",
            _ => "the issuer alone",
        }
    }
}

impl Findings {
    /// Returns what a script of the page can read of its cookies, in words.
    pub fn read_by_script(&self) -> String {
        match self.readable {
            0 => "nothing: HttpOnly".to_owned(),
            count => format!("{count} cookies"),
        }
    }
}

/// The names of the columns of the keys.
const KEYS: [&str; 3] = ["Architecture", "Who can forge one", "What a script reads"];

/// A table as it is written.
struct Written {
    name: &'static str,
    /// The names of the columns, and the rows below them.
    lines: Vec<Vec<String>>,
}

impl Written {
    fn new<const N: usize>(
        name: &'static str,
        columns: [&str; N],
        rows: impl Iterator<Item = Vec<String>>,
    ) -> Self {
        let head = columns.map(str::to_owned).to_vec();
        Self { name, lines: std::iter::once(head).chain(rows).collect() }
    }

    fn to_markdown(&self) -> String {
        let mut lines = vec![format!("### {}", self.name), String::new()];
        for (index, cells) in self.lines.iter().enumerate() {
            lines.push(format!("| {} |", cells.join(" | ")));
            if index == 0 {
                lines.push(format!("|{}", "---|".repeat(cells.len())));
            }
        }
        lines.join("\n")
    }

    /// Writes the columns below each other.
    fn to_text(&self) -> String {
        let width = |index: usize| {
            let cells = self.lines.iter().filter_map(|cells| cells.get(index));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let mut lines = vec![self.name.to_owned(), String::new()];
        for cells in &self.lines {
            let cells = cells.iter().enumerate();
            let cells = cells.map(|(index, cell)| format!("{cell:<0$}", width(index)));
            lines.push(cells.collect::<Vec<_>>().join("  ").trim_end().to_owned());
        }
        lines.join("\n")
    }
}

impl Comparison {
    /// Writes it as Markdown, with the name of the machine on which it was measured.
    pub fn to_markdown(&self, machine: &str) -> String {
        self.written(machine, Written::to_markdown)
    }

    /// Writes it as lines of text, with the name of the machine on which it was measured.
    pub fn to_text(&self, machine: &str) -> String {
        self.written(machine, Written::to_text)
    }

    fn written(&self, machine: &str, write: fn(&Written) -> String) -> String {
        let mut parts = vec![format!("Measured on {machine}. {}", self.conditions())];
        parts.extend(self.tables().iter().map(write));
        parts.join("\n\n") + "\n"
    }

    /// Returns the conditions of the measurement, in sentences.
    pub fn conditions(&self) -> String {
        format!(
            "The store answers after {} ms while the engine authenticates; the time is the median of {}. Nodes poll \
             every {}, access tokens live for {}, tokens alone for {}.",
            self.latency.as_millis(),
            self.times,
            time(self.poll),
            time(self.access_ttl),
            time(self.token_ttl)
        )
    }

    fn tables(&self) -> Vec<Written> {
        let named = |found: &Findings, cells: &[String]| -> Vec<String> {
            let name = found.architecture.name.to_owned();
            std::iter::once(name).chain(cells.iter().cloned()).collect()
        };
        let measured = TABLES.iter().map(|table| {
            let [one, two, three, four] = table.columns;
            let columns = ["Architecture", one, two, three, four];
            let rows = self.findings.iter().map(|found| named(found, &(table.cells)(found)));
            Written::new(table.name, columns, rows)
        });
        let keys = self.findings.iter().map(|found| {
            named(found, &[found.architecture.forged_by().to_owned(), found.read_by_script()])
        });
        let keys = Written::new("Who holds what", KEYS, keys);
        let claims = CLAIMS.iter().filter_map(|claim| {
            let agreement = claim.judge(self)?;
            let (word, says) = agreement.words();
            let by: Vec<_> = claim.by.iter().map(|each| each.name()).collect();
            Some(vec![claim.says.to_owned(), by.join(", "), format!("{word}: {says}")])
        });
        let claims = Written::new("The documents", ["Claim", "By", "Measured"], claims);
        measured.chain([keys, claims]).collect()
    }
}
