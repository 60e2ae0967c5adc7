//! The architectures side by side: the same clicks on each, and what was measured.
//!
//! `cargo run --release -p coatroom-lab --example compare -- --help`

use std::{
    env, fs,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
    thread,
    time::Duration,
};

use coatroom_lab::architecture::{LATENCIES, compare};

const HELP: &str = "\
Measures sessions, tokens and the hybrid side by side, by the same clicks on each.

usage: compare [--latency MS]

  --latency MS   the time in which the store answers: 0, 1, 5, 20 or 50 ms (default 0)
  --help         this text

The tables go to standard output, and as Markdown to target/bench/compare.md. Exit codes: 0 done, 1 failed, 2 misused.
";

/// The part of `/proc/cpuinfo` that names a processor.
const MODEL: &str = "model name";

fn main() -> ExitCode {
    let latency = match latency(env::args().skip(1)) {
        Ok(Some(latency)) => latency,
        Ok(None) => return said(io::stdout().write_all(HELP.as_bytes())),
        Err(wrong) => {
            let _closed = writeln!(io::stderr(), "compare: {wrong}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    said(run(latency))
}

/// Returns the latency that was asked for; `None` if it is the help.
fn latency(mut arguments: impl Iterator<Item = String>) -> Result<Option<Duration>, String> {
    let mut latency = 0;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--latency" => {
                let text = arguments.next().ok_or("--latency needs a value")?;
                let offered = text.parse().ok().filter(|millis| LATENCIES.contains(millis));
                latency =
                    offered.ok_or_else(|| format!("--latency {text}: not 0, 1, 5, 20 or 50"))?;
            }
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("{other} is no option")),
        }
    }
    Ok(Some(Duration::from_millis(latency)))
}

fn run(latency: Duration) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let comparison = runtime.block_on(compare(latency)).map_err(io::Error::other)?;
    let machine = machine();
    io::stdout().write_all(comparison.to_text(&machine).as_bytes())?;
    let folder = Path::new("target").join("bench");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("compare.md"), comparison.to_markdown(&machine))
}

/// Returns the machine's processor, its number of cores and its operating system, and nothing else of it.
fn machine() -> String {
    let described = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models = described.lines().filter(|line| line.starts_with(MODEL));
    let model =
        models.filter_map(|line| line.split_once(':')).map(|(_, model)| model.trim()).next();
    let model = model.unwrap_or(env::consts::ARCH);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let cores = if cores == 1 { "1 core".to_owned() } else { format!("{cores} cores") };
    format!("{model}, {cores}, {}", env::consts::OS)
}

fn said(result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _closed = writeln!(io::stderr(), "compare: {error}");
            ExitCode::FAILURE
        }
    }
}
