//! The background task that deletes what is long over.

use std::time::Duration;

use coatroom::Auth;
use tokio::{task::JoinHandle, time::sleep};

/// The pause between two searches for rows to delete.
const EVERY: Duration = Duration::from_mins(5);
/// The pause between two batches, in which requests have the database to themselves.
const PAUSE: Duration = Duration::from_millis(7);

/// Starts the background task, which searches at once, for servers that are often restarted, and never ends by itself.
pub fn start(auth: Auth) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            prune(&auth).await;
            sleep(EVERY).await;
        }
    })
}

/// Deletes all that may go by now, batch after batch.
async fn prune(auth: &Auth) {
    loop {
        match auth.prune().await {
            Ok(true) => sleep(PAUSE).await,
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, "pruning failed; the next run tries again");
                return;
            }
        }
    }
}
