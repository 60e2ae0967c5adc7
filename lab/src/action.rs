//! The actions that can be done in a world, one line each, as people write them and as traces keep them.
//!
//! `tab2 refresh` is a whole round trip; `tab2 loses refresh` is one whose answer is lost; `tab2 sends refresh` leaves
//! the request under way, to be delivered, lost or doubled by its number. An [`Action`] that exists is well-formed; if
//! it fits what is under way, the world finds out.

/// Declares an enum whose variants have a word in actions and a name on pages.
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

            /// The name of it on a page.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// The one of that word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|each| each.word() == word)
            }
        }
    };
}

mod parameter;
mod text;

pub use self::{
    parameter::{Algorithm, Carrier, Passing, Rank, Sessions, Slip},
    text::{InvalidAction, length, verification_word},
};
use coatroom::config::{LockStepResponse, Verification};
use serde::{Deserialize, Serialize};

use super::{forge::Forgery, format::Format};

/// The longest time that a single action may wait: 30 days, the longest life of a session.
pub const MAX_WAIT_MS: u32 = 30 * 24 * 3600 * 1000;

/// The most letters of a note that is sealed in a token.
pub const MAX_NOTE: u16 = 4_000;

/// The longest time after which a store answers.
pub const MAX_LATENCY_MS: u32 = 50;

/// Something that is done in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Action {
    /// A request leaves with the cookies that its sender has now, and comes back with its answer at once.
    Ask(Request),
    /// A request leaves, and stays under way.
    Send(Request),
    /// A request leaves and is served at once; its answer is lost.
    AskInVain(Request),
    /// The message of that number moves on: a request to its server, an answer to its sender.
    Deliver(u32),
    /// The message of that number is lost. If it is an answer, the server has done its work all the same.
    Lose(u32),
    /// The message of that number is under way twice; the copy has the next number. A request is tried again by a
    /// browser or a proxy whose connection broke; an answer comes twice by no network.
    Double(u32),
    /// The thief takes a copy of the owner's jar, as it is now.
    Steal,
    /// An attacker comes with a browser of their own, whose jar is empty.
    Visit,
    /// A script that an attacker planted in the page of tab 1 carries away the cookies that a script can read.
    Plunder,
    /// The attacker's cookies get into the owner's jar: by a neighbour's page, or by hand on a borrowed computer.
    Plant,
    /// The attacker tries a thousand ids, and keeps the first that lets them in.
    Guess,
    /// The attacker gets a copy of the database, and makes a cookie of what stands in the owner's row.
    CopyRows,
    /// The attacker forges a token of the owner's, and holds that.
    Forge(Forgery),
    /// The attacker comes by a token that the house's own key signed, and that is wrong here.
    Mint(Flaw),
    /// Service B makes a token that says admin, with what it was given to check tokens with, and is the attacker.
    MintAtB,
    /// The house puts a note of that many letters into a token of that form, and sets it as a cookie.
    Seal(Format, u16),
    /// A step on the way of the owner's browser to service B, on a host of its own.
    HandOver(HandOver),
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
    /// A colleague gives the account another role.
    Role(Rank),
    /// An operator takes back the access token that the owner holds, or all of its session.
    Deny(Reach),
    /// Every node starts anew, with other parameters.
    Set(Change),
}

/// A request: its sender, what it asks for, and its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The sender.
    pub from: Party,
    /// The thing that it asks for.
    pub ask: Ask,
    /// The receiver.
    pub at: Place,
}

words! {
    /// The sender of a request.
    Party {
        /// The first tab of the owner's browser; all four have one jar.
        Tab1 = "tab1", "Tab 1";
        /// The second.
        Tab2 = "tab2", "Tab 2";
        /// The third.
        Tab3 = "tab3", "Tab 3";
        /// The fourth.
        Tab4 = "tab4", "Tab 4";
        /// The thief, with a copy of the owner's jar, in another browser on another network.
        Thief = "thief", "Thief";
        /// A page of another site, in the owner's browser.
        Evil = "evil", "Another site";
        /// A page of another subdomain of the house's own site, in the owner's browser.
        Neighbour = "neighbour", "Neighbour site";
        /// A script that an attacker planted in a page of the house, which is open in tab 1.
        Script = "script", "Planted script";
        /// A page of another site, in a browser that knows neither `SameSite` nor Fetch Metadata.
        OldBrowser = "old-browser", "Old browser";
    }
}

