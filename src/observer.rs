//! Listening to the engine: for metrics, audits, alerts and mails of an application.

use std::fmt;

use crate::{
    session::{Client, Decision, EndReason, Session, SessionId},
    store::EventKind,
    user::UserId,
};

/// Listens to what an engine does on its node. Set in [`AuthConfig::observer`](crate::AuthConfig::observer).
///
/// It is called after the store has committed, within the request: hand slow work to a task of your own, and do not
/// panic. What another node does is not told here; the store's events hold everything.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
///
/// use coatroom::observer::{Observation, Observer};
///
/// /// Counts the decisions by the row that decided.
/// #[derive(Debug, Default)]
/// struct Rows([AtomicU64; 11]);
///
/// impl Observer for Rows {
///     fn observe(&self, observed: &Observation<'_>) {
///         if let Observation::Decided { decision, .. } = observed {
///             self.0[usize::from(decision.row())].fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// # let secret = coatroom::ServerSecret::new(coatroom::ServerSecret::generate()).expect("strong");
/// let mut config = coatroom::AuthConfig::new("https://example.com", secret);
/// config.observer = Some(Arc::new(Rows::default()));
/// ```
pub trait Observer: Send + Sync + fmt::Debug {
    /// Notes one thing. Called for each request that does something, from many threads at once.
    fn observe(&self, observed: &Observation<'_>);
}

/// One thing that happened.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Observation<'a> {
    /// A session began.
    Begun {
        /// The session.
        session: &'a Session,
        /// [`EventKind::SignedUp`] or [`EventKind::SignedIn`].
        kind: EventKind,
    },
    /// A password was wrong.
    WrongPassword {
        /// The account, if the address has one. An answer that depends on it tells the client who has an account.
        user: Option<UserId>,
        /// The client.
        client: &'a Client,
    },
    /// A refresh token was presented, and the rule decided. Requests that share an answer are one.
    Decided {
        /// The session, if the token is one of this server's.
        session: Option<SessionId>,
        /// The decision; [`Decision::row`] is the number of its row.
        decision: Decision,
        /// The client.
        client: &'a Client,
    },
    /// A session was ended by a decision: by its owner, by another sign-in, or because its tokens are in two hands.
    Ended {
        /// The session, as it was before.
        session: &'a Session,
        /// The reason.
        reason: EndReason,
        /// The client whose request ended it; for reuse, one of those that hold the token.
        client: &'a Client,
    },
}
