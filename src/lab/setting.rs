//! What a world is like when it begins: lifetimes, windows and modes.
//!
//! Whether the choices fit together, the real configuration checks. Invariant: every value can be a
//! constant, so that a scenario can name its world where it stands.

use crate::{
    config::{LockStepResponse, Verification},
    user::Role,
};

/// The parameters of a world. D is always twice G, as the library has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// How long an access token is good, in seconds.
    pub access_ttl_s: u32,
    /// G, in milliseconds.
    pub grace_ms: u32,
    /// What is looked at before an access token is believed.
    pub verification: Verification,
    /// What is done about two clients that keep in step for three generations.
    pub lock_step: LockStepResponse,
    /// Whether somebody is signed in when the world begins.
    pub start: Start,
    /// The role of the account.
    pub role: Role,
}

/// How a world begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the tokens of a sign-in in the owner's jar; the owner asked to stay signed in.
    SignedIn,
    /// With an empty jar.
    SignedOut,
}

impl Setting {
    /// Access tokens of a minute, a grace of five seconds, the denylist, somebody signed in.
    pub const DEFAULT: Self = Self {
        access_ttl_s: 60,
        grace_ms: 5_000,
        verification: Verification::Denylist,
        lock_step: LockStepResponse::Report,
        start: Start::SignedIn,
        role: Role::User,
    };
}
