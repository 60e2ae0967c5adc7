//! Whoami alone, and beside two hundred live worlds of the lab with ten actions a second each.
//!
//! The same number of requests for `/healthz`, on the same connections at the same times, shows the part of the loss
//! that any requests would cost, on both processors.

use std::time::Duration;

use tokio::time::sleep;
use tokio::try_join;

use super::Asked;
use crate::{
    Bench,
    learners::{Tally, act, come, knock},
    loops::{WARM_UP, closed},
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
const FLOOR: &str = "whoami beside as many requests for /healthz";

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
    let mut lines =
        [ALONE, BESIDE, FLOOR].map(|name| Line { subject: name.into(), rounds: Vec::new() });
    let (mut missed, mut refused) = (Vec::new(), 0);
    // Until whoami is measured, and not a moment less.
    let beside = WARM_UP + bench.time;
    for number in 0..bench.rounds {
        eprintln!("load:   round {} of {}", number + 1, bench.rounds);
        let alone = closed(&mut visitors, bench.time).await?;
        let visit = async {
            sleep(LEAD).await;
            closed(&mut visitors, bench.time).await
        };
        let acting = act(&mut learners, RATE, LEAD + beside);
        let (with_lab, tally) = try_join!(visit, acting)?;
        let visit = closed(&mut visitors, bench.time);
        let (with_others, ()) = try_join!(visit, knock(&mut learners, RATE, beside))?;
        let Tally { due, done, refused: more } = tally;
        missed.push(100.0 * f64::from(due - done - more) / f64::from(due.max(1)));
        refused += more;
        for (line, sample) in lines.iter_mut().zip([alone, with_lab, with_others]) {
            line.rounds.push(Round { closed: Some(sample), ..Round::default() });
        }
    }
    let kept = "throughput of whoami beside the lab, against alone";
    let memory = server.memory()? - before;
    let verdicts = vec![
        Verdict {
            limit: Some(
                "Two thousand actions a second run, and are drawn, on the same processor; what as many requests for `/healthz` \
                 leave, the least that any requests cost, is told below. Of what the lab itself takes, by a profile with \
                 call graphs (`perf`, 1,579 samples of it), 39 % are the actions, half of that the library's own work in the \
                 worlds' nodes, as for any request; 38 % the drawings, a third of that the diagrams; the rest are \
                 the forms that are read and the answers. No function takes a tenth"
                    .into(),
            ),
            ..Verdict::ratio(kept, Bound::AtLeast(0.9), &lines, [BESIDE, ALONE], Round::rate)
        },
        Verdict::ratio(
            "the same beside as many requests for /healthz",
            Bound::None,
            &lines,
            [FLOOR, ALONE],
            Round::rate,
        ),
        Verdict::of("actions that were missed, %", Bound::AtMost(2.0), missed),
        Verdict::of("actions that were refused", Bound::AtMost(0.0), [f64::from(refused)]),
        Verdict::of("memory of the worlds, MB", Bound::None, [memory]),
    ];
    Ok(vec![Section {
        name: "lab",
        title: format!("Whoami beside {WORLDS} live worlds of the lab"),
        text: format!(
            "Each world has {RATE} actions a second, by its page's own script. The same connections ask for /healthz as often \
             in the third line, which shows what requests cost that do nothing."
        ),
        lines: lines.into(),
        verdicts,
        course: None,
    }])
}
