//! Events of an account rather than of one of its sessions, counted.

use crate::{clock::Timestamp, named::named, user::UserId};

/// Rows of an account that are kept of each kind: the newest.
pub const MOST_OF_AN_ACCOUNT: u32 = 50;

/// The time that one row covers.
const PERIOD_MS: i64 = 3600 * 1000;

/// Something that happened to an account, as often as it did from one network within an hour: a burst is one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEvent {
    /// The account.
    pub user: UserId,
    /// The kind of event.
    pub kind: AccountEventKind,
    /// The network it came from; empty if that is not known.
    pub network: String,
    /// The time of the first.
    pub first_at: Timestamp,
    /// The time of the last.
    pub last_at: Timestamp,
    /// The number of times.
    pub times: u32,
}

named! {
    /// The kind of event.
    AccountEventKind {
        /// A sign-in with a wrong password.
        SignInFailed = "sign_in_failed",
        /// The end of a session because two clients held its tokens: see
        /// [`EndReason::Reuse`](crate::session::EndReason::Reuse).
        TokenReused = "token_reused",
        /// Its owner has seen all that happened before.
        Seen = "seen",
        /// Something that only a newer version has a name for.
        Unknown = "unknown",
    }
}

impl AccountEvent {
    /// An event that happened once.
    pub const fn once(
        user: UserId,
        kind: AccountEventKind,
        network: String,
        at: Timestamp,
    ) -> Self {
        Self { user, kind, network, first_at: at, last_at: at, times: 1 }
    }

    /// The number of the hour whose row counts it: that of its beginning.
    pub const fn period(&self) -> i64 {
        self.first_at.millis().div_euclid(PERIOD_MS)
    }

    /// Adds what happened after it, in the same hour, to the same account, from the same network.
    pub(crate) fn add(&mut self, later: &Self) {
        self.times = self.times.saturating_add(later.times);
        self.last_at = self.last_at.max(later.last_at);
    }
}

/// The columns that both databases answer with, but for the account.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) type Row = (String, String, i64, i64, i64);

/// Reads a row.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) fn of_row(user: UserId, row: Row) -> AccountEvent {
    let (kind, network, first_at, last_at, times) = row;
    AccountEvent {
        user,
        kind: AccountEventKind::parse(&kind).unwrap_or(AccountEventKind::Unknown),
        network,
        first_at: Timestamp::from_millis(first_at),
        last_at: Timestamp::from_millis(last_at),
        times: u32::try_from(times).unwrap_or(u32::MAX),
    }
}

/// The insertion of one, with its parameters in the order of the statement.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
macro_rules! count_account_event {
    ($event:expr) => {
        sqlx::query($crate::store::sql::COUNT_ACCOUNT_EVENT)
            .bind($event.user.to_string())
            .bind($event.kind.as_str())
            .bind($event.network.clone())
            .bind($event.period())
            .bind($event.first_at.millis())
            .bind($event.last_at.millis())
            .bind(i64::from($event.times))
    };
}
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) use count_account_event;
