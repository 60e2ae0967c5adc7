//! Changes: what nodes ask for, and what they are told.

use std::time::Duration;

use futures::StreamExt as _;
use tokio::time::timeout;

use super::{
    Place,
    sample::{at, event, log, read, session},
};
use crate::{
    Role,
    session::EndReason,
    store::{Change, Cursor, EventKind, Feed},
};

/// Tells changes page by page, however small the pages; a reader that comes back is told what is new, and nothing else.
pub async fn changes_are_logged_in_order_and_told_page_by_page(place: Place) {
    let store = &place.store;
    let other = place.second.as_ref().unwrap_or(store);
    let mut expected = Vec::new();
    let nothing = store.changes(None, 5).await.expect("answers");
    assert!(nothing.changes.is_empty() && !nothing.more);
    // Stamped backwards: the order is that of their writing.
    for offset in [30, 20, 10] {
        let session = session(&**other, |_| ()).await;
        let ended = event(EventKind::SignedOut, at(offset), 0);
        other.revoke(session.id, EndReason::SignedOut, &ended).await.expect("revoked");
        expected.push(Change::Revoked { id: session.id, at: at(offset) });
        let user = session.user_id;
        other.set_role(user, Role::Admin, at(offset + 1)).await.expect("changed");
        expected.push(Change::Authz { user, version: 1, at: at(offset + 1) });
    }
    for size in [1, 2, 3, 4, 6, 7] {
        let (mut found, mut cursor) = (Vec::new(), nothing.next.clone());
        loop {
            let page = store.changes(Some(&cursor), size).await.expect("answers");
            assert!(page.changes.len() <= size as usize);
            found.extend(page.changes.iter().map(|logged| logged.change));
            cursor = page.next;
            if !page.more {
                break;
            }
        }
        assert_eq!(found, expected, "pages of {size}");
        let after = store.changes(Some(&cursor), size).await.expect("answers");
        assert!(after.changes.is_empty() && !after.more, "{after:?}");
    }
    assert_eq!(log(&**store).await, expected);
}

/// Starts over at a cursor that means nothing to the store, or that is ahead of its log because it was restored from a
/// copy.
pub async fn a_reader_whose_place_is_lost_is_told_everything(Place { store, .. }: Place) {
    let session = session(&*store, |_| ()).await;
    let ended = event(EventKind::SignedOut, at(1), 0);
    store.revoke(session.id, EndReason::SignedOut, &ended).await.expect("revoked");
    let change = Change::Revoked { id: session.id, at: at(1) };
    for lost in ["", "nonsense", "99 1", "99", "0-0 9:9: 9:9: 3 4"] {
        let page = store.changes(Some(&Cursor::new(lost)), 9).await.expect("answers");
        let told: Vec<_> = page.changes.iter().map(|logged| logged.change).collect();
        assert_eq!(told, [change], "{lost}");
        let page = store.changes(Some(&page.next), 9).await.expect("answers");
        assert!(page.changes.is_empty(), "{lost}");
    }
}

/// Counts each change of a role; setting the role that the account has already is none.
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
    assert_eq!(log(&*store).await, []);
    assert_eq!(change(Role::Admin, 2).await, (Role::Admin, 1));
    assert_eq!(change(Role::Admin, 3).await, (Role::Admin, 1));
    assert_eq!(change(Role::User, 4).await, (Role::User, 2));
    let told = |version, offset| Change::Authz { user: first.user_id, version, at: at(offset) };
    assert_eq!(log(&*store).await, [told(1, 2), told(2, 4)]);
    assert_eq!(read(&*store, other.id).await, other);
}

/// Tells each change once, in order. A store without a feed has nothing to show.
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

/// Tells the changes of another process as well. A store without a feed, or without a second handle, has nothing to
/// show.
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

/// Waits for the next change of a feed; only a feed that fails takes long.
async fn told(feed: &mut Feed) -> Change {
    let next = timeout(Duration::from_mins(1), feed.next()).await.expect("news within a minute");
    next.expect("the feed goes on").expect("a change")
}
