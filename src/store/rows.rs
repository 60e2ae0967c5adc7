//! Rows, and what they mean, whichever database they come from. Each becomes a domain type in one step; a value that
//! cannot be is a typed error.
//!
//! An unknown name is none of those: a newer node on the same database may have written it, and this one has to live
//! with it. Such a name is read as what does least harm, and a whole row that means nothing here is passed over.
//!
//! Numbers are `i64` in every row: `PostgreSQL` has no unsigned ones.

use std::time::Duration;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use sqlx::FromRow;

use crate::{
    clock::Timestamp,
    id::TokenId,
    keyring::{KeyId, KeyRecord, Schedule, SigningAlgorithm},
    principal::{Authority, Means, OwnClaims, Role, Subject},
    session::{Client, EndReason, Persistence, Revocation, Session, SessionId, SessionNonce},
    store::{Change, Event, EventKind, StoreError, Trigger},
};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::{
    password_hash::PasswordHash,
    store::{Cursor, Logged, Page},
    user::{Email, User, UserId},
};

#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[derive(FromRow)]
pub(super) struct UserRow {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) password_hash: String,
    pub(super) role: String,
    pub(super) created_at: i64,
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl TryFrom<UserRow> for (User, PasswordHash) {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let user = User {
            id: UserId::parse(&row.id).ok_or(StoreError::Corrupt("account.id"))?,
            email: Email::as_spelled(&row.email)
                .map_err(|_| StoreError::Corrupt("account.email"))?,
            role: role(row.role, "account.role")?,
            created_at: Timestamp::from_millis(row.created_at),
        };
        Ok((user, PasswordHash::from_phc(row.password_hash)))
    }
}

#[cfg_attr(any(feature = "sqlite", feature = "postgres"), derive(FromRow))]
pub(super) struct SessionRow {
    pub(super) id: Vec<u8>,
    pub(super) subject: String,
    pub(super) role: String,
    pub(super) claims: String,
    pub(super) authority_version: i64,
    pub(super) newest_authority: i64,
    pub(super) means: String,
    pub(super) created_at: i64,
    pub(super) authenticated_at: i64,
    pub(super) nonce: Vec<u8>,
    pub(super) pepper_kid: String,
    pub(super) generation: i64,
    pub(super) rotated_at: i64,
    pub(super) acknowledged_at: Option<i64>,
    pub(super) replays: i64,
    pub(super) persistence: String,
    pub(super) idle_expires_at: i64,
    pub(super) absolute_expires_at: i64,
    pub(super) revoked_at: Option<i64>,
    pub(super) revoked_reason: Option<String>,
    pub(super) client_label: String,
    pub(super) user_agent_hash: String,
    pub(super) ip_prefix: String,
    pub(super) last_seen_at: i64,
    pub(super) epoch: i64,
    /// The time at which an epoch ended it.
    pub(super) ended_at: Option<i64>,
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        let revoked = match (row.revoked_at, row.revoked_reason) {
            (None, None) => row.ended_at.map(|at| Revocation {
                at: Timestamp::from_millis(at),
                reason: EndReason::Administrator,
            }),
            (Some(at), Some(reason)) => Some(Revocation {
                at: Timestamp::from_millis(at),
                // It is over, for whatever reason.
                reason: EndReason::parse(&reason).unwrap_or(EndReason::Unknown),
            }),
            _ => return Err(StoreError::Corrupt("session.revoked_at")),
        };
        Ok(Self {
            id: SessionId::from_bytes(bytes(row.id, "session.id")?),
            subject: subject(row.subject, "session.subject")?,
            authority: Authority {
                role: role(row.role, "session.role")?,
                claims: OwnClaims::from_text(&row.claims)
                    .map_err(|_| StoreError::Corrupt("session.claims"))?,
                version: count(row.authority_version, "session.authority_version")?,
            },
            newest_authority: count(row.newest_authority, "authority.version")?,
            means: Means::parse(&row.means).map_err(|_| StoreError::Corrupt("session.means"))?,
            created_at: Timestamp::from_millis(row.created_at),
            authenticated_at: Timestamp::from_millis(row.authenticated_at),
            nonce: SessionNonce::from_bytes(bytes(row.nonce, "session.nonce")?),
            pepper_kid: row.pepper_kid,
            generation: count(row.generation, "session.generation")?,
            rotated_at: Timestamp::from_millis(row.rotated_at),
            acknowledged_at: row.acknowledged_at.map(Timestamp::from_millis),
            replays: count(row.replays, "session.replays")?,
            // The shorter-lived one.
            persistence: Persistence::parse(&row.persistence).unwrap_or(Persistence::Browser),
            idle_expires_at: Timestamp::from_millis(row.idle_expires_at),
            absolute_expires_at: Timestamp::from_millis(row.absolute_expires_at),
            revoked,
            client: Client {
                label: row.client_label,
                user_agent_hash: row.user_agent_hash,
                ip_prefix: row.ip_prefix,
            },
            last_seen_at: Timestamp::from_millis(row.last_seen_at),
            epoch: count(row.epoch, "session.epoch")?,
        })
    }
}

