//! Sessions, and what the rule writes.

use async_trait::async_trait;
use futures::{FutureExt as _, TryFutureExt as _};
use sqlx::SqliteConnection;

use super::{SqliteStore, writer::Statement};
use crate::{
    clock::Timestamp,
    principal::{Authority, Subject},
    session::{EndReason, Session, SessionId},
    store::{
        Denied, Event, Rotation, SessionStore, StoreError, Touch,
        failure::store_error,
        rows::{EventRow, SessionRow, number, version_of},
        sql,
    },
};

/// Returns the session as it is then. No epoch has ended it: it has just been given the newest.
const ROTATE: &str = concat!(
    sql::rotate!("min", "max"),
    " returning *, null as ended_at, (select coalesce(max(version), 0) from coatroom_authority a \
     where a.subject = coatroom_session.subject) as newest_authority"
);

/// The number of generations after which old events are deleted.
const TRIMMED_EVERY: u64 = 16;

#[async_trait]
impl SessionStore for SqliteStore {
    async fn add_session(&self, session: &Session, event: &Event) -> Result<(), StoreError> {
        let add = sql::bind_session!(sqlx::query(sql::add_session!()), session);
        let told = add_event(sql::ADD_EVENT, session.id, event);
        self.writer
            .write(|connection| {
                async move {
                    add.execute(&mut *connection).await.map_err(store_error)?;
                    told.execute(connection).await.map_err(store_error)?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let asked = sqlx::query(sql::SESSION).bind(&id.as_bytes()[..]);
        self.readers.row::<SessionRow>(asked).await?.map(TryInto::try_into).transpose()
    }

    async fn sessions_of(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        let asked = sqlx::query(sql::SESSIONS_OF).bind(subject.as_str());
        self.readers.rows::<SessionRow>(asked).await?.into_iter().map(TryInto::try_into).collect()
    }

    async fn rotate(
        &self,
        rotation: &Rotation,
        event: &Event,
    ) -> Result<Option<Session>, StoreError> {
        let id = rotation.id;
        let rotate = sql::bind_rotation!(sqlx::query_as::<_, SessionRow>(ROTATE), rotation);
        let told = add_event(sql::ADD_EVENT, id, event);
        let is_full = event.generation.is_multiple_of(TRIMMED_EVERY);
        let row = self.writer.write(move |connection| {
            async move {
                let row = rotate.fetch_optional(&mut *connection).await.map_err(store_error)?;
                if row.is_none() {
                    return Ok(None);
                }
                told.execute(&mut *connection).await.map_err(store_error)?;
                if is_full {
                    let trim = sqlx::query(sql::TRIM_EVENTS).bind(&id.as_bytes()[..]);
                    trim.execute(connection).await.map_err(store_error)?;
                }
                Ok(row)
            }
            .boxed()
        });
        row.await?.map(TryInto::try_into).transpose()
    }

    async fn acknowledge(
        &self,
        id: SessionId,
        seen: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let acknowledge = sqlx::query(sql::acknowledge!())
            .bind(&id.as_bytes()[..])
            .bind(number(seen))
            .bind(now.millis());
        Ok(self.writer.changed(acknowledge).await? == 1)
    }

    async fn touch(&self, touch: &Touch) -> Result<bool, StoreError> {
        let seen = sqlx::query(sql::touch!("min"))
            .bind(&touch.id.as_bytes()[..])
            .bind(touch.now.millis())
            .bind(touch.seen_by().map(Timestamp::millis))
            .bind(touch.idle_expires_at().millis());
        Ok(self.writer.changed(seen).await? == 1)
    }

    async fn deny(&self, denied: Denied, at: Timestamp) -> Result<(), StoreError> {
        let (kind, id) = denied.logged();
        let deny = sqlx::query(sql::log_denied!()).bind(kind).bind(&id[..]).bind(at.millis());
        self.writer.changed(deny).await?;
        Ok(())
    }

    async fn count_replay(
        &self,
        id: SessionId,
        current: u64,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let count = sqlx::query(sql::count_replay!("max"))
            .bind(&id.as_bytes()[..])
            .bind(number(current))
            .bind(event.at.millis());
        self.change(count, add_event(sql::ADD_OR_COUNT, id, event)).await
    }

    async fn revoke(
        &self,
        id: SessionId,
        reason: EndReason,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let revoke = sqlx::query(sql::revoke!())
            .bind(&id.as_bytes()[..])
            .bind(event.at.millis())
            .bind(reason.as_str());
        self.change(revoke, add_event(sql::ADD_EVENT, id, event)).await
    }

    async fn record(&self, id: SessionId, event: &Event) -> Result<(), StoreError> {
        self.writer.changed(add_event(sql::ADD_OR_COUNT, id, event)).await?;
        Ok(())
    }

    async fn events(&self, id: SessionId, limit: u32) -> Result<Vec<Event>, StoreError> {
        let asked = sqlx::query(sql::EVENTS).bind(&id.as_bytes()[..]).bind(limit);
        self.readers.rows::<EventRow>(asked).await?.into_iter().map(TryInto::try_into).collect()
    }

    async fn add_epoch(&self, since: Option<Timestamp>, now: Timestamp) -> Result<u64, StoreError> {
        let add = sqlx::query_scalar(sql::ADD_EPOCH)
            .bind(now.millis())
            .bind(since.map(Timestamp::millis))
            .bind(now.millis().max(1));
        let number: i64 = self
            .writer
            .write(|connection| add.fetch_one(connection).map_err(store_error).boxed())
            .await?;
        u64::try_from(number).map_err(|_| StoreError::Corrupt("epoch.number"))
    }

    async fn renew_authority(
        &self,
        id: SessionId,
        authority: &Authority,
    ) -> Result<bool, StoreError> {
        let renew = sqlx::query(sql::RENEW_AUTHORITY)
            .bind(&id.as_bytes()[..])
            .bind(authority.role.as_str().to_owned())
            .bind(authority.claims.to_text())
            .bind(number(authority.version));
        Ok(self.writer.changed(renew).await? == 1)
    }

    async fn authority_version(&self, subject: &Subject) -> Result<u64, StoreError> {
        let asked = sqlx::query(sql::AUTHORITY_VERSION).bind(subject.as_str());
        let version: Option<(i64,)> = self.readers.row(asked).await?;
        version_of(version.map_or(0, |(version,)| version))
    }

    async fn outdate(&self, subject: &Subject, now: Timestamp) -> Result<u64, StoreError> {
        let outdate = sqlx::query_scalar(sql::outdate!("max"))
            .bind(subject.as_str().to_owned())
            .bind(now.millis().max(1))
            .bind(now.millis());
        let version: i64 = self
            .writer
            .write(|connection| outdate.fetch_one(connection).map_err(store_error).boxed())
            .await?;
        version_of(version)
    }
}

impl SqliteStore {
    /// Changes a session, and adds the event if that did. Returns whether it did.
    async fn change(&self, change: Statement, told: Statement) -> Result<bool, StoreError> {
        let both = async move |connection: &mut SqliteConnection| {
            let changed = change.execute(&mut *connection).await.map_err(store_error)?;
            let did = changed.rows_affected() == 1;
            if did {
                told.execute(connection).await.map_err(store_error)?;
            }
            Ok(did)
        };
        self.writer.write(|connection| both(connection).boxed()).await
    }
}

/// The statement that adds an event.
fn add_event(statement: &'static str, id: SessionId, event: &Event) -> Statement {
    sqlx::query(statement)
        .bind(&id.as_bytes()[..])
        .bind(event.at.millis())
        .bind(event.kind.as_str())
        .bind(number(event.generation))
        .bind(event.trigger.as_str())
        .bind(&event.client.label)
        .bind(&event.client.user_agent_hash)
        .bind(&event.client.ip_prefix)
}
