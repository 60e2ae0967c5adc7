//! The tables, for people.

use std::fmt::Write as _;

use coatroom_lab::simulate::{Model, STREAKS, Tally, Times};

/// The assumptions of the model.
pub(super) fn model(model: &Model, sessions: u32, seed: u64) -> String {
    let [day, access, refresh, grace, spacing, stay, away, visit, timeout, reload] = [
        model.day,
        model.access,
        model.refresh_after,
        model.grace,
        model.spacing,
        model.stay,
        model.away,
        model.visit,
        model.timeout,
        model.reload,
    ]
    .map(time);
    let (slow, late) = model.slow;
    format!(
        "{sessions} days of {day} for each row, seed {seed}. Access tokens live {access}; the visible tab refreshes\n\
         after {refresh}. G and every other window {grace}, D {spacing}. The person stays {stay} and is away {away}\n\
         on average; back, and every {visit} on average, 1 to {tabs} pages load at once. One way takes {latency} ms\n\
         and {jitter} ms on average more; {slow} % take {late} longer on average, and a page {draw} ms to be drawn.\n\
         {lost} % of answers are lost, in gaps of {gap} on average. A call is given up after {timeout} and made\n\
         once more; a page that did not come is loaded again after {reload} on average.\n",
        draw = model.draw,
        tabs = model.tabs,
        latency = model.latency,
        jitter = model.jitter,
        slow = slow * 100.0,
        late = time(late),
        lost = model.lost * 100.0,
        gap = time(model.gap),
    )
}

/// One honest browser.
pub(super) fn honest(tallies: &[Tally]) -> String {
    let mut text = format!(
        "{:<42}{:>14}{:>10}{:>12}\n",
        "one honest browser", "signed out", "of days", "refreshes"
    );
    for tally in tallies {
        _ = writeln!(
            text,
            "{:<42}{:>14}{:>10}{:>12.0}",
            tally.setup.policy.name(),
            tally.signed_out,
            percent(tally.signed_out, tally.sessions),
            tally.refreshes,
        );
    }
    text
}

/// The same browser, and a thief with a copy of its jar.
pub(super) fn theft(tallies: &[Tally]) -> String {
    let steps = STREAKS.map(|streak| format!("{streak} in step"));
    let mut text = format!(
        "{:<42}{:<18}{:>9}{:>8}{:>9}{:>18}{:>18}{:>18}\n",
        "a thief from a random moment on",
        "",
        "noticed",
        "median",
        "p95",
        steps[0],
        steps[1],
        steps[2]
    );
    for tally in tallies {
        let thief = tally.setup.thief.map_or("", |thief| thief.name());
        let seen = |times: Times| percent(times.count, tally.stolen);
        let when = |time: Option<i64>| time.map_or_else(|| "–".into(), self::time);
        _ = write!(
            text,
            "{:<42}{thief:<18}{:>9}{:>8}{:>9}",
            tally.setup.policy.name(),
            seen(tally.noticed),
            when(tally.noticed.median),
            when(tally.noticed.p95),
        );
        for streak in tally.streaks {
            _ = write!(text, "{:>9}{:>9}", seen(streak), when(streak.median));
        }
        text += "\n";
    }
    text
}

/// The streaks of two clients in step that one honest browser causes, on each kind of network.
pub(super) fn networks(tallies: &[Tally]) -> String {
    let steps = STREAKS.map(|streak| format!("{streak} in step"));
    let mut text = format!(
        "{:<42}{:>14}{:>12}{:>12}{:>12}\n",
        "Coatroom, one honest browser", "signed out", steps[0], steps[1], steps[2]
    );
    for tally in tallies {
        _ = write!(text, "{:<42}{:>14}", tally.setup.network.name(), tally.signed_out);
        for streak in tally.streaks {
            _ = write!(text, "{:>12}", percent(streak.count, tally.sessions));
        }
        text += "\n";
    }
    text
}

fn percent(part: u32, whole: u32) -> String {
    if part == 0 {
        return "0 %".into();
    }
    let percent = f64::from(part) * 100.0 / f64::from(whole.max(1));
    format!("{percent:.*} %", if percent < 0.1 { 2 } else { 1 })
}

fn time(ms: i64) -> String {
    match ms {
        ..10_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        10_000..120_000 => format!("{} s", ms / 1_000),
        120_000..7_200_000 => format!("{} min", ms / 60_000),
        _ => format!("{}.{} h", ms / 3_600_000, ms % 3_600_000 / 360_000),
    }
}
