//! Forgetting what is long over.

use std::time::Duration;

use super::{numbers::instant, scripts, wire::Wire};
use crate::{
    clock::Timestamp,
    store::{CHANGES_KEPT, StoreError},
};

/// The most rows of a kind that one script deletes: the server answers no other client meanwhile.
const BATCH: u32 = 1_000;

pub(super) async fn prune(
    wire: &Wire,
    now: Timestamp,
    retention: Duration,
    limit: u32,
) -> Result<bool, StoreError> {
    let limit = limit.min(BATCH);
    let now = now.min(Timestamp::from_millis(wire.ask(&scripts::CLOCK, None::<&str>).await?));
    let ended = instant(now - retention);
    let logged = (now - CHANGES_KEPT).millis();
    let most: u32 = wire.ask(&scripts::PRUNE, (ended, logged, instant(now), limit)).await?;
    Ok(most >= limit)
}
