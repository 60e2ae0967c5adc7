//! Whoami, refresh, sign-in and the home page once more, with millions of sessions in the database, against a thousand; and while
//! those millions are pruned.

use std::process::Command;

use super::{
    Asked, alternated,
    pruning::{self, Place},
    refresh::{Browser, browsers, impatient, migrated, rotations},
    sign_in::SignIn,
    stores::{self, Database},
};
use crate::{
    Bench, cores,
    loops::{Lane, Same, Wait, closed, connect, open},
    report::{Bound, Line, Round, Section, Verdict},
    subject::{Settings, Subject, printed},
    visit,
};

const FEW: u64 = 1_000;
const DEEDS: [&str; 4] = ["whoami", "refresh", "sign-in", "home page"];

/// A server with so many sessions, and its clients.
struct Grown {
    server: Subject,
    visitors: Vec<Lane<Same>>,
    browsers: Vec<Lane<Browser>>,
    people: Vec<Lane<SignIn>>,
    readers: Vec<Lane<Same>>,
    rounds: [Vec<Round>; 4],
}

impl Grown {
    async fn new(
        bench: &Bench,
        name: &str,
        data: &str,
        settings: Settings,
    ) -> Result<Self, String> {
        let settings = impatient(settings);
        // The first start makes the signing key, and is not the one that is timed.
        drop(bench.programs.coatroom(name, data, &settings).await?);
        let server = bench.programs.coatroom(name, data, &settings).await?;
        let address = server.address;
        let jar = visit::sign_up(address, "whoami@example.com").await?;
        let visitors = Asked::new(bench, name, address, "/api/whoami", &jar).await?.lanes;
        let readers = Asked::new(bench, name, address, "/", &jar).await?.lanes;
        let browsers = browsers(bench, address).await?;
        let people = [SignIn::new(address, "whoami@example.com")];
        let people = connect(address, people).await?;
        Ok(Self { server, visitors, browsers, people, readers, rounds: Default::default() })
    }

    async fn measure(&mut self, bench: &Bench) -> Result<(), String> {
        // Refresh is held against a bound; the others are told, and have half of the time.
        let time = bench.time / 2;
        let each = closed(&mut self.visitors, time).await?;
        let slow = open(&mut self.visitors, Wait::Busy, bench.rate, time).await?;
        self.rounds[0].push(Round { closed: Some(each), open: Some(slow), figure: None });
        self.rounds[1].push(rotations(bench, &mut self.browsers).await?);
        let signed_in = closed(&mut self.people, time).await?;
        self.rounds[2].push(Round { closed: Some(signed_in), ..Round::default() });
        let read = closed(&mut self.readers, time).await?;
        self.rounds[3].push(Round { closed: Some(read), ..Round::default() });
        Ok(())
    }
}

pub async fn run(bench: &Bench) -> Result<Vec<Section>, String> {
    let mut sections = Vec::new();
    let mut sizes = Vec::new();
    for count in [FEW, bench.grow] {
        let data = format!("grown-{count}");
        let file = migrated(bench, &data, &Settings::default())?.join("coatroom.sqlite");
        eprintln!("load:   {count} sessions in SQLite");
        let (file, number) = (file.display().to_string(), count.to_string());
        bench
            .programs
            .figure(0..cores::count(), &["grow", "--database", &file, "--sessions", &number])?;
        sizes.push((count, data, Settings::default()));
    }
    sections.push(measured(bench, "grown-sqlite", "SQLite", sizes).await?);
    let data = format!("grown-{}", bench.grow);
    let file = bench.programs.data(&data).join("coatroom.sqlite").display().to_string();
    let settings = Settings::default();
    let place = Place { data: &data, settings, database: Database::Sqlite(file) };
    sections.push(pruning::run(bench, "pruning-sqlite", "SQLite", place).await?);
    let Some(url) = &bench.postgres else { return Ok(sections) };
    let (mut sizes, mut many) = (Vec::new(), None);
    for count in [FEW, bench.grow] {
        let data = format!("grown-postgres-{count}");
        let database = stores::create_database(url, &data)?;
        let settings = Settings::default().with("DATABASE_URL", &database);
        migrated(bench, &data, &settings)?;
        eprintln!("load:   {count} sessions in PostgreSQL");
        let grow = include_str!("grow.sql").replace(":count", &count.to_string());
        let mut psql = Command::new("psql");
        printed(
            0..cores::count(),
            psql.args(["-qd", &database, "-c", &grow, "-c", "vacuum analyze"]),
        )?;
        many = Some((data.clone(), settings.clone(), database));
        sizes.push((count, data, settings));
    }
    sections.push(measured(bench, "grown-postgres", "PostgreSQL", sizes).await?);
    if let Some((data, settings, url)) = many {
        let place = Place { data: &data, settings, database: Database::Postgres(url) };
        sections.push(pruning::run(bench, "pruning-postgres", "PostgreSQL", place).await?);
    }
    Ok(sections)
}

async fn measured(
    bench: &Bench,
    name: &'static str,
    store: &str,
    sizes: Vec<(u64, String, Settings)>,
) -> Result<Section, String> {
    let mut servers = Vec::new();
    for (count, data, settings) in sizes {
        servers.push(Grown::new(bench, &count.to_string(), &data, settings).await?);
    }
    for number in 0..bench.rounds {
        eprintln!("load:   round {} of {}", number + 1, bench.rounds);
        for server in alternated(number, &mut servers) {
            server.measure(bench).await?;
        }
    }
    let starts: Vec<(String, f64)> = servers
        .iter()
        .map(|grown| (grown.server.name.clone(), 1000.0 * grown.server.opened_in.as_secs_f64()))
        .collect();
    let lines: Vec<Line> = servers
        .into_iter()
        .flat_map(|grown| {
            let subject = grown.server.name.clone();
            let each = DEEDS.into_iter().zip(grown.rounds);
            each.map(move |(deed, rounds)| Line { subject: format!("{deed}, {subject}"), rounds })
        })
        .collect();
    let mut verdicts: Vec<Verdict> = DEEDS
        .into_iter()
        .map(|deed| {
            let [few, many] = [FEW, bench.grow].map(|count| format!("{deed}, {count}"));
            let bound = if deed == "refresh" { Bound::AtMost(1.25) } else { Bound::None };
            let target = format!("time of {deed} with {} sessions against {FEW}", bench.grow);
            Verdict::ratio(target, bound, &lines, [&few, &many], Round::rate)
        })
        .collect();
    verdicts.extend(starts.into_iter().map(|(count, start)| {
        let target = format!("start with {count} sessions, ms");
        Verdict::of(target, Bound::AtMost(100.0), [start])
    }));
    Ok(Section {
        name,
        title: format!("Growth, {store}"),
        text: format!(
            "The same server with {FEW} sessions and with {}, five to a user, loaded by SQL.",
            bench.grow
        ),
        lines,
        verdicts,
        course: None,
    })
}
