//! Whoami and refresh while the server prunes sessions that ended long ago, against the same server with nothing to
//! prune.
//!
//! A server prunes from its start on, a batch at a time. So each round starts one that keeps these sessions, and one
//! that deletes them, on the same database; both are asked at the same modest rate.

use std::time::Instant;

use super::{
    Asked, alternated,
    refresh::{Browser, impatient},
    stores::Database,
};
use crate::{
    Bench,
    loops::{Lane, Same, Sample, Wait, connect, open},
    report::{Bound, Line, Round, Section, Verdict},
    subject::Settings,
    visit,
};

/// The number of requests a second: far below what the server can answer.
const VISITS: u32 = 1_000;
const REFRESHES: u32 = 200;
const BROWSERS: usize = 8;

/// The number of sessions that end at most: more than can be pruned in these rounds, because to end one is slow, too.
const ENDED: u64 = 1_000_000;

/// Ends sessions of the first users that were loaded: forty days ago, and so longer ago than the retention, one after the other.
const END: &str = "update coatroom_session set idle_expires_at = clock.day, \
     absolute_expires_at = clock.day + cast(substr(subject, 6) as bigint) \
     from (select NOW - 3456000000 as day) clock \
     where case when subject like 'grown%' then cast(substr(subject, 6) as bigint) < :users else false end";
const COUNT: &str = "select count(*) from coatroom_session where absolute_expires_at < NOW";
/// The most times its p99 that a request may take.
const MOST: f64 = 2.0;
/// The reason of a miss where the server with nothing to prune misses, too.
const LIMIT: &str = "Where nothing is pruned, the slowest of a round is beyond the bound, too: see below. A machine whose host \
                     takes its processors away for some milliseconds shows no less on any route";
/// Longer ago than any session here ended.
const FOR_EVER: &str = "3650d";

const STATES: [&str; 2] = ["alone", "while pruning"];
const DEEDS: [&str; 2] = ["whoami", "refresh"];

/// The place of the sessions.
pub struct Place<'a> {
    pub data: &'a str,
    pub settings: Settings,
    pub database: Database,
}

/// A server that prunes, or has nothing to prune.
struct Server {
    state: &'static str,
    settings: Settings,
    rounds: [Vec<Round>; 2],
    pruned: Vec<f64>,
}

impl Server {
    fn new(state: &'static str, place: &Place<'_>) -> Self {
        let settings = impatient(place.settings.clone());
        let keeps = state == STATES[0];
        let settings = if keeps { settings.with("COATROOM_RETENTION", FOR_EVER) } else { settings };
        Self { state, settings, rounds: Default::default(), pruned: Vec::new() }
    }

    async fn measure(
        &mut self,
        bench: &Bench,
        place: &Place<'_>,
        number: usize,
    ) -> Result<(), String> {
        let before = place.left(bench)?;
        let begun = Instant::now();
        let server = bench.programs.coatroom(self.state, place.data, &self.settings).await?;
        let address = server.address;
        let email =
            |who: &str| format!("{who}-{number}-{}@example.com", self.state.replace(' ', "-"));
        let jar = visit::sign_up(address, &email("visitor")).await?;
        let mut visitors = Asked::new(bench, self.state, address, "/api/whoami", &jar).await?.lanes;
        let mut browsers = Vec::new();
        for place in 0..BROWSERS {
            let jar = visit::sign_up(address, &email(&format!("browser{place}"))).await?;
            browsers.push(Browser::new(address, jar));
        }
        let mut browsers = connect(address, browsers).await?;
        let samples = both(bench, &mut visitors, &mut browsers).await?;
        let seconds = begun.elapsed().as_secs_f64();
        drop(server);
        self.pruned.push((before - place.left(bench)?) / seconds);
        for (rounds, sample) in self.rounds.iter_mut().zip(samples) {
            rounds.push(Round { open: Some(sample), ..Round::default() });
        }
        Ok(())
    }
}

