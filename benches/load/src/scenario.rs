//! The scenarios, and the rounds that all of them have.

mod endure;
mod grown;
mod health;
mod home;
mod lab;
mod process;
mod pruning;
mod refresh;
mod revocations;
mod schemes;
mod sign_in;
mod stores;
mod whoami;

use std::net::SocketAddr;

use clap::ValueEnum;

use crate::{
    Bench,
    client::get,
    loops::{Lane, Same, Wait, closed, connect, open},
    report::{Line, Round, Section},
    subject::{Settings, Subject},
    visit::Jar,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// `GET /api/whoami`, against bare routes and axum-login
    Whoami,
    /// Whoami, refresh, sign-in and the home page under every scheme and store
    Schemes,
    /// `GET /healthz`, against a bare route
    Health,
    /// Rotations of refresh tokens, against the statement alone
    Refresh,
    /// Sign-ins, against the password hash, and whoami meanwhile
    SignIn,
    /// The home page, against the counter page of the Leptos template
    Home,
    /// Memory, and the time of a start
    Process,
    /// The memory of a server for sessions that were revoked
    Revocations,
    /// Whoami beside 200 live worlds of the lab
    Lab,
    /// Whoami, refresh and sign-in with millions of sessions, and while they are pruned
    Grown,
    /// Memory over an hour of load; runs only where it is named
    Endure,
}

impl Scenario {
    /// The scenarios of a run that names none.
    pub fn all() -> Vec<Self> {
        let short = Self::value_variants().iter().filter(|each| **each != Self::Endure);
        short.copied().collect()
    }

    pub async fn run(self, bench: &Bench) -> Result<Vec<Section>, String> {
        match self {
            Self::Whoami => whoami::run(bench).await,
            Self::Schemes => schemes::run(bench).await,
            Self::Health => health::run(bench).await,
            Self::Refresh => refresh::run(bench).await,
            Self::SignIn => sign_in::run(bench).await,
            Self::Home => home::run(bench).await,
            Self::Process => process::run(bench).await,
            Self::Revocations => revocations::run(bench).await,
            Self::Lab => lab::run(bench).await,
            Self::Grown => grown::run(bench).await,
            Self::Endure => endure::run(bench).await,
        }
    }
}

/// The reason why a small answer is no faster.
const FLAT: &str = "No query is left, and in the profile no function of Coatroom takes 1 %: the rest is spread over reading \
                    the request's headers, the layers' boxed futures, and the copies of a request between them";

/// A subject that is asked the same all the time.
struct Asked {
    name: String,
    lanes: Vec<Lane<Same>>,
    rounds: Vec<Round>,
}

impl Asked {
    async fn new(
        bench: &Bench,
        name: &str,
        address: SocketAddr,
        path: &str,
        jar: &Jar,
    ) -> Result<Self, String> {
        Self::by(bench, name, address, get(address, path, &jar.header())).await
    }

    /// A subject that is asked by this very request.
    async fn by(
        bench: &Bench,
        name: &str,
        address: SocketAddr,
        request: Vec<u8>,
    ) -> Result<Self, String> {
        let each = (0..bench.connections).map(|_| Same(request.clone()));
        let lanes = connect(address, each).await?;
        Ok(Self { name: name.to_owned(), lanes, rounds: Vec::new() })
    }
}

/// Asks all subjects in turns, in an order that is reversed in every other round. `rate` is that of the open loop.
async fn rounds(bench: &Bench, rate: u32, mut subjects: Vec<Asked>) -> Result<Vec<Line>, String> {
    for number in 0..bench.rounds {
        eprintln!("load:   round {} of {}", number + 1, bench.rounds);
        for subject in alternated(number, &mut subjects) {
            let failed = |error: String| format!("{}: {error}", subject.name);
            let each = closed(&mut subject.lanes, bench.time).await.map_err(failed)?;
            let slow =
                open(&mut subject.lanes, Wait::Busy, rate, bench.time).await.map_err(failed)?;
            subject.rounds.push(Round { closed: Some(each), open: Some(slow), figure: None });
        }
    }
    let lines = subjects.into_iter();
    Ok(lines.map(|Asked { name, rounds, .. }| Line { subject: name, rounds }).collect())
}

/// The subjects, from the first to the last and in the next round back.
fn alternated<T>(round: usize, subjects: &mut [T]) -> Box<dyn Iterator<Item = &mut T> + '_> {
    if round.is_multiple_of(2) {
        Box::new(subjects.iter_mut())
    } else {
        Box::new(subjects.iter_mut().rev())
    }
}

/// Starts a route without anything around it, whose answers have these headers.
async fn bare(bench: &Bench, name: &str, headers: &[String]) -> Result<Subject, String> {
    let mut what = vec!["bare"];
    what.extend(headers.iter().flat_map(|header| ["--header", header]));
    bench.programs.peer(name, "/healthz", &what).await
}

/// Starts Coatroom as it comes.
async fn coatroom(bench: &Bench, data: &str) -> Result<Subject, String> {
    bench.programs.coatroom("Coatroom", data, &Settings::default()).await
}
