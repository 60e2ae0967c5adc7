//! The accounts as the engine asks about them.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    clock::Timestamp,
    people::{People, PeopleError, Person},
    principal::Subject,
    session::Client,
    store::{AccountEvent, AccountEventKind, AccountStore},
    user::{User, UserId},
};

/// The people of a store of accounts: a subject is the text of an account's id, and its role is the account's.
#[derive(Debug)]
pub struct AccountPeople(Arc<dyn AccountStore>);

impl AccountPeople {
    /// The people of these accounts.
    pub fn new(store: Arc<dyn AccountStore>) -> Self {
        Self(store)
    }
}

#[async_trait]
impl People for AccountPeople {
    async fn find(&self, subject: &Subject) -> Result<Option<Person>, PeopleError> {
        let Some(id) = UserId::parse(subject.as_str()) else { return Ok(None) };
        Ok(self.0.user(id).await?.map(person))
    }

    /// Notes it as an event of the account, which its owner is shown at the next sign-in from any device.
    async fn note_theft(
        &self,
        subject: &Subject,
        client: &Client,
        at: Timestamp,
    ) -> Result<(), PeopleError> {
        let Some(user) = UserId::parse(subject.as_str()) else { return Ok(()) };
        let (kind, network) = (AccountEventKind::TokenReused, client.ip_prefix.clone());
        let event = AccountEvent::once(user, kind, network, at);
        Ok(self.0.count_account_events(&[event]).await?)
    }
}

/// The rights of the owner of an account.
pub(super) fn person(user: User) -> Person {
    Person::new(user.role)
}
