//! The shared table of attacks: cookies that a server must refuse, or must not be misled by, whatever its scheme.
//!
//! It is data: the tests run each attack under each scheme, and the comparison counts them. An attack is made of what an
//! attacker can have, by a function without state. Invariant: an attack needs no secret of the server.

mod make;
mod siege;

use std::fmt;

use coatroom::{
    config::{Scheme, Verification},
    web::{CookieKind, CookiePolicy},
};

pub use self::siege::{Siege, Tried};

/// A cookie that an attacker has, by its name and its value.
#[derive(Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its name.
    pub name: String,
    /// Its value: a token.
    pub value: String,
}

impl Taken {
    /// Returns the token that a cookie of that name carries.
    pub fn kind(&self) -> Option<CookieKind> {
        CookiePolicy::default().cookie_kind(&self.name)
    }
}

impl fmt::Debug for Taken {
    /// Shows the name alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Taken").field(&self.name).finish()
    }
}

/// The things that an attacker has. Each list holds the cookies of one sign-in, of two kinds at most.
#[derive(Clone, Debug, Default)]
pub struct Loot {
    /// The victim's, as they are good now.
    pub good: Vec<Taken>,
    /// The attacker's own, of an account at the same server.
    pub own: Vec<Taken>,
    /// Those of another server, which has another secret.
    pub foreign: Vec<Taken>,
    /// The victim's under other schemes, of servers that share secret, keys and store with this one.
    pub others: Vec<Taken>,
    /// The victim's of a sign-in that is past its time.
    pub old: Vec<Taken>,
    /// A copy of the victim's that was signed out meanwhile.
    pub signed_out: Vec<Taken>,
    /// The public keys of the server, as it shows them.
    pub jwks: String,
}

/// The outcome that an attack must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The client is refused, and nothing changes.
    Refused,
    /// The token is good until it expires: the server cannot know better.
    GoodUntilExpiry,
    /// The owner, whose good cookies are beside, is let in all the same.
    OwnerLetIn,
}

/// An attack.
#[derive(Clone, Copy)]
pub struct Attack {
    /// Its name in addresses.
    pub slug: &'static str,
    /// Its description.
    pub words: &'static str,
    make: fn(&Loot) -> Vec<String>,
    outcome: Outcome,
}

/// The rule by which an outcome follows from the scheme.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    Refused,
    /// Refused where anything is asked beside the signature.
    AsVerified,
    OwnerLetIn,
}

impl Attack {
    /// Returns the values of `Cookie` that it consists of, each of a request of its own; none if the scheme has nothing
    /// to make it of.
    pub fn headers(&self, loot: &Loot) -> Vec<String> {
        (self.make)(loot)
    }

    /// Returns the outcome that it must have under a scheme.
    pub fn expected(&self, scheme: Scheme) -> Expected {
        match self.outcome {
            Outcome::Refused => Expected::Refused,
            Outcome::OwnerLetIn => Expected::OwnerLetIn,
            Outcome::AsVerified => match scheme.verification() {
                Some(Verification::Stateless) => Expected::GoodUntilExpiry,
                _ => Expected::Refused,
            },
        }
    }
}

impl fmt::Debug for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Attack").field(&self.slug).finish()
    }
}

const fn refused(
    slug: &'static str,
    words: &'static str,
    make: fn(&Loot) -> Vec<String>,
) -> Attack {
    Attack { slug, words, make, outcome: Outcome::Refused }
}

const fn with(attack: Attack, outcome: Outcome) -> Attack {
    Attack { outcome, ..attack }
}

/// All of them.
pub const ATTACKS: [Attack; 14] = [
    refused("wrong", "The last character is another one.", make::wrong),
    refused("truncated", "The end is missing: a character, or half of it.", make::truncated),
    refused("doubled", "The text stands there twice.", make::doubled),
    refused(
        "oversized",
        "Eight kilobytes of letters, with the token before them or not.",
        make::oversized,
    ),
    refused("empty", "The cookie has no value.", make::empty),
    refused(
        "spliced",
        "The attacker's own token, with the victim's in its first half.",
        make::spliced,
    ),
    refused("forged", "A signed token, changed in ten ways that worked elsewhere.", make::forged),
    refused("foreign", "A token of another server, which has another secret.", make::foreign),
    refused("another-type", "A good token in the cookie of another type.", make::another_type),
    refused(
        "another-scheme",
        "A token of the same server under another scheme.",
        make::another_scheme,
    ),
    refused("expired", "A token that was good once, and is past its time.", make::expired),
    with(
        refused("signed-out", "A copy of a token that was signed out.", make::signed_out),
        Outcome::AsVerified,
    ),
    with(
        refused(
            "planted-before",
            "A bad cookie of the same name before the good one.",
            make::planted_before,
        ),
        Outcome::OwnerLetIn,
    ),
    with(
        refused(
            "planted-after",
            "A bad cookie of the same name after the good one.",
            make::planted_after,
        ),
        Outcome::OwnerLetIn,
    ),
];

/// Returns the attack of that name.
pub fn find(slug: &str) -> Option<&'static Attack> {
    ATTACKS.iter().find(|each| each.slug == slug)
}
