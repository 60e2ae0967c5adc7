//! The log of changes: by transactions, because a sequence has gaps while some are open.
//!
//! A reader remembers the snapshot that it read under, and is told next what that did not show: the rows of the
//! transactions that were under way then, and of all later ones. However long a transaction stays open, it costs a row
//! that is read once.

use async_trait::async_trait;
use futures::FutureExt as _;
use sqlx::FromRow as _;

use super::{PostgresStore, feed, wire::Wire};
use crate::store::{
    ChangeLog, Cursor, Feed, Page, StoreError,
    failure::store_error,
    rows::{LogRow, page, told},
    sql,
};

/// Parameters: the snapshot that was read last; transaction and number of the last row since then; how many.
const CHANGES: &str = concat!(
    "select s.now, s.keys_version, s.epoch, s.state, c.xid::text || ' ' || c.seq as place, c.kind, c.session_id, c.subject, c.version, \
     c.at, c.logged_at \
     from (select (extract(epoch from clock_timestamp()) * 1000)::bigint as now, \
     (select coalesce(max(version), 0) from coatroom_signing_key) as keys_version, ",
    sql::newest_epoch!(),
    " as epoch, \
     extract(epoch from pg_postmaster_start_time())::text || '-' || \
     (select oid from pg_database where datname = current_database())::text || ' ' || \
     pg_current_snapshot()::text as state) s \
     left join lateral ( \
     (select * from coatroom_change where xid >= pg_snapshot_xmax($1::text::pg_snapshot) \
     and (xid, seq) > ($2::text::xid8, $3) order by xid, seq limit $4) \
     union all \
     (select * from coatroom_change where xid = any (array (select pg_snapshot_xip($1::text::pg_snapshot))) \
     and (xid, seq) > ($2::text::xid8, $3) order by xid, seq limit $4) \
     order by xid, seq limit $4) c on true order by c.xid, c.seq"
);

/// The place of a reader.
#[derive(Clone)]
struct LogPosition {
    /// The server and the database, since it was started: one that took over, or was restored, may have given numbers
    /// of transactions again.
    server: String,
    /// The snapshot that was read to its end.
    read: String,
    /// The snapshot that is being read, page by page, and the last row of it.
    reading: Option<Reading>,
}

#[derive(Clone)]
struct Reading {
    snapshot: String,
    xid: String,
    seq: i64,
}

impl LogPosition {
    /// The place before every transaction.
    fn beginning() -> Self {
        Self { server: String::new(), read: "1:1:".into(), reading: None }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ').map(str::to_owned);
        let (server, read) = (words.next()?, words.next().filter(|text| is_snapshot(text))?);
        let reading = match words.next() {
            Some(snapshot) => Some(Reading {
                snapshot: Some(snapshot).filter(|text| is_snapshot(text))?,
                xid: words.next().filter(|text| text.parse::<u64>().is_ok())?,
                seq: words.next()?.parse().ok()?,
            }),
            None => None,
        };
        Some(Self { server, read, reading })
    }

    fn cursor(&self) -> Cursor {
        let Self { server, read, reading } = self;
        Cursor::new(match reading {
            Some(Reading { snapshot, xid, seq }) => {
                format!("{server} {read} {snapshot} {xid} {seq}")
            }
            None => format!("{server} {read}"),
        })
    }

    /// Returns the place to go on from after these rows.
    fn after(self, rows: &[LogRow], more: bool) -> Option<Self> {
        let (server, now) = rows.first()?.state.split_once(' ')?;
        // Of several pages the first one's: what was committed after it is told by the next question, or twice.
        let snapshot = self.reading.map_or_else(|| now.to_owned(), |reading| reading.snapshot);
        let server = server.to_owned();
        if !more {
            return Some(Self { server, read: snapshot, reading: None });
        }
        let (xid, seq) = rows.last()?.place.as_ref()?.split_once(' ')?;
        let reading = Reading { snapshot, xid: xid.to_owned(), seq: seq.parse().ok()? };
        Some(Self { server, read: self.read, reading: Some(reading) })
    }
}

/// Returns true if the server will read it: `xmin:xmax:xip,…`.
fn is_snapshot(text: &str) -> bool {
    let mut parts = text.split(':');
    let number = |text: &str| text.parse::<u64>().is_ok();
    let bounds = parts.by_ref().take(2).filter(|text| number(text)).count() == 2;
    let open = parts.next().is_some_and(|text| text.is_empty() || text.split(',').all(number));
    bounds && open && parts.next().is_none()
}

#[async_trait]
impl ChangeLog for PostgresStore {
    async fn changes(&self, after: Option<&Cursor>, limit: u32) -> Result<Page, StoreError> {
        read_on(&self.wire, after, limit).await
    }

    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        let connect = self.connect.clone().application_name("coatroom feed");
        feed::open(connect, self.options, self.pool().close_event()).await.map(Some)
    }
}

/// Reads on after a cursor, or from the beginning.
async fn read_on(wire: &Wire, cursor: Option<&Cursor>, limit: u32) -> Result<Page, StoreError> {
    let known = cursor.and_then(|cursor| LogPosition::parse(cursor.as_str()));
    let mut place = known.unwrap_or_else(LogPosition::beginning);
    let mut read = rows(wire, &place, limit).await?;
    let elsewhere = |row: &LogRow| row.state.split(' ').next() != Some(place.server.as_str());
    if !place.server.is_empty() && read.first().is_some_and(elsewhere) {
        place = LogPosition::beginning();
        read = rows(wire, &place, limit).await?;
    }
    let more = u32::try_from(told(&read)).is_ok_and(|told| told >= limit);
    let next = place.after(&read, more).ok_or(StoreError::Corrupt("change"))?;
    page(read, next.cursor(), more)
}

async fn rows(wire: &Wire, place: &LogPosition, limit: u32) -> Result<Vec<LogRow>, StoreError> {
    let (xid, seq) = match &place.reading {
        Some(reading) => (reading.xid.clone(), reading.seq),
        None => ("0".to_owned(), 0),
    };
    let query = sqlx::query(CHANGES).bind(place.read.clone()).bind(xid).bind(seq);
    let query = query.bind(i64::from(limit));
    let rows =
        wire.ask(|connection| query.fetch_all(connection).boxed()).await.map_err(store_error)?;
    rows.iter().map(|row| LogRow::from_row(row).map_err(store_error)).collect()
}