/// Asks at fixed rates, whoami and refresh at the same time.
async fn both(
    bench: &Bench,
    visitors: &mut [Lane<Same>],
    browsers: &mut [Lane<Browser>],
) -> Result<[Sample; 2], String> {
    let visits = open(visitors, Wait::Asleep, VISITS, bench.time);
    let (visits, refreshes) =
        tokio::try_join!(visits, open(browsers, Wait::Asleep, REFRESHES, bench.time))?;
    Ok([visits, refreshes])
}

impl Place<'_> {
    /// The number of sessions that are over and still there.
    fn left(&self, bench: &Bench) -> Result<f64, String> {
        self.database.run(bench, &self.dated(COUNT))
    }

    /// Puts the database's own clock into a script.
    fn dated(&self, script: &str) -> String {
        script.replace(
            "NOW",
            match self.database {
                Database::Sqlite(_) => "cast(unixepoch() as integer) * 1000",
                Database::Postgres(_) => "(extract(epoch from now()) * 1000)::bigint",
            },
        )
    }
}

/// Ends sessions that were loaded into the database of a stopped server, and measures.
pub async fn run(
    bench: &Bench,
    name: &'static str,
    store: &str,
    place: Place<'_>,
) -> Result<Section, String> {
    // Five to a user; the first one has no more than four.
    let users = bench.grow.min(ENDED) / 5;
    eprintln!("load:   {} sessions end in {store}", 5 * users);
    place.database.run(bench, &place.dated(END).replace(":users", &users.to_string()))?;
    let ended = place.left(bench)?;
    if ended <= 0.0 {
        return Err("no session ended".into());
    }
    if let Database::Postgres(_) = place.database {
        // The new versions of the rows would call the server's own vacuum into the measurement.
        place.database.run(bench, "vacuum analyze coatroom_session")?;
    }
    let mut servers = STATES.map(|state| Server::new(state, &place));
    for number in 0..bench.rounds {
        eprintln!("load:   round {} of {}", number + 1, bench.rounds);
        for server in alternated(number, &mut servers) {
            server.measure(bench, &place, number).await?;
        }
    }
    let [alone, pruning] = servers;
    let mut verdicts = Vec::new();
    for ((deed, alone), pruning) in DEEDS.iter().zip(&alone.rounds).zip(&pruning.rounds) {
        let against = |what: &str, bound, rounds: &[Round], of: fn(&Sample) -> f64| {
            let pairs = rounds.iter().zip(alone);
            let ratios = pairs.filter_map(|(a, b)| Some(of(a.open.as_ref()?) / b.p99()?));
            Verdict::of(format!("{deed}: {what}, against p99 alone"), bound, ratios)
        };
        let slowest =
            against("slowest while pruning", Bound::AtMost(MOST), pruning, |sample| sample.most);
        let without = against("slowest alone", Bound::None, alone, |sample| sample.most);
        let misses = without.measured.as_ref().is_some_and(|measured| measured.median > MOST);
        verdicts.extend([
            Verdict { limit: misses.then(|| LIMIT.into()), ..slowest },
            against("p99.9 while pruning", Bound::None, pruning, |sample| sample.p999),
            without,
        ]);
    }
    let (kept, pruned) = (alone.pruned, pruning.pruned);
    if kept.iter().any(|rate| *rate > 0.0) || pruned.iter().any(|rate| *rate <= 0.0) {
        return Err(format!(
            "pruned in a second: {kept:?} by the one that keeps, {pruned:?} by the other"
        ));
    }
    verdicts.push(Verdict::of("sessions pruned in a second", Bound::None, pruned));
    let lines = [(alone.state, alone.rounds), (pruning.state, pruning.rounds)];
    let lines = lines.into_iter().flat_map(|(state, rounds)| {
        let each = DEEDS.iter().zip(rounds);
        each.map(move |(deed, rounds)| Line { subject: format!("{deed} {state}"), rounds })
    });
    Ok(Section {
        name,
        title: format!("Pruning, {store}"),
        text: format!(
            "{ended} of {} sessions ended longer ago than the retention, and the server deletes them, batch after batch. At the \
             same time it is asked {VISITS} times a second for whoami and {REFRESHES} times for a refresh by {BROWSERS} \
             browsers; against the same with a retention that keeps them all.",
            bench.grow
        ),
        lines: lines.collect(),
        verdicts,
        course: None,
    })
}
