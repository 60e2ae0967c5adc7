//! The claims of the five documents about sessions and tokens, each beside what was measured.

use std::time::Duration;

use super::{
    Admission, Alone, Comparison, Effect, Findings, Onset,
    text::{calls, microseconds, onset},
};
use crate::{
    seeds::Document::{self, Article, Critique, Guide, Interview, Paper},
    span::span,
};

/// A claim.
#[derive(Clone, Copy)]
pub struct Claim {
    /// The claim, in the lab's words.
    pub says: &'static str,
    /// The documents that make it.
    pub by: &'static [Document],
    judge: fn(&Comparison) -> Option<Agreement>,
}

/// A comparison of a claim with the measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// They agree; the figures that show it.
    Agrees(String),
    /// They do not, and in which point.
    Disagrees(String),
}

impl Claim {
    /// Compares it with a measurement; `None` if that has not measured what the claim is about.
    pub fn judge(&self, comparison: &Comparison) -> Option<Agreement> {
        (self.judge)(comparison)
    }
}

impl std::fmt::Debug for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Claim").field(&self.says).finish()
    }
}

impl Agreement {
    fn of(agrees: bool, says: String) -> Self {
        if agrees { Self::Agrees(says) } else { Self::Disagrees(says) }
    }

    /// Returns the word for it, and the figures.
    pub fn words(&self) -> (&'static str, &str) {
        match self {
            Self::Agrees(says) => ("agrees", says),
            Self::Disagrees(says) => ("disagrees", says),
        }
    }
}

const fn claim(
    says: &'static str,
    by: &'static [Document],
    judge: fn(&Comparison) -> Option<Agreement>,
) -> Claim {
    Claim { says, by, judge }
}

/// All of them. The tables of the guide and of the interview post are in it.
pub const CLAIMS: [Claim; 14] = [
    claim("Ending a session takes effect at once.", &Document::ALL, |all| {
        let ends = all.find("opaque-store")?.sign_out;
        let agrees = ends.iter().all(is_at_once);
        let says = format!("Here {}, elsewhere {}.", onset(ends[0]), onset(ends[1]));
        Some(Agreement::of(agrees, says))
    }),
    claim(
        "A signed token cannot be taken back before it expires.",
        &[Paper, Guide, Interview],
        token_is_taken_back,
    ),
    claim(
        "A list of revoked tokens takes one back, and is state again.",
        &[Guide, Interview, Critique],
        |all| {
            let found = all.find("jwt-denylist")?;
            let agrees = is_at_once(&found.sign_out[0]) && found.sign_out_calls.writes > 0;
            let says = format!(
                "The sign-out wrote to the store ({}); elsewhere it held {}.",
                calls(found.sign_out_calls),
                onset(found.sign_out[1])
            );
            Some(Agreement::of(agrees, says))
        },
    ),
    claim(
        "With sessions a change of rights takes effect at the next request.",
        &[Critique],
        |all| {
            let ends = all.find("opaque-store")?.role;
            let says = format!("Here {}, elsewhere {}.", onset(ends[0]), onset(ends[1]));
            Some(Agreement::of(ends.iter().all(is_at_once), says))
        },
    ),
    claim("A role in a token stays there until it expires.", &[Paper, Critique], role_stays),
    claim(
        "A session needs a lookup at each request.",
        &[Paper, Guide, Article, Interview],
        |all| {
            let found = all.find("opaque-store")?;
            let says = format!("In {} requests: {}.", found.count, calls(found.requests));
            Some(Agreement::of(found.requests.reads >= found.count, says))
        },
    ),
    claim("A token needs no lookup.", &Document::ALL, |all| {
        let [token, hybrid] = ["jwt-eddsa", "hybrid"].map(|slug| all.find(slug));
        let (token, hybrid) = (token?, hybrid?);
        let says = format!(
            "In {} requests: {}. A refresh token behind it does, once in {}: {}.",
            token.count,
            calls(token.requests),
            time(all.access_ttl),
            calls(hybrid.later)
        );
        Some(Agreement::of(token.requests.reads == 0, says))
    }),
    claim("Sessions are slower than tokens.", &[Paper, Guide, Interview], |all| {
        let [session, _, again] = timed(all)?;
        Some(Agreement::of(session > again, in_time(all)?))
    }),
    claim("With a cache the lookup costs next to nothing.", &[Critique], |all| {
        let [session, new, _] = timed(all)?;
        Some(Agreement::of(session < new.saturating_mul(2), in_time(all)?))
    }),
    claim("The number of a session is short, a token is long.", &[Interview, Critique], |all| {
        let [session, token] = ["opaque-store", "jwt-eddsa"].map(|slug| all.find(slug));
        let (session, token) = (session?.cookie_bytes, token?.cookie_bytes);
        Some(Agreement::of(session < token, format!("{session} bytes against {token}.")))
    }),
    claim("A pair of keys costs more computing than a shared secret.", &[Guide], |all| {
        let [shared, pair] = ["jwt-hs256", "jwt-eddsa"].map(|slug| all.find(slug));
        let (shared, pair) = (shared?.authenticate_new, pair?.authenticate_new);
        let says =
            format!("{} against {}, to check a new one.", microseconds(pair), microseconds(shared));
        Some(Agreement::of(pair > shared, says))
    }),
    claim("Sessions in memory are lost if the server restarts.", &[Guide, Interview], |all| {
        let standing = all.find("opaque-memory")?.restart;
        Some(Agreement::of(standing == Admission::SignedOut, format!("{}.", capital(standing))))
    }),
    claim("If the store is down, all users are signed out.", &[Interview], |all| {
        let outage = all.find("opaque-store")?.outage?;
        let told = outage.refused.map_or(Admission::LetIn, |(_, told)| told);
        let agrees = told == Admission::SignedOut || outage.after == Admission::SignedOut;
        let says = format!(
            "{} while it is down, and {} once it answers again.",
            capital(told),
            outage.after.words()
        );
        Some(Agreement::of(agrees, says))
    }),
    claim(
        "Without a common store a token is good at any server, a session at one alone.",
        &[Paper, Guide, Article, Interview],
        without_store,
    ),
];

