//! Rotations of refresh tokens, against the statements alone.
//!
//! Each connection holds a session of its own and follows its cookies. The rule rotates a token once the browser has
//! shown it: every other refresh rotates, and the one between notes that the token arrived. The peers do the same two
//! writes, so what is counted is rotations everywhere.

use std::{fs, io::Write as _, net::SocketAddr, process::Command, time::Instant};

use super::{alternated, stores};
use crate::{
    Bench,
    client::{Answer, post},
    cores,
    loops::{Errand, Lane, closed, connect, expect},
    report::{Bound, Line, Round, Section, Verdict},
    subject::{Settings, printed},
    visit::{self, Jar},
};

const PATH: &str = "/api/refresh";
const COATROOM: &str = "Coatroom";
const ALONE: &str = "SQLx alone";
const ALONE_ON_POSTGRES: &str = "SQLx alone on PostgreSQL";
const PGBENCH: &str = "pgbench";

/// A peer that measures itself: its name, and the way to one round of it.
type Peer<'a> = (&'static str, &'a dyn Fn() -> Result<f64, String>);

/// A browser that refreshes again and again.
pub struct Browser {
    address: SocketAddr,
    jar: Jar,
    request: Vec<u8>,
    asked: u32,
    rotated: u32,
}

impl Browser {
    pub fn new(address: SocketAddr, jar: Jar) -> Self {
        let request = post(address, PATH, &jar.header(), "");
        Self { address, jar, request, asked: 0, rotated: 0 }
    }
}

impl Errand for Browser {
    fn request(&self) -> &[u8] {
        &self.request
    }

    fn answered(&mut self, answer: &Answer<'_>) -> Result<(), String> {
        expect(answer, 200)?;
        self.asked += 1;
        self.rotated += u32::from(self.jar.take(answer));
        self.request = post(self.address, PATH, &self.jar.header(), "");
        Ok(())
    }
}

/// Returns the settings under which a token may rotate as soon as it was shown.
pub fn impatient(settings: Settings) -> Settings {
    settings.with("COATROOM_GRACE", "1ms")
}

/// Signs so many browsers up.
pub async fn sign_up(address: SocketAddr, count: usize) -> Result<Vec<Browser>, String> {
    let mut browsers = Vec::new();
    for number in 0..count {
        let email = format!("browser{number}@example.com");
        browsers.push(Browser::new(address, visit::sign_up(address, &email).await?));
    }
    Ok(browsers)
}

/// Signs browsers up, one for each connection.
pub async fn browsers(bench: &Bench, address: SocketAddr) -> Result<Vec<Lane<Browser>>, String> {
    connect(address, sign_up(address, bench.connections).await?).await
}

/// Refreshes for a round, and counts rotations.
pub async fn rotations(bench: &Bench, lanes: &mut [Lane<Browser>]) -> Result<Round, String> {
    let sum = |lanes: &[Lane<Browser>]| {
        let each = lanes.iter().map(|lane| (lane.errand.asked, lane.errand.rotated));
        each.fold((0, 0), |(a, b), (asked, rotated)| (a + asked, b + rotated))
    };
    let before = sum(lanes);
    let sample = closed(lanes, bench.time).await?;
    let after = sum(lanes);
    let part = f64::from(after.1 - before.1) / f64::from((after.0 - before.0).max(1));
    Ok(Round { figure: Some(sample.per_second * part), closed: Some(sample), open: None })
}

pub async fn run(bench: &Bench) -> Result<Vec<Section>, String> {
    let mut sections = vec![on_sqlite(bench).await?];
    if let Some(url) = &bench.postgres {
        sections.push(on_postgres(bench, url).await?);
    }
    Ok(sections)
}

async fn on_sqlite(bench: &Bench) -> Result<Section, String> {
    let database = migrated(bench, "raw-sqlite", &Settings::default())?;
    let database = database.join("coatroom.sqlite").display().to_string();
    let (connections, time) = (bench.connections.to_string(), bench.time.as_millis().to_string());
    let raw = || {
        let what = ["raw-sqlite", "--database", &database, "--connections", &connections];
        let what = [&what[..], &["--milliseconds", &time]].concat();
        bench.programs.figure([cores::SERVER], &what)
    };
    let before = sync(bench)?;
    let lines = against(bench, "refresh-sqlite", Settings::default(), &[(ALONE, &raw)]).await?;
    let disk = "4 kB through to the disk, ms, before and after";
    let verdicts = vec![
        verdict(&lines, ALONE, Bound::AtLeast(0.7)),
        Verdict::of(disk, Bound::None, [before, sync(bench)?]),
    ];
    let peers = "SQLx alone, as durable, on the same disk: one connection that writes, and a commit for each statement. \
                 Where Coatroom shares a commit among calls that wait, the ratio is the greater the slower the disk is";
    Ok(section("refresh-sqlite", "SQLite", peers, lines, verdicts))
}

/// Returns the mean time in which a page is written through to the disk of the databases, in milliseconds.
fn sync(bench: &Bench) -> Result<f64, String> {
    const TIMES: u32 = 100;
    let write = || {
        let mut file = fs::File::create(bench.programs.data("page"))?;
        let begun = Instant::now();
        for _ in 0..TIMES {
            file.write_all(&[0; 4096])?;
            file.sync_data()?;
        }
        Ok::<_, std::io::Error>(1000.0 * begun.elapsed().as_secs_f64() / f64::from(TIMES))
    };
    write().map_err(|error| error.to_string())
}

