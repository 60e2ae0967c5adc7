//! The wire types, in which the server speaks to a page: safe to show to the person they are about.
//!
//! No token is among them. Instants are unix milliseconds. A page may be older than the server that answers it: a name
//! that it does not know is `Unknown`, and a member that it does not know is ignored.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The session of a request, as a page sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionView {
    /// No person is signed in; with the reason if a session of this browser is over.
    SignedOut {
        /// The reason, if there is one to tell.
        ended: Option<EndReason>,
    },
    /// A person is signed in. Shared, because every part of a page holds it.
    SignedIn(Arc<SignedIn>),
    /// A person is signed in, and no more was read for the page or the sign-in that says so. Other functions answer with
    /// all of it.
    Brief(Brief),
    /// The server says nothing for a while: too many answers to this session were lost. It lives.
    Limited {
        /// The seconds after which to ask again.
        retry_after: u32,
    },
    /// The server can say nothing now: its store does not answer.
    #[default]
    Unavailable,
}

impl SessionView {
    /// Returns the session of the person who is signed in, if one is and the page knows all of it.
    pub fn signed_in(&self) -> Option<&Arc<SignedIn>> {
        match self {
            Self::SignedIn(session) => Some(session),
            _ => None,
        }
    }

    /// Returns who is signed in, if a person is.
    pub fn brief(&self) -> Option<Brief> {
        match self {
            Self::SignedIn(session) => Some(Brief {
                email: session.email.clone(),
                server_now: session.server_now,
                issued_at: session.access.issued_at,
                expires_at: session.access.expires_at,
                delivered: session.delivered,
            }),
            Self::Brief(brief) => Some(brief.clone()),
            _ => None,
        }
    }
}

/// A person who is signed in, and the times by which a page keeps the session alive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    /// The address of the account.
    pub email: String,
    /// The server's time when it said all this.
    pub server_now: i64,
    /// The instant at which the access token was issued.
    pub issued_at: i64,
    /// The first instant at which it is worth nothing.
    pub expires_at: i64,
    /// True if the current refresh token has been seen in the browser.
    pub delivered: bool,
}

/// A session that lives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The address of the account.
    pub email: String,
    /// The server's time when it said all this.
    pub server_now: i64,
    /// The access token.
    pub access: Access,
    /// The lifetime of an access token, in milliseconds.
    pub access_ttl: i64,
    /// The number of the current refresh token.
    pub generation: u64,
    /// Number of times that the current generation was answered again.
    pub replays: u32,
    /// True if the current refresh token has been seen in the browser.
    pub delivered: bool,
    /// True if the person asked to stay signed in.
    pub remembered: bool,
    /// The instant at which the session ends if nothing is heard from it.
    pub idle_expires_at: i64,
    /// The instant at which it ends for certain.
    pub absolute_expires_at: i64,
    /// The events of the session, newest first.
    pub events: Vec<Event>,
    /// The cookies that hold the tokens, with every attribute and its reason, as HTML that the server drew.
    pub cookies: String,
    /// The properties of the scheme in force, as HTML that the server drew.
    #[serde(default)]
    pub panel: String,
    /// A theft, until the owner says that they have seen it, and wrong passwords of late: as HTML that the server drew;
    /// empty if there were none.
    #[serde(default)]
    pub told: String,
}

/// An access token, decoded by the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// The instant at which it was issued.
    pub issued_at: i64,
    /// The first instant at which it is worth nothing.
    pub expires_at: i64,
    /// Its length in bytes.
    pub size: u32,
    /// The members of its header, in order.
    pub header: Vec<Member>,
    /// Its claims, in order.
    pub claims: Vec<Member>,
}

impl Access {
    /// Returns the value of a member of the header; an empty one if there is no such member.
    pub fn header(&self, name: &str) -> &str {
        self.header.iter().find(|member| member.name == name).map_or("", |member| &member.value)
    }
}

/// A member of a JSON object of the token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its value, as text.
    pub value: String,
    /// The instant it means, if it means one.
    pub at: Option<i64>,
}

