//! A day with one browser, many times over, under each policy: whether its owner is signed out, and whether a thief is
//! noticed.
//!
//! The [`Model`] says how people, networks and thieves behave; [`simulate`] counts what comes of it. A browser is the
//! same for every policy: only the server's answers differ. Nothing here decides what a token is worth. Invariant:
//! the same model, setup and seed give the same figures.

mod day;
mod network;

use coatroom::session::Timing;
use serde::Serialize;

use self::day::Day;
pub use self::network::Network;
use super::policy::Policy;

/// The assumptions. Times are in milliseconds.
#[derive(Clone, Debug, Serialize)]
pub struct Model {
    /// The length of a day.
    pub day: i64,
    /// The life of an access token.
    pub access: i64,
    /// The age of an access token at which the visible tab refreshes, if it is not hidden and the person is not away.
    pub refresh_after: i64,
    /// G, and the window of every other policy.
    pub grace: i64,
    /// D.
    pub spacing: i64,
    /// The time that a person stays at it, on average.
    pub stay: i64,
    /// The time that a person is away with the machine asleep, on average; back again, they load pages.
    pub away: i64,
    /// The time until a person there opens pages again, on average.
    pub visit: i64,
    /// Number of pages that are opened at once, at most: the tabs. All numbers up to it are alike.
    pub tabs: u32,
    /// The least time that a message is under way.
    pub latency: i64,
    /// The time that comes on top of it, on average.
    pub jitter: i64,
    /// The time that a page takes to be drawn, on average, before its answer leaves.
    pub draw: i64,
    /// The part of the messages that are slow, and the time that such a message takes longer, on average.
    pub slow: (f64, i64),
    /// The part of the time in which answers are lost. Requests are not, for a lost request harms no client.
    pub lost: f64,
    /// The length of such a gap, on average: a second try may fall into the same.
    pub gap: i64,
    /// The time after which a call is given up and made once more.
    pub timeout: i64,
    /// The time until a person reloads a page that did not come, on average.
    pub reload: i64,
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

impl Default for Model {
    /// A working day on a good network, and a client that does what it can: one tab refreshes, the others hear of
    /// it, and a lost call is made once more.
    fn default() -> Self {
        Self {
            day: 750 * MINUTE,
            access: 5 * MINUTE,
            refresh_after: 4 * MINUTE,
            grace: 30 * SECOND,
            spacing: MINUTE,
            stay: 30 * MINUTE,
            away: 6 * MINUTE,
            visit: 3 * MINUTE,
            tabs: 3,
            latency: 20,
            jitter: 80,
            draw: 300,
            slow: (0.02, 2 * SECOND),
            lost: 0.01,
            gap: 3_500,
            timeout: 10 * SECOND,
            reload: 10 * SECOND,
        }
    }
}

impl Model {
    fn timing(&self) -> Timing {
        let millis = |ms: i64| std::time::Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        let (grace, spacing) = (millis(self.grace), millis(self.spacing));
        Timing { grace, spacing }
    }
}

/// The habit of a thief with a copy of the jar, from a random moment of the day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Thief {
    /// Refreshes before the owner does, and uses what it gets.
    First,
    /// Refreshes well after the owner did, and uses what it gets.
    After,
    /// Refreshes right after the owner, each time.
    LockStep,
    /// Refreshes before the owner does, each time, and shows nothing it got before the owner has it too.
    Silent,
}

impl Thief {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::First, Self::After, Self::LockStep, Self::Silent];

    /// Its name in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "thief first",
            Self::After => "owner first",
            Self::LockStep => "lock-step",
            Self::Silent => "first and silent",
        }
    }
}

/// The setup of a simulation.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Setup {
    /// The server's policy.
    pub policy: Policy,
    /// The thief, if any.
    pub thief: Option<Thief>,
    /// The kind of network that the owner's requests come from.
    pub network: Network,
}

/// The lengths of streaks that are counted: so many generations in a row with two clients in step.
pub const STREAKS: [u32; 3] = [2, 3, 4];

/// The outcome of all days of a setup.
#[derive(Clone, Debug, Serialize)]
pub struct Tally {
    /// The setup that was simulated.
    pub setup: Setup,
    /// Number of days.
    pub sessions: u32,
    /// Number of days on which the owner was signed out though no thief had stolen anything, yet or at all.
    pub signed_out: u32,
    /// Number of days on which a thief had a copy of a living session.
    pub stolen: u32,
    /// The times at which the rule ended those sessions, counted from the theft.
    pub noticed: Times,
    /// The times at which two clients had kept in step for that many generations: counted from the theft, or from the
    /// sign-in if there was none.
    pub streaks: [Times; STREAKS.len()],
    /// Number of refreshes that were answered with a refresh token, new or again, on average for a day.
    pub refreshes: f64,
}

/// Number of times that something happened, and the time that it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Times {
    /// Number of times.
    pub count: u32,
    /// The time that half of these did not exceed, in milliseconds.
    pub median: Option<i64>,
    /// The time that 95 of 100 did not exceed.
    pub p95: Option<i64>,
}

impl Times {
    fn of(mut times: Vec<i64>) -> Self {
        times.sort_unstable();
        // The least time that at least so many hundredths do not exceed.
        let rank = |hundredths: usize| {
            let rank = (times.len() * hundredths).div_ceil(100);
            rank.checked_sub(1).and_then(|index| times.get(index)).copied()
        };
        let count = u32::try_from(times.len()).unwrap_or(u32::MAX);
        Self { count, median: rank(50), p95: rank(95) }
    }
}

/// Simulates that many days; `each` is called after every one of them.
pub fn simulate(
    model: &Model,
    setup: Setup,
    sessions: u32,
    seed: u64,
    mut each: impl FnMut(),
) -> Tally {
    let (mut signed_out, mut stolen, mut refreshes) = (0, 0, 0);
    let mut noticed = Vec::new();
    let mut streaks: [Vec<i64>; STREAKS.len()] = Default::default();
    for number in 0..sessions {
        // Days of one number begin alike under every policy.
        let seed = seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(number.into());
        let outcome = Day::new(model, setup, seed).live();
        refreshes += u64::from(outcome.refreshes);
        stolen += u32::from(outcome.stolen_at.is_some());
        match (outcome.stolen_at, outcome.ended_at) {
            (None, ended_at) => {
                signed_out += u32::from(ended_at.or(outcome.refused_at).is_some());
            }
            (Some(stolen_at), Some(ended_at)) => noticed.push(ended_at - stolen_at),
            (Some(_), None) => {}
        }
        for (times, at) in streaks.iter_mut().zip(outcome.streak_at) {
            times.extend(at.map(|at| at - outcome.stolen_at.unwrap_or(0)));
        }
        each();
    }
    #[expect(clippy::cast_precision_loss, reason = "a mean of counts far below 2^52")]
    let refreshes = refreshes as f64 / f64::from(sessions.max(1));
    let (noticed, streaks) = (Times::of(noticed), streaks.map(Times::of));
    Tally { setup, sessions, signed_out, stolen, noticed, streaks, refreshes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_of_the_sorted_times() {
        assert_eq!(Times::of(vec![]), Times::default());
        assert_eq!(Times::of(vec![7]), Times { count: 1, median: Some(7), p95: Some(7) });
        let times = Times::of((1..=100).rev().collect());
        assert_eq!(times, Times { count: 100, median: Some(50), p95: Some(95) });
    }
}
