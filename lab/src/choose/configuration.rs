//! The lines of Coatroom's configuration that follow from answers.

use super::{
    Answer, Answers,
    advice::{Check, Scheme},
};

/// A line of a configuration: a variable, its value, and the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The variable.
    pub name: &'static str,
    /// Its value.
    pub value: &'static str,
    /// The answer that it follows from.
    pub because: Answer,
    /// The reason, short enough for a comment.
    pub says: &'static str,
}

const fn line(
    (name, value): (&'static str, &'static str),
    because: Answer,
    says: &'static str,
) -> Line {
    Line { name, value, because, says }
}

/// Returns all lines for an architecture that was chosen for these answers.
pub(super) fn lines(answers: Answers, scheme: Scheme) -> Vec<Line> {
    let [end, services, ..] = answers.all();
    let mut lines = vec![line(("COATROOM_SCHEME", scheme.value()), end, scheme.in_short())];
    if let Scheme::Hybrid(check) = scheme {
        let says = match check {
            Check::Nothing => "the signature alone; a revocation waits for the exchange",
            Check::Memory => "the signature, and a list of revocations in memory",
            Check::Row => "the signature, and the session's row",
        };
        lines.push(line(("COATROOM_VERIFICATION", check.value()), end, says));
    }
    lines.extend(lifetimes(answers, scheme));
    if answers.has(Answer::ThirdParties) {
        let says = "a public key that libraries of every language take";
        lines.push(line(("COATROOM_ALGORITHM", "es256"), Answer::ThirdParties, says));
    } else if services == Answer::SeveralServices {
        let says = "a public key for each service, and one private key";
        lines.push(line(("COATROOM_ALGORITHM", "eddsa"), services, says));
    }
    lines.extend(stores(answers, scheme));
    lines
}

/// The lifetime of whatever a thief may copy.
fn lifetimes(answers: Answers, scheme: Scheme) -> Vec<Line> {
    let [end, .., stolen] = answers.all();
    match scheme {
        Scheme::Opaque => vec![
            line(("COATROOM_ABSOLUTE_TTL", "24h"), stolen, "a copy ends with its session"),
            line(("COATROOM_REMEMBERED_IDLE_TTL", "24h"), stolen, "no longer than the next line"),
            line(("COATROOM_REMEMBERED_ABSOLUTE_TTL", "24h"), stolen, "also if it is to be kept"),
        ],
        Scheme::Stateless | Scheme::Denylist => {
            // Twelve hours are the most that a token alone may live.
            let ttl = if stolen == Answer::Day { "12h" } else { "15m" };
            vec![line(("COATROOM_TOKEN_TTL", ttl), stolen, "then its client signs in again")]
        }
        Scheme::Hybrid(_) => {
            let elsewhere = answers.leaves_the_house() && end != Answer::Expiry;
            let (ttl, because, says) = match (stolen, elsewhere) {
                (Answer::Minute, _) => ("60s", stolen, "then it is exchanged"),
                (_, true) => ("60s", end, "other services hear of no revocation"),
                (Answer::Day, false) => ("15m", stolen, "the most that an access token may live"),
                (_, false) => ("15m", stolen, "then it is exchanged"),
            };
            let mut lines = vec![line(("COATROOM_ACCESS_TTL", ttl), because, says)];
            if ttl == "60s" {
                let says = "at most an eighth of that";
                lines.push(line(("COATROOM_GRACE", "5s"), because, says));
            }
            lines
        }
    }
}

/// The stores. SQLite, a file in the data folder, needs no line.
fn stores(answers: Answers, scheme: Scheme) -> Vec<Line> {
    let [_, services, _, store, ..] = answers.all();
    let database = ("DATABASE_URL", "postgres://coatroom@db.example/coatroom");
    let mut lines = Vec::new();
    if store == Answer::Postgres {
        lines.push(line(database, store, "it is there already"));
    } else if services == Answer::SeveralServers {
        lines.push(line(database, services, "accounts and keys, for all of the servers"));
    }
    if store == Answer::Redis && scheme.keeps_sessions() {
        let sessions = ("COATROOM_SESSIONS", "redis://cache.example:6379");
        lines.push(line(sessions, store, "the sessions alone"));
    }
    lines
}
