//! Changes: what nodes ask for, and what they are told.

use std::time::Duration;

use tokio::time::timeout;

use super::{
    Place,
    sample::{at, event, log, session, subject},
};
use crate::{
    SessionId, TokenId,
    session::EndReason,
    store::{Change, Cursor, Denied, EventKind, Feed},
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
        let subject = session.subject;
        let version = other.outdate(&subject, at(offset + 1)).await.expect("changed");
        expected.push(Change::Authority { subject, version, at: at(offset + 1) });
    }
    for size in [1, 2, 3, 4, 6, 7] {
        let (mut found, mut cursor) = (Vec::new(), nothing.next.clone());
        loop {
            let page = store.changes(Some(&cursor), size).await.expect("answers");
            assert!(page.changes.len() <= size as usize);
            found.extend(page.changes.into_iter().map(|logged| logged.change));
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
        let told: Vec<_> = page.changes.into_iter().map(|logged| logged.change).collect();
        assert_eq!(told, std::slice::from_ref(&change), "{lost}");
        let page = store.changes(Some(&page.next), 9).await.expect("answers");
        assert!(page.changes.is_empty(), "{lost}");
    }
}

/// Logs each change of an authority, with its version.
pub async fn each_change_of_an_authority_is_logged_with_its_version(Place { store, .. }: Place) {
    let owner = subject();
    let mut expected = Vec::new();
    for offset in [2, 4] {
        let version = store.outdate(&owner, at(offset)).await.expect("answers");
        let subject = owner.clone();
        expected.push(Change::Authority { subject, version, at: at(offset) });
    }
    assert_eq!(log(&*store).await, expected);
}

/// Logs and tells tokens that are denied without a row, each time that they are.
pub async fn a_denial_without_a_row_is_logged_and_told(place: Place) {
    let store = &place.store;
    let other = place.second.as_ref().unwrap_or(store);
    let mut feed = store.feed().await.expect("answers");
    let (id, token) = (SessionId::random(), TokenId::random());
    let denials = [Denied::Session(id), Denied::Token(token), Denied::Session(id)];
    let mut expected = Vec::new();
    for (denied, offset) in denials.into_iter().zip(1..) {
        other.deny(denied, at(offset)).await.expect("answers");
        expected.push(denied.as_change(at(offset)));
    }
    assert_eq!(log(&**store).await, expected);
    assert_eq!(expected[0], Change::Revoked { id, at: at(1) });
    assert_eq!(expected[1], Change::Token { id: token, at: at(2) });
    assert!(store.session(id).await.expect("answers").is_none());
    for change in expected {
        if let Some(feed) = &mut feed {
            assert_eq!(told(feed).await, change);
        }
    }
}

/// Tells each change once, in order. A store without a feed has nothing to show.
pub async fn a_feed_tells_what_every_caller_changed(Place { store, .. }: Place) {
    let Some(mut feed) = store.feed().await.expect("answers") else { return };
    let session = session(&*store, |_| ()).await;
    let (id, subject) = (session.id, session.subject);
    let ended = event(EventKind::SignedOut, at(1), 0);
    store.revoke(id, EndReason::SignedOut, &ended).await.expect("revoked");
    assert!(!store.revoke(id, EndReason::Reuse, &ended).await.expect("answers"));
    let version = store.outdate(&subject, at(3)).await.expect("answers");
    let outdated = Change::Authority { subject, version, at: at(3) };
    for expected in [Change::Revoked { id, at: at(1) }, outdated] {
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
    next.expect("the feed goes on")
}
