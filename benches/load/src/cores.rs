//! The processors: one for the server that is measured, one for the harness, one for the databases.
//!
//! A child inherits the processors of its parent, so the harness moves to the server's one while it starts a server.

use std::{io, process::Command, thread::available_parallelism};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processor of a measured server.
pub const SERVER: usize = 0;

/// The number of processors of this machine.
pub fn count() -> usize {
    // `make bench` confines the databases, so this process may have been left with fewer than there are.
    let all = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let listed = all.lines().filter(|line| line.starts_with("processor")).count();
    if listed > 0 { listed } else { available_parallelism().map_or(1, usize::from) }
}

/// The processor of the harness.
pub fn harness() -> usize {
    1.min(count() - 1)
}

/// Confines this process, and what it starts from now on, to those processors.
pub fn confine(to: impl IntoIterator<Item = usize>) -> io::Result<()> {
    let mut set = CpuSet::new();
    to.into_iter().for_each(|core| set.set(core));
    Ok(sched_setaffinity(None, &set)?)
}

/// Runs `start` on those processors, and returns to the former ones.
pub fn on<T>(cores: impl IntoIterator<Item = usize>, start: impl FnOnce() -> T) -> io::Result<T> {
    let former = sched_getaffinity(None)?;
    confine(cores)?;
    let started = start();
    sched_setaffinity(None, &former)?;
    Ok(started)
}

/// Lets this process go before all others whenever it wakes, or no longer. What it starts meanwhile does not inherit
/// that. Returns whether it was allowed: to root alone, as a rule.
pub fn go_first(first: bool) -> bool {
    let policy: &[&str] = if first { &["-R", "-f", "-p", "1"] } else { &["-o", "-p", "0"] };
    let changed = Command::new("chrt").args(policy).arg(std::process::id().to_string()).output();
    changed.is_ok_and(|done| done.status.success())
}
