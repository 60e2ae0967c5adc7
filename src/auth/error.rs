//! Why the engine did not do what it was asked: one enum for each operation.

use std::time::Duration;

use crate::{
    access_token::SignError,
    config::ConfigError,
    keys::KeysError,
    password::{HashError, PasswordError},
    store::StoreError,
    user::InvalidEmail,
};

/// Why an engine could not be made.
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
        /// The memory that one takes.
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

/// Why tokens were not issued, though they were due.
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

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// Unknown user or wrong password; nobody is told which.
    #[error("unknown user or wrong password")]
    InvalidCredentials,
    /// That network tried too often, or this address too often from there; before anybody is looked up.
    #[error("too many attempts; the next one is let in after {retry_after:?}")]
    TooMany {
        /// The time until the next attempt is let in.
        retry_after: Duration,
    },
    /// Too many passwords are being checked, or none can be.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// No tokens.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Issue(error.into())
    }
}

/// Why nobody was signed up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignUpError {
    /// The address is none.
    #[error(transparent)]
    Email(#[from] InvalidEmail),
    /// The address has an account.
    #[error("the address has an account already")]
    EmailTaken,
    /// The password cannot be chosen.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// That network signed up too often.
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
    /// The account is there, but no tokens are.
    #[error(transparent)]
    Issue(#[from] IssueError),
}
