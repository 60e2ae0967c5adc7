//! A day with one browser under each of eight policies, many times over: how often its owner is falsely signed out, and
//! which thieves are noticed, how soon.
//!
//! `cargo run --release -p coatroom-lab --example simulate -- --help`

mod table;

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use coatroom_lab::{
    policy::Policy,
    simulate::{Model, Network, Setup, Tally, Thief, simulate},
};

const HELP: &str = "\
Simulates days of one browser, under eight ways to treat a spent refresh token.

usage: simulate [--sessions N] [--seed S] [--json]

  --sessions N   how many days for each row of the tables, 1 to 1000000 (default 10000)
  --seed S       where the random numbers begin (default 1); the same seed gives the same tables
  --json         one JSON document instead of tables
  --help         this text

Tables go to standard output, progress to standard error. Exit codes: 0 done, 2 misused, 1 not written.
";

/// The options of a run.
struct Options {
    sessions: u32,
    seed: u64,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Table,
    Json,
    Help,
}

impl Options {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { sessions: 10_000, seed: 1, form: Form::Table };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--sessions" => {
                    let text = value()?;
                    let sessions = text.parse().ok().filter(|n| (1..=1_000_000).contains(n));
                    options.sessions =
                        sessions.ok_or_else(|| format!("--sessions {text}: not 1 to 1000000"))?;
                }
                "--seed" => {
                    let text = value()?;
                    options.seed =
                        text.parse().map_err(|_| format!("--seed {text}: not a whole number"))?;
                }
                "--json" => options.form = Form::Json,
                "--help" | "-h" => options.form = Form::Help,
                other => return Err(format!("{other}: unknown argument")),
            }
        }
        Ok(options)
    }
}

fn main() -> ExitCode {
    let options = match Options::parse(env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("simulate: {problem}; see --help");
            return ExitCode::from(2);
        }
    };
    let text = match options.form {
        Form::Help => HELP.to_owned(),
        Form::Table | Form::Json => report(&options),
    };
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("simulate: {error}");
            ExitCode::FAILURE
        }
    }
}

fn report(options: &Options) -> String {
    let model = Model::default();
    let steady = |policy, thief| Setup { policy, thief, network: Network::Steady };
    let honest = Policy::ALL.map(|policy| steady(policy, None));
    let theft = Thief::ALL.map(|thief| {
        [Policy::OneBehind, Policy::FromRotation, Policy::Coatroom]
            .map(|policy| steady(policy, Some(thief)))
    });
    let networks =
        Network::ALL.map(|network| Setup { policy: Policy::Coatroom, thief: None, network });
    let mut done = 0;
    let total = honest.len() + theft.len() * 3 + networks.len();
    let mut run = |setup: Setup| -> Tally {
        let mut days = 0;
        let tally = simulate(&model, setup, options.sessions, options.seed, || {
            days += 1;
            if days % 500 == 0 {
                progress(&format!("{}/{total} {days} days", done + 1));
            }
        });
        done += 1;
        tally
    };
    let honest = honest.map(&mut run);
    let theft: Vec<Tally> = theft.into_iter().flatten().map(&mut run).collect();
    let networks = networks.map(&mut run);
    progress("");
    match options.form {
        Form::Json => {
            let json = serde_json::json!({
                "sessions": options.sessions,
                "seed": options.seed,
                "model": model,
                "honest": honest,
                "theft": theft,
                "networks": networks,
            });
            format!("{json:#}\n")
        }
        Form::Table | Form::Help => [
            table::model(&model, options.sessions, options.seed),
            table::honest(&honest),
            table::theft(&theft),
            table::networks(&networks),
        ]
        .join("\n"),
    }
}

/// Writes a line of progress over the one before it, if standard error is a terminal.
fn progress(text: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r{text:<30}\r");
    }
}
