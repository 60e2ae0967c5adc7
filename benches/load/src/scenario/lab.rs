//! Whoami alone, and beside two hundred live worlds of the lab with ten actions a second each.

use std::time::Duration;

use tokio::time::sleep;
use tokio::try_join;

use super::Asked;
use crate::{
    Bench,
    learners::{Tally, act, come},
    loops::closed,
    report::{Bound, Line, Round, Section, Verdict},
    subject::Settings,
    visit,
};

const WORLDS: usize = 200;
/// The number of actions of a world in a second.
const RATE: u32 = 10;
/// The lead of the actions over whoami: after a pause each world may be drawn in a burst, which ends meanwhile.
const LEAD: Duration = Duration::from_secs(1);

const ALONE: &str = "whoami alone";
const BESIDE: &str = "whoami beside the lab";

pub async fn run(bench: &Bench) -> Result<Vec<Section>, String> {
    let settings = Settings::default()
        .with("COATROOM_LAB", "on")
        // All of its worlds are begun from one address.
        .with("COATROOM_LIMIT_WORLDS", WORLDS.to_string());
    let server = bench.programs.coatroom("Coatroom", "lab", &settings).await?;
    let address = server.address;
    let jar = visit::sign_up(address, "lab@example.com").await?;
    let mut visitors = Asked::new(bench, ALONE, address, "/api/whoami", &jar).await?.lanes;
    let before = server.memory()?;
    eprintln!("load:   {WORLDS} new worlds");
    let mut learners = come(address, WORLDS).await?;
    // New worlds are drawn at once for a while.
    act(&mut learners, RATE, 2 * LEAD).await?;
    let mut lines = [ALONE, BESIDE].map(|name| Line { subject: name.into(), rounds: Vec::new() });
    let (mut missed, mut refused) = (Vec::new(), 0);
    for number in 0..bench.rounds {
        eprintln!("load:   round {} of {}", number + 1, bench.rounds);
        let alone = closed(&mut visitors, bench.time).await?;
        let visit = async {
            sleep(LEAD).await;
            closed(&mut visitors, bench.time).await
        };
        let (beside, tally) = try_join!(visit, act(&mut learners, RATE, LEAD + bench.time))?;
        let Tally { due, done, refused: more } = tally;
        missed.push(100.0 * f64::from(due - done - more) / f64::from(due.max(1)));
        refused += more;
        for (line, sample) in lines.iter_mut().zip([alone, beside]) {
            line.rounds.push(Round { closed: Some(sample), ..Round::default() });
        }
    }
    let kept = "throughput of whoami beside the lab, against alone";
    let memory = server.memory()? - before;
    let verdicts = vec![
        Verdict {
            limit: Some(
                "The worlds' actions run, and are drawn, on the same processor. In the profile the lab takes 9 %: half of \
                 it the drawings, some 0.3 ms for each, and a third the actions, which make and verify tokens; the rest \
                 is the HTTP of two thousand actions a second"
                    .into(),
            ),
            ..Verdict::ratio(kept, Bound::AtLeast(0.9), &lines, [BESIDE, ALONE], Round::rate)
        },
        Verdict::of("actions that were missed, %", Bound::AtMost(2.0), missed),
        Verdict::of("actions that were refused", Bound::AtMost(0.0), [f64::from(refused)]),
        Verdict::of("memory of the worlds, MB", Bound::None, [memory]),
    ];
    Ok(vec![Section {
        name: "lab",
        title: format!("Whoami beside {WORLDS} live worlds of the lab"),
        text: format!("Each world has {RATE} actions a second, by its page's own script."),
        lines: lines.into(),
        verdicts,
        course: None,
    }])
}
