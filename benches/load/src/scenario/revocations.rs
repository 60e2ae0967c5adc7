//! The memory of a server for sessions that were revoked not long ago.
//!
//! Half a million revocations stand in the log of changes when the server starts. Their sessions live by their rows, so
//! that only what the server remembers can refuse a token of theirs; the last one in the log is a visitor's, whose
//! cookies are refused once the whole log was read.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{alternated, stores::Database};
use crate::{
    Bench,
    client::get,
    report::{Bound, Section, Verdict},
    subject::Settings,
    visit::{self, Jar},
};

const COUNT: u32 = 500_000;
const REVOKED: &str = "revoked@example.com";
const OTHER: &str = "other@example.com";
/// The time in which a server has to read the log.
const PATIENCE: Duration = Duration::from_secs(60);

/// As the triggers of the schema log it, the visitor's session last.
const REVOKE: &str = "with recursive n (n) as (select 1 union all select n + 1 from n where n < :count - 1) \
     insert into coatroom_change (kind, session_id, at) \
     select 'revoked', randomblob(16), cast(unixepoch() as integer) * 1000 from n; \
     insert into coatroom_change (kind, session_id, at) \
     select 'revoked', s.id, cast(unixepoch() as integer) * 1000 from coatroom_session s \
     join coatroom_account a on a.id = s.subject where a.email = ':email'";

/// A database, and two visitors' cookies.
struct Case {
    data: &'static str,
    settings: Settings,
    visitor: Jar,
    other: Jar,
    /// The status with which the visitor is answered once the server knows all.
    expected: u16,
    memory: Vec<f64>,
    known_in: Vec<f64>,
}

impl Case {
    async fn new(bench: &Bench, data: &'static str, expected: u16) -> Result<Self, String> {
        // Of all starts, whatever their ports: a token is good for one origin.
        let settings = Settings::default().with("COATROOM_ORIGIN", "http://127.0.0.1");
        let server = bench.programs.coatroom(data, data, &settings).await?;
        let visitor = visit::sign_up(server.address, REVOKED).await?;
        let other = visit::sign_up(server.address, OTHER).await?;
        drop(server);
        let (memory, known_in) = (Vec::new(), Vec::new());
        Ok(Self { data, settings, visitor, other, expected, memory, known_in })
    }

    async fn measure(&mut self, bench: &Bench) -> Result<(), String> {
        let server = bench.programs.coatroom(self.data, self.data, &self.settings).await?;
        let begun = Instant::now();
        while status(server.address, &self.visitor).await? != self.expected {
            if begun.elapsed() > PATIENCE {
                return Err(format!(
                    "{}: the visitor is not answered {}",
                    self.data, self.expected
                ));
            }
            sleep(Duration::from_millis(10)).await;
        }
        self.known_in.push(begun.elapsed().as_secs_f64());
        match status(server.address, &self.other).await? {
            200 => self.memory.push(server.memory()?),
            other => {
                return Err(format!("{}: a session that lives was answered {other}", self.data));
            }
        }
        Ok(())
    }
}

async fn status(address: SocketAddr, jar: &Jar) -> Result<u16, String> {
    let request = get(address, "/api/whoami", &jar.header());
    visit::once(address, &request, |answer| Ok(answer.status)).await
}

pub async fn run(bench: &Bench) -> Result<Vec<Section>, String> {
    let without = Case::new(bench, "revocations-none", 200).await?;
    let with = Case::new(bench, "revocations", 401).await?;
    let file = bench.programs.data(with.data).join("coatroom.sqlite").display().to_string();
    let script = REVOKE.replace(":count", &COUNT.to_string()).replace(":email", REVOKED);
    Database::Sqlite(file).run(bench, &script)?;
    let mut cases = [without, with];
    for number in 0..bench.rounds {
        eprintln!("load:   round {} of {}", number + 1, bench.rounds);
        for case in alternated(number, &mut cases) {
            case.measure(bench).await?;
        }
    }
    let [without, with] = cases;
    let each = with.memory.iter().zip(&without.memory);
    let each = each.map(|(with, without)| 1e6 * (with - without) / f64::from(COUNT));
    let verdicts = vec![
        Verdict::of("bytes of memory for each revocation", Bound::AtMost(150.0), each),
        Verdict::of("resident memory without, MB", Bound::None, without.memory),
        Verdict::of("resident memory with them, MB", Bound::None, with.memory),
        Verdict::of("time after the start until all are known, s", Bound::None, with.known_in),
    ];
    Ok(vec![Section {
        name: "revocations",
        title: format!("{COUNT} revocations that a server remembers"),
        text: "Resident memory after a start on a log with that many revocations, against one without; SQLite. One of \
               the sessions is a visitor's, whose row still says that it lives: whoami refuses it, and takes another's."
            .into(),
        lines: Vec::new(),
        verdicts,
        course: None,
    }])
}
