//! The load harness: Coatroom's release program under load, beside the programs that it is compared with.
//!
//! Servers run on one processor, the harness on another. Every comparison is a ratio within one round; the order of the
//! subjects alternates from round to round, and what is told is the median of the rounds.

mod client;
mod cores;
mod learners;
mod loops;
mod machine;
mod plot;
mod report;
mod scenario;
mod subject;
mod visit;

use std::{
    env, fs,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::Parser;

use self::{machine::Machine, report::Section, scenario::Scenario, subject::Programs};

/// Measures Coatroom under load, and writes a report
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The scenarios to run [default: all but endure]
    scenarios: Vec<Scenario>,
    /// The number of rounds of each comparison
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The time for which each subject is asked in a round, in seconds
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// The number of connections
    #[arg(long, default_value_t = 32)]
    connections: u8,
    /// The number of requests a second of the open loop
    #[arg(long, default_value_t = 4_000)]
    rate: u32,
    /// The number of sessions that a database is grown to
    #[arg(long, default_value_t = 5_000_000)]
    grow: u64,
    /// The time for which the server has to endure, in minutes
    #[arg(long, default_value_t = 60.0)]
    minutes: f64,
    /// The release program
    #[arg(long, env = "COATROOM_BINARY", default_value = "target/release/coatroom")]
    coatroom: PathBuf,
    /// The folder of the built site
    #[arg(long, env = "COATROOM_SITE", default_value = "target/site")]
    site: PathBuf,
    /// The program of the peers [default: beside this one]
    #[arg(long)]
    peer: Option<PathBuf>,
    /// A PostgreSQL server and a role that may create databases; without one, its scenarios are left out
    #[arg(long, env = "COATROOM_TEST_POSTGRES", hide_env_values = true)]
    postgres: Option<String>,
    /// A Redis server; without one, its scenarios are left out
    #[arg(long, env = "COATROOM_TEST_REDIS", hide_env_values = true)]
    redis: Option<String>,
    /// The folder of the report
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

/// The circumstances of a run.
struct Bench {
    rounds: usize,
    time: Duration,
    connections: usize,
    rate: u32,
    grow: u64,
    endure: Duration,
    postgres: Option<String>,
    redis: Option<String>,
    programs: Programs,
}

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("load: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<(), String> {
    let said = |error: io::Error| error.to_string();
    let machine = Machine::read();
    cores::confine([cores::harness()]).map_err(said)?;
    let beside = || Some(env::current_exe().ok()?.with_file_name("peer"));
    let peer = options.peer.or_else(beside).ok_or("the program of the peers was not found")?;
    let absolute =
        |path: PathBuf| path.canonicalize().map_err(|e| format!("{}: {e}", path.display()));
    let programs = Programs {
        coatroom: absolute(options.coatroom)?,
        site: absolute(options.site)?,
        peer: absolute(peer)?,
        folder: tempfile::tempdir().map_err(said)?,
    };
    let time = Duration::try_from_secs_f64(options.seconds).map_err(|error| error.to_string())?;
    let bench = Bench {
        rounds: options.rounds.max(1),
        time,
        connections: options.connections.max(1).into(),
        rate: options.rate,
        grow: options.grow,
        endure: Duration::try_from_secs_f64(60.0 * options.minutes)
            .map_err(|error| error.to_string())?,
        postgres: options.postgres,
        redis: options.redis,
        programs,
    };
    let chosen = options.scenarios;
    let chosen = if chosen.is_empty() { Scenario::all() } else { chosen };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(said)?;
    let how = bench.how();
    let mut sections = Vec::new();
    for scenario in chosen {
        eprintln!("load: {scenario:?}");
        for section in runtime.block_on(scenario.run(&bench))? {
            print(&section)?;
            sections.push(section);
            // After each, so that a run that is cut short leaves what it measured.
            write(&options.out, &machine, &how, &sections)?;
        }
    }
    eprintln!("load: the report is {}", options.out.join("report.md").display());
    Ok(())
}

fn print(section: &Section) -> Result<(), String> {
    let text = format!("\n{}\n\n{}", section.title, section.tables());
    io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())
}

fn write(
    folder: &PathBuf,
    machine: &Machine,
    how: &str,
    sections: &[Section],
) -> Result<(), String> {
    let (text, plots) = report::write(machine, how, sections);
    let write = || {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("report.md"), text)?;
        plots.into_iter().try_for_each(|(file, svg)| fs::write(folder.join(file), svg))
    };
    write().map_err(|error| format!("{}: {error}", folder.display()))
}

impl Bench {
    /// The method, in a paragraph of the report.
    fn how(&self) -> String {
        let Self { rounds, time, connections, rate, .. } = self;
        let absent = |url: &Option<String>| if url.is_none() { "absent" } else { "present" };
        format!(
            "Servers run on processor {}, the harness on processor {}. A comparison has {rounds} rounds, its order is \
             reversed in every other one, and each subject is asked for {time:?} by {connections} connections: in a \
             closed loop (\"a second\", p50, p99), and in an open one at {rate} requests a second, whose latencies count \
             from the moment at which a request was due. Figures are medians of the rounds; a ratio is taken within each \
             round; where its spread lies on both sides of a bound, the machine is too busy to say whether that is met. \
             Where the harness is busy near 100 %, it is the harness that a closed loop measures. PostgreSQL: {}; Redis: \
             {}.",
            cores::SERVER,
            cores::harness(),
            absent(&self.postgres),
            absent(&self.redis),
        )
    }
}