words! {
    /// The thing that a request asks for.
    Ask {
        /// A sign-in, with the right password.
        SignIn = "sign-in", "sign in";
        /// A protected function.
        Call = "call", "call";
        /// A protected function, as a client calls it where calls are not refreshed in passing: on 401 `access_expired`
        /// it refreshes and tries again, once.
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
    /// The receiver of a request.
    Place {
        /// The node that serves by default.
        NodeA = "node-a", "Node A";
        /// Another node of the same house, on the same store.
        NodeB = "node-b", "Node B";
        /// The same node, asked by plain http: an attacker on the way reads along, and copies the cookies.
        PlainHttp = "plain-http", "Plain http";
        /// Another service, which has the public keys, and of a request's tokens the access token alone.
        ServiceB = "service-b", "Service B";
        /// The same service without the proxy: it is sent every cookie of the host, keeps them, and is the attacker.
        BareB = "bare-b", "Service B, bare";
    }
}

words! {
    /// The state of the database.
    Database {
        /// It does not answer.
        Down = "down", "down";
        /// It answers.
        Up = "up", "up";
    }
}

words! {
    /// A step of a hand-over.
    HandOver {
        /// Service B sets its state cookie, and sends the browser to the house.
        Begin = "begin", "service B sends the browser to the house";
        /// The house issues a token for service B, if the browser is signed in there.
        Issue = "issue", "the house issues a token";
        /// The house issues one for another service.
        IssueElsewhere = "issue-elsewhere", "the house issues a token for another service";
        /// A link of an attacker's brings the browser a token that was made for the attacker's.
        Plant = "plant", "an attacker's link brings another token";
        /// The browser brings the token to service B.
        Bring = "bring", "the browser brings it to service B";
    }
}

words! {
    /// The flaw of a token that is rightly signed.
    Flaw {
        /// It is for another service.
        Audience = "audience", "for another service";
        /// It is of another house that has the same key.
        Issuer = "issuer", "of another house";
        /// It is a token of another kind.
        Type = "type", "of another kind";
        /// It was issued an hour from now.
        Future = "future", "from the future";
    }
}

words! {
    /// The reach of a denial.
    Reach {
        /// One token, by its `jti`.
        Token = "token", "one token";
        /// A session, by its `sid`.
        Session = "session", "its session";
    }
}

impl Place {
    /// Returns true if the requests that reach it are read by an attacker.
    pub(super) const fn is_overheard(self) -> bool {
        matches!(self, Self::PlainHttp | Self::BareB)
    }

    /// Returns true for another service than the house, with or without a proxy.
    pub(super) const fn is_service_b(self) -> bool {
        matches!(self, Self::ServiceB | Self::BareB)
    }
}

/// Another value of one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The access token's life, in seconds.
    AccessTtl(u32),
    /// G, in milliseconds.
    Grace(u32),
    /// The checks that a node makes before it believes an access token.
    Verification(Verification),
    /// The response to two clients in step.
    LockStep(LockStepResponse),
    /// The requests that are refreshed in passing.
    RefreshOn(Passing),
    /// The time after which the store answers, in milliseconds.
    Latency(u32),
}

impl Party {
    /// The four tabs of the owner's browser.
    pub const TABS: [Self; 4] = [Self::Tab1, Self::Tab2, Self::Tab3, Self::Tab4];

    /// Returns true if it is a page of the house itself.
    pub const fn is_at_home(self) -> bool {
        !matches!(self, Self::Evil | Self::Neighbour | Self::OldBrowser)
    }
}

#[cfg(test)]
mod tests;
