//! The cost of each piece: a token parsed, checked and signed, a decision, a password, a rotation on each store, a
//! request of each scheme through the layer.
//!
//! criterion rather than divan: either is permissive and builds with the oldest Rust of this project, but criterion is
//! kept by an organization, and writes the median of each piece in nanoseconds to a file that a report can read:
//! `median.point_estimate` of `criterion/GROUP/PIECE/new/estimates.json` in the target folder, for a piece of an
//! algorithm `criterion/GROUP/PIECE/ALGORITHM/…`. divan writes text for a terminal alone.
//!
//! Figures of one run may be compared with each other; those of two runs tell how busy the machine was. Pieces that
//! need something of their own each time, such as a token that was never seen, are timed one by one, which adds some
//! 50 ns to each.

mod nodes;
mod requests;
mod rules;
mod stores;
mod tokens;

use std::time::Duration;

use criterion::Criterion;
use tokio::runtime::Builder;

fn main() {
    // One worker beside the thread that measures: it polls the stores, and writes what requests leave to it.
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    // As short as leaves medians steady; the defaults would take six times as long.
    let mut criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .nresamples(10_000)
        .configure_from_args();
    tokens::measure(&mut criterion, &runtime);
    rules::measure(&mut criterion, &runtime);
    stores::measure(&mut criterion, &runtime);
    requests::measure(&mut criterion, &runtime);
    criterion.final_summary();
}
