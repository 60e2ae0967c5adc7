//! Following the store: how a node hears of what other nodes did.
//!
//! News comes as it happens where the store has a feed, and by asking for it at a steady pace in any case: a feed that
//! was cut off without a word loses nothing but time. [`Follower::is_current`] says whether the last answer is young
//! enough to believe that nothing was missed; where it is not, the engine reads rows instead (fails closed). How old it
//! is, the [`Clock`] says that never goes back: a wall clock that was set back makes no node believe for longer.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::StreamExt as _;
use tokio::{
    task::AbortHandle,
    time::{MissedTickBehavior, interval, timeout},
};

use super::behind;
use crate::{
    access_token::AccessTokens,
    clock::{Clock, Timestamp},
    config::FeedTiming,
    keys::{Keys, KeysError},
    revocation::Denylist,
    store::{Change, Feed, Store, StoreError},
};

/// How far back each question reaches before the last answer: longer than a commit may take and clocks may differ.
const OVERLAP: Duration = Duration::from_secs(30);

/// Follows a store until it is dropped.
#[derive(Debug)]
pub(super) struct Follower {
    news: Arc<News>,
    task: AbortHandle,
}

/// Where news comes from, and who hears it.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) denylist: Arc<Denylist>,
    pub(super) keys: Keys,
    pub(super) tokens: Arc<AccessTokens>,
}

/// What the task needs, and what it leaves.
#[derive(Debug)]
struct News {
    heard: Heard,
    timing: FeedTiming,
    /// When the last question was asked that was answered, in milliseconds: by the wall clock, and since the fixed
    /// instant of [`Clock::elapsed`].
    covered: AtomicI64,
    current_at: AtomicU64,
    stale: AtomicBool,
    /// The version of the keys that are used.
    keys_version: AtomicU32,
}

impl Follower {
    /// Fills the denylist from what changed in the last `keep`, and follows from then on.
    ///
    /// # Errors
    /// [`StoreError`] where the store does not answer: a node that knows nothing must not begin.
    pub(super) async fn start(
        heard: Heard,
        timing: FeedTiming,
        keep: Duration,
    ) -> Result<Self, StoreError> {
        let since = heard.clock.now() - keep;
        let news = Arc::new(News {
            heard,
            timing,
            covered: AtomicI64::new(since.millis()),
            current_at: AtomicU64::new(0),
            stale: AtomicBool::new(false),
            keys_version: AtomicU32::new(0),
        });
        // Opened before the first question, so that nothing falls between.
        let feed = news.heard.store.feed().await?;
        news.ask().await?;
        let task = behind::spawn(follow(Arc::clone(&news), feed)).abort_handle();
        Ok(Self { news, task })
    }

    /// Whether nothing can have been missed for longer than the bound.
    pub(super) fn is_current(&self) -> bool {
        self.news.is_current()
    }

    /// Asks now, and not only when it is time to.
    ///
    /// # Errors
    /// [`StoreError`] where the store does not answer.
    #[cfg(feature = "lab")]
    pub(super) async fn ask(&self) -> Result<(), StoreError> {
        self.news.ask().await
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Asks at every tick, and notes what the feed tells in between.
async fn follow(news: Arc<News>, mut feed: Option<Feed>) {
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
                        // Where it cannot be followed, the next question brings it again.
                        Ok(change) => news.note(change).await.unwrap_or_else(|error| {
                            tracing::warn!(%error, "a change could not be followed");
                        }),
                        Err(error) => {
                            tracing::warn!(%error, "the feed of changes broke off; asking instead");
                            feed = None;
                        }
                    },
                }
            }
        };
        match asked {
            Ok(()) if feed.is_none() => feed = news.open().await,
            Ok(()) => {}
            Err(error) => tracing::warn!(%error, "the store could not be asked for changes"),
        }
        news.report();
    }
}

/// The next change that the feed tells; where there is none, nothing ever.
async fn next(feed: &mut Option<Feed>) -> Result<Change, StoreError> {
    match feed {
        Some(feed) => feed
            .next()
            .await
            .unwrap_or_else(|| Err(StoreError::Unavailable("the feed is over".into()))),
        None => std::future::pending().await,
    }
}

impl News {
    async fn ask(&self) -> Result<(), StoreError> {
        let (now, asked_at) = (self.heard.clock.now(), self.heard.clock.elapsed());
        // Clocks go back, too.
        let covered = Timestamp::from_millis(self.covered.load(Ordering::Relaxed)).min(now);
        for change in self.in_time(self.heard.store.changes_since(covered - OVERLAP)).await? {
            self.note(change).await?;
        }
        self.covered.store(now.millis(), Ordering::Relaxed);
        // Of two who ask at once, the one whose answer comes last may have asked first.
        self.current_at.fetch_max(millis(asked_at), Ordering::AcqRel);
        Ok(())
    }

    async fn note(&self, change: Change) -> Result<(), StoreError> {
        if let Change::Keys { version } = change {
            // Questions overlap, and bring the same news again and again.
            if self.keys_version.load(Ordering::Relaxed) != version {
                let keyring = self.in_time(async {
                    self.heard.keys.open().await.map_err(|error| match error {
                        KeysError::Store(error) => error,
                        other => StoreError::Unavailable(other.into()),
                    })
                });
                self.heard.tokens.replace(keyring.await?);
                self.keys_version.store(version, Ordering::Relaxed);
            }
        } else {
            self.heard.denylist.note(change, self.heard.clock.now());
        }
        Ok(())
    }

    async fn open(&self) -> Option<Feed> {
        self.in_time(self.heard.store.feed()).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the feed of changes cannot be opened");
            None
        })
    }

    /// A network that drops everything answers nothing at all.
    async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        timeout(self.timing.bound, answer)
            .await
            .unwrap_or_else(|late| Err(StoreError::Unavailable(late.into())))
    }

    fn is_current(&self) -> bool {
        let current_at = Duration::from_millis(self.current_at.load(Ordering::Acquire));
        self.heard.clock.elapsed().saturating_sub(current_at) <= self.timing.bound
    }

    /// Says once that the node fell behind, and once that it caught up.
    fn report(&self) {
        let stale = !self.is_current();
        if self.stale.swap(stale, Ordering::Relaxed) != stale {
            if stale {
                tracing::error!("cut off from changes: every request now reads its session's row");
            } else {
                tracing::info!("changes are heard of again");
            }
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
