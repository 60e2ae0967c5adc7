//! The server's answers as rows, which become domain types as those of databases do.

use std::collections::HashMap;

use super::numbers::{read_instant, read_number};
use crate::{
    clock::Timestamp,
    keyring::KeyRecord,
    session::{Session, SessionId},
    store::{
        Change, Event, Logged, StoreError,
        rows::{ChangeRow, EventRow, KeyRow, SessionRow},
    },
};

/// The fields of a hash, or of an entry of the log.
pub(super) type Fields = HashMap<String, Vec<u8>>;

/// A session; the newest version of its owner's authority, if it was ever changed; the end that an epoch made.
pub(super) type ReadSession = (Fields, Option<String>, Option<String>);

/// An event: its instant, kind, generation, cause, label, agent and network, and how often.
pub(super) type ReadEvent = (String, String, String, String, String, String, String, i64);

/// A value of a column, which is named with its table.
struct Row(Fields);

impl Row {
    fn bytes(&mut self, column: &'static str) -> Option<Vec<u8>> {
        let (_, field) = column.split_once('.')?;
        self.0.remove(field)
    }

    fn perhaps(&mut self, column: &'static str) -> Result<Option<String>, StoreError> {
        let text = self.bytes(column).map(String::from_utf8).transpose();
        text.map_err(|_| StoreError::Corrupt(column))
    }

    fn text(&mut self, column: &'static str) -> Result<String, StoreError> {
        self.perhaps(column)?.ok_or(StoreError::Corrupt(column))
    }

    fn number(&mut self, column: &'static str) -> Result<i64, StoreError> {
        number(&self.text(column)?, column)
    }

    fn at(&mut self, column: &'static str) -> Result<i64, StoreError> {
        instant(&self.text(column)?, column)
    }

    fn perhaps_at(&mut self, column: &'static str) -> Result<Option<i64>, StoreError> {
        self.perhaps(column)?.map(|text| instant(&text, column)).transpose()
    }

    fn id(&mut self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(text) = self.perhaps(column)? else { return Ok(None) };
        let id = SessionId::parse(&text).ok_or(StoreError::Corrupt(column))?;
        Ok(Some(id.as_bytes().to_vec()))
    }
}

pub(super) fn number(text: &str, column: &'static str) -> Result<i64, StoreError> {
    read_number(text).ok_or(StoreError::Corrupt(column))
}

fn instant(text: &str, column: &'static str) -> Result<i64, StoreError> {
    read_instant(text).ok_or(StoreError::Corrupt(column))
}

pub(super) fn session((fields, newest, ended): ReadSession) -> Result<Session, StoreError> {
    let mut row = Row(fields);
    SessionRow {
        id: row.id("session.id")?.ok_or(StoreError::Corrupt("session.id"))?,
        subject: row.text("session.subject")?,
        role: row.text("session.role")?,
        claims: row.text("session.claims")?,
        authority_version: row.number("session.authority_version")?,
        newest_authority: newest.map_or(Ok(0), |newest| number(&newest, "authority.version"))?,
        means: row.text("session.means")?,
        created_at: row.at("session.created_at")?,
        authenticated_at: row.at("session.authenticated_at")?,
        nonce: row.bytes("session.nonce").ok_or(StoreError::Corrupt("session.nonce"))?,
        pepper_kid: row.text("session.pepper_kid")?,
        generation: row.number("session.generation")?,
        rotated_at: row.at("session.rotated_at")?,
        acknowledged_at: row.perhaps_at("session.acknowledged_at")?,
        replays: row
            .text("session.replays")?
            .parse()
            .map_err(|_| StoreError::Corrupt("session.replays"))?,
        persistence: row.text("session.persistence")?,
        idle_expires_at: row.at("session.idle_expires_at")?,
        absolute_expires_at: row.at("session.absolute_expires_at")?,
        revoked_at: row.perhaps_at("session.revoked_at")?,
        revoked_reason: row.perhaps("session.revoked_reason")?,
        client_label: row.text("session.client_label")?,
        user_agent_hash: row.text("session.user_agent_hash")?,
        ip_prefix: row.text("session.ip_prefix")?,
        last_seen_at: row.at("session.last_seen_at")?,
        epoch: row.number("session.epoch")?,
        ended_at: ended.map(|at| instant(&at, "epoch.at")).transpose()?,
    }
    .try_into()
}

pub(super) fn event(row: ReadEvent) -> Result<Event, StoreError> {
    let (at, kind, generation, cause, client_label, user_agent_hash, ip_prefix, times) = row;
    EventRow {
        at: instant(&at, "session_event.at")?,
        kind,
        generation: number(&generation, "session_event.generation")?,
        cause,
        client_label,
        user_agent_hash,
        ip_prefix,
        times: Some(times),
    }
    .try_into()
}

/// Reads a key; `None` if its algorithm is not known.
pub(super) fn key(fields: Fields) -> Result<Option<KeyRecord>, StoreError> {
    let mut row = Row(fields);
    KeyRow {
        kid: row.text("signing_key.kid")?,
        algorithm: row.text("signing_key.algorithm")?,
        sealed: row.bytes("signing_key.sealed").ok_or(StoreError::Corrupt("signing_key.sealed"))?,
        staged_at: row.at("signing_key.staged_at")?,
        active_at: row.at("signing_key.active_at")?,
        retiring_at: row.perhaps_at("signing_key.retiring_at")?,
        retired_at: row.perhaps_at("signing_key.retired_at")?,
    }
    .try_into()
}

/// Reads a change; `None` if its kind is not known.
pub(super) fn logged(fields: Fields) -> Result<Option<Logged>, StoreError> {
    const LOGGED_AT: &str = "change.logged_at";
    let mut row = Row(fields);
    let version = row.perhaps("change.version")?;
    let change = ChangeRow {
        kind: row.text("change.kind")?,
        session_id: row.id("change.session")?,
        subject: row.perhaps("change.subject")?.unwrap_or_default(),
        version: version.map_or(Ok(0), |text| number(&text, "change.version"))?,
        at: row.at("change.at")?,
    };
    let logged_at = row.text(LOGGED_AT)?.parse().map_err(|_| StoreError::Corrupt(LOGGED_AT))?;
    let logged_at = Timestamp::from_millis(logged_at);
    let change: Option<Change> = change.try_into()?;
    Ok(change.map(|change| Logged { change, logged_at }))
}
