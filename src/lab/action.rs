//! What can be done in a world, one line each, as people write it and as traces keep it.
//!
//! `tab2 refresh` is a whole round trip; `tab2 sends refresh` leaves the request under way, to be delivered, lost or
//! doubled by its number. An [`Action`] that exists is well-formed; whether it fits what is under way, the world
//! finds out.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    config::{LockStepResponse, Verification},
    user::Role,
};

/// The longest time that a single action may wait: 30 days, the longest life of a session.
pub const MAX_WAIT_MS: u32 = 30 * 24 * 3600 * 1000;

/// Something that is done in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Action {
    /// A request leaves with the cookies that its sender has now, and comes back with its answer at once.
    Ask(Request),
    /// A request leaves, and stays under way.
    Send(Request),
    /// What is under way by that number moves on: a request to its server, an answer to its sender.
    Deliver(u32),
    /// What is under way by that number is lost. Where it is an answer, the server did what it did.
    Lose(u32),
    /// What is under way by that number is under way twice; the copy has the next number.
    Double(u32),
    /// The thief takes a copy of the owner's jar, as it is now.
    Steal,
    /// Time passes, in milliseconds.
    Wait(u32),
    /// The database stops answering, or answers again.
    Database(Database),
    /// Every node starts anew, on the same store.
    Restart,
    /// The keyring makes its next key, which signs once every copy of the key set has it.
    RotateKey,
    /// The oldest key that is still accepted is accepted no more.
    RetireKey,
    /// Somebody in the house gives the account another role.
    Role(Role),
    /// Every node starts anew, with other parameters.
    Set(Change),
}

/// A request: who asks whom for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who.
    pub from: Party,
    /// For what.
    pub ask: Ask,
    /// Whom.
    pub at: Place,
}

/// Declares an enum whose variants have names, and how they are called on a page.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal, $title:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word for it in an action.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// What a page calls it.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|each| each.word() == word)
            }
        }
    };
}

words! {
    /// Who sends a request.
    Party {
        /// The first tab of the owner's browser; all four have one jar.
        Tab1 = "tab1", "Tab 1";
        /// The second.
        Tab2 = "tab2", "Tab 2";
        /// The third.
        Tab3 = "tab3", "Tab 3";
        /// The fourth.
        Tab4 = "tab4", "Tab 4";
        /// Whoever has a copy of the owner's jar, in another browser on another network.
        Thief = "thief", "Thief";
        /// A page of another site, in the owner's browser.
        Evil = "evil", "Another site";
        /// A page of another subdomain of the house's own site, in the owner's browser.
        Neighbour = "neighbour", "Neighbour site";
        /// A page of another site, in a browser that knows neither `SameSite` nor Fetch Metadata.
        OldBrowser = "old-browser", "Old browser";
    }
}

words! {
    /// What is asked for.
    Ask {
        /// Sign in, with the right password.
        SignIn = "sign-in", "sign in";
        /// A protected function.
        Call = "call", "call";
        /// A protected function, as the application's client calls it: on 401 it refreshes once and tries again.
        Use = "use", "use";
        /// A function for admins.
        Admin = "admin", "admin call";
        /// New tokens.
        Refresh = "refresh", "refresh";
        /// A page: a document.
        Reload = "reload", "load a page";
        /// The end of this session.
        SignOut = "sign-out", "sign out";
        /// The end of all sessions of the account.
        SignOutEverywhere = "sign-out-everywhere", "sign out everywhere";
        /// A form of a foreign page, which posts the sign-out.
        Post = "post", "post a form";
    }
}

words! {
    /// Who is asked.
    Place {
        /// The node that serves by default.
        NodeA = "node-a", "Node A";
        /// Another node of the same house, on the same store.
        NodeB = "node-b", "Node B";
        /// Another service, which has the public keys and nothing else.
        ServiceB = "service-b", "Service B";
    }
}

words! {
    /// Whether the database answers.
    Database {
        /// It does not.
        Down = "down", "down";
        /// It does.
        Up = "up", "up";
    }
}

/// Another value of one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Of the access token's life, in seconds.
    AccessTtl(u32),
    /// Of G, in milliseconds.
    Grace(u32),
    /// Of what is looked at before an access token is believed.
    Verification(Verification),
    /// Of what is done about two clients in step.
    LockStep(LockStepResponse),
}

