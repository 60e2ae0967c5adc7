//! Background tasks. Some finish a request's work even if the client disconnects; others are fire-and-forget, and
//! [`BackgroundTasks`] counts those that shutdown has to drain.

use std::{future::Future, panic::resume_unwind, sync::Arc};

use tokio::{sync::watch, task::JoinHandle};
use tracing::{Instrument as _, instrument::WithSubscriber as _};

use crate::store::StoreError;

/// Spawns a background task, whose lines in the log belong to the request that began it.
pub(crate) fn spawn<T: Send + 'static>(
    task: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    tokio::spawn(task.in_current_span().with_current_subscriber())
}

/// Runs a task to its end even if the caller is dropped, and returns its result. A panic in it goes on in the caller:
/// it says nothing about the store.
pub(crate) async fn run_to_completion<T, E>(
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
            // The runtime is shutting down.
            Err(cancelled) => Err(StoreError::Unavailable(cancelled.into()).into()),
        },
    }
}

/// The background tasks that shutdown drains.
#[derive(Debug)]
pub(crate) struct BackgroundTasks(Arc<watch::Sender<usize>>);

/// One of these tasks; counted until it is dropped, also if it panics.
struct Running(Arc<watch::Sender<usize>>);

impl BackgroundTasks {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// Spawns a task, and counts it.
    pub(crate) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.send_modify(|running| *running += 1);
        let running = Running(Arc::clone(&self.0));
        // Dropped, and so counted down, also if the task panics or is cancelled.
        spawn(async move {
            let _running = running;
            task.await;
        });
    }

    /// Drains the tasks: waits until none runs.
    pub(crate) async fn drain(&self) {
        let mut running = self.0.subscribe();
        // An error means that the sender is gone, and this holds it.
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
        let caller =
            tokio::spawn(run_to_completion::<(), StoreError>(async { panic!("on purpose") }));
        assert!(caller.await.expect_err("it panicked").is_panic());
    }
}