/// Read from columns by their names, or from a list of JSON in this order.
#[cfg_attr(any(feature = "sqlite", feature = "postgres"), derive(FromRow, serde::Deserialize))]
pub(super) struct EventRow {
    pub(super) at: i64,
    pub(super) kind: String,
    pub(super) generation: i64,
    pub(super) cause: String,
    pub(super) client_label: String,
    pub(super) user_agent_hash: String,
    pub(super) ip_prefix: String,
    pub(super) times: Option<i64>,
}

impl TryFrom<EventRow> for Event {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        Ok(Self {
            at: Timestamp::from_millis(row.at),
            kind: EventKind::parse(&row.kind).unwrap_or(EventKind::Unknown),
            generation: count(row.generation, "session_event.generation")?,
            trigger: Trigger::parse(&row.cause).unwrap_or(Trigger::Call),
            client: Client {
                label: row.client_label,
                user_agent_hash: row.user_agent_hash,
                ip_prefix: row.ip_prefix,
            },
            times: count(row.times.unwrap_or(1), "session_event.times")?,
        })
    }
}

#[cfg_attr(any(feature = "sqlite", feature = "postgres"), derive(FromRow))]
pub(super) struct KeyRow {
    pub(super) kid: String,
    pub(super) algorithm: String,
    pub(super) sealed: Vec<u8>,
    pub(super) staged_at: i64,
    pub(super) active_at: i64,
    pub(super) retiring_at: Option<i64>,
    pub(super) retired_at: Option<i64>,
}

/// Reads a key; `None` if its algorithm is not known: this node can neither sign with it nor check anything.
impl TryFrom<KeyRow> for Option<KeyRecord> {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> Result<Self, StoreError> {
        let kid = KeyId::parse(&row.kid).ok_or(StoreError::Corrupt("signing_key.kid"))?;
        let Some(algorithm) = SigningAlgorithm::parse(&row.algorithm) else { return Ok(None) };
        Ok(Some(KeyRecord {
            kid,
            algorithm,
            sealed: row.sealed,
            staged_at: Timestamp::from_millis(row.staged_at),
            active_at: Timestamp::from_millis(row.active_at),
            retiring_at: row.retiring_at.map(Timestamp::from_millis),
            retired_at: row.retired_at.map(Timestamp::from_millis),
        }))
    }
}

/// A row of the log, or of no change if there is none to tell, with what is read beside it.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[derive(FromRow)]
pub(super) struct LogRow {
    now: i64,
    keys_version: i64,
    epoch: i64,
    /// The part of the store's cursor beside the place of the last row.
    pub(super) state: String,
    pub(super) place: Option<String>,
    kind: Option<String>,
    session_id: Option<Vec<u8>>,
    subject: Option<String>,
    version: Option<i64>,
    at: Option<i64>,
    logged_at: Option<i64>,
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl LogRow {
    /// The change that it tells of; `None` if it tells of none, or of one that this program does not know.
    fn change(self) -> Result<Option<Logged>, StoreError> {
        let (Some(kind), Some(version), Some(at), Some(logged_at)) =
            (self.kind, self.version, self.at, self.logged_at)
        else {
            return Ok(None);
        };
        let row = ChangeRow {
            kind,
            session_id: self.session_id,
            subject: self.subject.unwrap_or_default(),
            version,
            at,
        };
        let logged_at = Timestamp::from_millis(logged_at);
        let change: Option<Change> = row.try_into()?;
        Ok(change.map(|change| Logged { change, logged_at }))
    }
}

/// A change of any kind.
pub(super) struct ChangeRow {
    pub(super) kind: String,
    pub(super) session_id: Option<Vec<u8>>,
    pub(super) subject: String,
    pub(super) version: i64,
    pub(super) at: i64,
}

/// Reads a change; `None` if its kind is not known.
impl TryFrom<ChangeRow> for Option<Change> {
    type Error = StoreError;

