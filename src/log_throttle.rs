//! Lines of the log for what may happen a thousand times in a second: the first at once, then how often.
//!
//! A flood that is refused must not fill the disk with the news of it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::sleep;

/// The time that one line covers.
const EVERY: Duration = Duration::from_secs(5);

/// Counts something, and tells of it: of the first at once, of those after it together, every five seconds at most,
/// until there are none.
#[derive(Debug, Default)]
pub struct LogThrottle {
    /// Zero while nothing is told; else one more than the number not told yet.
    count: AtomicU64,
}

impl LogThrottle {
    /// Nothing was counted yet.
    pub const fn new() -> Self {
        Self { count: AtomicU64::new(0) }
    }

    /// Counts one more. `tell` writes a line about so many. Call it within a Tokio runtime.
    pub fn count(&'static self, tell: fn(u64)) {
        self.count_with(|| tell(1), tell);
    }

    /// Counts as [`count`](Self::count) does; `first` writes the first line of a series, and may say why.
    pub fn count_with(&'static self, first: impl FnOnce(), tell: fn(u64)) {
        if self.count.fetch_add(1, Ordering::Relaxed) > 0 {
            return;
        }
        first();
        crate::background::spawn(async move {
            loop {
                sleep(EVERY).await;
                let untold = self.count.swap(1, Ordering::Relaxed) - 1;
                if untold > 0 {
                    tell(untold);
                } else if self
                    .count
                    .compare_exchange(1, 0, Ordering::Relaxed, Ordering::Relaxed)
                    .is_ok()
                {
                    return;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_one_line_at_once_and_one_for_the_rest() {
        static TALLY: LogThrottle = LogThrottle::new();
        static LINES: Mutex<Vec<u64>> = Mutex::new(Vec::new());
        let lines = || LINES.lock().expect("sound").clone();
        let count = || TALLY.count(|times| LINES.lock().expect("sound").push(times));
        (0..1000).for_each(|_| count());
        assert_eq!(lines(), [1], "at once");
        sleep(2 * EVERY).await;
        assert_eq!(lines(), [1, 999], "the rest, also where none comes after it");
        sleep(2 * EVERY).await;
        count();
        assert_eq!(lines(), [1, 999, 1], "at once again");
    }
}
