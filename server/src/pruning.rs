//! Forgetting what is long over, behind everything else.

use std::time::Duration;

use coatroom::Auth;
use tokio::{task::JoinHandle, time::sleep};

/// How often it is looked for.
const EVERY: Duration = Duration::from_mins(5);
/// How long others have the database to themselves between two batches.
const PAUSE: Duration = Duration::from_millis(200);

/// Starts the task, which never ends by itself.
pub fn start(auth: Auth) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            sleep(EVERY).await;
            loop {
                match auth.prune().await {
                    Ok(true) => sleep(PAUSE).await,
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(%error, "what is over could not be deleted");
                        break;
                    }
                }
            }
        }
    })
}
