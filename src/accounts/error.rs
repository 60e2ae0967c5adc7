//! The reasons why a user was not signed in or up.

use std::time::Duration;

use crate::{
    auth::{BeginError, IssueError},
    password::{HashError, PasswordError},
    store::StoreError,
    user::InvalidEmail,
};

/// The reason why a user was not signed in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// Unknown user or wrong password; the client is not told which.
    #[error("unknown user or wrong password")]
    InvalidCredentials,
    /// The client's network tried too often, or tried this address too often. Said before an account is looked up.
    #[error("too many attempts; try again after {retry_after:?}")]
    TooMany {
        /// The time until the next attempt is let in.
        retry_after: Duration,
    },
    /// Too many passwords are being checked, or none can be.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The password was right, but no tokens were issued; or the store does not answer.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Issue(error.into())
    }
}

/// The reason why a user was not signed up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignUpError {
    /// The text is no address.
    #[error(transparent)]
    Email(#[from] InvalidEmail),
    /// The address has an account.
    #[error("the address has an account already")]
    EmailTaken,
    /// The password may not be chosen.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The client's network signed up too often.
    #[error("too many sign-ups; try again after {retry_after:?}")]
    TooMany {
        /// The time until the next one is let in.
        retry_after: Duration,
    },
    /// Too many passwords are being hashed, or none can be.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store does not answer.
    #[error(transparent)]
    Store(StoreError),
    /// The account was made, but no tokens were issued.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

impl From<BeginError> for SignInError {
    /// An account that was deleted while its password was checked is an unknown user.
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::NotFound => Self::InvalidCredentials,
            BeginError::Issue(error) => Self::Issue(error),
        }
    }
}

impl From<BeginError> for SignUpError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::NotFound => Self::Store(StoreError::Unavailable(
                "the account was deleted before its session began".into(),
            )),
            BeginError::Issue(error) => Self::Issue(error),
        }
    }
}