/// An event of the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its instant.
    pub at: i64,
    /// Its kind.
    pub kind: EventKind,
    /// The generation that was current afterwards.
    pub generation: u64,
    /// True if a page was being loaded; false if an open page called.
    pub document: bool,
    /// The browser and network it came from.
    pub from: String,
}

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The session began, with a new account.
    SignedUp,
    /// The session began, with a password.
    SignedIn,
    /// The refresh token was exchanged.
    Rotated,
    /// A lost answer was given again.
    ReplayedUndelivered,
    /// A request under way at the same time was answered alike.
    ReplayedConcurrent,
    /// Another client refreshes right after, or right before, each time.
    LockStep,
    /// An administrator ended the session.
    EndedByAdministrator,
    /// Another event, which ends a session or is not for its owner to act on.
    Other,
    /// An event that is newer than this page knows.
    #[serde(other)]
    Unknown,
}

impl EventKind {
    /// Returns the row of the rule that decided, with its name.
    pub const fn rule(self) -> Option<&'static str> {
        match self {
            Self::Rotated => Some("6 · Rotate"),
            Self::ReplayedUndelivered => Some("7 · Replay"),
            Self::ReplayedConcurrent => Some("8 · Replay"),
            Self::SignedUp
            | Self::SignedIn
            | Self::LockStep
            | Self::EndedByAdministrator
            | Self::Other
            | Self::Unknown => None,
        }
    }

    /// Returns true if a spent token was answered again.
    pub const fn is_replay(self) -> bool {
        matches!(self, Self::ReplayedUndelivered | Self::ReplayedConcurrent)
    }
}

/// The reason why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Its owner signed out.
    SignedOut,
    /// Another sign-in in the same browser took its place.
    Replaced,
    /// A spent refresh token was presented: a second client has a copy.
    Reuse,
    /// Nothing was heard from it for too long.
    IdleExpiry,
    /// It reached its absolute lifetime.
    AbsoluteExpiry,
    /// An administrator ended it.
    Administrator,
    /// The application ended it by itself.
    Application,
    /// Its account may not be signed in any more.
    OwnerGone,
    /// The server lost what it knew of it.
    Lost,
    /// It was ended, for a reason that is newer than this page knows.
    #[serde(other)]
    Unknown,
}

/// The answer to a refresh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refreshed {
    /// The row of the rule that decided, 1 to 10; 0 if there is no refresh token.
    pub row: u8,
    /// The meaning of that row for the person who asked for the refresh, as HTML that the server drew.
    #[serde(default)]
    pub told: String,
    /// The number of the refresh token afterwards; 0 if there is none.
    pub generation: u64,
    /// The server's time when it said all this.
    pub server_now: i64,
    /// The instant at which the access token that is now in force was issued.
    pub issued_at: i64,
    /// The first instant at which it is worth nothing.
    pub expires_at: i64,
}

/// The answer of the protected function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Admitted {
    /// The account's id, as the token says.
    pub sub: String,
    /// Its role, as the token says.
    pub role: String,
    /// The session, as the token says.
    pub sid: String,
    /// The row of the rule that decided the refresh in passing, if there was one.
    pub row: Option<u8>,
    /// The outcome for the person who asked, as HTML.
    pub told: String,
}

/// The answer to a request to clear dead cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    /// True if they were dead.
    pub cleared: bool,
}

#[cfg(test)]
mod tests {
    use leptos::server_fn::{Bytes, Decodes as _, codec::JsonEncoding};

    use super::*;

    #[test]
    fn an_older_page_reads_the_answer_of_a_newer_server() {
        let json = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        let event =
            r#"{"at":1,"kind":"lent_a_coat","generation":2,"document":false,"from":"","to":"x"}"#;
        let event: Event = JsonEncoding::decode(json(event)).expect("read");
        assert_eq!((event.kind, event.kind.rule()), (EventKind::Unknown, None));
        let view = r#"{"signed_out":{"ended":"fire_alarm"}}"#;
        let view: SessionView = JsonEncoding::decode(json(view)).expect("read");
        assert_eq!(view, SessionView::SignedOut { ended: Some(EndReason::Unknown) });
        let known = r#"{"signed_out":{"ended":"reuse"}}"#;
        let known: SessionView = JsonEncoding::decode(json(known)).expect("read");
        assert_eq!(known, SessionView::SignedOut { ended: Some(EndReason::Reuse) });
    }
}
