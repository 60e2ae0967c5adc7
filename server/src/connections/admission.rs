//! Places for connections: their number, the share of one network, and the connection that gives way.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ipnet::IpNet;
use tokio::sync::Notify;

use super::progress::Progress;
use crate::proxies::{Proxies, network};

/// The most time that a connection may take to give way until another one is told to.
const GIVING_WAY: Duration = Duration::from_millis(50);

/// The places of a server.
#[derive(Debug)]
pub struct Admission {
    most: usize,
    /// The trusted proxies. Each stands for many clients, so its connections are bounded by `most` alone, and never
    /// give way.
    proxies: Arc<Proxies>,
    table: Mutex<Table>,
    left: Notify,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    taken: usize,
    /// The connections of each network, the oldest first.
    networks: HashMap<IpNet, BTreeMap<u64, Arc<Progress>>>,
    /// The connections closed, and not accepted, for the sake of others since the last report.
    evicted: u64,
    refused: u64,
}

impl Admission {
    /// Makes `most` places; a quarter of them at most for one network.
    pub fn new(most: usize, proxies: Arc<Proxies>) -> Arc<Self> {
        let table = Mutex::default();
        Arc::new(Self { most, proxies, table, left: Notify::new() })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a free place, and makes one: the oldest idle connection of the network that has most gives way.
    pub(super) async fn room(&self) {
        loop {
            if self.table().taken < self.most {
                return;
            }
            self.make_room();
            let _sooner = tokio::time::timeout(GIVING_WAY, self.left.notified()).await;
        }
    }

    /// Has the oldest idle connection of the network that has most of them give way.
    pub(super) fn make_room(&self) {
        let mut table = self.table();
        let mut networks: Vec<_> = table.networks.values().collect();
        networks.sort_by_key(|connections| std::cmp::Reverse(connections.len()));
        if networks.into_iter().any(evict_oldest) {
            table.evicted += 1;
        }
    }

    /// Returns a place for a client of that address. In a network that has its share, the newest comes in and the
    /// oldest that is idle gives way, so that an honest neighbour of an attacker is served. If none of them is idle,
    /// there is none.
    pub(super) fn admit(self: &Arc<Self>, client: IpAddr) -> Option<Place> {
        let network = (!self.proxies.trust(client)).then(|| network(client));
        let progress = Arc::new(Progress::new());
        let mut table = self.table();
        let table = &mut *table;
        let number = table.next;
        table.next += 1;
        if let Some(network) = network {
            let connections = table.networks.entry(network).or_default();
            if connections.len() >= (self.most / 4).max(1) {
                if !evict_oldest(connections) {
                    table.refused += 1;
                    return None;
                }
                table.evicted += 1;
            }
            connections.insert(number, Arc::clone(&progress));
        }
        table.taken += 1;
        Some(Place { admission: Arc::clone(self), network, number, progress })
    }

    /// Logs what was done for the sake of others: in one line, because an attacker decides how often it happens.
    pub(super) fn report(&self) {
        let mut table = self.table();
        let (evicted, refused) = (table.evicted, table.refused);
        (table.evicted, table.refused) = (0, 0);
        let (taken, networks) = (table.taken, table.networks.len());
        drop(table);
        if evicted + refused > 0 {
            tracing::warn!(
                evicted,
                refused,
                taken,
                networks,
                "connection limits reached: idle connections were evicted, or new ones refused"
            );
        }
    }
}

/// Has the oldest idle connection give way; returns true if there was one.
fn evict_oldest(connections: &BTreeMap<u64, Arc<Progress>>) -> bool {
    connections.values().any(|progress| progress.evict())
}

/// A connection's place, free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    admission: Arc<Admission>,
    /// The network of the client; none for a proxy.
    network: Option<IpNet>,
    number: u64,
    progress: Arc<Progress>,
}

impl Place {
    pub(super) fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self.admission.table();
        table.taken -= 1;
        if let Some(network) = self.network
            && let Some(connections) = table.networks.get_mut(&network)
        {
            connections.remove(&self.number);
            if connections.is_empty() {
                table.networks.remove(&network);
            }
        }
        drop(table);
        self.admission.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(most: usize) -> Arc<Admission> {
        Admission::new(most, Arc::new(Proxies::none()))
    }

    fn from(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_network_takes_a_quarter_and_its_newest_comes_in() {
        let admission = places(16);
        let mut taken: Vec<_> =
            (0..4).map(|_| admission.admit(from("203.0.113.1")).expect("a place")).collect();
        taken[0].progress.begin(false);
        let newest = admission.admit(from("203.0.113.99")).expect("a place");
        let gave_way: Vec<_> = taken.iter().map(|place| !place.progress.evict()).collect();
        assert_eq!(gave_way, [true, true, false, false], "busy, told, and then the rest is idle");
        drop(newest);
        taken.clear();
        assert!(admission.table().networks.is_empty() && admission.table().taken == 0);
    }

    #[test]
    fn a_network_whose_connections_are_all_busy_is_refused_alone() {
        let admission = places(8);
        let busy: Vec<_> = (0..2).filter_map(|_| admission.admit(from("203.0.113.1"))).collect();
        for place in &busy {
            place.progress.begin(false);
        }
        assert!(admission.admit(from("203.0.113.2")).is_none());
        assert!(admission.admit(from("198.51.100.2")).is_some());
        assert_eq!(admission.table().refused, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_house_makes_room_where_most_places_are_taken() {
        let admission = places(4);
        let few = admission.admit(from("198.51.100.1")).expect("a place");
        let mut many = Vec::new();
        for host in 1..=3 {
            many.push(admission.admit(from(&format!("2001:db8::{host}"))));
        }
        // The share is one: the second and third each told their elder to go, and the table is full until they do.
        let room = admission.room();
        tokio::pin!(room);
        tokio::select! {
            () = &mut room => panic!("there is none yet"),
            () = tokio::time::sleep(GIVING_WAY * 3) => {}
        }
        assert!(many.iter().flatten().all(|place| !place.progress.evict()), "all were told");
        assert!(!few.progress.evict(), "and then the other network");
        many.pop();
        room.await;
    }
}
