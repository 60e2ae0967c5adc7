//! Whoami with valid cookies: against routes that check nothing, against axum-login, and under every scheme and store.

use super::{Asked, bare, coatroom, rounds, stores};
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

/// The schemes by the values of their settings, and the stores that keep the same sessions under each.
const SCHEMES: [(&str, Option<&str>); 6] = [
    ("hybrid", Some("denylist")),
    ("hybrid", Some("stateless")),
    ("hybrid", Some("strict")),
    ("opaque", None),
    ("stateless", None),
    ("denylist", None),
];

pub async fn run(bench: &Bench) -> Result<Vec<Section>, String> {
    let mut sections = vec![against_peers(bench).await?];
    for store in stores::all(bench) {
        sections.push(schemes(bench, &store).await?);
    }
    Ok(sections)
}

async fn against_peers(bench: &Bench) -> Result<Section, String> {
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
    let lines = rounds(bench, Some(bench.rate), asked).await?;
    let rate = |peer, bound| {
        let target = format!("throughput against {peer}");
        Verdict::ratio(target, Bound::AtLeast(bound), &lines, [COATROOM, peer], Round::rate)
    };
    let p99 = "p99 at a fixed rate against the bare route";
    let verdicts = vec![
        rate(SAME, 0.8),
        rate(ON_SQLITE, 5.0),
        rate(ON_REDIS, 3.0),
        Verdict::ratio(p99, Bound::AtMost(1.5), &lines, [COATROOM, BARE], Round::p99),
    ];
    Ok(Section {
        name: "whoami",
        title: "GET /api/whoami with valid cookies".into(),
        text: "Coatroom with its defaults: the hybrid scheme with a denylist, EdDSA, SQLite. axum-login reads the \
               session from its store and the user from SQLite at each request."
            .into(),
        lines,
        verdicts,
        course: None,
    })
}

async fn schemes(bench: &Bench, store: &stores::Store) -> Result<Section, String> {
    let mut servers = Vec::new();
    for (scheme, verification) in SCHEMES {
        let name = verification.map_or_else(|| scheme.into(), |check| format!("{scheme}, {check}"));
        let data = format!("whoami-{}-{}", store.name, name.replace(", ", "-"));
        let mut settings = store.settings(&data)?.with("COATROOM_SCHEME", scheme);
        if let Some(check) = verification {
            settings = settings.with("COATROOM_VERIFICATION", check);
        }
        let server = bench.programs.coatroom(&name, &data, &settings).await?;
        let jar = visit::sign_up(server.address, "scheme@example.com").await?;
        servers.push((server, jar));
    }
    let mut asked = Vec::new();
    for (server, jar) in &servers {
        asked.push(Asked::new(bench, &server.name, server.address, PATH, jar).await?);
    }
    let lines = rounds(bench, None, asked).await?;
    let first = lines.first().map_or("", |line| &line.subject).to_owned();
    let verdicts = lines[1..].iter().map(|line| {
        let target = format!("throughput: {} against {first}", line.subject);
        Verdict::ratio(target, Bound::None, &lines, [&line.subject, &first], Round::rate)
    });
    let verdicts = verdicts.collect();
    Ok(Section {
        name: store.section,
        title: format!("GET /api/whoami under every scheme, sessions in {}", store.title),
        text: "The schemes by the values of `COATROOM_SCHEME` and `COATROOM_VERIFICATION`.".into(),
        lines,
        verdicts,
        course: None,
    })
}
