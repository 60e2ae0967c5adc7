//! Changes: what nodes ask for, and what they are told.

use std::time::Duration;

use futures::StreamExt as _;
use tokio::time::timeout;

use super::{
    Place,
    sample::{at, event, read, session},
};
use crate::{
    Role,
    session::EndReason,
    store::{Change, EventKind, Feed},
};

/// That instant included, and each account with its last change.
pub async fn changes_are_listed_from_the_very_instant_on(Place { store, .. }: Place) {
    let mut changes = Vec::new();
    for offset in [10, 20, 30] {
        let session = session(&*store, |_| ()).await;
        let ended = event(EventKind::SignedOut, at(offset), 0);
        store.revoke(session.id, EndReason::SignedOut, &ended).await.expect("revoked");
        changes.push(Change::Revoked { id: session.id, at: at(offset) });
        let user = session.user_id;
        store.set_role(user, Role::Admin, at(offset + 1)).await.expect("changed");
        changes.push(Change::Authz { user, version: 1, at: at(offset + 1) });
    }
    session(&*store, |_| ()).await;
    for (since, expected) in [
        (0, &changes[..]),
        (10, &changes[..]),
        (11, &changes[1..]),
        (12, &changes[2..]),
        (30, &changes[4..]),
        (31, &changes[5..]),
        (32, &[]),
    ] {
        let mut found = store.changes_since(at(since)).await.expect("answers");
        found.sort_by_key(|change| match change {
            Change::Revoked { at, .. } | Change::Authz { at, .. } => *at,
            Change::Keys { .. } => panic!("there are no keys"),
        });
        assert_eq!(found, expected, "since {since}");
    }
}

/// A role that it has already is no change.
pub async fn a_change_of_role_is_counted_and_seen_in_every_session_of_the_account(
    Place { store, .. }: Place,
) {
    let other = session(&*store, |_| ()).await;
    let first = session(&*store, |_| ()).await;
    let change = async |role, offset| {
        let user = store.set_role(first.user_id, role, at(offset)).await.expect("answers");
        let user = user.expect("the account is there");
        let session = read(&*store, first.id).await;
        assert_eq!((session.role, session.authz_version), (user.role, user.authz_version));
        assert_eq!(store.user(first.user_id).await.expect("answers"), Some(user.clone()));
        (user.role, user.authz_version)
    };
    assert_eq!(change(Role::User, 1).await, (Role::User, 0), "it has that role already");
    assert_eq!(store.changes_since(at(0)).await.expect("answers"), []);
    assert_eq!(change(Role::Admin, 2).await, (Role::Admin, 1));
    assert_eq!(change(Role::Admin, 3).await, (Role::Admin, 1));
    assert_eq!(change(Role::User, 4).await, (Role::User, 2));
    let told = store.changes_since(at(0)).await.expect("answers");
    assert_eq!(told, [Change::Authz { user: first.user_id, version: 2, at: at(4) }]);
    assert_eq!(read(&*store, other.id).await, other);
}

/// Once each, in order. A store without a feed has nothing to show.
pub async fn a_feed_tells_what_every_caller_changed(Place { store, .. }: Place) {
    let Some(mut feed) = store.feed().await.expect("answers") else { return };
    let session = session(&*store, |_| ()).await;
    let (id, user) = (session.id, session.user_id);
    let ended = event(EventKind::SignedOut, at(1), 0);
    store.revoke(id, EndReason::SignedOut, &ended).await.expect("revoked");
    assert!(!store.revoke(id, EndReason::Reuse, &ended).await.expect("answers"));
    store.set_role(user, Role::User, at(2)).await.expect("answers");
    store.set_role(user, Role::Admin, at(3)).await.expect("answers");
    for expected in
        [Change::Revoked { id, at: at(1) }, Change::Authz { user, version: 1, at: at(3) }]
    {
        let change = told(&mut feed).await;
        assert_eq!(change, expected);
    }
}

/// What another process changed is told as well. A store without a feed, or without a second door, has nothing to show.
pub async fn a_feed_tells_what_came_by_another_door(Place { store, second, .. }: Place) {
    let (Some(second), Some(mut feed)) = (second, store.feed().await.expect("answers")) else {
        return;
    };
    let id = session(&*store, |_| ()).await.id;
    let ended = event(EventKind::SignedOut, at(1), 0);
    assert!(second.revoke(id, EndReason::SignedOut, &ended).await.expect("answers"));
    let change = told(&mut feed).await;
    assert_eq!(change, Change::Revoked { id, at: at(1) });
}

/// The next change of a feed; only a feed that fails takes long.
async fn told(feed: &mut Feed) -> Change {
    let next = timeout(Duration::from_mins(1), feed.next()).await.expect("news within a minute");
    next.expect("the feed goes on").expect("a change")
}
