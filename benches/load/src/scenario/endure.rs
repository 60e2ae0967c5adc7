//! Resident memory under a load that lasts: not among the scenarios that run by default, because an hour is its point.
//!
//! Browsers follow their cookies all the time, as access tokens last for minutes.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::try_join;

use super::{
    refresh::{Browser, impatient},
    sign_in::SignIn,
};
use crate::{
    Bench,
    client::{Answer, get},
    loops::{Errand, Wait, connect, expect, open},
    report::{Bound, Course, Line, Round, Section, Spread, Verdict, short},
    subject::Settings,
    visit::{self, Jar},
};

/// Deeds and how many of each there are in a second: together about a quarter of a processor. A sign-in costs a
/// password hash.
const DEEDS: [(&str, u32); 4] =
    [("whoami", 1_000), ("refresh", 150), ("the home page, signed in", 100), ("sign-in", 3)];
const BROWSERS: usize = 8;
/// The interval between two readings, unless the whole run has room for fewer than the least number of them.
const EVERY: Duration = Duration::from_secs(60);
const LEAST: u32 = 8;

/// A browser that asks for one path again and again, and keeps what the answers set.
struct Member {
    address: SocketAddr,
    path: &'static str,
    jar: Jar,
    request: Vec<u8>,
}

impl Member {
    async fn sign_up(address: SocketAddr, path: &'static str, name: &str) -> Result<Self, String> {
        let jar = visit::sign_up(address, &format!("{name}@example.com")).await?;
        let request = get(address, path, &jar.header());
        Ok(Self { address, path, jar, request })
    }
}

impl Errand for Member {
    fn request(&self) -> &[u8] {
        &self.request
    }

    fn answered(&mut self, answer: &Answer<'_>) -> Result<(), String> {
        expect(answer, 200)?;
        self.jar.take(answer);
        self.request = get(self.address, self.path, &self.jar.header());
        Ok(())
    }
}

pub async fn run(bench: &Bench) -> Result<Vec<Section>, String> {
    let every = EVERY.min(bench.endure / LEAST);
    let settings = impatient(Settings::default());
    let server = bench.programs.coatroom("Coatroom", "endure", &settings).await?;
    let address = server.address;
    let (mut visitors, mut browsers, mut readers) = (Vec::new(), Vec::new(), Vec::new());
    for place in 0..BROWSERS {
        visitors.push(Member::sign_up(address, "/api/whoami", &format!("visitor{place}")).await?);
        readers.push(Member::sign_up(address, "/", &format!("reader{place}")).await?);
        let jar = visit::sign_up(address, &format!("browser{place}@example.com")).await?;
        browsers.push(Browser::new(address, jar));
    }
    visit::sign_up(address, "person@example.com").await?;
    let people = [SignIn::new(address, "person@example.com")];
    let (mut visitors, mut browsers) =
        (connect(address, visitors).await?, connect(address, browsers).await?);
    let (mut readers, mut people) =
        (connect(address, readers).await?, connect(address, people).await?);
    let mut lines = DEEDS.map(|(deed, _)| Line { subject: deed.to_owned(), rounds: Vec::new() });
    let [whoami, refresh, home, sign_in] = DEEDS.map(|(_, rate)| rate);
    let (mut memory, mut busy) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    while begun.elapsed() < bench.endure {
        let (used, at) = (server.used()?, Instant::now());
        let samples = try_join!(
            open(&mut visitors, Wait::Asleep, whoami, every),
            open(&mut browsers, Wait::Asleep, refresh, every),
            open(&mut readers, Wait::Asleep, home, every),
            open(&mut people, Wait::Asleep, sign_in, every),
        )?;
        let used = server.used()?.saturating_sub(used).as_secs_f64();
        busy.push(100.0 * used / at.elapsed().as_secs_f64());
        memory.push(server.memory()?);
        let minutes = begun.elapsed().as_secs_f64() / 60.0;
        eprintln!("load:   {minutes:.1} min, {:.1} MB", memory.last().unwrap_or(&f64::NAN));
        for (line, sample) in lines.iter_mut().zip(<[_; 4]>::from(samples)) {
            line.rounds.push(Round { open: Some(sample), ..Round::default() });
        }
    }
    let rates: Vec<_> = DEEDS.iter().map(|(deed, rate)| format!("{rate} × {deed}")).collect();
    Ok(vec![Section {
        name: "endure",
        title: format!("{} minutes of load", short(begun.elapsed().as_secs_f64() / 60.0)),
        text: format!(
            "Each second: {}. SQLite; resident memory is read every {every:?}. The first quarter warms up.",
            rates.join(", ")
        ),
        lines: lines.into(),
        verdicts: vec![
            flat(&memory),
            Verdict::of("resident memory, MB", Bound::None, memory.iter().copied()),
            Verdict::of("part of a processor that the server used, %", Bound::None, busy),
        ],
        course: Some(Course {
            title: "Resident memory under load, MB".into(),
            every: every.as_secs_f64() / 60.0,
            values: memory,
        }),
    }])
}

/// Compares the last quarter of the readings with the second one.
fn flat(memory: &[f64]) -> Verdict {
    let target = "memory: median of the last quarter against that of the second";
    let quarter = memory.len() / 4;
    let median = |part: &[f64]| Spread::of(part.iter().copied());
    let second = median(&memory[quarter..2 * quarter]);
    let last = median(&memory[memory.len() - quarter..]);
    let ratio = last.zip(second).map(|(last, second)| last.median / second.median);
    Verdict::of(target, Bound::AtMost(1.05), ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_quarter_is_held_against_the_second() {
        let ratio = |memory: &[f64]| flat(memory).measured.map(|spread| spread.median);
        assert_eq!(ratio(&[9.0, 9.0, 1.0, 1.0, 5.0, 5.0, 2.0, 2.0]), Some(2.0));
        assert_eq!(ratio(&[1.0, 1.0]), None);
    }
}
