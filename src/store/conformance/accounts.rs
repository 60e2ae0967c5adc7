//! Accounts: what is added reads back, and an address has one account.

use std::sync::Arc;

use super::{
    Place,
    concurrency::at_once,
    sample::{TICK, account, at, hash, user},
};
use crate::{
    Role, Timestamp, UserId,
    store::{AccountEvent, AccountEventKind, MOST_OF_AN_ACCOUNT, StoreError},
    user::{Email, User},
};

/// Asks for and changes accounts that were never added: nothing is found, nothing is changed, and that is no error.
pub async fn an_account_that_was_never_added_is_not_there(place: Place) {
    let store = place.accounts();
    let user_id = UserId::random();
    let email = Email::parse("nobody@example.com").expect("an address");
    assert_eq!(store.user(user_id).await.expect("answers"), None);
    assert_eq!(store.user_by_email(&email).await.expect("answers"), None);
    assert_eq!(store.set_role(user_id, &Role::ADMIN).await.expect("answers"), None);
    let (old, new) = (hash("none"), hash("another"));
    assert!(!store.set_password_hash(user_id, &old, &new).await.expect("answers"));
    assert_eq!(store.account_events(user_id, 10).await.expect("answers"), []);
}

/// Reads every field back, in any script.
pub async fn an_account_reads_back_by_id_and_by_address(place: Place) {
    let store = place.accounts();
    for (email, role) in [("ada@example.com", Role::USER), ("grüße@example.com", Role::ADMIN)] {
        let user = user(email, role);
        store.add_user(&user, &hash("first")).await.expect("added");
        assert_eq!(store.user(user.id).await.expect("answers"), Some(user.clone()));
        let found = store.user_by_email(&user.email).await.expect("answers");
        assert_eq!(found, Some((user, hash("first"))));
    }
}

/// Refuses the second account of an address whole.
pub async fn an_address_has_one_account_and_the_first_keeps_it(place: Place) {
    let store = place.accounts();
    let first = user("ada@example.com", Role::ADMIN);
    store.add_user(&first, &hash("first")).await.expect("added");
    let second = user("ADA@Example.com", Role::USER);
    let error = store.add_user(&second, &hash("second")).await.expect_err("taken");
    assert!(matches!(error, StoreError::EmailTaken), "{error:?}");
    let found = store.user_by_email(&second.email).await.expect("answers");
    assert_eq!(found, Some((first, hash("first"))));
    assert_eq!(store.user(second.id).await.expect("answers"), None);
}

/// Swaps the hash of one account only, and only if it is still the one that the caller saw.
pub async fn only_the_password_hash_that_the_caller_saw_is_swapped(place: Place) {
    let store = place.accounts();
    let (user, other) = (account(&*store).await, account(&*store).await);
    let swap = async |old, new| store.set_password_hash(user.id, &hash(old), &hash(new)).await;
    assert!(!swap("another", "second").await.expect("answers"), "it is not that one");
    assert!(swap("first", "second").await.expect("answers"));
    assert!(!swap("first", "third").await.expect("answers"), "not any more");
    let found = store.user_by_email(&user.email).await.expect("answers");
    assert_eq!(found, Some((user, hash("second"))));
    let found = store.user_by_email(&other.email).await.expect("answers");
    assert_eq!(found, Some((other, hash("first"))));
}

/// Finds a hash for every point, as long as there is an account.
pub async fn the_nearest_password_hash_comes_next_and_round_at_the_end(place: Place) {
    let store = place.accounts();
    let near = async |point| store.password_hash_near(point).await.expect("answers");
    let id = |first, last| {
        let mut bytes = [0; 16];
        (bytes[0], bytes[15]) = (first, last);
        UserId::from_bytes(bytes)
    };
    assert_eq!(near(id(0, 0)).await, None);
    // In the order of their text, not of its language: `B`, `C`, `E`, `_`, `k`, `z`.
    for (first, last) in [(0x90, 7), (0x10, 7), (0x10, 9)] {
        let user = User { id: id(first, last), ..user(&format!("{first}.{last}@a.b"), Role::USER) };
        store.add_user(&user, &hash(&format!("{first:x} {last}"))).await.expect("added");
    }
    for (point, expected) in [
        (id(0, 0), "10 7"),
        (id(0x10, 7), "10 7"),
        (id(0x10, 8), "10 9"),
        (id(0x10, 10), "90 7"),
        (id(0x90, 7), "90 7"),
        (id(0x90, 8), "10 7"),
        (UserId::from_bytes([0xff; 16]), "90 7"),
        (UserId::from_bytes([0xcf; 16]), "10 7"),
    ] {
        assert_eq!(near(point).await, Some(hash(expected)), "{point}");
    }
}

