//! Actions as lines of text: parsed and written.

use std::{fmt, str::FromStr};

use coatroom::config::{LockStepResponse, Verification};

use crate::{forge::Forgery, format::Format};

use super::{
    Action, Ask, Change, Database, Flaw, HandOver, MAX_LATENCY_MS, MAX_NOTE, MAX_WAIT_MS, Party,
    Passing, Place, Rank, Reach, Request,
};

/// The reason why a line is no action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an action: {0:?}{1}")]
pub struct InvalidAction(String, &'static str);

/// The replies to times that cannot be.
const WAITS: &str = "; a wait is a whole number of ms, s, m, h or d, of 30 days at most";
const LIVES: &str = "; an access token lives a whole number of s, m, h or d";
const LATENCIES: &str = "; a store answers after a whole number of ms, 50 at most";

/// The words that stand for the values of [`Verification`] and [`LockStepResponse`].
const VERIFICATIONS: [(&str, Verification); 3] = [
    ("stateless", Verification::Stateless),
    ("denylist", Verification::Denylist),
    ("strict", Verification::Strict),
];
const RESPONSES: [(&str, LockStepResponse); 2] =
    [("report", LockStepResponse::Report), ("end", LockStepResponse::End)];

impl FromStr for Action {
    type Err = InvalidAction;

    fn from_str(line: &str) -> Result<Self, InvalidAction> {
        // The length first: an error repeats what it was given.
        let words: Vec<&str> = line.split_ascii_whitespace().take(8).collect();
        let hint = match words[..] {
            ["wait", ..] => WAITS,
            ["set", "access", ..] => LIVES,
            ["set", "latency", ..] => LATENCIES,
            _ => "",
        };
        let invalid = || InvalidAction(line.chars().take(60).collect(), hint);
        parse(&words).ok_or_else(invalid)
    }
}

fn parse(words: &[&str]) -> Option<Action> {
    Some(match words {
        ["deliver", number] => Action::Deliver(number.parse().ok()?),
        ["lose", number] => Action::Lose(number.parse().ok()?),
        ["double", number] => Action::Double(number.parse().ok()?),
        ["steal"] => Action::Steal,
        ["visit"] => Action::Visit,
        ["plunder"] => Action::Plunder,
        ["plant"] => Action::Plant,
        ["guess"] => Action::Guess,
        ["copy-rows"] => Action::CopyRows,
        ["mint-at-b"] => Action::MintAtB,
        ["hand-over", step] => Action::HandOver(HandOver::parse(step)?),
        ["forge", how] => Action::Forge(Forgery::parse(how)?),
        ["mint", flaw] => Action::Mint(Flaw::parse(flaw)?),
        ["seal", format, letters] => {
            let letters = letters.parse().ok().filter(|letters| *letters <= MAX_NOTE)?;
            Action::Seal(Format::parse(format)?, letters)
        }
        ["wait", time] => Action::Wait(milliseconds(time)?),
        ["database", state] => Action::Database(Database::parse(state)?),
        ["restart"] => Action::Restart,
        ["rotate-key"] => Action::RotateKey,
        ["retire-key"] => Action::RetireKey,
        ["deny", reach] => Action::Deny(Reach::parse(reach)?),
        ["role", role] => Action::Role(Rank::parse(role)?),
        ["set", name, value] => Action::Set(change(name, value)?),
        [from, "sends", rest @ ..] => Action::Send(request(from, rest)?),
        [from, "loses", rest @ ..] => Action::AskInVain(request(from, rest)?),
        [from, rest @ ..] => Action::Ask(request(from, rest)?),
        [] => return None,
    })
}

fn request(from: &str, rest: &[&str]) -> Option<Request> {
    let (ask, at) = match rest {
        [ask] => (ask, Place::NodeA),
        [ask, "at", place] => (ask, Place::parse(place)?),
        _ => return None,
    };
    let (from, ask) = (Party::parse(from)?, Ask::parse(ask)?);
    // A page of another site can post a form, and nothing else; ours need not.
    let possible =
        from.is_at_home() != (ask == Ask::Post) && (!at.is_service_b() || ask == Ask::Call);
    possible.then_some(Request { from, ask, at })
}

fn change(name: &str, value: &str) -> Option<Change> {
    let find = |value: &str| VERIFICATIONS.iter().find(|(word, _)| *word == value).map(|(_, v)| *v);
    Some(match name {
        "access" => Change::AccessTtl(seconds(value)?),
        "grace" => Change::Grace(milliseconds(value)?),
        "verification" => Change::Verification(find(value)?),
        "lock-step" => Change::LockStep(RESPONSES.iter().find(|(word, _)| *word == value)?.1),
        "refresh-on" => Change::RefreshOn(Passing::parse(value)?),
        "latency" => Change::Latency(milliseconds(value).filter(|ms| *ms <= MAX_LATENCY_MS)?),
        _ => return None,
    })
}

/// A length of time such as `400ms`, `61s`, `5m`, `2h` or `7d`, of 30 days at most.
fn milliseconds(text: &str) -> Option<u32> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor: u32 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let ms = number.parse::<u32>().ok()?.checked_mul(factor)?;
    (ms <= MAX_WAIT_MS).then_some(ms)
}

