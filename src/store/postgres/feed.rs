//! The feed of changes as they are committed, by any writer: `listen`, on a connection of its own.
//!
//! A notification is lost if no connection listens, so a connection that is lost ends the feed: its follower has to ask
//! what it missed. A channel is open to every client that may connect to the database, and newer nodes tell what this
//! one does not know; what is not understood is passed over.

use sqlx::{
    Executor as _,
    pool::CloseEvent,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::time::timeout;

use super::{PostgresOptions, wire::in_time};
use crate::{
    clock::Timestamp,
    id::TokenId,
    principal::Subject,
    session::SessionId,
    store::{Change, Feed, StoreError, failure::store_error, sql},
};

/// The name that the triggers give it.
const CHANNEL: &str = "coatroom";

/// Listens from now on; `closed` ends it.
pub(super) async fn open(
    connect: PgConnectOptions,
    options: PostgresOptions,
    closed: CloseEvent,
) -> Result<Feed, StoreError> {
    let listener = in_time(options.patience, async {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_with(connect)
            .await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(listener)
    })
    .await
    .map_err(store_error)?;
    Ok(Feed::new(Following { listener, closed, options }, Following::next))
}

struct Following {
    listener: PgListener,
    closed: CloseEvent,
    options: PostgresOptions,
}

impl Following {
    async fn next(mut self) -> Result<(Change, Self), StoreError> {
        let PostgresOptions { patience, heartbeat, .. } = self.options;
        loop {
            match self
                .closed
                .do_until(timeout(heartbeat, self.listener.try_recv()))
                .await
                .map_err(store_error)?
            {
                Ok(Ok(Some(told))) => {
                    if let Some(change) = read(told.payload()) {
                        return Ok((change, self));
                    }
                    let bytes = told.payload().len();
                    tracing::debug!(bytes, "ignored an unknown notification on the channel");
                }
                Ok(Ok(None)) => {
                    return Err(StoreError::Unavailable("the connection was lost".into()));
                }
                Ok(Err(error)) => return Err(store_error(error)),
                Err(_quiet) => {
                    in_time(patience, self.listener.execute(sql::PING))
                        .await
                        .map_err(store_error)?;
                }
            }
        }
    }
}

/// Reads what the triggers write: `revoked <id> <at>` or `token <id> <at>` with the id in hexadecimal, `authority <version> <at> <subject>`,
/// `deleted <at> <subject>`, `keys <version>` or `epoch <number>`. A subject may have spaces, and stands last. What a
/// newer trigger adds to one of the others is ignored: a revocation has to be read.
fn read(payload: &str) -> Option<Change> {
    let (kind, rest) = payload.split_once(' ')?;
    let (first, more) = rest.split_once(' ').unwrap_or((rest, ""));
    Some(match kind {
        "revoked" => Change::Revoked {
            id: SessionId::from_bytes(id(first)?),
            at: at(more.split(' ').next()?)?,
        },
        "token" => {
            Change::Token { id: TokenId::from_bytes(id(first)?), at: at(more.split(' ').next()?)? }
        }
        "authority" => {
            let (changed_at, subject) = more.split_once(' ')?;
            let (version, at) = (first.parse().ok()?, at(changed_at)?);
            Change::Authority { subject: Subject::new(subject).ok()?, version, at }
        }
        "deleted" => Change::Deleted { subject: Subject::new(more).ok()?, at: at(first)? },
        "epoch" => Change::Epoch { number: first.parse().ok()? },
        "keys" => Change::Keys { version: first.parse().ok()? },
        _ => return None,
    })
}

fn id(word: &str) -> Option<[u8; 16]> {
    let hexadecimal = word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if word.len() != 32 || !hexadecimal {
        return None;
    }
    u128::from_str_radix(word, 16).ok().map(u128::to_be_bytes)
}

fn at(word: &str) -> Option<Timestamp> {
    word.parse().ok().map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00112233445566778899aabbccddeeff";
    const BYTES: [u8; 16] = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff_u128.to_be_bytes();

    #[test]
    fn a_notification_of_a_trigger_is_read_as_its_change() {
        let id = SessionId::from_bytes(BYTES);
        let subject = Subject::new("a b").expect("a subject");
        let at = Timestamp::from_millis;
        assert_eq!(read(&format!("revoked {ID} 17")), Some(Change::Revoked { id, at: at(17) }));
        let last = format!("authority {} {} a b", u64::MAX, i64::MIN);
        let last_change =
            Change::Authority { subject: subject.clone(), version: u64::MAX, at: at(i64::MIN) };
        assert_eq!(read(&last), Some(last_change));
        let deleted = Change::Deleted { subject, at: at(17) };
        assert_eq!(read("deleted 17 a b"), Some(deleted));
        assert_eq!(read("keys 3"), Some(Change::Keys { version: 3 }));
        let token = Change::Token { id: TokenId::from_bytes(BYTES), at: at(17) };
        assert_eq!(read(&format!("token {ID} 17")), Some(token));
        // By a newer trigger.
        let revoked = Some(Change::Revoked { id, at: at(17) });
        assert_eq!(read(&format!("revoked {ID} 17 signed_out")), revoked);
        assert_eq!(read("keys 3 2"), Some(Change::Keys { version: 3 }));
        assert_eq!(read("epoch 4"), Some(Change::Epoch { number: 4 }));
    }

    #[test]
    fn anything_else_on_the_channel_is_passed_over() {
        for payload in [
            "",
            " ",
            "revoked",
            "hello",
            &format!("revoked {ID}"),
            &format!("revoked {ID} "),
            &format!("revoked {ID} soon"),
            &format!("revoked  {ID} 1"),
            &format!("Revoked {ID} 1"),
            &format!("revoked {} 1", &ID[1..]),
            &format!("revoked {} 1", ID.to_uppercase()),
            &format!("revoked +{} 1", &ID[1..]),
            &format!("revoked {} 1", "é".repeat(16)),
            &format!("revoked {ID} 9223372036854775808"),
            "authority 1 1",
            "authority -1 1 ada",
            "authority 18446744073709551616 1 ada",
            "deleted 17",
            "deleted 17 ",
            "deleted soon ada",
            "keys",
            "keys -1",
            "frozen 7",
            &"revoked ".repeat(1000),
        ] {
            assert_eq!(read(payload), None, "{payload}");
        }
    }
}