impl Party {
    /// The four tabs of the owner's browser.
    pub const TABS: [Self; 4] = [Self::Tab1, Self::Tab2, Self::Tab3, Self::Tab4];

    /// Whether it is a page of the house itself.
    pub const fn is_at_home(self) -> bool {
        !matches!(self, Self::Evil | Self::Neighbour | Self::OldBrowser)
    }
}

/// Why a line is no action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an action: {0:?}")]
pub struct InvalidAction(String);

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
        let invalid = || InvalidAction(line.chars().take(60).collect());
        let words: Vec<&str> = line.split_ascii_whitespace().take(8).collect();
        parse(&words).ok_or_else(invalid)
    }
}

fn parse(words: &[&str]) -> Option<Action> {
    Some(match words {
        ["deliver", number] => Action::Deliver(number.parse().ok()?),
        ["lose", number] => Action::Lose(number.parse().ok()?),
        ["double", number] => Action::Double(number.parse().ok()?),
        ["steal"] => Action::Steal,
        ["wait", time] => Action::Wait(milliseconds(time)?),
        ["database", state] => Action::Database(Database::parse(state)?),
        ["restart"] => Action::Restart,
        ["rotate-key"] => Action::RotateKey,
        ["retire-key"] => Action::RetireKey,
        ["role", role] => Action::Role(Role::parse(role)?),
        ["set", name, value] => Action::Set(change(name, value)?),
        [from, "sends", rest @ ..] => Action::Send(request(from, rest)?),
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
        from.is_at_home() != (ask == Ask::Post) && (at != Place::ServiceB || ask == Ask::Call);
    possible.then_some(Request { from, ask, at })
}

fn change(name: &str, value: &str) -> Option<Change> {
    let find = |value: &str| VERIFICATIONS.iter().find(|(word, _)| *word == value).map(|(_, v)| *v);
    Some(match name {
        "access" => Change::AccessTtl(milliseconds(value)? / 1000),
        "grace" => Change::Grace(milliseconds(value)?),
        "verification" => Change::Verification(find(value)?),
        "lock-step" => Change::LockStep(RESPONSES.iter().find(|(word, _)| *word == value)?.1),
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
            Self::Deliver(number) => write!(f, "deliver {number}"),
            Self::Lose(number) => write!(f, "lose {number}"),
            Self::Double(number) => write!(f, "double {number}"),
            Self::Steal => f.write_str("steal"),
            Self::Wait(ms) => write!(f, "wait {}", length(*ms)),
            Self::Database(state) => write!(f, "database {}", state.word()),
            Self::Restart => f.write_str("restart"),
            Self::RotateKey => f.write_str("rotate-key"),
            Self::RetireKey => f.write_str("retire-key"),
            Self::Role(role) => write!(f, "role {}", role.as_str()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_reads_back_what_it_writes() {
        for line in [
            "tab1 refresh",
            "tab4 sends call at node-b",
            "thief call at service-b",
            "old-browser post",
            "deliver 12",
            "lose 1",
            "double 4294967295",
            "steal",
            "wait 400ms",
            "wait 61s",
            "wait 7d",
            "database down",
            "restart",
            "rotate-key",
            "retire-key",
            "role admin",
            "set access 60s",
            "set grace 2500ms",
            "set verification strict",
            "set lock-step end",
        ] {
            let action: Action = line.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(action.to_string(), line);
        }
    }

    #[test]
    fn what_is_no_action_is_refused() {
        for line in [
            "",
            "tab5 call",
            "tab1",
            "tab1 post",
            "evil call",
            "tab1 refresh at service-b",
            "tab1 call at",
            "tab1 call at node-a now",
            "deliver",
            "deliver -1",
            "deliver 1.5",
            "wait 31d",
            "wait 5",
            "wait 99999999999s",
            "database",
            "role root",
            "set grace",
            "set verification none",
            "STEAL",
        ] {
            assert!(line.parse::<Action>().is_err(), "{line}");
        }
        let long = "x".repeat(1_000_000).parse::<Action>().expect_err("no action");
        assert!(long.to_string().len() < 100);
    }

    #[test]
    fn equal_times_are_written_alike() {
        for (line, written) in
            [("wait 60s", "wait 1m"), ("wait 90m", "wait 90m"), ("wait 0s", "wait 0ms")]
        {
            assert_eq!(line.parse::<Action>().expect("an action").to_string(), written);
        }
    }
}
