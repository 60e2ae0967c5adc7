//! The server's clock as a page sees it, and times as people read them.
//!
//! The server renders all times in UTC; the browser changes them to its own time zone once it is there, each by what
//! its zone is at that instant. The clock counts from the server's word on a clock that only goes forward, so a wrong
//! clock of the device changes nothing.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::session::SessionState;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The time on this page.
#[derive(Clone, Copy)]
pub struct PageClock {
    now: RwSignal<i64>,
    /// True once times are shown in the person's time zone, which only a browser knows.
    local: RwSignal<bool>,
}

/// Provides the clock, set by what the server says of the session.
pub fn provide_clock(session: SessionState) {
    let view = session.view();
    let server_now = move |view: &crate::model::SessionView| view.brief().map(|s| s.server_now);
    let clock = PageClock {
        now: RwSignal::new(view.with_untracked(server_now).unwrap_or(0)),
        local: RwSignal::new(false),
    };
    provide_context(clock);
    let heard = StoredValue::new(None::<(i64, f64)>);
    let tick = move || {
        if let Some((server, at)) = heard.get_value() {
            #[expect(clippy::cast_possible_truncation, reason = "a page is not open for ages")]
            clock.now.set(server + (monotonic() - at) as i64);
        }
    };
    Effect::new(move |_| {
        let said = view.with(server_now);
        heard.set_value(said.map(|server| (server, monotonic())));
        tick();
    });
    Effect::new(move |_| {
        clock.local.set(true);
        // Ticks four times a second, so that the shown second changes when the server's does.
        let ticking = set_interval_with_handle(tick, Duration::from_millis(250));
        on_cleanup(move || {
            if let Ok(handle) = ticking {
                handle.clear();
            }
        });
    });
}

/// Returns milliseconds of a clock that only goes forward.
pub fn monotonic() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// Returns the clock of the page.
pub fn use_clock() -> PageClock {
    expect_context()
}

impl PageClock {
    /// Returns the server's time now.
    pub fn now(self) -> i64 {
        self.now.get()
    }

    /// Says an instant as a time of day, or as a day if it is far off.
    pub fn say(self, at: i64) -> String {
        let zone = if self.local.get() { zone_at(at) } else { 0 };
        let far = self.now.with_untracked(|now| (at - now).abs() > 20 * HOUR);
        if far { day(at + zone) } else { time_of_day(at + zone) }
    }
}

/// Returns what is added to UTC in the person's time zone at an instant, in milliseconds: summer time is not winter's.
fn zone_at(at: i64) -> i64 {
    #[expect(clippy::cast_precision_loss, reason = "exact for 285,000 years")]
    let date = js_sys::Date::new(&JsValue::from_f64(at as f64));
    #[expect(clippy::cast_possible_truncation, reason = "at most some hundred minutes")]
    let behind = date.get_timezone_offset() as i64;
    -behind * MINUTE
}

/// Returns the time left until an instant, such as `0:41`, `14:59` or `2:05:00`; never below zero.
pub fn countdown(left: i64) -> String {
    let seconds = (left.max(0) + 999) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// Returns the time of day of an instant in UTC, such as `14:03:27`.
pub fn time_of_day(at: i64) -> String {
    let seconds = at.rem_euclid(DAY) / 1000;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Returns the day of an instant in UTC, such as `Sat 5 Dec`.
pub fn day(at: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = at.div_euclid(DAY);
    let (_, month, day) = civil(days);
    let index = |value: i64| usize::try_from(value).unwrap_or(0);
    format!("{} {day} {}", DAYS[index(days.rem_euclid(7))], MONTHS[index(month - 1)])
}

/// Returns an instant in the form of `<time datetime>`, such as `2026-12-05T14:03:27Z`.
pub fn machine_readable(at: i64) -> String {
    let (year, month, day) = civil(at.div_euclid(DAY));
    format!("{year:04}-{month:02}-{day:02}T{}Z", time_of_day(at))
}

/// Returns year, month and day of a count of days since the epoch, in the Gregorian calendar. Eras of 400 years are
/// alike, and a year that begins in March has its leap day at its end.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_calendar_are_found() {
        assert_eq!(machine_readable(0), "1970-01-01T00:00:00Z");
        assert_eq!(machine_readable(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(machine_readable(4_107_542_399_000), "2100-02-28T23:59:59Z");
        assert_eq!(machine_readable(4_107_542_400_000), "2100-03-01T00:00:00Z");
        assert_eq!(machine_readable(-1000), "1969-12-31T23:59:59Z");
        assert_eq!(day(1_796_428_800_000), "Sat 5 Dec");
    }

    #[test]
    fn a_countdown_says_zero_only_when_nothing_is_left() {
        assert_eq!(countdown(41_000), "0:41");
        assert_eq!(countdown(40_001), "0:41");
        assert_eq!(countdown(1), "0:01");
        assert_eq!(countdown(0), "0:00");
        assert_eq!(countdown(-5), "0:00");
        assert_eq!(countdown(7_500_000), "2:05:00");
    }
}
