//! Rows, and what they mean. Each becomes a domain type in one step; a value that cannot be is a typed error.

use sqlx::FromRow;

use crate::{
    clock::Timestamp,
    keyring::{KeyId, KeyRecord, SigningAlgorithm},
    password::PasswordHash,
    session::{Client, EndReason, Persistence, Revocation, Session, SessionId, SessionNonce},
    store::{Change, Event, EventKind, StoreError, Trigger},
    user::{Email, Role, User, UserId},
};

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

#[derive(FromRow)]
pub(super) struct UserRow {
    id: Vec<u8>,
    email: String,
    password_hash: String,
    role: String,
    authz_version: u32,
    created_at: i64,
}

impl TryFrom<UserRow> for (User, PasswordHash) {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let user = User {
            id: UserId::from_bytes(bytes(row.id, "account.id")?),
            email: Email::parse(&row.email).map_err(|_| StoreError::Corrupt("account.email"))?,
            role: Role::parse(&row.role).ok_or(StoreError::Corrupt("account.role"))?,
            authz_version: row.authz_version,
            created_at: Timestamp::from_millis(row.created_at),
        };
        Ok((user, PasswordHash::from_phc(row.password_hash)))
    }
}

#[derive(FromRow)]
pub(super) struct SessionRow {
    id: Vec<u8>,
    user_id: Vec<u8>,
    role: String,
    created_at: i64,
    authenticated_at: i64,
    nonce: Vec<u8>,
    pepper_kid: String,
    generation: i64,
    rotated_at: i64,
    acknowledged_at: Option<i64>,
    replays: u32,
    persistence: String,
    idle_expires_at: i64,
    absolute_expires_at: i64,
    revoked_at: Option<i64>,
    revoked_reason: Option<String>,
    authz_version: u32,
    client_label: String,
    user_agent_hash: String,
    ip_prefix: String,
    last_seen_at: i64,
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        let revoked = match (row.revoked_at, row.revoked_reason) {
            (None, None) => None,
            (Some(at), Some(reason)) => Some(Revocation {
                at: Timestamp::from_millis(at),
                reason: EndReason::parse(&reason)
                    .ok_or(StoreError::Corrupt("session.revoked_reason"))?,
            }),
            _ => return Err(StoreError::Corrupt("session.revoked_at")),
        };
        Ok(Self {
            id: SessionId::from_bytes(bytes(row.id, "session.id")?),
            user_id: UserId::from_bytes(bytes(row.user_id, "session.user_id")?),
            role: Role::parse(&row.role).ok_or(StoreError::Corrupt("account.role"))?,
            created_at: Timestamp::from_millis(row.created_at),
            authenticated_at: Timestamp::from_millis(row.authenticated_at),
            nonce: SessionNonce::from_bytes(bytes(row.nonce, "session.nonce")?),
            pepper_kid: row.pepper_kid,
            generation: u64::try_from(row.generation)
                .map_err(|_| StoreError::Corrupt("session.generation"))?,
            rotated_at: Timestamp::from_millis(row.rotated_at),
            acknowledged_at: row.acknowledged_at.map(Timestamp::from_millis),
            replays: row.replays,
            persistence: Persistence::parse(&row.persistence)
                .ok_or(StoreError::Corrupt("session.persistence"))?,
            idle_expires_at: Timestamp::from_millis(row.idle_expires_at),
            absolute_expires_at: Timestamp::from_millis(row.absolute_expires_at),
            revoked,
            authz_version: row.authz_version,
            client: Client {
                label: row.client_label,
                user_agent_hash: row.user_agent_hash,
                ip_prefix: row.ip_prefix,
            },
            last_seen_at: Timestamp::from_millis(row.last_seen_at),
        })
    }
}

#[derive(FromRow)]
pub(super) struct EventRow {
    at: i64,
    kind: String,
    generation: i64,
    cause: String,
    client_label: String,
    user_agent_hash: String,
    ip_prefix: String,
}

impl TryFrom<EventRow> for Event {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        Ok(Self {
            at: Timestamp::from_millis(row.at),
            kind: EventKind::parse(&row.kind).ok_or(StoreError::Corrupt("session_event.kind"))?,
            generation: u64::try_from(row.generation)
                .map_err(|_| StoreError::Corrupt("session_event.generation"))?,
            trigger: Trigger::parse(&row.cause)
                .ok_or(StoreError::Corrupt("session_event.cause"))?,
            client: Client {
                label: row.client_label,
                user_agent_hash: row.user_agent_hash,
                ip_prefix: row.ip_prefix,
            },
        })
    }
}

#[derive(FromRow)]
pub(super) struct KeyRow {
    kid: String,
    algorithm: String,
    sealed: Vec<u8>,
    staged_at: i64,
    active_at: i64,
    retiring_at: Option<i64>,
    retired_at: Option<i64>,
}

impl TryFrom<KeyRow> for KeyRecord {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> Result<Self, StoreError> {
        Ok(Self {
            kid: KeyId::parse(&row.kid).ok_or(StoreError::Corrupt("signing_key.kid"))?,
            algorithm: SigningAlgorithm::parse(&row.algorithm)
                .ok_or(StoreError::Corrupt("signing_key.algorithm"))?,
            sealed: row.sealed,
            staged_at: Timestamp::from_millis(row.staged_at),
            active_at: Timestamp::from_millis(row.active_at),
            retiring_at: row.retiring_at.map(Timestamp::from_millis),
            retired_at: row.retired_at.map(Timestamp::from_millis),
        })
    }
}

#[derive(FromRow)]
pub(super) struct ChangeRow {
    what: String,
    id: Vec<u8>,
    at: i64,
    version: u32,
}

impl TryFrom<ChangeRow> for Change {
    type Error = StoreError;

    fn try_from(row: ChangeRow) -> Result<Self, StoreError> {
        let at = Timestamp::from_millis(row.at);
        match row.what.as_str() {
            "revoked" => {
                Ok(Self::Revoked { id: SessionId::from_bytes(bytes(row.id, "session.id")?), at })
            }
            "keys" => Ok(Self::Keys { version: row.version }),
            _ => Ok(Self::Authz {
                user: UserId::from_bytes(bytes(row.id, "account.id")?),
                version: row.version,
                at,
            }),
        }
    }
}

fn bytes<const N: usize>(value: Vec<u8>, column: &'static str) -> Result<[u8; N], StoreError> {
    value.try_into().map_err(|_| StoreError::Corrupt(column))
}
