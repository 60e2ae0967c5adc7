//! The architecture that follows from answers, with its reasons and its price.

use super::{
    Answer::{self, Day, Expiry, Mobile, Moment, NextRequest, NoStore, Programs, Quarter},
    Answers,
    configuration::{Line, lines},
    documents::{Opinion, Take, opinions},
};
use crate::seeds::{Document, Shown};

/// An architecture of Coatroom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// An access token and a refresh token behind it, with what each request is checked against.
    Hybrid(Check),
    /// A random number, whose row is looked up at each request.
    Opaque,
    /// A signed token alone.
    Stateless,
    /// A signed token, and a memory of what was revoked.
    Denylist,
}

/// The check of a hybrid's access token beyond its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// None.
    Nothing,
    /// A list of revocations in memory.
    Memory,
    /// The session's row.
    Row,
}

/// A reason for an advice, and the answer that it follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The answer.
    pub because: Answer,
    /// The reason.
    pub says: &'static str,
}

/// An experiment that shows a part of an advice.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    /// The place at which it is.
    pub shown: Shown,
    /// The thing to see there.
    pub shows: &'static str,
}

/// An advice.
#[derive(Clone, Debug)]
pub struct Advice {
    /// The architecture.
    pub scheme: Scheme,
    /// The reasons, in the order of the questions.
    pub reasons: Vec<Reason>,
    /// The price.
    pub gives_up: Vec<&'static str>,
    /// The configuration.
    pub lines: Vec<Line>,
    /// The experiments that show it.
    pub experiments: Vec<Experiment>,
    /// The opinion of each of the five documents.
    pub opinions: Vec<Opinion>,
}

/// Returns the advice for these answers.
pub fn advise(answers: Answers) -> Advice {
    let scheme = Scheme::of(answers);
    let reason = |because| Reason { because, says: because.speaks_for(scheme, answers) };
    Advice {
        scheme,
        reasons: answers.all().map(reason).to_vec(),
        gives_up: gives_up(scheme, answers),
        lines: lines(answers, scheme),
        experiments: experiments(scheme, answers),
        opinions: opinions(answers, scheme),
    }
}

impl Advice {
    /// Returns the documents that take sessions and those that take tokens, if there are some of each.
    pub fn divided(&self) -> Option<[Vec<Document>; 2]> {
        let taking = |way| {
            let all = self.opinions.iter().filter(move |each| each.takes == way);
            all.map(|each| each.by).collect::<Vec<_>>()
        };
        let sides = [Take::Sessions, Take::Tokens].map(taking);
        sides.iter().all(|side| !side.is_empty()).then_some(sides)
    }
}

impl Scheme {
    /// Chooses one. What must end at the next request needs a row, and a copy that works for minutes only needs an
    /// exchange. Where neither is needed, less is taken.
    fn of(answers: Answers) -> Self {
        let [end, _, _, store, clients, stolen] = answers.all();
        // A program signs in again by itself, though not each minute.
        let needs_no_exchange = stolen == Day || (clients == Programs && stolen == Quarter);
        let stays = !answers.leaves_the_house();
        match end {
            NextRequest if stays && stolen == Day => Self::Opaque,
            NextRequest => Self::Hybrid(Check::Row),
            Moment if clients == Programs && needs_no_exchange => Self::Denylist,
            Moment => Self::Hybrid(Check::Memory),
            _ if stays && stolen == Day && store != NoStore => Self::Opaque,
            _ if needs_no_exchange => Self::Stateless,
            _ => Self::Hybrid(Check::Nothing),
        }
    }

