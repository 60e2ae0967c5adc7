//! Tasks of their own: those that a request waits for though its caller may not, and those that nobody waits for,
//! counted, so that who has to can.

use std::{future::Future, panic::resume_unwind, sync::Arc};

use tokio::{sync::watch, task::JoinHandle};
use tracing::{Instrument as _, instrument::WithSubscriber as _};

use crate::store::StoreError;

/// Runs a task of its own, whose lines in the log belong to the request that began it.
pub(crate) fn spawn<T: Send + 'static>(
    task: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    tokio::spawn(task.in_current_span().with_current_subscriber())
}

/// Runs a task to its end also where its caller goes away, and answers as it does. A panic in it goes on in the caller:
/// it is no word about the store.
pub(crate) async fn whole<T, E>(
    task: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    match spawn(task).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime ends.
            Err(cancelled) => Err(StoreError::Unavailable(cancelled.into()).into()),
        },
    }
}

/// The tasks that run behind requests.
#[derive(Debug)]
pub(super) struct Behind(Arc<watch::Sender<usize>>);

/// One of them; counted until it is dropped, also where it panics.
struct Running(Arc<watch::Sender<usize>>);

impl Behind {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// Runs a task.
    pub(super) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.send_modify(|running| *running += 1);
        let running = Running(Arc::clone(&self.0));
        // Counted down when it is dropped, whatever becomes of it.
        spawn(async move {
            let _running = running;
            task.await;
        });
    }

    /// Waits until none runs.
    pub(super) async fn settled(&self) {
        let mut running = self.0.subscribe();
        // The sender is here, so this cannot fail.
        let _none = running.wait_for(|running| *running == 0).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_goes_on_in_the_caller() {
        let caller = tokio::spawn(whole::<(), StoreError>(async { panic!("on purpose") }));
        assert!(caller.await.expect_err("it panicked").is_panic());
    }
}
