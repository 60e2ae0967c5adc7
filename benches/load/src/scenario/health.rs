//! The health check: the price of the layers that every request passes.

use super::{Asked, FLAT, bare, coatroom, rounds};
use crate::{
    Bench,
    report::{Bound, Round, Section, Verdict},
    visit::{self, Jar},
};

const PATH: &str = "/healthz";

pub async fn run(bench: &Bench) -> Result<Vec<Section>, String> {
    let coatroom = coatroom(bench, "health").await?;
    let visitor = Jar::default();
    let headers = visit::headers(coatroom.address, PATH, &visitor).await?;
    let same = bare(bench, "bare, same headers", &headers).await?;
    let mut asked = Vec::new();
    for subject in [&coatroom, &same] {
        asked.push(Asked::new(bench, &subject.name, subject.address, PATH, &visitor).await?);
    }
    let lines = rounds(bench, bench.rate, asked).await?;
    let target = "throughput against a bare route with the same headers";
    let pair = ["Coatroom", "bare, same headers"];
    let verdicts = vec![Verdict {
        limit: Some(FLAT.into()),
        ..Verdict::ratio(target, Bound::AtLeast(0.95), &lines, pair, Round::rate)
    }];
    Ok(vec![Section {
        name: "health",
        title: "GET /healthz".into(),
        text: "The price of what every request passes: span, request id, headers, time-outs."
            .into(),
        lines,
        verdicts,
        course: None,
    }])
}
