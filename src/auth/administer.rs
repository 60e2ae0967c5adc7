//! The work of administrators: ending a subject's sessions, without an engine, because a command needs no keys and
//! signs nothing; and deleting what is long over.

use super::{Auth, EndedBy};
use crate::{
    clock::Timestamp,
    principal::Subject,
    session::Client,
    store::{Event, SessionStore, StoreError, Trigger},
};

/// The number of rows of a kind that are deleted at a time: few, because SQLite writes nothing else meanwhile. Of five
/// hundred, a refresh that came just then waited 35 ms.
const BATCH: u32 = 16;

impl Auth {
    /// Deletes some of what is long over, by [`AuthConfig::retention`](crate::AuthConfig::retention), in a small batch.
    /// Returns whether there may be more: for a background task, which pauses between batches. Several nodes may prune
    /// at once.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn prune(&self) -> Result<bool, StoreError> {
        self.0.store.prune(self.now(), self.0.config.retention, BATCH).await
    }
}

/// Ends each living session of a subject, and returns how many it ended. To end those of all subjects,
/// [`add_epoch`](crate::store::SessionStore::add_epoch) writes one row.
///
/// # Errors
/// [`StoreError`] if the store does not answer. Some sessions may have ended by then and others not; try again.
pub async fn end_sessions_of(
    store: &dyn SessionStore,
    subject: &Subject,
    by: EndedBy,
    now: Timestamp,
) -> Result<u32, StoreError> {
    let mut ended = 0;
    for session in store.sessions_of(subject).await? {
        let event = Event {
            at: now,
            kind: by.event(),
            generation: session.generation,
            trigger: Trigger::Call,
            client: Client::default(),
            times: 1,
        };
        // Also a session that has expired by this clock: it may live by another node's.
        ended += u32::from(store.revoke(session.id, by.reason(), &event).await?);
    }
    Ok(ended)
}