async fn on_postgres(bench: &Bench, url: &str) -> Result<Section, String> {
    let raw = stores::create_database(url, "raw")?;
    migrated(bench, "raw-postgres", &Settings::default().with("DATABASE_URL", &raw))?;
    let script = bench.programs.data("rotate.sql");
    let said = |error: std::io::Error| error.to_string();
    fs::write(&script, include_str!("rotate.sql")).map_err(said)?;
    let sessions = include_str!("sessions.sql").replace(":count", &bench.connections.to_string());
    let harness = [cores::harness()];
    printed(harness, Command::new("psql").args(["-qd", &raw, "-c", &sessions]))?;
    let (connections, time) = (bench.connections.to_string(), bench.time.as_secs().max(1));
    let (script, time) = (script.display().to_string(), time.to_string());
    let pgbench = || {
        let mut pgbench = Command::new("pgbench");
        pgbench.args([
            "-n",
            "-M",
            "prepared",
            "-c",
            &connections,
            "-T",
            &time,
            "-f",
            &script,
            &raw,
        ]);
        let text = printed([cores::SERVER], &mut pgbench)?;
        let line = text.lines().find_map(|line| line.strip_prefix("tps = "));
        let figure = line.and_then(|line| line.split(' ').next()?.parse().ok());
        figure.ok_or_else(|| format!("pgbench: not understood: {text}"))
    };
    let milliseconds = bench.time.as_millis().to_string();
    let alone = || {
        let what = ["raw-postgres", "--database", &raw, "--connections", &connections];
        let what = [&what[..], &["--milliseconds", &milliseconds]].concat();
        bench.programs.figure([cores::SERVER], &what)
    };
    let own = stores::create_database(url, "refresh")?;
    let settings = Settings::default().with("DATABASE_URL", own);
    let peers: [Peer<'_>; 2] = [(PGBENCH, &pgbench), (ALONE_ON_POSTGRES, &alone)];
    let lines = against(bench, "refresh-postgres", settings, &peers).await?;
    let limit = "the limit of the client library on one processor: SQLx alone against pgbench";
    let pair = [ALONE_ON_POSTGRES, PGBENCH];
    let verdicts = vec![
        Verdict {
            limit: Some(
                "A rotation is two requests here, each with HTTP, cookies, a signature and the reading of a session, and \
                 one with the reading of an account; pgbench reads nothing. What SQLx alone reaches, which reads the \
                 session, is told below"
                    .into(),
            ),
            ..verdict(&lines, PGBENCH, Bound::AtLeast(0.7))
        },
        verdict(&lines, ALONE_ON_POSTGRES, Bound::None),
        Verdict::ratio(limit, Bound::None, &lines, pair, Round::rate),
    ];
    let peers = "pgbench, which reads nothing and has a connection for each session; and SQLx alone, which reads the \
                 session's row before each write, with a pool as large as Coatroom's. All use the same server";
    Ok(section("refresh-postgres", "PostgreSQL", peers, lines, verdicts))
}

/// Measures rotations by Coatroom and by peers that measure themselves.
async fn against(
    bench: &Bench,
    data: &str,
    settings: Settings,
    peers: &[Peer<'_>],
) -> Result<Vec<Line>, String> {
    let server = bench.programs.coatroom(COATROOM, data, &impatient(settings)).await?;
    let mut own = browsers(bench, server.address).await?;
    let names = std::iter::once(COATROOM).chain(peers.iter().map(|(name, _)| *name));
    let mut lines: Vec<Line> =
        names.map(|name| Line { subject: name.into(), rounds: Vec::new() }).collect();
    for number in 0..bench.rounds {
        eprintln!("load:   round {} of {}", number + 1, bench.rounds);
        for line in alternated(number, &mut lines) {
            let round = match peers.iter().find(|(name, _)| *name == line.subject) {
                Some((_, measure)) => Round { figure: Some(measure()?), ..Round::default() },
                None => rotations(bench, &mut own).await?,
            };
            line.rounds.push(round);
        }
    }
    Ok(lines)
}

fn verdict(lines: &[Line], peer: &str, bound: Bound) -> Verdict {
    let target = format!("rotations against {peer}");
    Verdict::ratio(target, bound, lines, [COATROOM, peer], Round::rate)
}

fn section(
    name: &'static str,
    store: &str,
    peers: &str,
    lines: Vec<Line>,
    verdicts: Vec<Verdict>,
) -> Section {
    Section {
        name,
        title: format!("Refresh with rotation, {store}"),
        text: format!(
            "Rotations a second. Each needs two requests: one that shows the token, and one that rotates it; latencies \
             are those of single requests. The peer does both writes: {peers}."
        ),
        lines,
        verdicts,
        course: None,
    }
}

/// Makes a database with Coatroom's schema, and returns its folder.
pub fn migrated(
    bench: &Bench,
    data: &str,
    settings: &Settings,
) -> Result<std::path::PathBuf, String> {
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let mut command = bench.programs.coatroom_at(address, data, settings);
    printed([cores::harness()], command.arg("migrate"))?;
    Ok(bench.programs.data(data))
}
