//! The measurements, as a table and as JSON, and whether the sentence holds.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Value, json};

use crate::load::Tally;

/// The least part of its throughput that whoami is to keep.
const KEPT: f64 = 0.8;
/// The greatest part of the actions that may be missed.
const MISSED: f64 = 0.02;

/// The measurements.
pub(crate) struct Report {
    pub(crate) worlds: u32,
    pub(crate) rate: u32,
    /// The time for which whoami was asked for, in each half of a round, in seconds.
    pub(crate) seconds: u32,
    /// The time for which learners acted in the worlds, in each round.
    pub(crate) acting: Duration,
    /// The machine's load average before anything began.
    pub(crate) load: Option<f64>,
    pub(crate) rounds: Vec<Round>,
    /// The time of a processor that an action takes in the server.
    pub(crate) cpu_of_action: Duration,
    /// The server's resident memory in bytes: before there were worlds, with new ones, and in the end.
    pub(crate) memory: [u64; 3],
}

/// Whoami alone, and beside the lab, in answers a second; and what came of the actions meanwhile.
pub(crate) struct Round {
    pub(crate) alone: f64,
    pub(crate) beside: f64,
    pub(crate) actions: Tally,
}

impl Round {
    fn ratio(&self) -> f64 {
        self.beside / self.alone
    }
}

impl Report {
    /// Returns true if the lab leaves enough to visitors who sign in, and is served itself.
    pub(crate) fn holds(&self) -> bool {
        let actions = self.actions();
        self.ratios()[1] >= KEPT && missed(&actions) <= MISSED && actions.refused == 0
    }

    /// The least ratio, the median, and the greatest.
    fn ratios(&self) -> [f64; 3] {
        let mut ratios: Vec<f64> = self.rounds.iter().map(Round::ratio).collect();
        ratios.sort_unstable_by(f64::total_cmp);
        let at = |index: usize| ratios.get(index).copied().unwrap_or(0.0);
        let (middle, last) = (ratios.len() / 2, ratios.len().saturating_sub(1));
        let median = if ratios.len().is_multiple_of(2) {
            f64::midpoint(at(middle.saturating_sub(1)), at(middle))
        } else {
            at(middle)
        };
        [at(0), median, at(last)]
    }

    /// The actions of all rounds.
    fn actions(&self) -> Tally {
        let mut sum = Tally::default();
        self.rounds.iter().for_each(|round| sum.add(&round.actions));
        sum
    }

    fn mean(&self, of: impl Fn(&Round) -> f64) -> f64 {
        self.rounds.iter().map(of).sum::<f64>() / count(self.rounds.len().max(1))
    }

    fn per_second(&self, tally: &Tally) -> f64 {
        count(tally.done()) / self.acting.as_secs_f64()
    }

    pub(crate) fn table(&self) -> String {
        let mut text = format!(
            "{} worlds, {} actions a second each; {} s alone and {} s beside them; load average at the start {}\n\n\
             round   whoami/s alone   beside   ratio   actions/s   missed   refused   median ms   99 % ms\n",
            self.worlds,
            self.rate,
            self.seconds,
            self.seconds,
            self.load.map_or_else(|| "unknown".into(), |load| load.to_string()),
        );
        for (number, round) in (1..).zip(&self.rounds) {
            let number = format!("{number}");
            let figures = (round.alone, round.beside, round.ratio());
            text += &row(&number, figures, self.per_second(&round.actions), &round.actions);
        }
        let (actions, [least, median, most]) = (self.actions(), self.ratios());
        let figures = (self.mean(|round| round.alone), self.mean(|round| round.beside), median);
        let per_second = self.mean(|round| self.per_second(&round.actions));
        text += &row("all", figures, per_second, &actions);
        let [before, begun, end] = self.memory.map(|bytes| bytes / 1_000_000);
        let _never_fails = write!(
            text,
            "\nratio: {median:.3} in the median of the rounds, {least:.3} to {most:.3}\n\
             an action takes {} µs of a processor in the server, with nothing beside it\n\
             resident memory: {before} MB before, {begun} MB with new worlds, {end} MB in the end\n\n\
             whoami keeps 80 %, at most 2 % missed, none refused: {}\n",
            self.cpu_of_action.as_micros(),
            if self.holds() { "yes" } else { "NO" },
        );
        text
    }

    pub(crate) fn json(&self) -> String {
        let tally = |tally: &Tally| -> Value {
            json!({
                "due": tally.due,
                "done": tally.done(),
                "refused": tally.refused,
                "median_ms": tally.latency(50),
                "p99_ms": tally.latency(99),
            })
        };
        let rounds = self.rounds.iter().map(|round| {
            json!({
                "whoami_alone_per_s": round.alone,
                "whoami_beside_per_s": round.beside,
                "ratio": round.ratio(),
                "actions_per_s": self.per_second(&round.actions),
                "actions": tally(&round.actions),
            })
        });
        let [least, median, most] = self.ratios();
        let [before, begun, end] = self.memory;
        let json = json!({
            "worlds": self.worlds,
            "rate_per_s": self.rate,
            "seconds": self.seconds,
            "load_average": self.load,
            "rounds": rounds.collect::<Vec<_>>(),
            "ratio": { "min": least, "median": median, "max": most },
            "actions": tally(&self.actions()),
            "server_cpu_us_per_action": self.cpu_of_action.as_micros(),
            "resident_bytes": { "before": before, "new_worlds": begun, "end": end },
            "holds": self.holds(),
        });
        format!("{json:#}\n")
    }
}

fn row(
    name: &str,
    (alone, beside, ratio): (f64, f64, f64),
    per_second: f64,
    tally: &Tally,
) -> String {
    format!(
        "{name:<5} {alone:>16.0} {beside:>8.0} {ratio:>7.3} {per_second:>11.0} {:>6.1} % {:>9} {:>11.1} {:>9.1}\n",
        100.0 * missed(tally),
        tally.refused,
        tally.latency(50),
        tally.latency(99),
    )
}

/// The part of the actions that were neither done nor refused.
fn missed(tally: &Tally) -> f64 {
    let due = f64::from(tally.due.max(1));
    (f64::from(tally.due) - count(tally.done()) - f64::from(tally.refused)) / due
}

#[expect(clippy::cast_precision_loss, reason = "some hundred thousand at most")]
fn count(count: usize) -> f64 {
    count as f64
}
