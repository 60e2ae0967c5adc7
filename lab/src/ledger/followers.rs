//! The nodes that follow a ledger: how many changes each has followed, so that a world can wait for all of them.

use std::sync::{
    Arc, Mutex, Weak,
    atomic::{AtomicU64, Ordering},
};

use coatroom::store::Feed;
use tokio::sync::Notify;

use super::locked;

/// The number of changes told, and of those followed by each feed.
#[derive(Debug, Default)]
pub(super) struct Followers {
    told: AtomicU64,
    feeds: Mutex<Vec<Weak<AtomicU64>>>,
    followed: Arc<Notify>,
}

impl Followers {
    /// Counts a change that the store tells.
    pub(super) fn tell(&self) {
        self.told.fetch_add(1, Ordering::SeqCst);
    }

    /// Waits until every node has followed every change, or follows no more.
    pub(super) async fn drain(&self) {
        loop {
            let followed = self.followed.notified();
            let told = self.told.load(Ordering::SeqCst);
            let behind = |feed: &Weak<AtomicU64>| {
                feed.upgrade().is_some_and(|count| count.load(Ordering::SeqCst) < told)
            };
            if !locked(&self.feeds).iter().any(behind) {
                return;
            }
            followed.await;
        }
    }

    /// Returns the same feed, counted: a node that asks for the next change has followed the last.
    pub(super) fn counted(&self, feed: Feed) -> Feed {
        let count = Arc::new(AtomicU64::new(self.told.load(Ordering::SeqCst)));
        {
            let mut feeds = locked(&self.feeds);
            feeds.retain(|feed| feed.strong_count() > 0);
            feeds.push(Arc::downgrade(&count));
        }
        let follower = Follower { count, followed: Arc::clone(&self.followed) };
        let state = (feed, follower, Following::Nothing);
        Feed::new(state, |(mut feed, follower, following)| async move {
            if following == Following::One {
                follower.count.fetch_add(1, Ordering::SeqCst);
                follower.followed.notify_waiters();
            }
            Ok((feed.next().await?, (feed, follower, Following::One)))
        })
    }
}

/// The change that was handed out and is to be counted as followed once the next is asked for, if there is one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Following {
    Nothing,
    One,
}

/// A node that follows.
struct Follower {
    count: Arc<AtomicU64>,
    followed: Arc<Notify>,
}

impl Drop for Follower {
    /// Lets a world that waits for this node go on. A node that was stopped is dropped some time later, and the world
    /// would otherwise wait for long.
    fn drop(&mut self) {
        self.count.store(u64::MAX, Ordering::SeqCst);
        self.followed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, pin::pin};

    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn a_node_that_stopped_is_waited_for_no_longer() {
        let followers = Followers::default();
        let feed = followers.counted(Feed::new((), |()| pending()));
        followers.tell();
        let mut settled = pin!(followers.drain());
        assert!((&mut settled).now_or_never().is_none(), "it has not followed yet");
        drop(feed);
        assert!(settled.now_or_never().is_some());
    }
}
