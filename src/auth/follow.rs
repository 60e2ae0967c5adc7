//! Following the store: by it, a node hears of what other nodes did.
//!
//! The node subscribes to the store's feed, if there is one, and polls its log at a steady interval in any case: a feed
//! that breaks off in silence loses nothing but time. [`Follower::is_current`] says whether the log was read to its end
//! recently enough to believe that nothing was missed; if not, the node is stale, and the engine reads rows instead
//! (fails closed). The age of the last answer is measured on the [`Clock`] that never goes back.
//!
//! A node begins with one page, and reads the rest of the log while it serves. Of the log it needs the changes that
//! were written, or are stamped, within the life of an access token. If the wall clock is set back behind what the node
//! has forgotten since, the node is stale until it has read everything again.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Mutex,
    task::AbortHandle,
    time::{MissedTickBehavior, interval, timeout},
};

use super::clocks::{ClockDifference, Clocks};
use crate::{
    background,
    clock::{Clock, Timestamp},
    config::FeedTiming,
    issuer::AccessTokens,
    keys::{Keys, KeysError},
    revocation::{Denylist, Moment},
    store::{Change, Cursor, Feed, Logged, Store, StoreError},
};

/// The number of changes that are read at a time.
const PAGE: u32 = 5_000;

/// Follows a store until it is dropped.
#[derive(Debug)]
pub(super) struct Follower {
    news: Arc<FollowerState>,
    task: AbortHandle,
}

/// The sources of changes, and the parts of the node that take them in.
#[derive(Debug)]
pub(super) struct FollowerContext {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) denylist: Arc<Denylist>,
    pub(super) keys: Keys,
    pub(super) tokens: Arc<AccessTokens>,
    /// The difference that clocks may have.
    pub(super) skew: Duration,
}

/// The state that the background task shares with the engine: its sources, its progress and its findings.
#[derive(Debug)]
struct FollowerState {
    context: FollowerContext,
    timing: FeedTiming,
    reading: Mutex<Reading>,
    /// The beginning of the last reading that came to the end of the log, in milliseconds since the fixed instant of
    /// [`Clock::elapsed`], plus one; 0 if none did.
    current_at: AtomicU64,
    stale: AtomicBool,
    /// The version of the keys in use.
    keys_version: AtomicU32,
    /// The newest epoch.
    epoch: AtomicU64,
    clocks: Clocks,
}

/// The progress through the log.
#[derive(Debug)]
struct Reading {
    cursor: Option<Cursor>,
    /// The beginning of this reading; `None` if the last one came to the end.
    begun: Option<Moment>,
    extent: Extent,
}

/// The part of the changes read that the node remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// Changes that were written or are stamped recently: at the start.
    Recent,
    /// Everything, because the clock was set back.
    Anew,
    /// Everything there is after the cursor.
    Since,
}

impl Follower {
    /// Reads the first page of the log, and follows from then on.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer: a node that knows nothing must not begin.
    pub(super) async fn start(
        context: FollowerContext,
        timing: FeedTiming,
    ) -> Result<Self, StoreError> {
        let reading = Reading { cursor: None, begun: None, extent: Extent::Recent };
        let news = Arc::new(FollowerState {
            clocks: Clocks::new(context.skew),
            context,
            timing,
            reading: Mutex::new(reading),
            current_at: AtomicU64::new(0),
            stale: AtomicBool::new(false),
            keys_version: AtomicU32::new(0),
            epoch: AtomicU64::new(0),
        });
        // Subscribed before the first poll, so that no change falls between the two.
        let feed = news.context.store.feed().await?;
        let more = news.read_page().await?;
        if more {
            tracing::info!(
                "catching up on the log of changes; until then every request reads its session's row"
            );
        }
        news.stale.store(more, Ordering::Relaxed);
        let task = background::spawn(follow(Arc::clone(&news), feed)).abort_handle();
        Ok(Self { news, task })
    }

    /// Returns whether no change can have been missed for longer than the bound.
    pub(super) fn is_current(&self) -> bool {
        self.news.is_current()
    }

    /// Returns the same for a moment that has just been read.
    pub(super) fn is_current_at(&self, now: Moment) -> bool {
        self.news.is_current_at(now)
    }

    /// Returns the newest epoch that this node knows of.
    pub(super) fn epoch(&self) -> u64 {
        self.news.epoch.load(Ordering::Acquire)
    }

    /// Returns this node's time and the store's, if they differ by more than clocks may.
    pub(super) fn clock_difference(&self) -> Option<ClockDifference> {
        self.news.clocks.apart()
    }

    /// Polls now, ahead of the interval.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub(super) async fn ask(&self) -> Result<(), StoreError> {
        self.news.ask().await
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Polls at every tick, and notes what the feed tells in between.
async fn follow(news: Arc<FollowerState>, mut feed: Option<Feed>) {
    let mut ticks = interval(news.timing.poll);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let asked = {
            let mut round = pin!(async {
                ticks.tick().await;
                news.ask().await
            });
            loop {
                tokio::select! {
                    asked = &mut round => break asked,
                    change = next(&mut feed) => match change {
                        // If it cannot be followed, the next poll brings it again.
                        Ok(change) => news.note(change).await.unwrap_or_else(|error| {
                            tracing::warn!(%error, "applying a change from the feed failed; the next poll reads it again");
                        }),
                        Err(error) => {
                            tracing::warn!(%error, "the feed of changes was disconnected; polling only, until it is back");
                            feed = None;
                        }
                    },
                }
            }
        };
        match asked {
            Ok(()) if feed.is_none() => feed = news.open().await,
            Ok(()) => {}
            Err(error) => tracing::warn!(%error, "polling the store for changes failed"),
        }
        news.report();
    }
}

