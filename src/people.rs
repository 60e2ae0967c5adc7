//! The people of an application: the one thing that the engine asks about them.

use std::fmt;

use async_trait::async_trait;

use crate::{
    clock::Timestamp,
    principal::{Authority, OwnClaims, Role, Subject},
    session::Client,
};

/// Knows who may be signed in now, and what each may do. An application with users of its own implements it on its
/// own table; [`Accounts`](crate::accounts::Accounts) brings the built-in one.
///
/// ```
/// use async_trait::async_trait;
/// use coatroom::{Role, Subject, people::{People, PeopleError, Person}};
///
/// #[derive(Debug)]
/// struct Staff;
///
/// #[async_trait]
/// impl People for Staff {
///     async fn find(&self, subject: &Subject) -> Result<Option<Person>, PeopleError> {
///         // select role from staff where badge = $1 and left_at is null
///         Ok((subject.as_str() == "4711").then(|| Person::new(Role::ADMIN)))
///     }
/// }
/// ```
#[async_trait]
pub trait People: fmt::Debug + Send + Sync {
    /// Returns what a subject may do now; `None` if it may not be signed in, because it does not exist, was deleted or
    /// was locked out. Asked when a session begins, at each of its rotations, and when a client refreshes after
    /// [`Auth::invalidate_authority`](crate::Auth::invalidate_authority). `None` at a refresh ends the session.
    ///
    /// # Errors
    /// An error is an answer of 503, and never the end of a session.
    async fn find(&self, subject: &Subject) -> Result<Option<Person>, PeopleError>;

    /// Notes that a session of that subject was ended because two clients held its tokens, for its owner to be told. By
    /// default it is not noted; the session's own events have it in any case.
    ///
    /// # Errors
    /// An error is logged.
    async fn note_theft(
        &self,
        subject: &Subject,
        client: &Client,
        at: Timestamp,
    ) -> Result<(), PeopleError> {
        let _not_noted = (subject, client, at);
        Ok(())
    }
}

/// The reason why a subject could not be looked up: the application's own error.
pub type PeopleError = Box<dyn std::error::Error + Send + Sync>;

/// The rights of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person {
    /// Its role.
    pub role: Role,
    /// The application's own claims about it, which its tokens carry.
    pub claims: OwnClaims,
}

impl Person {
    /// A person of that role, of whom no claims are made.
    pub fn new(role: Role) -> Self {
        Self { role, claims: OwnClaims::default() }
    }

    /// The same person, with these claims.
    #[must_use]
    pub fn with_claims(self, claims: OwnClaims) -> Self {
        Self { claims, ..self }
    }

    /// The authority that these rights are, of that version.
    pub(crate) fn with_version(self, version: u64) -> Authority {
        Authority { role: self.role, claims: self.claims, version }
    }
}