/// A length of time that is a whole number of seconds: another would not be read back as it was written.
fn seconds(text: &str) -> Option<u32> {
    milliseconds(text).filter(|ms| ms.is_multiple_of(1_000)).map(|ms| ms / 1_000)
}

/// A length of time in the greatest unit that keeps it whole, as [`Action`] reads it.
pub fn length(ms: u32) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let whole = units.iter().find(|(factor, _)| ms >= *factor && ms.is_multiple_of(*factor));
    whole.map_or_else(|| format!("{ms}ms"), |(factor, unit)| format!("{}{unit}", ms / factor))
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ask.word())?;
        if self.at == Place::NodeA { Ok(()) } else { write!(f, " at {}", self.at.word()) }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ask(request) => write!(f, "{} {request}", request.from.word()),
            Self::Send(request) => write!(f, "{} sends {request}", request.from.word()),
            Self::AskInVain(request) => write!(f, "{} loses {request}", request.from.word()),
            Self::Deliver(number) => write!(f, "deliver {number}"),
            Self::Lose(number) => write!(f, "lose {number}"),
            Self::Double(number) => write!(f, "double {number}"),
            Self::Steal => f.write_str("steal"),
            Self::Visit => f.write_str("visit"),
            Self::Plunder => f.write_str("plunder"),
            Self::Plant => f.write_str("plant"),
            Self::Guess => f.write_str("guess"),
            Self::CopyRows => f.write_str("copy-rows"),
            Self::MintAtB => f.write_str("mint-at-b"),
            Self::HandOver(step) => write!(f, "hand-over {}", step.word()),
            Self::Forge(how) => write!(f, "forge {}", how.slug()),
            Self::Mint(flaw) => write!(f, "mint {}", flaw.word()),
            Self::Seal(format, letters) => write!(f, "seal {} {letters}", format.slug()),
            Self::Wait(ms) => write!(f, "wait {}", length(*ms)),
            Self::Database(state) => write!(f, "database {}", state.word()),
            Self::Restart => f.write_str("restart"),
            Self::RotateKey => f.write_str("rotate-key"),
            Self::RetireKey => f.write_str("retire-key"),
            Self::Role(role) => write!(f, "role {}", role.word()),
            Self::Deny(reach) => write!(f, "deny {}", reach.word()),
            Self::Set(change) => write!(f, "set {change}"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccessTtl(seconds) => write!(f, "access {seconds}s"),
            Self::Grace(ms) => write!(f, "grace {}", length(*ms)),
            Self::Verification(mode) => write!(f, "verification {}", verification_word(*mode)),
            Self::LockStep(response) => {
                let word = RESPONSES.iter().find(|(_, each)| each == response);
                write!(f, "lock-step {}", word.map_or("", |(word, _)| word))
            }
            Self::RefreshOn(passing) => write!(f, "refresh-on {}", passing.word()),
            Self::Latency(ms) => write!(f, "latency {}", length(*ms)),
        }
    }
}

/// The word for a mode of verification.
pub fn verification_word(mode: Verification) -> &'static str {
    VERIFICATIONS.iter().find(|(_, each)| *each == mode).map_or("", |(word, _)| word)
}

impl TryFrom<String> for Action {
    type Error = InvalidAction;

    fn try_from(line: String) -> Result<Self, InvalidAction> {
        line.parse()
    }
}

impl From<Action> for String {
    fn from(action: Action) -> Self {
        action.to_string()
    }
}
