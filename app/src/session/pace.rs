//! The pauses of a page that polls: they grow while it is not answered, and are never shorter than the server asks for.
//! Times are milliseconds on a clock that only goes forward.

/// The pause after the first failure.
const FIRST: f64 = 2_000.0;
/// The longest that pauses grow to.
const LONGEST: f64 = 60_000.0;
/// The pause after which something that happens on the page, such as a look at the tab, may make it ask again.
const BETWEEN_LOOKS: f64 = 10_000.0;
/// The most that is believed of a server's `Retry-After`, in seconds.
const MOST_ASKED_FOR: f64 = 3_600.0;

/// The failures of a page, and the times until which it keeps still.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    failures: u32,
    /// The time before which the page asks nothing by itself.
    quiet_until: f64,
    /// The time before which the server wants to hear nothing.
    refused_until: f64,
}

impl Pace {
    pub const fn new() -> Self {
        Self { failures: 0, quiet_until: 0.0, refused_until: 0.0 }
    }

    /// Notes a failure. Returns the milliseconds that the timer waits now; `random`, from 0 to 1, keeps pages from
    /// asking in step.
    pub fn failed(&mut self, now: f64, random: f64) -> f64 {
        let grown = FIRST * f64::from(1_u32 << self.failures.min(16));
        let pause = grown.min(LONGEST) * (0.75 + 0.25 * random);
        self.failures += 1;
        self.quiet_until = (now + pause.min(BETWEEN_LOOKS)).max(self.refused_until);
        (now + pause).max(self.refused_until) - now
    }

    /// Notes that the server wants to hear nothing for so many seconds.
    pub fn told_to_wait(&mut self, now: f64, seconds: f64, random: f64) {
        let pause = seconds.clamp(0.0, MOST_ASKED_FOR) * 1_000.0 * (1.0 + 0.1 * random);
        self.refused_until = self.refused_until.max(now + pause);
    }

    /// Notes that all is well.
    pub const fn succeeded(&mut self) {
        *self = Self::new();
    }

    /// Returns true if the last time went well.
    pub const fn is_well(&self) -> bool {
        self.failures == 0
    }

    /// Returns the milliseconds that something that happens on the page has to wait until it may ask; zero if it may at
    /// once.
    pub fn wait(&self, now: f64) -> f64 {
        (self.quiet_until.max(self.refused_until) - now).max(0.0)
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "each number here is exact")]
mod tests {
    use super::*;

    /// Returns the pauses of a page that fails again and again, and is not looked at.
    fn pauses(random: f64, count: usize) -> Vec<f64> {
        let (mut pace, mut now) = (Pace::new(), 500.0);
        std::iter::repeat_with(|| {
            let pause = pace.failed(now, random);
            now += pause;
            pause
        })
        .take(count)
        .collect()
    }

    #[test]
    fn pauses_double_up_to_a_minute_and_stay_there() {
        let seconds = [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0];
        assert_eq!(pauses(1.0, 7), seconds.map(|pause| pause * 1_000.0));
        assert_eq!(pauses(0.0, 7), seconds.map(|pause| pause * 750.0));
        assert_eq!(pauses(1.0, 5_000)[4_999], 60_000.0);
    }

    #[test]
    fn a_look_waits_for_the_pause_but_not_for_a_long_one() {
        let mut pace = Pace::new();
        assert_eq!(pace.wait(7.0), 0.0);
        pace.failed(0.0, 1.0);
        assert_eq!((pace.wait(0.0), pace.wait(1_500.0), pace.wait(2_000.0)), (2_000.0, 500.0, 0.0));
        for _ in 0..5 {
            pace.failed(0.0, 1.0);
        }
        assert_eq!(pace.wait(0.0), 10_000.0);
        pace.succeeded();
        assert_eq!(pace.wait(0.0), 0.0);
    }

    #[test]
    fn a_retry_after_of_the_server_is_kept_by_timer_and_polls() {
        let mut pace = Pace::new();
        pace.told_to_wait(1_000.0, 30.0, 0.0);
        assert_eq!(pace.wait(1_000.0), 30_000.0);
        assert_eq!(pace.failed(1_000.0, 1.0), 30_000.0);
        // A shorter one later does not undo it, and no server silences a page for days.
        pace.told_to_wait(2_000.0, 1.0, 1.0);
        assert_eq!(pace.wait(2_000.0), 29_000.0);
        pace.told_to_wait(0.0, 1e9, 0.0);
        assert_eq!(pace.wait(0.0), 3_600_000.0);
        pace.told_to_wait(0.0, -5.0, 0.0);
        assert!(!Pace::new().wait(0.0).is_sign_negative());
    }
}
