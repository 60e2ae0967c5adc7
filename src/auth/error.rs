//! The reasons why the engine did not do what the caller asked: one enum for each operation.

use std::time::Duration;

use crate::{
    access_token::SignError,
    config::ConfigError,
    keys::KeysError,
    password::{HashError, PasswordError},
    store::StoreError,
    user::InvalidEmail,
};

/// The reason why an engine could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration does not fit together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The password hasher refuses its parameters.
    #[error("hashing: the parameters of Argon2id are out of range")]
    Hashing,
    /// There is too little memory for one password hash.
    #[error("hashing: there is too little memory: Argon2id needs {kib} KiB for each password")]
    Memory {
        /// The memory that one hash takes, in KiB.
        kib: u32,
    },
    /// The signing keys could not be made or opened.
    #[error(transparent)]
    Keys(KeysError),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<KeysError> for StartError {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Store(error) => Self::Store(error),
            other => Self::Keys(other),
        }
    }
}

/// The reason why tokens were not issued, though they were due.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The access token could not be signed.
    #[error("the access token could not be signed: {0}")]
    Sign(#[from] SignError),
}

/// The reason why a user was not signed in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// Unknown user or wrong password; the client is not told which.
    #[error("unknown user or wrong password")]
    InvalidCredentials,
    /// The client's network tried too often, or tried this address too often. Said before an account is looked up.
    #[error("too many attempts; the next one is let in after {retry_after:?}")]
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
    #[error("too many sign-ups; the next one is let in after {retry_after:?}")]
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