fn store_error(user: UserId, network: &str, at: Timestamp, times: u32) -> AccountEvent {
    let kind = AccountEventKind::SignInFailed;
    AccountEvent { user, kind, network: network.into(), first_at: at, last_at: at, times }
}

/// Keeps one row for each network and hour; an event of an unknown account is left out, and stops no other.
pub async fn events_of_an_account_are_counted_by_network_and_hour(place: Place) {
    let store = place.accounts();
    let (user, other) = (account(&*store).await.id, account(&*store).await.id);
    let hour = |hours: i64| at(hours * 3_600_000);
    let events = [
        store_error(user, "192.0.2.0/24", hour(0), 3),
        store_error(UserId::random(), "192.0.2.0/24", hour(0), 9),
        store_error(user, "192.0.2.0/24", hour(1) - TICK, 4),
        store_error(user, "2001:db8::/48", hour(0) + TICK, 1),
        store_error(other, "192.0.2.0/24", hour(0), 7),
    ];
    store.count_account_events(&events).await.expect("counted");
    let later = [store_error(user, "192.0.2.0/24", hour(1), 5)];
    store.count_account_events(&later).await.expect("counted");
    let first = AccountEvent { last_at: hour(1) - TICK, times: 7, ..events[0].clone() };
    let expected = [later[0].clone(), first, events[3].clone()];
    let read = async |user, limit| store.account_events(user, limit).await.expect("answers");
    assert_eq!(read(user, 10).await, expected);
    assert_eq!(read(user, 2).await, expected[..2]);
    assert_eq!(read(other, 10).await, [events[4].clone()]);
}

/// Keeps the newest events only, so that an attack from many networks makes no table grow.
pub async fn of_an_account_the_newest_events_stay(place: Place) {
    let store = place.accounts();
    let (user, most) = (account(&*store).await.id, MOST_OF_AN_ACCOUNT);
    let event = |number: u32| store_error(user, &number.to_string(), at(number.into()), 1);
    for number in 0..most + 5 {
        store.count_account_events(&[event(number)]).await.expect("counted");
    }
    let kept = store.account_events(user, 2 * most).await.expect("answers");
    let expected: Vec<AccountEvent> = (5..most + 5).rev().map(event).collect();
    assert_eq!(kept, expected);
    // An event of another kind is not displaced by these, nor displaces them.
    let reused = AccountEvent { kind: AccountEventKind::TokenReused, ..event(0) };
    store.count_account_events(std::slice::from_ref(&reused)).await.expect("counted");
    for number in most + 5..2 * most + 5 {
        store.count_account_events(&[event(number)]).await.expect("counted");
    }
    let kept = store.account_events(user, 3 * most).await.expect("answers");
    assert_eq!(kept.len(), most as usize + 1);
    assert_eq!(kept.last(), Some(&reused));
}

/// Changes the role of one account, and returns the account as it is then.
pub async fn the_role_of_an_account_is_changed_alone(place: Place) {
    let store = place.accounts();
    let (user, other) = (account(&*store).await, account(&*store).await);
    let changed = User { role: Role::ADMIN, ..user.clone() };
    for _ in 0..2 {
        let found = store.set_role(user.id, &Role::ADMIN).await.expect("answers");
        assert_eq!(found, Some(changed.clone()));
    }
    assert_eq!(store.user(user.id).await.expect("answers"), Some(changed));
    assert_eq!(store.user(other.id).await.expect("answers"), Some(other));
}

/// Adds the account of one of fifty callers; the others are told that the address is taken, and nothing else.
pub async fn of_fifty_accounts_at_once_one_gets_the_address(place: Place) {
    let doors = [place.accounts(), place.second_full.clone().unwrap_or_else(|| place.accounts())];
    let answers = at_once(&place, |number, _| {
        let store = Arc::clone(&doors[number % 2]);
        async move {
            let user = user("ada@example.com", Role::USER);
            match store.add_user(&user, &hash("first")).await {
                Ok(()) => Ok(Some(user)),
                Err(StoreError::EmailTaken) => Ok(None),
                Err(other) => Err(other),
            }
        }
    })
    .await;
    let added: Vec<_> = answers.into_iter().flatten().collect();
    let [user] = &added[..] else { panic!("{} were added", added.len()) };
    let found = place.accounts().user_by_email(&user.email).await.expect("answers");
    assert_eq!(found.map(|(user, _)| user).as_ref(), Some(user));
}
