//! The server as a process: its memory before and after a load, and the time of a start on an existing database.

use std::time::Duration;

use tokio::time::sleep;

use super::{Asked, coatroom};
use crate::{
    Bench,
    loops::closed,
    report::{Bound, Section, Verdict},
    visit,
};

/// The time without a request after which a server is idle.
const IDLE: Duration = Duration::from_secs(15);

pub async fn run(bench: &Bench) -> Result<Vec<Section>, String> {
    // The first start makes the database, and is not counted.
    let first = coatroom(bench, "process").await?;
    let jar = visit::sign_up(first.address, "process@example.com").await?;
    drop(first);
    let [mut starts, mut fresh, mut loaded] = [Vec::new(), Vec::new(), Vec::new()];
    for number in 0..bench.rounds {
        eprintln!("load:   start {} of {}", number + 1, bench.rounds);
        let server = coatroom(bench, "process").await?;
        starts.push(1000.0 * server.opened_in.as_secs_f64());
        fresh.push(server.memory()?);
        let mut asked =
            Asked::new(bench, &server.name, server.address, "/healthz", &jar).await?.lanes;
        closed(&mut asked, bench.time).await?;
        loaded.push(server.memory()?);
    }
    let server = coatroom(bench, "process").await?;
    sleep(IDLE).await;
    let idle = [server.memory()?];
    let verdicts = vec![
        Verdict::of("start to the first answer of /healthz, ms", Bound::AtMost(100.0), starts),
        Verdict::of("resident memory when idle, MB", Bound::AtMost(40.0), idle),
        Verdict::of("resident memory right after the start, MB", Bound::None, fresh),
        Verdict::of("resident memory after a load of /healthz, MB", Bound::None, loaded),
    ];
    Ok(vec![Section {
        name: "process",
        title: "Memory, and the start".into(),
        text: format!(
            "On an existing database, in the production profile. Idle is {IDLE:?} after the start: the allocator gives \
             memory back after ten seconds."
        ),
        lines: Vec::new(),
        verdicts,
        course: None,
    }])
}