fn token_is_taken_back(all: &Comparison) -> Option<Agreement> {
    let [alone, listed, hybrid] =
        ["jwt-eddsa", "jwt-denylist", "hybrid"].map(|slug| all.find(slug));
    let end = |found: &Findings| onset(found.sign_out[0]);
    let (alone, listed, hybrid) = (alone?, listed?, hybrid?);
    let says = format!(
        "By its signature alone it was good to its end: {}. With a denylist: {}. As a hybrid: {}.",
        end(alone),
        end(listed),
        end(hybrid)
    );
    Some(Agreement::of(![listed, hybrid].iter().any(|each| is_at_once(&each.sign_out[0])), says))
}

fn role_stays(all: &Comparison) -> Option<Agreement> {
    let [alone, hybrid] = ["jwt-eddsa", "hybrid"].map(|slug| all.find(slug));
    let (alone, hybrid) = (alone?.role[0], hybrid?.role[0]);
    let keeps = |found| matches!(found, Onset::After(_, Effect::Refused));
    let says = format!(
        "By its signature alone: {}. As a hybrid its token is exchanged: {}.",
        onset(alone),
        onset(hybrid)
    );
    Some(Agreement::of(keeps(alone) && !is_at_once(&hybrid), says))
}

fn without_store(all: &Comparison) -> Option<Agreement> {
    let alone = |slug| all.find(slug).map(|found| found.alone);
    let (session, pair, shared) =
        (alone("opaque-memory")?, alone("jwt-eddsa")?, alone("jwt-hs256")?);
    let agrees = session == Alone::Refused && pair != Alone::Refused && shared != Alone::Refused;
    let says = format!(
        "The session: {}. A token of EdDSA: {}. One of HS256: {}.",
        session.words(),
        pair.words(),
        shared.words()
    );
    Some(Agreement::of(agrees, says))
}

/// Returns the time of a lookup, and those of a signature: of a new token, and of one that was seen before.
fn timed(all: &Comparison) -> Option<[Duration; 3]> {
    let [session, token] = ["opaque-store", "jwt-eddsa"].map(|slug| all.find(slug));
    let token = token?;
    Some([session?.authenticate, token.authenticate_new, token.authenticate])
}

fn in_time(all: &Comparison) -> Option<String> {
    let [session, new, again] = timed(all)?.map(microseconds);
    Some(format!(
        "The lookup takes {session}, the signature {new}, and {again} if it was seen before, with {} ms to the store.",
        all.latency.as_millis()
    ))
}

const fn is_at_once(onset: &Onset) -> bool {
    matches!(onset, Onset::After(Duration::ZERO, _))
}

fn time(time: Duration) -> String {
    span(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

fn capital(standing: Admission) -> &'static str {
    match standing {
        Admission::LetIn => "Let in",
        Admission::SignedOut => "Signed out",
        Admission::Unavailable => "Unavailable",
    }
}
