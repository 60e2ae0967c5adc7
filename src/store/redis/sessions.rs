//! Sessions, and what the rule writes.

use std::cmp::Reverse;

use async_trait::async_trait;

use super::{
    RedisStore,
    numbers::{instant, number},
    rows::{self, ReadEvent, ReadSession},
    scripts,
};
use crate::{
    clock::Timestamp,
    principal::{Authority, Subject},
    session::{EndReason, Rotation, Session, SessionId},
    store::{Denied, Event, SessionStore, StoreError, Touch, rows::version_of},
};

#[async_trait]
impl SessionStore for RedisStore {
    async fn add_session(&self, session: &Session, event: &Event) -> Result<(), StoreError> {
        let arguments = (told(event), session.id.to_string(), fields(session));
        self.wire.did(&scripts::ADD_SESSION, arguments).await.map(|_| ())
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let found: Option<ReadSession> = self.wire.ask(&scripts::SESSION, id.to_string()).await?;
        found.map(rows::session).transpose()
    }

    async fn sessions_of(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        let found: Vec<ReadSession> =
            self.wire.ask(&scripts::SESSIONS_OF, subject.as_str()).await?;
        let found: Result<Vec<Session>, _> = found.into_iter().map(rows::session).collect();
        let mut found = found?;
        found.sort_by_key(|session| Reverse((session.created_at, session.id)));
        Ok(found)
    }

    async fn rotate(
        &self,
        rotation: &Rotation,
        event: &Event,
    ) -> Result<Option<Session>, StoreError> {
        let authority = &rotation.authority;
        let step = [
            rotation.id.to_string(),
            number(rotation.from),
            number(rotation.from.saturating_add(1)),
            instant(rotation.now),
            rotation.proven_by().map(instant).unwrap_or_default(),
            instant(rotation.idle_expires_at()),
            authority.role.as_str().to_owned(),
            authority.claims.to_text(),
            number(authority.version),
        ];
        let rotated: Option<ReadSession> =
            self.wire.ask(&scripts::ROTATE, (told(event), &step)).await?;
        rotated.map(rows::session).transpose()
    }

    async fn acknowledge(
        &self,
        id: SessionId,
        generation: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let arguments = [id.to_string(), number(generation), instant(now)];
        self.wire.did(&scripts::ACKNOWLEDGE, &arguments).await
    }

    async fn touch(&self, touch: &Touch) -> Result<bool, StoreError> {
        let arguments = [
            touch.id.to_string(),
            instant(touch.now),
            touch.seen_by().map(instant).unwrap_or_default(),
            instant(touch.idle_expires_at()),
        ];
        self.wire.did(&scripts::TOUCH, &arguments).await
    }

    async fn deny(&self, denied: Denied, at: Timestamp) -> Result<(), StoreError> {
        let (kind, id) = denied.logged();
        let id = SessionId::from_bytes(*id).to_string();
        self.wire.did(&scripts::DENY, &[kind.to_owned(), id, instant(at)]).await.map(|_| ())
    }

    async fn count_replay(
        &self,
        id: SessionId,
        generation: u64,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let arguments = (told(event), id.to_string(), number(generation));
        self.wire.did(&scripts::COUNT_REPLAY, arguments).await
    }

    async fn revoke(
        &self,
        id: SessionId,
        reason: EndReason,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let arguments = (told(event), id.to_string(), reason.as_str());
        self.wire.did(&scripts::REVOKE, arguments).await
    }

    async fn record(&self, id: SessionId, event: &Event) -> Result<(), StoreError> {
        self.wire.did(&scripts::RECORD, (told(event), id.to_string())).await.map(|_| ())
    }

    async fn events(&self, id: SessionId, limit: u32) -> Result<Vec<Event>, StoreError> {
        let found: Vec<ReadEvent> =
            self.wire.ask(&scripts::EVENTS, (id.to_string(), limit)).await?;
        found.into_iter().map(rows::event).collect()
    }

    async fn add_epoch(&self, since: Option<Timestamp>, now: Timestamp) -> Result<u64, StoreError> {
        let arguments = [instant(now), since.map(instant).unwrap_or_default(), least(now)];
        let epoch: String = self.wire.ask(&scripts::ADD_EPOCH, &arguments).await?;
        let number = rows::number(&epoch, "epoch.number")?;
        u64::try_from(number).map_err(|_| StoreError::Corrupt("epoch.number"))
    }

    async fn renew_authority(
        &self,
        id: SessionId,
        authority: &Authority,
    ) -> Result<bool, StoreError> {
        let arguments = [
            id.to_string(),
            authority.role.as_str().to_owned(),
            authority.claims.to_text(),
            number(authority.version),
        ];
        self.wire.did(&scripts::RENEW_AUTHORITY, &arguments).await
    }

    async fn authority_version(&self, subject: &Subject) -> Result<u64, StoreError> {
        let version: Option<String> =
            self.wire.ask(&scripts::AUTHORITY_VERSION, subject.as_str()).await?;
        version.map_or(Ok(0), |version| version_of(rows::number(&version, "authority.version")?))
    }

    async fn outdate(&self, subject: &Subject, now: Timestamp) -> Result<u64, StoreError> {
        let arguments = [subject.as_str().to_owned(), instant(now), least(now)];
        let version: String = self.wire.ask(&scripts::OUTDATE, &arguments).await?;
        version_of(rows::number(&version, "authority.version")?)
    }
}

/// The least number that an epoch or a version may have.
fn least(now: Timestamp) -> String {
    number(now.millis().max(0).cast_unsigned())
}

/// An event, as `take_event` reads it.
fn told(event: &Event) -> Vec<String> {
    vec![
        instant(event.at),
        event.kind.as_str().to_owned(),
        number(event.generation),
        event.trigger.as_str().to_owned(),
        event.client.label.clone(),
        event.client.user_agent_hash.clone(),
        event.client.ip_prefix.clone(),
    ]
}

/// The fields of a session that was not revoked, with their values. The script adds its epoch.
fn fields(session: &Session) -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    let at = |at| instant(at).into_bytes();
    let mut fields = vec![
        ("id", session.id.to_string().into_bytes()),
        ("subject", text(session.subject.as_str())),
        ("role", text(session.authority.role.as_str())),
        ("claims", session.authority.claims.to_text().into_bytes()),
        ("authority_version", number(session.authority.version).into_bytes()),
        ("means", text(session.means.as_str())),
        ("created_at", at(session.created_at)),
        ("authenticated_at", at(session.authenticated_at)),
        ("nonce", session.nonce.as_bytes().to_vec()),
        ("pepper_kid", text(&session.pepper_kid)),
        ("generation", number(session.generation).into_bytes()),
        ("rotated_at", at(session.rotated_at)),
        ("replays", session.replays.to_string().into_bytes()),
        ("persistence", text(session.persistence.as_str())),
        ("idle_expires_at", at(session.idle_expires_at)),
        ("absolute_expires_at", at(session.absolute_expires_at)),
        ("client_label", text(&session.client.label)),
        ("user_agent_hash", text(&session.client.user_agent_hash)),
        ("ip_prefix", text(&session.client.ip_prefix)),
        ("last_seen_at", at(session.last_seen_at)),
    ];
    fields.extend(session.acknowledged_at.map(|proven| ("acknowledged_at", at(proven))));
    fields
}
