//! The outcomes of sign-ins and sign-ups, for the spans of their verbs.

use super::{SignInError, SignUpError};
use crate::{auth::spans::Failed, password::HashError};

impl Failed for SignInError {
    fn outcome(&self) -> &'static str {
        match self {
            Self::InvalidCredentials => "invalid_credentials",
            Self::TooMany { .. } => "too_many",
            Self::Hash(error) => hash(*error),
            Self::Issue(error) => error.outcome(),
        }
    }
}

impl Failed for SignUpError {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Email(_) => "invalid_email",
            Self::EmailTaken => "email_taken",
            Self::Password(_) => "password_refused",
            Self::TooMany { .. } => "too_many",
            Self::Hash(error) => hash(*error),
            Self::Store(_) => "unavailable",
            Self::Issue(error) => error.outcome(),
        }
    }
}

const fn hash(error: HashError) -> &'static str {
    match error {
        HashError::Busy | HashError::Share => "busy",
        HashError::NoMemory | HashError::Failed => "unhashed",
    }
}
