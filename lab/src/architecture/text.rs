//! A comparison in words: each cell, and the tables as Markdown and as lines of text.

use std::time::Duration;

use super::{
    ASPECTS, Admission, Alone, Architecture, CLAIMS, Calls, Comparison, Effect, Fared, Findings,
    Onset, Outage,
};
use crate::{
    attack::ATTACKS,
    choose::Experiment,
    format::Holder,
    seeds::{Document, Shown},
    span::span,
};

/// A table: its name, the names of its columns, and how its cells are written.
#[derive(Debug)]
pub struct Table {
    /// The heading of its part of the page.
    pub name: &'static str,
    /// Its own name.
    pub label: &'static str,
    /// The names of its columns after the first, which names the architecture.
    pub columns: [&'static str; 4],
    /// Writes the cells of an architecture.
    pub cells: fn(&Findings) -> [String; 4],
    /// The lesson that shows how the figures of each of these columns come about.
    pub lessons: [&'static str; 4],
    /// Further experiments.
    pub experiments: &'static [Experiment],
}

const fn lesson(slug: &'static str, shows: &'static str) -> Experiment {
    Experiment { shown: Shown::Lesson(slug), shows }
}

/// The tables, in the order of the page.
pub const TABLES: [Table; 3] = [
    Table {
        name: "What a request costs",
        label: "Costs",
        columns: ["Cookie", "Store, at sign-in", "Store, per request", "To authenticate"],
        cells: costs,
        lessons: ["twenty-clicks", "two-clubs", "each-lookup", "twenty-clicks"],
        experiments: &[
            Experiment {
                shown: Shown::Page("/lab/formats", "Eight forms of token"),
                shows: "The length of a token, and the time to make and to check one.",
            },
            lesson("sign-in", "The cookies of a sign-in, and a request that asks no store."),
            lesson("silent-refresh", "The exchange that the requests do not show."),
        ],
    },
    Table {
        name: "How soon it holds",
        label: "Times",
        columns: ["Sign-out, here", "Sign-out, elsewhere", "New role, here", "New role, elsewhere"],
        cells: onsets,
        lessons: [
            "sign-out-keeps-a-copy",
            "sign-out-everywhere",
            "from-admin-to-user",
            "from-admin-to-user",
        ],
        experiments: &[
            lesson("sign-out-everywhere", "The stopwatch, with one client after the other."),
            lesson("from-admin-to-user", "A role that is gone, and the token that still has it."),
        ],
    },
    Table {
        name: "What it survives",
        label: "Trials",
        columns: [
            "A restart",
            "An hour without the store",
            "A server without the store",
            "Attacks",
        ],
        cells: survives,
        lessons: ["two-nodes", "store-is-down", "service-b-with-keys", "who-can-forge"],
        experiments: &[
            lesson("restart-and-outage", "A restart, and a store that does not answer."),
            lesson("signing-key-rotates", "Another service, which has the public keys alone."),
            lesson("thieves", "A copy of good cookies, which no table of bad ones has."),
        ],
    },
];

fn costs(found: &Findings) -> [String; 4] {
    [
        format!("{} bytes", found.cookie_bytes),
        calls(found.sign_in),
        per_request(found),
        format!(
            "{}, then {}",
            microseconds(found.authenticate_new),
            microseconds(found.authenticate)
        ),
    ]
}

fn onsets(found: &Findings) -> [String; 4] {
    let [here, elsewhere] = found.sign_out.map(onset);
    let [role_here, role_elsewhere] = found.role.map(|role| match role {
        Onset::After(_, Effect::Refused) => format!("{}, signed out", onset(role)),
        _ => onset(role),
    });
    [here, elsewhere, role_here, role_elsewhere]
}

fn survives(found: &Findings) -> [String; 4] {
    let attacked = &found.attacked;
    let [in_vain, let_in] = [Fared::InVain, Fared::LetIn].map(|fared| attacked.count(fared));
    let names: Vec<_> = attacked.let_in().map(|attack| attack.slug).collect();
    let attacks = match let_in {
        0 => format!("all {in_vain} in vain"),
        _ => format!("{in_vain} in vain; let in: {}", names.join(", ")),
    };
    [
        found.restart.words().to_owned(),
        found.outage.map_or_else(|| "its memory is its store".to_owned(), outage),
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
        Calls { reads, writes } => {
            let reads = if reads == found.count { "1 read".into() } else { each(reads) + " reads" };
            format!("{reads}, {} writes", each(writes))
        }
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
        Onset::After(Duration::ZERO, _) => "at once".to_owned(),
        Onset::After(after, _) => format!("after {}", time(after)),
    }
}

fn outage(outage: Outage) -> String {
    let during = match outage.refused {
        None if outage.after == Admission::LetIn => return "let in throughout".to_owned(),
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
pub const KEYS: [&str; 3] = ["Architecture", "Who can forge one", "What a script reads"];

/// The names of the columns of the attacks.
pub const ATTACKED: [&str; 3] = ["Attack", "In vain against", "Let in by"];
/// The names of the columns of the documents' own tables.
pub const COMPARED: [&str; 6] =
    ["Aspect", "By", "Sessions", "Tokens", "Measured: session", "Measured: token"];

/// Names documents.
pub fn names(documents: &[Document]) -> String {
    match documents.len() {
        all if all == Document::ALL.len() => "all five".to_owned(),
        _ => documents.iter().map(|each| each.name()).collect::<Vec<_>>().join(", "),
    }
}

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
            "The store answers after {} ms while the engine authenticates, a token that is new and then one that it has \
             seen before; the second time is the median of {}. Nodes poll every {}, access tokens live for {}, tokens \
             alone for {}.",
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
        let attacks = self.attacks().map(|(words, in_vain, let_in)| {
            vec![words.to_owned(), in_vain.to_string(), let_in.join("; ")]
        });
        let attacks = Written::new("The attacks", ATTACKED, attacks);
        let aspects = ASPECTS.iter().filter_map(|aspect| {
            let [session, token] = aspect.measured(self)?;
            let says = [aspect.name, aspect.by.name(), aspect.sessions, aspect.tokens];
            Some(says.map(str::to_owned).into_iter().chain([session, token]).collect())
        });
        let aspects = Written::new("Their tables", COMPARED, aspects);
        let claims = CLAIMS.iter().filter_map(|claim| {
            let agreement = claim.judge(self)?;
            let (word, says) = agreement.words();
            Some(vec![claim.says.to_owned(), names(claim.by), format!("{word}: {says}")])
        });
        let claims = Written::new("Their claims", ["Claim", "By", "Measured"], claims);
        measured.chain([keys, attacks, aspects, claims]).collect()
    }

    /// Returns each attack in words, the number of architectures under which it was in vain, and the names of those
    /// that let the attacker in.
    pub fn attacks(&self) -> impl Iterator<Item = (&'static str, usize, Vec<&'static str>)> {
        ATTACKS.iter().enumerate().map(|(index, attack)| {
            let all = self.findings.iter();
            let fared = |found: &Findings, as_this| found.attacked.0.get(index) == Some(&as_this);
            let let_in = all.clone().filter(|found| fared(found, Fared::LetIn));
            let let_in = let_in.map(|found| found.architecture.name).collect();
            (attack.words, all.filter(|found| fared(found, Fared::InVain)).count(), let_in)
        })
    }
}
