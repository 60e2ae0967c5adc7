//! The feed of changes as they are made, by any client: a subscription, on a connection of its own.
//!
//! A message is lost if no connection listens, so a connection that is lost ends the feed: its follower has to ask what
//! it missed. Newer nodes tell what this one does not know; what is not understood is passed over.

use futures::StreamExt as _;
use redis::aio::PubSub;
use tokio::{sync::watch, time::timeout};

use super::{
    RedisOptions,
    numbers::{read_instant, read_number},
    wire::{Wire, in_time, store_error},
};
use crate::{
    clock::Timestamp,
    id::TokenId,
    principal::Subject,
    session::SessionId,
    store::{Change, Feed, StoreError},
};

/// Listens from now on, until the store is closed.
pub(super) async fn open(wire: &Wire) -> Result<Feed, StoreError> {
    let options = wire.options().clone();
    let subscription = in_time(options.patience, async {
        wire.is_open()?;
        let mut subscription = wire.client().get_async_pubsub().await?;
        subscription.subscribe(wire.channel()).await?;
        Ok(subscription)
    })
    .await
    .map_err(store_error)?;
    let following = Following { subscription, closed: wire.closing(), options };
    Ok(Feed::new(following, Following::next))
}

struct Following {
    subscription: PubSub,
    closed: watch::Receiver<bool>,
    options: RedisOptions,
}

impl Following {
    async fn next(mut self) -> Result<(Change, Self), StoreError> {
        let over = |why: &'static str| Err(StoreError::Unavailable(why.into()));
        loop {
            let mut messages = self.subscription.on_message();
            let message = tokio::select! {
                _ = self.closed.wait_for(|closed| *closed) => return over("the store is closed"),
                message = timeout(self.options.heartbeat, messages.next()) => message,
            };
            drop(messages);
            match message {
                Ok(Some(message)) => {
                    if let Some(change) = read(message.get_payload_bytes()) {
                        return Ok((change, self));
                    }
                    let bytes = message.get_payload_bytes().len();
                    tracing::debug!(bytes, "ignored an unknown message of the feed");
                }
                Ok(None) => return over("the connection was lost"),
                Err(_quiet) => {
                    let ping = self.subscription.ping::<redis::Value>();
                    in_time(self.options.patience, ping).await.map_err(store_error)?;
                }
            }
        }
    }
}

/// Reads what the scripts tell: `revoked <id> <at>`, `token <id> <at>`, `authority <version> <at> <subject>`, `keys <version>` or
/// `epoch <number>`. A subject may have spaces, and stands last. What a newer script adds to one of the others is
/// ignored: a revocation has to be read.
fn read(message: &[u8]) -> Option<Change> {
    let mut words = std::str::from_utf8(message).ok()?.splitn(4, ' ');
    let (kind, first) = (words.next()?, words.next()?);
    let number = |word| read_number(word).and_then(|number| u64::try_from(number).ok());
    let mut at = || words.next().and_then(read_instant).map(Timestamp::from_millis);
    Some(match kind {
        "revoked" => Change::Revoked { id: SessionId::parse(first)?, at: at()? },
        "token" => Change::Token { id: TokenId::parse(first)?, at: at()? },
        "authority" => {
            let (version, at) = (number(first)?, at()?);
            Change::Authority { subject: Subject::new(words.next()?).ok()?, version, at }
        }
        "keys" => Change::Keys { version: number(first)?.try_into().ok()? },
        "epoch" => Change::Epoch { number: number(first)? },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::numbers::{instant, number},
        *,
    };

    #[test]
    fn a_message_of_a_script_is_read_as_its_change() {
        let id = SessionId::random();
        for at in [i64::MIN, 17, i64::MAX].map(Timestamp::from_millis) {
            let (text, revoked) = (instant(at), Some(Change::Revoked { id, at }));
            assert_eq!(read(format!("revoked {id} {text}").as_bytes()), revoked);
            // By a newer script.
            assert_eq!(read(format!("revoked {id} {text} signed_out").as_bytes()), revoked);
            let subject = Subject::new("a b c").expect("a subject");
            let message = format!("authority {} {text} a b c", number(7));
            let authority = Change::Authority { subject, version: 7, at };
            assert_eq!(read(message.as_bytes()), Some(authority));
        }
        let keys = format!("keys {} more", number(3));
        assert_eq!(read(keys.as_bytes()), Some(Change::Keys { version: 3 }));
        let epoch = format!("epoch {}", number(4));
        assert_eq!(read(epoch.as_bytes()), Some(Change::Epoch { number: 4 }));
    }

    #[test]
    fn anything_else_in_the_feed_is_passed_over() {
        let (id, at) = (SessionId::random(), instant(Timestamp::from_millis(17)));
        for message in [
            String::new(),
            "revoked".into(),
            format!("revoked {id}"),
            format!("revoked {id} 17"),
            format!("revoked {at} {at}"),
            format!("Revoked {id} {at}"),
            format!("authority {} {at}", number(1)),
            format!("authority {} {at} ", number(1)),
            format!("keys {}", number(u64::from(u32::MAX) + 1)),
            format!("epoch {}", number(u64::MAX)),
            "frozen 7".into(),
        ] {
            assert_eq!(read(message.as_bytes()), None, "{message}");
        }
        assert_eq!(read(b"epoch \xff"), None);
    }
}
