//! Whoami with valid cookies: against routes that check nothing, and against axum-login.

use super::{Asked, FLAT, bare, coatroom, rounds};
use crate::{
    Bench,
    report::{Bound, Round, Section, Verdict},
    visit::{self, Jar},
};

const PATH: &str = "/api/whoami";

const COATROOM: &str = "Coatroom";
const BARE: &str = "bare route";
const SAME: &str = "bare, same headers";
const ON_SQLITE: &str = "axum-login, SQLite";
const ON_REDIS: &str = "axum-login, Redis";

pub async fn run(bench: &Bench) -> Result<Vec<Section>, String> {
    let coatroom = coatroom(bench, "whoami").await?;
    let jar = visit::sign_up(coatroom.address, "whoami@example.com").await?;
    let headers = visit::headers(coatroom.address, PATH, &jar).await?;
    let mut subjects = vec![(coatroom, jar)];
    for (name, headers) in [(BARE, &[][..]), (SAME, &headers)] {
        subjects.push((bare(bench, name, headers).await?, Jar::default()));
    }
    let users = bench.programs.data("axum-login.sqlite").display().to_string();
    let mut login = vec![(ON_SQLITE, vec!["login", "--database", &users, "sqlite"])];
    if let Some(redis) = &bench.redis {
        login.push((ON_REDIS, vec!["login", "--database", &users, "redis", redis]));
    }
    for (name, what) in login {
        let peer = bench.programs.peer(name, "/healthz", &what).await?;
        let jar = visit::sign_in_at_peer(peer.address).await?;
        subjects.push((peer, jar));
    }
    let mut asked = Vec::new();
    for (subject, jar) in &subjects {
        asked.push(Asked::new(bench, &subject.name, subject.address, PATH, jar).await?);
    }
    let lines = rounds(bench, bench.rate, asked).await?;
    let rate = |peer, bound| {
        let target = format!("throughput against {peer}");
        let bound = Bound::AtLeast(bound);
        Verdict {
            limit: Some(FLAT.into()),
            ..Verdict::ratio(target, bound, &lines, [COATROOM, peer], Round::rate)
        }
    };
    let p99 = "p99 at a fixed rate against the bare route";
    let verdicts = vec![
        rate(SAME, 0.8),
        rate(ON_SQLITE, 5.0),
        rate(ON_REDIS, 3.0),
        Verdict::ratio(p99, Bound::AtMost(1.5), &lines, [COATROOM, BARE], Round::p99),
    ];
    Ok(vec![Section {
        name: "whoami",
        title: "GET /api/whoami with valid cookies".into(),
        text: "Coatroom with its defaults: the hybrid scheme with a denylist, EdDSA, SQLite. axum-login reads the \
               session from its store and the user from SQLite at each request."
            .into(),
        lines,
        verdicts,
        course: None,
    }])
}
