//! A connection that was answered goes to the next call, or back to the pool.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use futures::FutureExt as _;
use sqlx::{Sqlite, SqlitePool, sqlite::SqlitePoolOptions};
use tokio::task::yield_now;

use super::*;

/// Lends at most so many connections, and counts those that are taken from the pool.
async fn lender(most: u32) -> (Lender<Sqlite>, Arc<AtomicU32>) {
    let taken = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&taken);
    let pool = SqlitePoolOptions::new().max_connections(most).before_acquire(move |_, _| {
        count.fetch_add(1, Relaxed);
        async { Ok(true) }.boxed()
    });
    let pool: SqlitePool = pool.connect("sqlite::memory:").await.expect("opened");
    (Lender::new(pool, Duration::from_secs(3)), taken)
}

async fn ask(lender: &Lender<Sqlite>, question: &'static str) -> Result<(), sqlx::Error> {
    lender.ask(|connection| sqlx::query(question).execute(connection).boxed()).await.map(drop)
}

fn kept(lender: &Lender<Sqlite>) -> usize {
    lender.exchange.ends().kept.len()
}

#[tokio::test]
async fn calls_in_a_row_take_few_connections_from_the_pool() {
    let (lender, taken) = lender(2).await;
    for _ in 0..300 {
        ask(&lender, "select 1").await.expect("answers");
    }
    // Each goes back after some calls, for an application that waits for it; more often if this thread had to wait.
    let taken = taken.load(Relaxed);
    assert!((9..150).contains(&taken), "{taken}");
}

#[tokio::test]
async fn a_kept_connection_goes_back_if_no_call_comes() {
    let (lender, _) = lender(2).await;
    ask(&lender, "select 1").await.expect("answers");
    while lender.pool().num_idle() == 0 {
        yield_now().await;
    }
    assert_eq!(kept(&lender), 0);
    assert_eq!(lender.permits.available_permits(), 2);
}

#[tokio::test]
async fn the_last_connection_of_a_pool_is_not_kept() {
    let (lender, _) = lender(1).await;
    ask(&lender, "select 1").await.expect("answers");
    assert_eq!(kept(&lender), 0);
}

#[tokio::test]
async fn a_connection_whose_call_failed_is_not_kept() {
    let (lender, _) = lender(2).await;
    ask(&lender, "select nothing").await.expect_err("no such column");
    assert_eq!(kept(&lender), 0);
}
