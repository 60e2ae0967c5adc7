//! Learners of the lab, each in a world: they act at a steady rate, as the script of a world's page does.
//!
//! The script posts what is done, and looks again if an answer brought no panels. An action is due at its time whatever
//! became of the one before. Invariant: the order of the actions is that of [`MIX`], so each makes sense in its world.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use tokio::time::sleep_until;

use crate::{
    client::{Connection, get, post},
    visit,
};

/// The pause between two new worlds: the lab takes 20 a second.
const BETWEEN: Duration = Duration::from_millis(55);
/// The actions, over and over: a request, a refresh that rotates, a message by hand to its server and back. `N` is the
/// number of the newest message.
const MIX: [&str; 7] = [
    "tab1 call",
    "wait 11s",
    "tab1 refresh",
    "tab2 sends call",
    "deliver N",
    "deliver N",
    "wait 11s",
];
/// The number of actions after which a world begins anew: after some 350 it is full.
const LIFE: usize = 240;
/// The range in which the lengths of the first lives differ: worlds must not begin anew faster than the lab makes them.
const SPREAD: usize = 120;
/// The pauses of the script in `app/src/live.rs`: to the look after an answer without panels, which the lab draws every
/// two seconds at most, and between other looks.
const SOON: Duration = Duration::from_millis(2_050);
const LOOK: Duration = Duration::from_millis(1_500);

/// The outcome of the actions that were due.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub due: u32,
    pub done: u32,
    pub refused: u32,
}

/// A world, and the learner who acts in it.
pub struct Learner {
    address: SocketAddr,
    path: String,
    connection: Connection,
    /// The number of actions since it began, and the number of actions after which it begins anew.
    asked: usize,
    life: usize,
    /// The number of messages that left in it.
    sent: u32,
    /// The version of the panels that the page has.
    seen: String,
}

/// Begins that many worlds, no faster than the lab takes it.
pub async fn come(address: SocketAddr, count: usize) -> Result<Vec<Learner>, String> {
    let begin = post(address, "/lab/worlds", "", "");
    let mut learners = Vec::new();
    for place in 0..count {
        let path = visit::once(address, &begin, |answer| {
            let location = answer.headers().into_iter().find(|(name, _)| name == "location");
            let path = location.filter(|_| answer.status == 303).map(|(_, path)| path);
            path.ok_or_else(|| format!("POST /lab/worlds was answered {}", answer.status))
        });
        let path = path.await?;
        let connection = Connection::open(address).await.map_err(|error| error.to_string())?;
        let (life, seen) = (LIFE - place % SPREAD, String::new());
        learners.push(Learner { address, path, connection, asked: 0, life, sent: 0, seen });
        tokio::time::sleep(BETWEEN).await;
    }
    Ok(learners)
}

/// Lets each learner act `rate` times a second for that long, none at the same time as another.
pub async fn act(learners: &mut [Learner], rate: u32, time: Duration) -> Result<Tally, String> {
    let mut sum = Tally::default();
    let end = Instant::now() + time;
    let acting = spread(learners, rate);
    let acting = acting.map(|(learner, first, every)| learner.live(first, every, end));
    for tally in try_join_all(acting).await.map_err(|error| error.to_string())? {
        sum.due += tally.due;
        sum.done += tally.done;
        sum.refused += tally.refused;
    }
    Ok(sum)
}

/// Has each learner ask for `/healthz` instead, on the same connection at the same times.
pub async fn knock(learners: &mut [Learner], rate: u32, time: Duration) -> Result<(), String> {
    let end = Instant::now() + time;
    let asking = spread(learners, rate);
    let asking = asking.map(|(learner, first, every)| learner.knock(first, every, end));
    try_join_all(asking).await.map(drop).map_err(|error| error.to_string())
}

/// Returns each learner with the time of the first thing that they do, and the time between two.
fn spread(
    learners: &mut [Learner],
    rate: u32,
) -> impl Iterator<Item = (&mut Learner, Instant, Duration)> {
    let every = Duration::from_secs(1) / rate;
    let apart = every / u32::try_from(learners.len()).unwrap_or(u32::MAX).max(1);
    let begun = Instant::now();
    (0..).zip(learners).map(move |(place, learner)| (learner, begun + apart * place, every))
}

impl Learner {
    async fn knock(
        &mut self,
        first: Instant,
        every: Duration,
        end: Instant,
    ) -> std::io::Result<()> {
        let request = get(self.address, "/healthz", "");
        let mut due = first;
        while due < end {
            sleep_until(due.into()).await;
            self.connection.ask(&request).await?;
            due += every;
        }
        Ok(())
    }

    /// Acts at `first`, and again after each `every` until `end`; an answer an interval later still counts.
    async fn live(
        &mut self,
        first: Instant,
        every: Duration,
        end: Instant,
    ) -> std::io::Result<Tally> {
        let mut tally = Tally::default();
        // The times of the next look: in any case (`tick`), or instead after an answer without panels (`soon`).
        let (mut due, mut tick, mut soon) = (first, first + LOOK, None);
        while due < end {
            let look = soon.unwrap_or(tick);
            sleep_until(due.min(look).into()).await;
            if look < due {
                let form = format!("tab=1&live=1&since={}", self.seen);
                soon = None;
                while tick <= look {
                    tick += LOOK;
                }
                self.post(&form).await?;
                continue;
            }
            tally.due += 1;
            // An action that is so late is missed: it is not posted, because no learner waits for its answer any more.
            if Instant::now() < end + every {
                let form = self.next();
                let status = self.post(&form).await?;
                let now = Instant::now();
                match status {
                    200 => {
                        soon = None;
                        while tick <= now {
                            tick += LOOK;
                        }
                    }
                    204 => {
                        soon.get_or_insert(now + SOON);
                    }
                    _ => tally.refused += 1,
                }
                tally.done += u32::from(matches!(status, 200 | 204) && now < end + every);
            }
            due += every;
        }
        Ok(tally)
    }

    /// The form of the next action.
    fn next(&mut self) -> String {
        if self.asked == self.life {
            (self.asked, self.life, self.sent) = (0, LIFE, 0);
            return "tab=1&lesson=anew&live=1".to_owned();
        }
        let action = MIX[self.asked % MIX.len()];
        self.asked += 1;
        self.sent += u32::from(action.starts_with("tab"));
        let action = action.replace('N', &self.sent.to_string()).replace(' ', "+");
        format!("tab=1&do={action}&live=1")
    }

    async fn post(&mut self, form: &str) -> std::io::Result<u16> {
        let request = post(self.address, &self.path, "", form);
        let answer = self.connection.ask(&request).await?;
        let beginning = String::from_utf8_lossy(&answer.body[..answer.body.len().min(128)]);
        let version = beginning.split_once(r#"id="version" data-panel=""#);
        if let Some((version, _)) = version.and_then(|(_, rest)| rest.split_once('"')) {
            version.clone_into(&mut self.seen);
        }
        Ok(answer.status)
    }
}
