//! Everything that a sign-in with a password needs to know of the account that it names, read at once.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) mod row;

use super::{AccountStore, SessionStore, StoreError};
use crate::{
    password_hash::PasswordHash,
    user::{Email, User, UserId},
};

/// The account that a sign-in names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateQuery {
    /// The address as it was typed, in the one spelling that its mailbox has.
    pub email: Email,
    /// The address as it was typed but for its case, if that is another spelling. An account that has it comes first.
    pub spelled: Option<Email>,
    /// A point among the ids of accounts, as for [`AccountStore::password_hash_near`].
    pub point: UserId,
}

/// An account that may be the one that signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The account with its password hash; `None` if the address has none.
    pub account: Option<(User, PasswordHash)>,
    /// The newest version of the account's authority, read with the account or before it; 0 if it was never changed, or
    /// there is no account.
    pub authority_version: u64,
    /// The password hash nearest to the point; `None` if there is no account at all.
    pub stand_in: Option<PasswordHash>,
}

impl CandidateQuery {
    /// A query for what a person typed. Text that is no address is looked up all the same, because that takes its time.
    pub fn new(typed: &str, point: UserId) -> Self {
        let email = Email::parse(typed).unwrap_or_else(|_| Email::placeholder());
        let spelled = Email::as_spelled(typed).ok().filter(|spelled| *spelled != email);
        Self { email, spelled, point }
    }
}

/// Reads a candidate, one verb after the other.
pub(super) async fn gather<S: AccountStore + SessionStore + ?Sized>(
    store: &S,
    query: &CandidateQuery,
) -> Result<Candidate, StoreError> {
    let account = account(store, query).await?;
    let stand_in = store.password_hash_near(query.point).await?;
    let Some((user, password)) = account else {
        return Ok(Candidate { account: None, authority_version: 0, stand_in });
    };
    let authority_version = store.authority_version(&user.id.into()).await?;
    // Read anew: the role may have been changed before the version was read.
    let account = store.user(user.id).await?.map(|user| (user, password));
    Ok(Candidate { account, authority_version, stand_in })
}

/// Finds the account of a query. The number of questions depends on what was typed, and never on which addresses have an
/// account.
pub(crate) async fn account<S: AccountStore + ?Sized>(
    store: &S,
    query: &CandidateQuery,
) -> Result<Option<(User, PasswordHash)>, StoreError> {
    let found = store.user_by_email(&query.email).await?;
    match &query.spelled {
        Some(spelled) => Ok(store.user_by_email(spelled).await?.or(found)),
        None => Ok(found),
    }
}
