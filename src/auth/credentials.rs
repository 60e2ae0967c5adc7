//! What somebody signs in with, and what the sign-in is to become.
//!
//! Nothing here has been read yet: what is no address or no password is refused by the engine, with its own error.

use std::fmt;

use serde::Deserialize;

use crate::{
    json::Object,
    session::{Client, Persistence, SessionId},
};

/// What somebody signs in with; also as a form's fields `email` and `password`. [`Debug`] prints neither.
#[derive(Clone, Deserialize)]
#[serde(from = "Object<Fields>")]
#[non_exhaustive]
pub struct Credentials {
    /// The address, as it was typed.
    pub email: String,
    /// The password, as it was typed.
    pub password: String,
}

/// The fields that they are read from, each once.
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
    /// An address and a password, as they were typed.
    pub fn new(email: impl Into<String>, password: impl Into<String>) -> Self {
        Self { email: email.into(), password: password.into() }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// Where a sign-in comes from, and what it is to become.
///
/// Behind [`AuthLayer`](crate::web::AuthLayer) it is made of the request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignInContext {
    /// How long the browser is to remember it.
    pub persistence: Persistence,
    /// The browser.
    pub client: Client,
    /// The sessions that the request came with: they end, so that nobody can plant one (session fixation).
    pub replaces: Vec<SessionId>,
}

impl SignInContext {
    /// A sign-in from nowhere in particular, in the place of none. Its fields say more.
    pub fn new(persistence: Persistence) -> Self {
        Self { persistence, client: Client::default(), replaces: Vec::new() }
    }
}
