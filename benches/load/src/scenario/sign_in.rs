//! Sign-ins, twice as many as there are processors at the same time, against the rate at which passwords are hashed; and
//! whoami meanwhile.
//!
//! The server has all processors here, because the password hash is to be the bound of all of them.

use std::net::SocketAddr;

use super::Asked;
use crate::{
    Bench,
    client::{Answer, post},
    cores,
    loops::{Errand, Lane, Wait, closed, connect, expect, open},
    report::{Bound, Line, Round, Section, Verdict},
    subject::{Settings, Subject},
    visit,
};

const SIGN_IN: &str = "Coatroom";
const HASH: &str = "the password hash alone";
const ALONE: &str = "whoami alone";
const MEANWHILE: &str = "whoami meanwhile";
/// The rate at which whoami is asked: a visitor's, and not one that competes for the processors.
const RATE: u32 = 500;

/// Signs in again and again, as the same person.
pub struct SignIn(Vec<u8>);

impl SignIn {
    pub fn new(address: SocketAddr, email: &str) -> Self {
        Self(post(address, "/api/sign_in", "", &visit::form(email)))
    }
}

impl Errand for SignIn {
    fn request(&self) -> &[u8] {
        &self.0
    }

    fn answered(&mut self, answer: &Answer<'_>) -> Result<(), String> {
        expect(answer, 200)
    }
}

pub async fn run(bench: &Bench) -> Result<Vec<Section>, String> {
    let count = cores::count();
    let settings = Settings::default();
    let coatroom = Subject::start_on(0..count, SIGN_IN, "/healthz", |at| {
        bench.programs.coatroom_at(at, "sign-in", &settings)
    });
    let coatroom = coatroom.await?;
    let address = coatroom.address;
    let mut people = Vec::new();
    for number in 0..2 * count {
        let email = format!("person{number}@example.com");
        visit::sign_up(address, &email).await?;
        people.push(SignIn::new(address, &email));
    }
    let mut people = connect(address, people).await?;
    let jar = visit::sign_up(address, "whoami@example.com").await?;
    let mut visitor = Asked::new(bench, ALONE, address, "/api/whoami", &jar).await?.lanes;
    // The server's threads have all processors, and the harness's own wait for one is not to be measured.
    let first = cores::go_first(true);
    let mut lines: Vec<Line> = [SIGN_IN, HASH, ALONE, MEANWHILE]
        .map(|name| Line { subject: name.into(), rounds: Vec::new() })
        .into();
    for number in 0..bench.rounds {
        eprintln!("load:   round {} of {}", number + 1, bench.rounds);
        let threads = count.to_string();
        let hash = || bench.programs.figure(0..count, &["hash", "--threads", &threads]);
        let early = number.is_multiple_of(2).then(hash).transpose()?;
        let alone = open(&mut visitor, Wait::Asleep, RATE, bench.time).await?;
        let signed_in = closed(&mut people, bench.time).await?;
        let meanwhile = beside(&mut visitor, &mut people, bench).await?;
        let hashes = early.map_or_else(hash, Ok)?;
        let rounds = [
            Round { closed: Some(signed_in), ..Round::default() },
            Round { figure: Some(hashes), ..Round::default() },
            Round { open: Some(alone), ..Round::default() },
            Round { open: Some(meanwhile), ..Round::default() },
        ];
        lines.iter_mut().zip(rounds).for_each(|(line, round)| line.rounds.push(round));
    }
    cores::go_first(false);
    let hash = "sign-ins against processors ÷ hash time";
    let p99 = "p99 of whoami meanwhile, against alone";
    let verdicts = vec![
        Verdict::ratio(hash, Bound::AtLeast(0.9), &lines, [SIGN_IN, HASH], Round::rate),
        Verdict {
            limit: Some(
                "All processors hash, behind all else in priority. In a trace of the scheduler (`perf sched`) a thread of \
                 the server that wakes runs within 0.2 ms, in 99 of 100 cases; but one that has just run may have to wait \
                 for the next tick, 4 ms at 250 Hz, and that is the p99 of those who ask. The idle policy \
                 preempts at once; set from outside, it brought this ratio to 2.0 to 2.4 in four of five runs and to 6.5 in one, \
                 and it would starve sign-ins on a machine that is busy with something else (decision 0051)"
                    .into(),
            ),
            ..Verdict::ratio(p99, Bound::AtMost(2.0), &lines, [MEANWHILE, ALONE], Round::p99)
        },
    ];
    Ok(vec![Section {
        name: "sign-in",
        title: "Sign-in".into(),
        text: format!(
            "{} connections sign in, each again as soon as it is answered; the server has all {count} processors. \
             The bound is measured as well: Argon2id with the same parameters on {count} threads. Whoami is asked \
             {RATE} times a second, alone and meanwhile. {}",
            2 * count,
            if first {
                "When the harness wakes it goes before all others, so that these latencies are the server's."
            } else {
                "The harness may not go before all others here: its own wait for a processor is part of these latencies."
            }
        ),
        lines,
        verdicts,
        course: None,
    }])
}

/// Asks whoami while people sign in.
async fn beside(
    visitor: &mut [Lane<crate::loops::Same>],
    people: &mut [Lane<SignIn>],
    bench: &Bench,
) -> Result<crate::loops::Sample, String> {
    let signing_in = closed(people, bench.time);
    let (meanwhile, _) =
        tokio::try_join!(open(visitor, Wait::Asleep, RATE, bench.time), signing_in)?;
    Ok(meanwhile)
}
