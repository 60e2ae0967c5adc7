//! One world as its page's script uses it: it posts what is done, and looks again if an answer brought no panels.
//!
//! It is no browser: panels are read and not shown. Invariant: the order of what is done is that of [`MIX`], so every
//! action makes sense in its world.

use std::{io, time::Duration};

use coatroom_lab::worlds::Limits;
use tokio::time::{Instant, sleep_until};

use crate::{
    http::{self, Answer, Connection},
    load::Tally,
};

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
/// Number of actions after which a world begins anew: after some 350 it is full.
const LIFE: usize = 240;
/// The range in which the lengths of the first lives differ: worlds must not begin anew faster than the lab makes them.
const SPREAD: usize = 120;
/// The pauses of the script in `app/src/live.rs`: to the look after an answer without panels, and between other looks.
const SOON: Duration = Limits::DEFAULT.drawn_every.saturating_add(Duration::from_millis(50));
const LOOK: Duration = Duration::from_millis(1_500);

/// A world, and the learner who acts in it.
pub(crate) struct World {
    path: String,
    connection: Connection,
    /// Number of actions since it began, and number of actions after which it begins anew.
    asked: usize,
    life: usize,
    /// Number of messages that left in it.
    sent: u32,
    /// The version of the panels that the page has.
    seen: String,
}

impl World {
    pub(crate) fn new(place: usize, path: String, connection: Connection) -> Self {
        Self {
            path,
            connection,
            asked: 0,
            life: LIFE - place % SPREAD,
            sent: 0,
            seen: String::new(),
        }
    }

    /// Acts at `first`, and again after each `every` until `end`; what is answered an interval later still counts.
    pub(crate) async fn live(
        &mut self,
        first: Instant,
        every: Duration,
        end: Instant,
    ) -> io::Result<Tally> {
        let mut tally = Tally::default();
        // The times of the next look: in any case (`tick`), or instead after an answer without panels (`soon`).
        let (mut due, mut tick, mut soon) = (first, first + LOOK, None);
        while due < end {
            let look = soon.unwrap_or(tick);
            sleep_until(due.min(look)).await;
            if look < due {
                let form = format!("tab=1&live=1&since={}", self.seen);
                soon = None;
                while tick <= look {
                    tick += LOOK;
                }
                if self.post(&form).await?.status == 200 {
                    tally.drawn += 1;
                }
                continue;
            }
            tally.due += 1;
            // An action that is so late is missed: it is not posted, because no learner waits for its answer any more.
            if Instant::now() < end + every {
                let form = self.next();
                let answer = self.post(&form).await?;
                let now = Instant::now();
                match answer.status {
                    200 => {
                        (tally.drawn, soon) = (tally.drawn + 1, None);
                        while tick <= now {
                            tick += LOOK;
                        }
                    }
                    204 => {
                        soon.get_or_insert(now + SOON);
                    }
                    _ => tally.refused += 1,
                }
                if matches!(answer.status, 200 | 204) && now < end + every {
                    tally.latencies.push(now - due);
                }
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

    async fn post(&mut self, form: &str) -> io::Result<Answer> {
        let answer = self.connection.ask(&http::post(&self.path, form)).await?;
        let version = answer.beginning.split_once(r#"id="version" data-panel=""#);
        if let Some((version, _)) = version.and_then(|(_, rest)| rest.split_once('"')) {
            version.clone_into(&mut self.seen);
        }
        Ok(answer)
    }
}
