//! Both loads: who asks `GET /api/whoami` as fast as it is answered, and who acts in the worlds at a steady rate.
//!
//! The first is a closed loop, so a slower server is asked less. The second is an open one: an action is due at its
//! time whatever became of the one before, and its latency counts from then. Invariant: an action that is due is done,
//! refused or missed.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    house::House,
    http::{self, Connection},
};

/// What is done in each world, over and over: requests, time, a refresh that rotates, a message under way. `N` is the
/// number of the newest message.
const MIX: [&str; 6] =
    ["tab1 call", "wait 11s", "tab1 refresh", "tab2 sends call", "deliver N", "wait 11s"];
/// How many of these a world takes until it is full, with a few to spare.
pub(crate) const LIFE: u32 = 290;
/// Between two new worlds: the lab takes 20 a second.
const BETWEEN: Duration = Duration::from_millis(55);

/// Those who ask who they are.
pub(crate) struct Visitors {
    connections: Vec<Connection>,
    request: Arc<[u8]>,
}

/// A world with whoever acts in it.
pub(crate) struct World {
    connection: Connection,
    path: String,
    /// How many messages left in it.
    sent: u32,
    /// How many actions were asked for in it.
    asked: usize,
}

/// All worlds.
pub(crate) struct Learners(Vec<World>);

/// What came of the actions that were due.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) due: u32,
    pub(crate) refused: u32,
    /// Of those that were done: the time from when they were due until they were answered.
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

    /// Asks for that long. Returns how many were answered in a second.
    pub(crate) async fn ask(&mut self, time: Duration) -> Result<f64, String> {
        let (mut asking, mut answered) = (JoinSet::new(), 0);
        let end = Instant::now() + time;
        for mut connection in self.connections.drain(..) {
            let request = Arc::clone(&self.request);
            asking.spawn(async move {
                let mut count = 0;
                while Instant::now() < end {
                    let status =
                        connection.ask(&request).await.map_err(|error| lost(&error))?.status;
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
            worlds.push(World { connection, path, sent: 0, asked: 0 });
            sleep(BETWEEN).await;
        }
        Ok(Self(worlds))
    }

    /// Lets each world have `rate` actions a second for that long, none at the same time as another's.
    pub(crate) async fn act(&mut self, rate: u32, time: Duration) -> Result<Tally, String> {
        let (mut acting, mut tally) = (JoinSet::new(), Tally::default());
        let every = Duration::from_secs(1) / rate;
        let apart = every / u32::try_from(self.0.len()).unwrap_or(u32::MAX).max(1);
        let begun = Instant::now();
        for (place, world) in (0..).zip(self.0.drain(..)) {
            let first = begun + apart * place;
            acting.spawn(world.live(first, every, begun + time));
        }
        while let Some(acted) = acting.join_next().await {
            let acted = acted.map_err(|error| error.to_string())?;
            let (world, its) = acted.map_err(|error| lost(&error))?;
            self.0.push(world);
            tally.due += its.due;
            tally.refused += its.refused;
            tally.latencies.extend(its.latencies);
        }
        Ok(tally)
    }
}

impl World {
    /// Acts at `first`, and again after each `every` until `end`; what is answered an interval later still counts.
    async fn live(
        mut self,
        first: Instant,
        every: Duration,
        end: Instant,
    ) -> io::Result<(Self, Tally)> {
        let mut tally = Tally::default();
        let mut due = first;
        while due < end {
            tally.due += 1;
            sleep_until(due).await;
            // What is so late is missed, and the server is spared what nobody waits for.
            if Instant::now() < end + every {
                let form = self.next();
                let request = http::post(&self.path, &form);
                let status = self.connection.ask(&request).await?.status;
                match (status, Instant::now()) {
                    (200, now) if now < end + every => tally.latencies.push(now - due),
                    (200, _) => {}
                    _ => tally.refused += 1,
                }
            }
            due += every;
        }
        Ok((self, tally))
    }

    /// The form of the next action, as the page's script posts it.
    fn next(&mut self) -> String {
        let action = MIX[self.asked % MIX.len()];
        self.asked += 1;
        self.sent += u32::from(action.starts_with("tab"));
        let action = action.replace('N', &self.sent.to_string()).replace(' ', "+");
        format!("tab=1&do={action}&live=1")
    }
}

impl Tally {
    /// How many were done.
    pub(crate) fn done(&self) -> usize {
        self.latencies.len()
    }

    /// The latency that so many of a hundred were below, in milliseconds; 0 where nothing was done.
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
