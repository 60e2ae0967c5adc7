//! Accounts: the users behind sessions.
//!
//! An [`Email`] that exists is well formed; no caller checks it again. [`Email::parse`] makes the one spelling that a
//! mailbox has here. Rows of former releases may have another, and are read as they are.

use std::fmt;

use email_address::EmailAddress;
use unicode_normalization::UnicodeNormalization as _;

pub use crate::id::UserId;
use crate::{clock::Timestamp, principal::Role};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// The account's id, opaque: the subject of its sessions.
    pub id: UserId,
    /// The address it signs in with.
    pub email: Email,
    /// The role, which says what it may do.
    pub role: Role,
    /// The instant at which it signed up.
    pub created_at: Timestamp,
}

impl User {
    /// An account.
    pub const fn new(id: UserId, email: Email, role: Role, created_at: Timestamp) -> Self {
        Self { id, email, role, created_at }
    }
}

/// The most bytes of an address as it is typed. Longer ones are refused before they are folded, also those that would
/// be short enough by then.
const MAX_TYPED: usize = 1024;

/// An email address: well formed, lower case, at most 254 bytes. As [`parse`](Self::parse) makes it, it is in NFC
/// before the `@` and in ASCII behind it; a row of a former release may have another spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Reads an address. White space around it is forgiven, and one mailbox is one address, however it is typed: it is
    /// folded to lower case, an accent is one character with its letter (NFC, UAX #15), and a domain is the name that
    /// the DNS has (its A-labels, RFC 5891 by UTS #46). Browsers differ in what they send of one and the same typing.
    ///
    /// # Errors
    /// [`InvalidEmail`] if it is none.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        if text.len() > MAX_TYPED {
            return Err(InvalidEmail);
        }
        // Folded first: what is kept is what was checked, and some letters change their length.
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        let local: String = local.nfc().collect::<String>().to_lowercase().nfc().collect();
        let domain = match idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::STD3) {
            Ok(name) => name.into_owned(),
            // No name of the DNS, but an address may have it, and it has no other spelling.
            Err(_) if domain.is_ascii() => domain.to_ascii_lowercase(),
            Err(_) => return Err(InvalidEmail),
        };
        Self::checked(format!("{local}@{domain}"))
    }

    /// Reads an address in the spelling it has but for its case: as releases before NFC and A-labels kept it, and as
    /// [`account_at`](crate::store::account_at) finds it.
    pub(crate) fn as_spelled(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        if text.len() > MAX_TYPED { Err(InvalidEmail) } else { Self::checked(text.to_lowercase()) }
    }

    fn checked(text: String) -> Result<Self, InvalidEmail> {
        let well_formed = text.len() <= 254
            && EmailAddress::parse_with_options(
                &text,
                email_address::Options::default().without_display_text().without_domain_literal(),
            )
            .is_ok();
        if well_formed { Ok(Self(text)) } else { Err(InvalidEmail) }
    }

    /// An address that no account has, because none may: nothing reads it as an address.
    pub(crate) const fn placeholder() -> Self {
        Self(String::new())
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is not an email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an email address")]
pub struct InvalidEmail;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_is_one_address() {
        for (typed, kept) in [
            (" Alice@Example.COM ", "alice@example.com"),
            ("\u{a0}a@example.com\t", "a@example.com"),
            // As Firefox and Chromium send it.
            ("a@b\u{fc}cher.example", "a@xn--bcher-kva.example"),
            ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
            ("a@B\u{dc}CHER.example", "a@xn--bcher-kva.example"),
            ("a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example"),
            // As macOS and Linux type it.
            ("a@bu\u{308}cher.example", "a@xn--bcher-kva.example"),
            ("Rene\u{301}@example.com", "ren\u{e9}@example.com"),
            ("REN\u{c9}@example.com", "ren\u{e9}@example.com"),
            // The German name is another one than that with two letters.
            ("a@stra\u{df}e.example", "a@xn--strae-oqa.example"),
            ("a@\u{ff42}.example", "a@b.example"),
            ("a@b\u{3002}example", "a@b.example"),
            ("a@my-host", "a@my-host"),
        ] {
            assert_eq!(Email::parse(typed).map(|email| email.0).as_deref(), Ok(kept), "{typed}");
        }
    }

    #[test]
    fn a_domain_that_reads_as_no_name_is_refused() {
        // As another `@`, as a space, as a name that no DNS can have.
        for bad in [
            "a@b\u{ff20}c.example",
            "a@b\u{3000}c.example",
            "a@xn--\u{fc}.example",
            "a@\u{378}.example",
        ] {
            assert_eq!(Email::parse(bad), Err(InvalidEmail), "{bad}");
        }
    }

    #[test]
    fn an_invalid_email_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(250));
        for bad in [
            "",
            "alice",
            "@example.com",
            "alice@",
            "a b@example.com",
            "a@b@c",
            "Al <a@b.c>",
            "a@[::1]",
            "a\n@b.c",
            &long,
        ] {
            assert_eq!(Email::parse(bad), Err(InvalidEmail), "{bad}");
        }
    }
}
