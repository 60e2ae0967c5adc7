//! Accounts: what is added reads back, and an address has one account.

use super::{
    Place,
    sample::{START, account, event, hash, rotation, user},
};
use crate::{
    Role, SessionId, UserId,
    session::EndReason,
    store::{EventKind, StoreError},
    user::Email,
};

/// Nothing is found, nothing is changed, and that is no error.
pub async fn what_was_never_added_is_not_there(Place { store, .. }: Place) {
    let (id, user_id) = (SessionId::random(), UserId::random());
    let email = Email::parse("nobody@example.com").expect("an address");
    assert_eq!(store.user(user_id).await.expect("answers"), None);
    assert_eq!(store.user_by_email(&email).await.expect("answers"), None);
    assert_eq!(store.session(id).await.expect("answers"), None);
    assert_eq!(store.events(id, 10).await.expect("answers"), []);
    assert_eq!(store.changes_since(START).await.expect("answers"), []);
    assert_eq!(store.set_role(user_id, Role::Admin, START).await.expect("answers"), None);
    let rotated = event(EventKind::Rotated, START, 1);
    assert_eq!(store.rotate(&rotation(id, START), &rotated).await.expect("answers"), None);
    assert!(!store.acknowledge(id, 0, START).await.expect("answers"));
    assert!(!store.count_replay(id, 0, &rotated).await.expect("answers"));
    assert!(!store.revoke(id, EndReason::SignedOut, &rotated).await.expect("answers"));
    store.set_password_hash(user_id, &hash("none")).await.expect("nothing to do");
}

/// Every field, in any script.
pub async fn an_account_reads_back_by_id_and_by_address(Place { store, .. }: Place) {
    for (email, role) in [("ada@example.com", Role::User), ("grüße@example.com", Role::Admin)] {
        let user = user(email, role);
        store.add_user(&user, &hash("first")).await.expect("added");
        assert_eq!(store.user(user.id).await.expect("answers"), Some(user.clone()));
        let found = store.user_by_email(&user.email).await.expect("answers");
        assert_eq!(found, Some((user, hash("first"))));
    }
}

/// The second is refused whole.
pub async fn an_address_has_one_account_and_the_first_keeps_it(Place { store, .. }: Place) {
    let first = user("ada@example.com", Role::Admin);
    store.add_user(&first, &hash("first")).await.expect("added");
    let second = user("ADA@Example.com", Role::User);
    let error = store.add_user(&second, &hash("second")).await.expect_err("taken");
    assert!(matches!(error, StoreError::EmailTaken), "{error:?}");
    let found = store.user_by_email(&second.email).await.expect("answers");
    assert_eq!(found, Some((first, hash("first"))));
    assert_eq!(store.user(second.id).await.expect("answers"), None);
}

/// Of one account only.
pub async fn a_password_hash_is_replaced_and_nothing_else_is(Place { store, .. }: Place) {
    let (user, other) = (account(&*store).await, account(&*store).await);
    store.set_password_hash(user.id, &hash("second")).await.expect("replaced");
    let found = store.user_by_email(&user.email).await.expect("answers");
    assert_eq!(found, Some((user, hash("second"))));
    let found = store.user_by_email(&other.email).await.expect("answers");
    assert_eq!(found, Some((other, hash("first"))));
}

/// `ping` tells.
pub async fn a_store_that_answers_says_so(Place { store, .. }: Place) {
    store.ping().await.expect("it answers");
}
