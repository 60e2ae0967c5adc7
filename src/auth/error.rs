//! The reasons why the engine did not do what the caller asked: one enum for each operation.

pub use crate::issuer::SignError;
use crate::{config::ConfigError, keys::KeysError, store::StoreError};

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

/// The reason why no session began.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BeginError {
    /// [`People`](crate::people::People) does not find the subject: it may not be signed in.
    #[error("the subject is unknown, or may not sign in")]
    NotFound,
    /// A store does not answer, or no tokens were issued.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

impl From<StoreError> for BeginError {
    fn from(error: StoreError) -> Self {
        Self::Issue(error.into())
    }
}

impl From<SignError> for BeginError {
    fn from(error: SignError) -> Self {
        Self::Issue(error.into())
    }
}
