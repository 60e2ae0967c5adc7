//! The credentials of a sign-in.
//!
//! Nothing here is validated yet: the accounts refuse what is no address or no password, each with its own error.

use std::fmt;

use serde::Deserialize;

use crate::json::Object;

/// The address and the password of a sign-in; read also from a form's fields `email` and `password`. [`Debug`] prints
/// neither.
#[derive(Clone, Deserialize)]
#[serde(from = "Object<Fields>")]
#[non_exhaustive]
pub struct Credentials {
    /// The address, as the user typed it.
    pub email: String,
    /// The password, as the user typed it.
    pub password: String,
}

/// The fields that credentials are read from, each once.
#[derive(Deserialize)]
struct Fields {
    email: String,
    password: String,
}

impl From<Object<Fields>> for Credentials {
    fn from(Object(Fields { email, password }): Object<Fields>) -> Self {
        Self { email, password }
    }
}

impl Credentials {
    /// Makes credentials of an address and a password, as the user typed them.
    pub fn new(email: impl Into<String>, password: impl Into<String>) -> Self {
        Self { email: email.into(), password: password.into() }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}