/// Waits for the next change that the feed tells; forever if there is no feed.
async fn next(feed: &mut Option<Feed>) -> Result<Change, StoreError> {
    match feed {
        Some(feed) => feed.next().await,
        None => std::future::pending().await,
    }
}

impl FollowerState {
    /// Reads the log to its end.
    async fn ask(&self) -> Result<(), StoreError> {
        while self.read_page().await? {}
        Ok(())
    }

    /// Reads a page of the log; returns whether there is more to read.
    async fn read_page(&self) -> Result<bool, StoreError> {
        let FollowerContext { store, clock, denylist, .. } = &self.context;
        // One reading at a time: of two, the later one might go on from the earlier cursor.
        let mut reading = self.reading.lock().await;
        let now = Moment::of(&**clock);
        denylist.sweep(now);
        if !denylist.covers(now.wall) && reading.extent != Extent::Anew {
            tracing::warn!(
                "this node's clock was set back: stale until all changes were read again"
            );
            *reading = Reading { cursor: None, begun: None, extent: Extent::Anew };
        }
        // The instant before the first of several pages; a poll that was not answered counts for nothing.
        let begun = reading.begun.unwrap_or(now);
        let page = self.in_time(store.changes(reading.cursor.as_ref(), PAGE)).await?;
        self.clocks.compare(now.wall, page.store_now, clock.now());
        let since = match reading.extent {
            Extent::Recent => {
                page.store_now.unwrap_or(begun.wall).min(begun.wall) - denylist.keep()
            }
            Extent::Anew | Extent::Since => Timestamp::MIN,
        };
        for Logged { change, logged_at } in page.changes {
            if logged_at >= since || stamp(&change).is_none_or(|at| at >= since) {
                denylist.note(change, now);
            }
        }
        reading.cursor = Some(page.next);
        reading.begun = Some(begun);
        self.note_epoch(page.epoch);
        self.use_keys(page.keys_version).await?;
        if page.more {
            return Ok(true);
        }
        if reading.extent == Extent::Anew {
            denylist.read_anew(begun.wall);
        }
        reading.extent = Extent::Since;
        reading.begun = None;
        self.current_at.fetch_max(millis(begun.lived).saturating_add(1), Ordering::AcqRel);
        Ok(false)
    }

    /// Notes a change that the feed told.
    async fn note(&self, change: Change) -> Result<(), StoreError> {
        match change {
            Change::Keys { version } => self.use_keys(version).await?,
            Change::Epoch { number } => self.note_epoch(number),
            _ => self.context.denylist.note(change, Moment::of(&*self.context.clock)),
        }
        Ok(())
    }

    fn note_epoch(&self, number: u64) {
        if self.epoch.fetch_max(number, Ordering::AcqRel) < number {
            self.context.denylist.tell();
        }
    }

    /// Takes up the keys of that version, if it is not the one in use.
    async fn use_keys(&self, version: u32) -> Result<(), StoreError> {
        if version != 0 && self.keys_version.load(Ordering::Relaxed) != version {
            let keyring = self.in_time(async {
                self.context.keys.open().await.map_err(|error| match error {
                    KeysError::Store(error) => error,
                    other => StoreError::Unavailable(other.into()),
                })
            });
            self.context.tokens.replace(keyring.await?);
            self.keys_version.store(version, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn open(&self) -> Option<Feed> {
        self.in_time(self.context.store.feed()).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "subscribing to the feed of changes failed; polling only");
            None
        })
    }

    /// Bounds the wait for an answer: a network that drops every packet never brings one.
    async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        timeout(self.timing.bound, answer)
            .await
            .unwrap_or_else(|late| Err(StoreError::Unavailable(late.into())))
    }

    fn is_current(&self) -> bool {
        self.is_current_at(Moment::of(&*self.context.clock))
    }

    fn is_current_at(&self, now: Moment) -> bool {
        let Some(current_at) = self.current_at.load(Ordering::Acquire).checked_sub(1) else {
            return false;
        };
        let age = now.lived.saturating_sub(Duration::from_millis(current_at));
        age <= self.timing.bound && self.context.denylist.covers(now.wall)
    }

    /// Logs once that the node fell behind, and once that it caught up.
    fn report(&self) {
        let stale = !self.is_current();
        if self.stale.swap(stale, Ordering::Relaxed) != stale {
            if stale {
                tracing::error!(
                    "stale: changes were not read in time, so every request reads its session's row"
                );
            } else {
                tracing::info!("no longer stale: all changes are read");
            }
        }
    }
}

/// Returns the instant that a change is stamped with.
const fn stamp(change: &Change) -> Option<Timestamp> {
    match change {
        Change::Revoked { at, .. }
        | Change::Token { at, .. }
        | Change::Authority { at, .. }
        | Change::Deleted { at, .. } => Some(*at),
        Change::Keys { .. } | Change::Epoch { .. } => None,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
