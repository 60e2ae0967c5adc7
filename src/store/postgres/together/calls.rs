//! The calls that go together: what a refresh asks.

use futures::FutureExt as _;
use sqlx::{FromRow, Row as _, postgres::PgRow};

use super::{Answers, Call};
use crate::{
    clock::Timestamp,
    session::{Rotation, Session, SessionId},
    store::{
        Event, Overview, OverviewQuery, StoreError,
        failure::store_error,
        overview::row::OverviewRow,
        postgres::{
            statements::{
                ACKNOWLEDGE_SEVERAL, OVERVIEWS, ROTATE, ROTATE_SEVERAL, SESSIONS, bind_event,
            },
            wire::{Asked, Wire},
        },
        rows::{SessionRow, number},
        sql,
    },
};

/// Reads a session.
pub(in crate::store::postgres) struct ReadSession(pub SessionId);

/// Reads an account with one of its sessions.
pub(in crate::store::postgres) struct ReadOverview(pub OverviewQuery);

/// Notes the first proof that a generation was delivered.
pub(in crate::store::postgres) struct Acknowledge {
    pub id: SessionId,
    pub seen: u64,
    pub now: Timestamp,
}

/// Rotates a session's token, and tells of it.
pub(in crate::store::postgres) struct Rotate {
    pub rotation: Rotation,
    pub event: Event,
}

impl Call for ReadSession {
    type Answer = Option<Session>;

    fn id(&self) -> SessionId {
        self.0
    }

    async fn together(calls: &[&Self], wire: &Wire) -> Result<Answers<Self::Answer>, sqlx::Error> {
        let query = sqlx::query(SESSIONS).bind(ids(calls));
        let mut answers: Answers<_> = calls.iter().map(|call| (call.0, Ok(None))).collect();
        answers.extend(found::<SessionRow, _>("id", query, wire).await?);
        Ok(answers)
    }
}

impl Call for ReadOverview {
    type Answer = Option<Overview>;

    fn id(&self) -> SessionId {
        self.0.session
    }

    async fn together(calls: &[&Self], wire: &Wire) -> Result<Answers<Self::Answer>, sqlx::Error> {
        let query = sqlx::query(OVERVIEWS)
            .bind(ids(calls))
            .bind(each(calls, |Self(query)| query.user.to_string()))
            .bind(each(calls, |Self(query)| i64::from(query.events)))
            .bind(each(calls, |Self(query)| i64::from(query.account_events)));
        let mut answers: Answers<_> = calls.iter().map(|call| (call.id(), Ok(None))).collect();
        answers.extend(found::<OverviewRow, _>("asked", query, wire).await?);
        Ok(answers)
    }
}

impl Call for Acknowledge {
    type Answer = bool;

    fn id(&self) -> SessionId {
        self.id
    }

    async fn together(calls: &[&Self], wire: &Wire) -> Result<Answers<Self::Answer>, sqlx::Error> {
        let query = sqlx::query(ACKNOWLEDGE_SEVERAL)
            .bind(ids(calls))
            .bind(each(calls, |call| number(call.seen)))
            .bind(each(calls, |call| call.now.millis()));
        let rows = wire.ask(|connection| query.fetch_all(connection).boxed()).await?;
        Ok(rows.iter().filter_map(|row| Some((session_of(row, "id")?, Ok(true)))).collect())
    }

    async fn alone(self, wire: &Wire) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::acknowledge!())
            .bind(self.id.as_bytes().to_vec())
            .bind(number(self.seen))
            .bind(self.now.millis());
        Ok(wire.changed(query).await.map_err(store_error)? == 1)
    }
}

impl Call for Rotate {
    type Answer = Option<Session>;

    fn id(&self) -> SessionId {
        self.rotation.id
    }

    async fn together(calls: &[&Self], wire: &Wire) -> Result<Answers<Self::Answer>, sqlx::Error> {
        let query = sqlx::query(ROTATE_SEVERAL)
            .bind(ids(calls))
            .bind(each(calls, |Self { rotation, .. }| number(rotation.from)))
            .bind(each(calls, |Self { rotation, .. }| rotation.now.millis()))
            .bind(each(calls, |Self { rotation, .. }| rotation.proven_by().map(Timestamp::millis)))
            .bind(each(calls, |Self { rotation, .. }| rotation.idle_expires_at().millis()))
            .bind(each(calls, |Self { rotation, .. }| rotation.authority.role.as_str().to_owned()))
            .bind(each(calls, |Self { rotation, .. }| rotation.authority.claims.to_text()))
            .bind(each(calls, |Self { rotation, .. }| number(rotation.authority.version)))
            .bind(each(calls, |Self { event, .. }| event.at.millis()))
            .bind(each(calls, |Self { event, .. }| event.kind.as_str().to_owned()))
            .bind(each(calls, |Self { event, .. }| number(event.generation)))
            .bind(each(calls, |Self { event, .. }| event.trigger.as_str().to_owned()))
            .bind(each(calls, |Self { event, .. }| event.client.label.clone()))
            .bind(each(calls, |Self { event, .. }| event.client.user_agent_hash.clone()))
            .bind(each(calls, |Self { event, .. }| event.client.ip_prefix.clone()));
        found::<SessionRow, _>("id", query, wire).await
    }

    async fn alone(self, wire: &Wire) -> Result<Self::Answer, StoreError> {
        let Self { rotation, event } = self;
        let query = sql::bind_rotation!(sqlx::query(ROTATE), &rotation);
        wire.row::<SessionRow, _>(bind_event(query, &event)).await
    }
}

/// One parameter of each call, as an array.
fn each<C, T>(calls: &[&C], parameter: impl Fn(&C) -> T) -> Vec<T> {
    calls.iter().map(|call| parameter(call)).collect()
}

fn ids<C: Call>(calls: &[&C]) -> Vec<Vec<u8>> {
    each(calls, |call| call.id().as_bytes().to_vec())
}

/// Reads what a statement found, and which session was asked for. A row that cannot be is an error for its own caller.
async fn found<R, T>(
    asked: &str,
    query: Asked,
    wire: &Wire,
) -> Result<Answers<Option<T>>, sqlx::Error>
where
    R: for<'r> FromRow<'r, PgRow>,
    T: TryFrom<R, Error = StoreError>,
{
    let rows = wire.ask(|connection| query.fetch_all(connection).boxed()).await?;
    let read = |row| R::from_row(row).map_err(store_error)?.try_into().map(Some);
    Ok(rows.iter().filter_map(|row| Some((session_of(row, asked)?, read(row)))).collect())
}

/// The session of a row. Without one, the caller finds no answer, and asks alone.
fn session_of(row: &PgRow, column: &str) -> Option<SessionId> {
    let id: Vec<u8> = row.try_get(column).ok()?;
    Some(SessionId::from_bytes(id.try_into().ok()?))
}
