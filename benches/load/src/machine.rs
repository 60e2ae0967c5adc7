//! The machine that was measured on, by name.

use std::{
    fmt, fs,
    process::{Command, Stdio},
};

use crate::cores;

/// The machine.
pub struct Machine {
    processor: String,
    cores: usize,
    memory: String,
    kernel: String,
    rustc: String,
    /// The load average before anything began: other programs share the figures.
    load: String,
}

impl Machine {
    pub fn read() -> Self {
        let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or("unknown").trim_start_matches([':', ' ', '\t']).to_owned()
        };
        let rustc = Command::new("rustc").arg("--version").stderr(Stdio::null()).output();
        let rustc = rustc.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned());
        Self {
            processor: field(&file("/proc/cpuinfo"), "model name"),
            cores: cores::count(),
            memory: field(&file("/proc/meminfo"), "MemTotal"),
            kernel: file("/proc/sys/kernel/osrelease").trim().to_owned(),
            rustc: rustc.unwrap_or_else(|_| "unknown".into()),
            load: file("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, memory, kernel, rustc, load } = self;
        writeln!(
            f,
            "Machine: {processor}, {cores} cores, {memory} of memory, Linux {kernel}, {rustc}."
        )?;
        writeln!(f, "Load average at the start: {load}.")
    }
}
