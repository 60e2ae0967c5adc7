//! The queue for hashing: few run, few wait, and one network takes no more than its share.
//!
//! Without the share, one client with many connections would fill the queue, and all others would be refused. A client
//! from elsewhere waits behind one share at most for each network that floods.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::HashError;

/// The queue.
#[derive(Debug)]
pub(super) struct Queue {
    running: Arc<Semaphore>,
    places: Arc<Places>,
}

#[derive(Debug)]
struct Places {
    most: usize,
    most_of_one: usize,
    taken: Mutex<Taken>,
}

/// The passwords that run or wait, counted for each network.
#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of: HashMap<String, usize>,
}

/// A place in the queue, given back when its holder is done or goes away.
#[derive(Debug)]
pub(crate) struct QueueSlot {
    running: Arc<Semaphore>,
    places: Arc<Places>,
    network: String,
}

/// A place whose turn it is.
#[derive(Debug)]
pub(super) struct Permit {
    _place: QueueSlot,
    _permit: OwnedSemaphorePermit,
}

impl Queue {
    /// A queue in which so many run at once and so many more wait, of one network together no more than `most_of_one`.
    pub(super) fn new(concurrency: usize, waiting: usize, most_of_one: usize) -> Self {
        let most = concurrency.saturating_add(waiting);
        let places = Places { most, most_of_one, taken: Mutex::default() };
        Self { running: Arc::new(Semaphore::new(concurrency)), places: Arc::new(places) }
    }

    /// A place for a client of that network; the share is no bound if the network is not known.
    ///
    /// # Errors
    /// [`HashError::Busy`], [`HashError::Share`].
    pub(super) fn enter(&self, network: &str) -> Result<QueueSlot, HashError> {
        let mut taken = self.places.taken();
        let own = taken.of.get(network).copied().unwrap_or_default();
        if own >= self.places.most_of_one && !network.is_empty() {
            return Err(HashError::Share);
        }
        if taken.all >= self.places.most {
            return Err(HashError::Busy);
        }
        taken.all += 1;
        taken.of.insert(network.to_owned(), own + 1);
        let (running, places) = (Arc::clone(&self.running), Arc::clone(&self.places));
        Ok(QueueSlot { running, places, network: network.to_owned() })
    }
}

impl Places {
    /// Locks the count. No code panics while it holds it, so a poisoned lock holds a sound one.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueueSlot {
    /// Waits for its turn, in the order of coming. Never `None`, as the queue is not closed.
    pub(super) async fn turn(self) -> Option<Permit> {
        let permit = Arc::clone(&self.running).acquire_owned().await.ok()?;
        Some(Permit { _place: self, _permit: permit })
    }
}

impl Drop for QueueSlot {
    fn drop(&mut self) {
        let network = mem::take(&mut self.network);
        let mut taken = self.places.taken();
        taken.all = taken.all.saturating_sub(1);
        match taken.of.get_mut(&network) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(taken.of.remove(&network)),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const FLOOD: &str = "198.51.100.0/24";
    const OWNER: &str = "192.0.2.0/24";

    #[tokio::test]
    async fn a_full_queue_refuses_and_empties_again() {
        let queue = Queue::new(1, 1, 9);
        let first = queue.enter("").expect("a place").turn().await.expect("at once");
        let second = queue.enter("").expect("a place to wait");
        assert_eq!(queue.enter("").err(), Some(HashError::Busy));
        let mut turn = std::pin::pin!(second.turn());
        assert!((&mut turn).now_or_never().is_none(), "it waits");
        drop(first);
        drop(turn.await.expect("its turn"));
        assert!(queue.enter("").is_ok());
        assert_eq!(queue.places.taken().all, 0);
        assert!(queue.places.taken().of.is_empty(), "nothing is kept of who left");
    }

    #[test]
    fn a_network_that_floods_fills_no_more_than_its_share() {
        let queue = Queue::new(2, 6, 3);
        let flood: Vec<QueueSlot> = (0..100).filter_map(|_| queue.enter(FLOOD).ok()).collect();
        assert_eq!(flood.len(), 3);
        assert_eq!(queue.enter(FLOOD).err(), Some(HashError::Share));
        let owner = queue.enter(OWNER).expect("a place, behind three at most");
        let all: Vec<QueueSlot> = (0..100).filter_map(|_| queue.enter("").ok()).collect();
        assert_eq!(all.len(), 4, "who is not known may fill the rest");
        drop(owner);
        assert!(queue.enter(OWNER).is_ok());
    }
}