    /// Its name in `COATROOM_SCHEME`.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Hybrid(_) => "hybrid",
            Self::Opaque => "opaque",
            Self::Stateless => "stateless",
            Self::Denylist => "denylist",
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hybrid(_) => "The hybrid",
            Self::Opaque => "An opaque session",
            Self::Stateless => "A signed token alone",
            Self::Denylist => "A signed token, and a denylist",
        }
    }

    /// Its description, in a sentence.
    pub const fn is(self) -> &'static str {
        match self {
            Self::Hybrid(Check::Nothing) => {
                "An access token of minutes, checked by its signature alone, and a refresh token \
                 behind it that buys the next one."
            }
            Self::Hybrid(Check::Memory) => {
                "An access token of minutes, checked by its signature and a short list in memory, \
                 and a refresh token behind it that buys the next one."
            }
            Self::Hybrid(Check::Row) => {
                "An access token of minutes, checked by its signature and the session's row, and \
                 a refresh token behind it that buys the next one."
            }
            Self::Opaque => {
                "The client holds a random number. The server looks its row up at each request."
            }
            Self::Stateless => {
                "The token says who you are, and its signature is all that is checked, until it \
                 expires."
            }
            Self::Denylist => {
                "The token says who you are. Its signature is checked, and a list in memory of \
                 what was revoked."
            }
        }
    }

    /// Its description, short enough for a comment.
    pub(super) const fn in_short(self) -> &'static str {
        match self {
            Self::Hybrid(_) => "an access token, and a refresh token behind it",
            Self::Opaque => "a row is looked up at each request",
            Self::Stateless => "no request asks anything",
            Self::Denylist => "a list in memory takes a token back",
        }
    }

    /// Returns whether it keeps a row for each session.
    pub const fn keeps_sessions(self) -> bool {
        matches!(self, Self::Hybrid(_) | Self::Opaque)
    }
}

impl Check {
    /// Its name in `COATROOM_VERIFICATION`.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Nothing => "stateless",
            Self::Memory => "denylist",
            Self::Row => "strict",
        }
    }
}

const NO_ROW: &str =
    "No row, so no list of signed-in devices, and no thief is found out by a spent ticket.";
const OLD_ROLE: &str = "A role that was taken away stays in the token until it expires.";
const SECOND_STATE: &str =
    "The list is state again: each server keeps one, and news has to reach it.";
const COPIED_JAR: &str = "A thief who copies all of the cookies has the refresh token too. That \
    is noticed once both have used it.";

fn gives_up(scheme: Scheme, answers: Answers) -> Vec<&'static str> {
    let mut price = match scheme {
        Scheme::Opaque => vec![
            "Each request waits for the store. While that is down no client gets in, though none \
             is signed out.",
            "The number is never exchanged, so a copy of it is not noticed.",
            "No other service can check it without asking you.",
        ],
        Scheme::Hybrid(Check::Nothing) => vec![
            "A session that was ended goes on until its access token expires.",
            OLD_ROLE,
            COPIED_JAR,
        ],
        Scheme::Hybrid(Check::Memory) => vec![SECOND_STATE, COPIED_JAR],
        Scheme::Hybrid(Check::Row) => {
            vec!["Each request waits for the store: the token saves no lookup here.", COPIED_JAR]
        }
        Scheme::Stateless => vec![
            "Nothing takes a token back before it expires, whatever has happened.",
            OLD_ROLE,
            NO_ROW,
        ],
        Scheme::Denylist => vec![SECOND_STATE, NO_ROW],
    };
    if answers.leaves_the_house() && !answers.has(Expiry) {
        price.push(
            "A service that has the public key alone hears of no revocation: there a token works \
             until it expires.",
        );
    }
    price
}

fn experiments(scheme: Scheme, answers: Answers) -> Vec<Experiment> {
    let lesson = |slug, shows| Experiment { shown: Shown::Lesson(slug), shows };
    let mut all = vec![lesson(
        "sign-out-everywhere",
        "A stopwatch from the revocation to the first refusal: the signature alone, a list in \
         memory, a row.",
    )];
    all.push(match scheme {
        Scheme::Opaque | Scheme::Hybrid(Check::Row) => lesson(
            "restart-and-outage",
            "What a lookup at each request costs while the store is down.",
        ),
        Scheme::Hybrid(_) => {
            lesson("silent-refresh", "The exchange, of which the user notices nothing.")
        }
        Scheme::Stateless | Scheme::Denylist => {
            lesson("from-admin-to-user", "A role that is gone, and the token that still has it.")
        }
    });
    if matches!(scheme, Scheme::Hybrid(_)) {
        all.push(lesson("thieves", "A copied jar, and how it is found out."));
        if answers.has(Mobile) {
            all.push(lesson("lost-response", "An answer that is lost in a tunnel."));
        }
    }
    if answers.leaves_the_house() {
        let page = Shown::Page("/lab/formats", "Eight forms of token");
        all.push(Experiment { shown: page, shows: "Who can check a token, and who can make one." });
        all.push(lesson(
            "signing-key-rotates",
            "Keys that change while other services check with them.",
        ));
    }
    all
}
