//! Two loads: visitors ask `GET /api/whoami` as fast as it is answered, and learners act in the worlds at a steady
//! rate.
//!
//! The first is a closed loop, so a slower server is asked less. The second is an open one: an action is due at its
//! time whatever became of the one before, and its latency counts from then. Invariant: an action that is due is done,
//! refused or missed.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    house::House,
    http::{self, Connection},
    world::World,
};

/// The pause between two new worlds: the lab takes 20 a second.
const BETWEEN: Duration = Duration::from_millis(55);

/// The visitors who ask for whoami.
pub(crate) struct Visitors {
    connections: Vec<Connection>,
    request: Arc<[u8]>,
}

/// The learners, each in a world.
pub(crate) struct Learners(Vec<World>);

/// The outcome of the actions that were due.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) due: u32,
    pub(crate) refused: u32,
    /// Number of answers that brought the panels of a world.
    pub(crate) drawn: u32,
    /// The time from the moment at which an action was due to its answer, of each action that was done.
    pub(crate) latencies: Vec<Duration>,
}

impl Visitors {
    pub(crate) async fn come(house: &House, cookies: &str, count: usize) -> Result<Self, String> {
        let mut connections = Vec::new();
        for _ in 0..count {
            connections.push(Connection::open(house.address).await.map_err(|error| lost(&error))?);
        }
        Ok(Self { connections, request: http::get("/api/whoami", cookies).into() })
    }

    /// Asks for that long. Returns the number of answers in a second.
    pub(crate) async fn ask(&mut self, time: Duration) -> Result<f64, String> {
        let (mut asking, mut answered) = (JoinSet::new(), 0);
        let end = Instant::now() + time;
        for mut connection in self.connections.drain(..) {
            let request = Arc::clone(&self.request);
            asking.spawn(async move {
                let mut count = 0;
                while Instant::now() < end {
                    let asked = connection.ask(&request).await;
                    let status = asked.map_err(|error| lost(&error))?.status;
                    if status != 200 {
                        return Err(format!("GET /api/whoami was answered {status}"));
                    }
                    count += 1;
                }
                Ok((connection, count))
            });
        }
        while let Some(asked) = asking.join_next().await {
            let (connection, count): (_, u32) = asked.map_err(|error| error.to_string())??;
            self.connections.push(connection);
            answered += count;
        }
        Ok(f64::from(answered) / time.as_secs_f64())
    }
}

impl Learners {
    /// Begins that many worlds, no faster than the lab takes it.
    pub(crate) async fn come(house: &House, count: u32) -> Result<Self, String> {
        let mut worlds = Vec::new();
        for _ in 0..count {
            let path = house.begin_world().await?;
            let connection = Connection::open(house.address).await.map_err(|error| lost(&error))?;
            worlds.push(World::new(worlds.len(), path, connection));
            sleep(BETWEEN).await;
        }
        Ok(Self(worlds))
    }

    /// Lets each world have `rate` actions a second for that long, none at the same time as another's.
    pub(crate) async fn act(&mut self, rate: u32, time: Duration) -> Result<Tally, String> {
        let (mut acting, mut sum) = (JoinSet::new(), Tally::default());
        let every = Duration::from_secs(1) / rate;
        let apart = every / u32::try_from(self.0.len()).unwrap_or(u32::MAX).max(1);
        let begun = Instant::now();
        for (place, mut world) in (0..).zip(self.0.drain(..)) {
            acting.spawn(async move {
                let acted = world.live(begun + apart * place, every, begun + time).await;
                acted.map(|tally| (world, tally))
            });
        }
        while let Some(acted) = acting.join_next().await {
            let acted = acted.map_err(|error| error.to_string())?;
            let (world, tally) = acted.map_err(|error| lost(&error))?;
            self.0.push(world);
            sum.add(&tally);
        }
        Ok(sum)
    }
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.due += other.due;
        self.refused += other.refused;
        self.drawn += other.drawn;
        self.latencies.extend(&other.latencies);
    }

    /// Number of actions that were done.
    pub(crate) fn done(&self) -> usize {
        self.latencies.len()
    }

    /// Returns that percentile of the latencies, in milliseconds; 0 if nothing was done.
    pub(crate) fn latency(&self, percent: usize) -> f64 {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(index).map_or(0.0, |latency| 1000.0 * latency.as_secs_f64())
    }
}

fn lost(error: &io::Error) -> String {
    format!("the server was lost: {error}")
}
