//! Everything that the owner of a session is shown of it and of their account, read at once.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) mod row;

use std::collections::HashMap;

use super::{AccountEvent, AccountEventKind, AccountStore, Event, SessionStore, StoreError};
use crate::{
    session::{Session, SessionId},
    user::{User, UserId},
};

/// The parts of an account and of one of its sessions that a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverviewQuery {
    /// The account.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// The greatest number of the session's events.
    pub events: u32,
    /// The greatest number of the account's events of each kind, so that many of one kind hide no other.
    pub account_events: u32,
}

/// An account with one session, and what happened to both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// The account.
    pub user: User,
    /// The session, with the newest version of its owner's authority; `None` if there is none of that id.
    pub session: Option<Session>,
    /// The newest events of the session, newest first.
    pub events: Vec<Event>,
    /// The newest events of the account of each kind, by when each happened last, newest first.
    pub account_events: Vec<AccountEvent>,
}

/// Reads an overview from a store of sessions and a store of accounts, one verb after the other. Asks for nothing of
/// which no row is wanted.
pub(crate) async fn gather(
    accounts: &(impl AccountStore + ?Sized),
    sessions: &(impl SessionStore + ?Sized),
    query: &OverviewQuery,
) -> Result<Option<Overview>, StoreError> {
    let Some(user) = accounts.user(query.user).await? else { return Ok(None) };
    let session = sessions.session(query.session).await?;
    let events = match query.events {
        0 => Vec::new(),
        limit => sessions.events(query.session, limit).await?,
    };
    let account_events = match query.account_events {
        0 => Vec::new(),
        limit => newest_of_each(accounts.account_events(query.user, u32::MAX).await?, limit),
    };
    Ok(Some(Overview { user, session, events, account_events }))
}

/// Returns the first events of each kind, in their order.
fn newest_of_each(mut events: Vec<AccountEvent>, limit: u32) -> Vec<AccountEvent> {
    let mut counts: HashMap<AccountEventKind, u32> = HashMap::new();
    events.retain(|event| {
        let count = counts.entry(event.kind).or_default();
        *count += 1;
        *count <= limit
    });
    events
}
