//! The throughput that the lab takes from visitors who sign in: `GET /api/whoami` alone, and beside two hundred live
//! worlds.
//!
//! `cargo bench -p coatroom-lab --bench lab -- --help`
//!
//! It measures the release program from outside, over HTTP, and shares the machine with it. It judges one sentence and
//! is no test: what it finds depends on the machine. Invariant: both halves of a round are measured in the same way,
//! one right after the other.

mod house;
mod http;
mod load;
mod report;
mod world;

use std::{
    env, fs,
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use tokio::{runtime::Builder, time::sleep};

use self::{
    house::House,
    load::{Learners, Visitors},
    report::{Report, Round},
};

const HELP: &str = "\
Measures the throughput of GET /api/whoami alone and beside the lab, in turns, on one server.

usage: cargo bench -p coatroom-lab --bench lab -- [--worlds N] [--rate N] [--seconds N] [--rounds N] [--json]

  --worlds N     how many worlds are live, 1 to 200 (default 200)
  --rate N       how many actions a second each of them takes, 1 to 20 (default 10)
  --seconds N    how long each half of a round takes, 1 to 60 (default 4)
  --rounds N     how many rounds, 1 to 50 (default 15)
  --json         one JSON document instead of a table
  --help         this text

The server is COATROOM_BINARY (default target/release/coatroom), which reads COATROOM_SITE. It is started with the
demo profile, on a free port and in a temporary folder.

Eight connections ask for whoami, each again as soon as it is answered. An action in a world is due at its time
whatever became of the one before; its latency counts from then, and it is missed where no answer is there when its
round is over. Actions begin 2 s before whoami, so that a steady state is measured. Who acts is not signed in, and
does what the script of a world's page does: it looks again a moment later where an answer brought no panels. Before
a world is full it begins anew.

This program runs on the processors that the server runs on: whoami beside the lab also pays for the requests that
are written and the answers that are read here. Run it on a machine that does nothing else; the load average at the
start is part of the report.

The report goes to standard output, progress to standard error. Exit codes: 0 whoami keeps 80 % of its throughput
(median of the rounds), at most 2 % of the actions are missed and none is refused; 1 that is not so; 2 misused;
3 not measured.
";

/// Number of connections that ask for whoami.
const CONNECTIONS: usize = 8;
/// The time for which each load runs alone before the first round.
const WARM_UP: Duration = Duration::from_secs(2);
/// The lead of a round's actions over whoami: after a pause each world may be drawn in a burst, which ends meanwhile.
const LEAD: Duration = Duration::from_secs(2);

/// The options of a run.
struct Options {
    worlds: u32,
    rate: u32,
    seconds: u32,
    rounds: u32,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Table,
    Json,
    Help,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { worlds: 200, rate: 10, seconds: 4, rounds: 15, form: Form::Table };
        while let Some(argument) = arguments.next() {
            let (field, most) = match argument.as_str() {
                "--worlds" => (&mut options.worlds, 200),
                "--rate" => (&mut options.rate, 20),
                "--seconds" => (&mut options.seconds, 60),
                "--rounds" => (&mut options.rounds, 50),
                "--json" => {
                    options.form = Form::Json;
                    continue;
                }
                "--help" | "-h" => {
                    options.form = Form::Help;
                    continue;
                }
                // Cargo passes this to every benchmark.
                "--bench" => continue,
                other => return Err(format!("{other}: unknown argument")),
            };
            let text = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
            let value = text.parse().ok().filter(|value| (1..=most).contains(value));
            *field = value.ok_or_else(|| format!("{argument} {text}: not 1 to {most}"))?;
        }
        Ok(options)
    }
}

fn main() -> ExitCode {
    let options = match Options::parse(env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("lab: {problem}; see --help");
            return ExitCode::from(2);
        }
    };
    if options.form == Form::Help {
        return print(HELP);
    }
    // One thread: the processors are the server's, as far as may be.
    let runtime = Builder::new_current_thread().enable_all().build();
    let report = match runtime {
        Ok(runtime) => runtime.block_on(measure(&options)),
        Err(error) => Err(error.to_string()),
    };
    match report {
        Ok(report) => {
            let json = options.form == Form::Json;
            let printed = print(&if json { report.json() } else { report.table() });
            if report.holds() { printed } else { ExitCode::FAILURE }
        }
        Err(problem) => {
            eprintln!("lab: {problem}");
            ExitCode::from(3)
        }
    }
}

fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lab: {error}");
            ExitCode::from(3)
        }
    }
}

async fn measure(options: &Options) -> Result<Report, String> {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().and_then(|load| load.parse().ok());
    let house = House::open().await?;
    let cookies = house.sign_up().await?;
    let mut visitors = Visitors::come(&house, &cookies, CONNECTIONS).await?;
    visitors.ask(WARM_UP).await?;
    let memory_before = house.memory()?;

    eprintln!("lab: {} new worlds, 20 a second at most", options.worlds);
    let mut learners = Learners::come(&house, options.worlds).await?;
    let begun = house.memory()?;
    // New worlds are drawn at once for a while.
    learners.act(options.rate, WARM_UP).await?;
    let before = house.cpu()?;
    let warm_up = learners.act(options.rate, WARM_UP).await?;
    let cpu_of_actions = house.cpu()?.saturating_sub(before);

    let time = Duration::from_secs(options.seconds.into());
    let mut rounds = Vec::new();
    for number in 1..=options.rounds {
        eprintln!("lab: round {number} of {}", options.rounds);
        let alone = visitors.ask(time).await?;
        let visit = async {
            sleep(LEAD).await;
            visitors.ask(time).await
        };
        let (beside, actions) = tokio::try_join!(visit, learners.act(options.rate, LEAD + time))?;
        rounds.push(Round { alone, beside, actions });
    }
    Ok(Report {
        worlds: options.worlds,
        rate: options.rate,
        seconds: options.seconds,
        acting: LEAD + time,
        load,
        rounds,
        cpu_of_action: cpu_of_actions / u32::try_from(warm_up.done().max(1)).unwrap_or(u32::MAX),
        memory: [memory_before, begun, house.memory()?],
    })
}