    fn try_from(row: ChangeRow) -> Result<Self, StoreError> {
        const SESSION: &str = "change.session_id";
        let at = Timestamp::from_millis(row.at);
        let owner = || subject(row.subject, "change.subject");
        let id = || bytes(row.session_id.ok_or(StoreError::Corrupt(SESSION))?, SESSION);
        Ok(Some(match row.kind.as_str() {
            "revoked" => Change::Revoked { id: SessionId::from_bytes(id()?), at },
            "token" => Change::Token { id: TokenId::from_bytes(id()?), at },
            "authority" => {
                let version = count(row.version, "change.version")?;
                Change::Authority { subject: owner()?, version, at }
            }
            "deleted" => Change::Deleted { subject: owner()?, at },
            _ => return Ok(None),
        }))
    }
}

/// A page of rows as they were read, which are not none.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) fn page(rows: Vec<LogRow>, next: Cursor, more: bool) -> Result<Page, StoreError> {
    let first = rows.first().ok_or(StoreError::Corrupt("change"))?;
    let (now, keys_version, epoch) = (first.now, first.keys_version, first.epoch);
    let changes: Result<_, _> =
        rows.into_iter().filter_map(|row| row.change().transpose()).collect();
    Ok(Page {
        changes: changes?,
        next,
        more,
        keys_version: count(keys_version, "signing_key.version")?,
        epoch: count(epoch, "epoch.number")?,
        store_now: Some(Timestamp::from_millis(now)),
    })
}

/// Counts the rows that tell of a change.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) fn told(rows: &[LogRow]) -> usize {
    rows.iter().filter(|row| row.place.is_some()).count()
}

/// The schedule of the keys: milliseconds.
pub(super) fn schedule(
    (cache, access_ttl, clock_skew): (i64, i64, i64),
) -> Result<Schedule, StoreError> {
    let millis = |value, column| count(value, column).map(Duration::from_millis);
    Ok(Schedule {
        cache: millis(cache, "key_schedule.cache")?,
        access_ttl: millis(access_ttl, "key_schedule.access_ttl")?,
        clock_skew: millis(clock_skew, "key_schedule.clock_skew")?,
    })
}

/// A length of time as the database's integer.
pub(super) fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

fn bytes<const N: usize>(value: Vec<u8>, column: &'static str) -> Result<[u8; N], StoreError> {
    value.try_into().map_err(|_| StoreError::Corrupt(column))
}

fn count<T: TryFrom<i64>>(value: i64, column: &'static str) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| StoreError::Corrupt(column))
}

fn subject(text: String, column: &'static str) -> Result<Subject, StoreError> {
    Subject::new(text).map_err(|_| StoreError::Corrupt(column))
}

fn role(name: String, column: &'static str) -> Result<Role, StoreError> {
    Role::new(name).map_err(|_| StoreError::Corrupt(column))
}

/// The version of an authority.
pub(super) fn version_of(value: i64) -> Result<u64, StoreError> {
    count(value, "authority.version")
}

/// A number as the database's integer; those beyond it exist nowhere, and match no row.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        kind: &str,
        session: Option<&[u8]>,
        subject: Option<&str>,
        version: i64,
    ) -> Result<Option<Change>, StoreError> {
        let row = ChangeRow {
            kind: kind.into(),
            session_id: session.map(Into::into),
            subject: subject.unwrap_or_default().into(),
            version,
            at: 17,
        };
        row.try_into()
    }

    #[test]
    fn a_change_of_an_unknown_kind_is_passed_over() {
        assert_eq!(read("frozen", None, None, -7).ok(), Some(None));
        assert_eq!(read("", Some(&[1; 16]), Some("ada"), 7).ok(), Some(None));
        let subject = Subject::new("ada").expect("a subject");
        let change = Change::Authority { subject, version: 7, at: Timestamp::from_millis(17) };
        assert_eq!(read("authority", None, Some("ada"), 7).ok(), Some(Some(change)));
    }

    #[test]
    fn a_change_that_cannot_be_is_corrupt() {
        let long = "x".repeat(256);
        for (kind, session, subject, version) in [
            ("revoked", Some(&[1; 15][..]), None, 0),
            ("revoked", None, Some("ada"), 0),
            ("deleted", Some(&[1; 16]), None, 0),
            ("deleted", None, Some(long.as_str()), 0),
            ("authority", None, Some(""), 1),
            ("authority", None, Some("ada"), -1),
        ] {
            let error = read(kind, session, subject, version).expect_err("refused");
            assert!(matches!(error, StoreError::Corrupt(_)), "{kind}: {error}");
        }
    }
}
