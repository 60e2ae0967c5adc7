//! The X-ray of a token: what a pasted text holds, and which check accepts or refuses it.
//!
//! The parts are read leniently, for display; the verdict is that of [`Auth::examine`] and of nothing here. It notes no
//! delivery, logs nothing and keeps nothing. Invariant: a check is shown as passed only if the engine got past it.
//!
//! # Security
//! A good token works for every client that presents it, an attacker's too. Show an X-ray only to the visitor who
//! pasted the token.

mod check;
mod other;
mod part;
mod why;

use std::fmt;

use coatroom::{
    access_token::{AccessToken, TokenError},
    auth::{Access, Auth},
    config::Verification,
    store::StoreError,
};

pub use self::{
    check::Check,
    part::{Content, Member, Part, PartKind},
};

/// The most bytes of a text that are looked at; a text longer than an access token may be is refused anyway.
pub const MAX_XRAY_LEN: usize = 16 * 1024;

/// The parts of a pasted text, and the outcome of each check.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct XRay {
    /// The changes that were made to the text before it was looked at.
    pub notes: Vec<Note>,
    /// Number of bytes of the token, all of them.
    pub length: usize,
    /// The texts between its dots.
    pub parts: Vec<Part>,
    /// All checks, in their order.
    pub checks: Vec<(Check, Outcome)>,
}

/// A change that was made to a text before it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// It was pasted with the name of its scheme (RFC 6750 §2.1), which is no part of the token.
    Bearer,
    /// It is longer than [`MAX_XRAY_LEN`], and the rest is not shown.
    Cut,
}

/// The outcome of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was made, and the token got past it.
    Passed,
    /// It was made, and refused the token, for that reason.
    Failed(String),
    /// It was not made: an earlier one had the last word, or the node is configured to make none of its kind.
    NotReached,
}

impl XRay {
    /// The first check that refused the token, and why.
    pub fn refused(&self) -> Option<(Check, &str)> {
        self.checks.iter().find_map(|(check, outcome)| match outcome {
            Outcome::Failed(why) => Some((*check, why.as_str())),
            Outcome::Passed | Outcome::NotReached => None,
        })
    }
}

impl fmt::Debug for XRay {
    /// Leaves out what the parts hold: that is the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XRay")
            .field("notes", &self.notes)
            .field("length", &self.length)
            .field("parts", &self.parts)
            .field("refused", &self.refused().map(|(check, _)| check))
            .finish_non_exhaustive()
    }
}

/// Takes the X-ray of a pasted text: white space around it, and the word `Bearer` before it, are taken off.
///
/// # Errors
/// [`StoreError`] if the session's row had to be read and could not be.
pub async fn xray(auth: &Auth, text: &str) -> Result<XRay, StoreError> {
    let mut notes = Vec::new();
    let mut token = text.trim();
    if let Some((scheme, rest)) = token.split_once(char::is_whitespace)
        && scheme.eq_ignore_ascii_case("bearer")
    {
        token = rest.trim_start();
        notes.push(Note::Bearer);
    }
    let shown = &token[..token.floor_char_boundary(MAX_XRAY_LEN)];
    if shown.len() < token.len() {
        notes.push(Note::Cut);
    }
    let parts = Part::all(shown);
    let parsed = AccessToken::parse(token);
    let access = match &parsed {
        Ok(token) => auth.examine(token).await?,
        Err(error) => Access::Invalid(*error),
    };
    let length = token.len();
    let refused_form = parsed.err();
    let Judgement { failed, last } = Judgement::of(auth, &access, refused_form, &parts);
    let outcome = |check| match failed.iter().find(|(refuses, _)| *refuses == check) {
        Some((_, why)) => Outcome::Failed(why.clone()),
        None if check <= last => Outcome::Passed,
        None => Outcome::NotReached,
    };
    let checks = Check::ALL.map(|check| (check, outcome(check))).to_vec();
    Ok(XRay { notes, length, parts, checks })
}

/// The checks that refused a token, and the last one that was made.
struct Judgement {
    failed: Vec<(Check, String)>,
    last: Check,
}

impl Judgement {
    /// The meaning of the engine's answer. `unformed` is the reason why the text was no token at all, if it was none.
    fn of(auth: &Auth, access: &Access, unformed: Option<TokenError>, parts: &[Part]) -> Self {
        let expired = |claims| (Check::Expiry, why::expired(claims, auth.now()));
        let (failed, last) = match access {
            Access::Invalid(error) => {
                let refused = refused_by(*error, unformed, parts).map_or_else(
                    || (Check::ALL[0], error.to_string()),
                    |check| (check, why::refused(check, parts, auth)),
                );
                let check = refused.0;
                (vec![refused], check)
            }
            // The version is of no interest any more: a refresh is due either way.
            Access::Expired(info) => (vec![expired(&info.claims)], Check::Denylist),
            Access::Revoked(info) => {
                let late = auth.now() >= info.claims.expires_at();
                let revoked = (Check::Denylist, "its session is over".to_owned());
                let failed = late.then(|| expired(&info.claims)).into_iter().chain([revoked]);
                (failed.collect(), Check::Denylist)
            }
            Access::Outdated(info) => (
                vec![(Check::AuthorityVersion, why::outdated(&info.claims))],
                Check::AuthorityVersion,
            ),
            Access::Valid(_) => (Vec::new(), Check::AuthorityVersion),
        };
        // Signature and time are all that such a node looks at.
        let stateless = auth.config().scheme.verification() == Some(Verification::Stateless);
        Self { failed, last: if stateless { last.min(Check::Expiry) } else { last } }
    }
}

/// Returns the check that an error comes from; `None` if the error is not known here, and so no check is known to have
/// passed.
fn refused_by(error: TokenError, unformed: Option<TokenError>, parts: &[Part]) -> Option<Check> {
    Some(match error {
        TokenError::TooLong => Check::Length,
        TokenError::Malformed if unformed.is_some() => Check::Form,
        // Each part is decoded when its turn comes: the header, the signature, and then the claims.
        TokenError::Malformed => {
            let strange = |index: usize| parts.get(index).is_some_and(Part::is_misspelt);
            if strange(0) {
                Check::Header
            } else if strange(2) {
                Check::Signature
            } else {
                Check::Claims
            }
        }
        TokenError::Header => Check::Header,
        TokenError::Type => Check::Type,
        TokenError::Key => Check::Key,
        TokenError::Algorithm => Check::Algorithm,
        TokenError::Signature => Check::Signature,
        TokenError::Claims => Check::Claims,
        TokenError::Issuer => Check::Issuer,
        TokenError::Audience => Check::Audience,
        TokenError::Times => Check::Times,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
