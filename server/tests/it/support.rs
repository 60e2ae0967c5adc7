//! The parts that these tests share: houses (processes of the program), databases of a test's own, browsers, and a wire
//! that can be cut.

pub(crate) mod browser;
pub(crate) mod cluster;
pub(crate) mod house;
pub(crate) mod nginx;
pub(crate) mod raw;
pub(crate) mod visitor;
pub(crate) mod wire;

use std::time::Duration;

/// The time that anything may take to come; only a failing test waits that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Polls until there is an answer.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(value) = ask().await {
                return value;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{what} never came"))
}
