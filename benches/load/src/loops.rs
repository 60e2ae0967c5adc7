//! Two loops over a set of connections: a closed one, which asks again as soon as it is answered, and an open one, which
//! asks at a fixed rate whatever became of the request before.
//!
//! The latency of the open loop counts from the moment at which a request was due, not from the one at which it was
//! sent: a server that stalls delays every request behind the stall, and all of that shows. All connections share one
//! thread and one histogram.

use std::{
    cell::RefCell,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use hdrhistogram::Histogram;
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use tokio::{io::AsyncReadExt as _, net::unix::pipe, task::yield_now, time::sleep};

use crate::client::{Answer, Connection};

/// The time for which a loop runs before it counts.
pub const WARM_UP: Duration = Duration::from_millis(200);
/// The grain of the runtime's timer. A harness that is alone on its processor spends a shorter wait asking the clock.
const GRAIN: Duration = Duration::from_millis(2);
/// The longest latency that is told apart.
const LONGEST: u64 = 60_000_000_000;

/// A client: the next request that it sends, and what it makes of the answer.
pub trait Errand {
    fn request(&self) -> &[u8];

    /// Takes the answer in.
    ///
    /// # Errors
    /// The answer is not the one that is measured.
    fn answered(&mut self, answer: &Answer<'_>) -> Result<(), String>;
}

/// The same request again and again, answered with 200.
pub struct Same(pub Vec<u8>);

impl Errand for Same {
    fn request(&self) -> &[u8] {
        &self.0
    }

    fn answered(&mut self, answer: &Answer<'_>) -> Result<(), String> {
        expect(answer, 200)
    }
}

/// Returns an error that shows the answer, unless it has that status.
pub fn expect(answer: &Answer<'_>, status: u16) -> Result<(), String> {
    if answer.status == status {
        return Ok(());
    }
    let body = String::from_utf8_lossy(&answer.body[..answer.body.len().min(300)]);
    Err(format!("answered {}: {body}", answer.status))
}

/// A client on its connection.
pub struct Lane<E> {
    connection: Connection,
    pub errand: E,
}

/// Connects a client for each errand.
pub async fn connect<E: Errand>(
    address: SocketAddr,
    errands: impl IntoIterator<Item = E>,
) -> Result<Vec<Lane<E>>, String> {
    let mut lanes = Vec::new();
    for errand in errands {
        let connection = Connection::open(address).await.map_err(|error| error.to_string())?;
        lanes.push(Lane { connection, errand });
    }
    Ok(lanes)
}

/// The measurement of one loop.
#[derive(Clone, Debug)]
pub struct Sample {
    pub per_second: f64,
    /// In milliseconds.
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
    /// The latency of the slowest request.
    pub most: f64,
    /// The part of the time in which the harness itself used its processor. Near 1, a closed loop measures the harness.
    pub busy: f64,
}

/// The shared state of the connections of one loop.
struct Tally {
    /// Latencies, in nanoseconds.
    latencies: RefCell<Histogram<u64>>,
    from: Instant,
    until: Instant,
}

impl Tally {
    fn new(time: Duration) -> Result<Self, String> {
        let latencies = Histogram::new_with_bounds(100, LONGEST, 3);
        let from = Instant::now() + WARM_UP;
        let latencies = RefCell::new(latencies.map_err(|error| error.to_string())?);
        Ok(Self { latencies, from, until: from + time })
    }

    /// Counts a request that began, or was due, at `start`.
    fn count(&self, start: Instant, end: Instant) {
        if start >= self.from && start < self.until {
            let nanos = u64::try_from((end - start).as_nanos()).unwrap_or(u64::MAX);
            self.latencies.borrow_mut().saturating_record(nanos);
        }
    }
}

/// Asks on every connection, each again as soon as it is answered.
pub async fn closed<E: Errand>(lanes: &mut [Lane<E>], time: Duration) -> Result<Sample, String> {
    let tally = Tally::new(time)?;
    let each = lanes.iter_mut().map(|lane| async {
        let mut start = Instant::now();
        while start < tally.until {
            lane.ask().await?;
            let end = Instant::now();
            tally.count(start, end);
            start = end;
        }
        Ok::<_, String>(())
    });
    measured(&tally, time, try_join_all(each)).await
}

/// The way in which an open loop waits for the moment of a request.
#[derive(Clone, Copy)]
pub enum Wait {
    /// Asks the clock, so that no latency holds the time in which a processor wakes. Where another process uses that
    /// processor, the two take turns, and each turn is a latency.
    Busy,
    /// Sleeps.
    Asleep,
}

/// Asks at a fixed rate, on each connection in turn.
pub async fn open<E: Errand>(
    lanes: &mut [Lane<E>],
    wait: Wait,
    rate: u32,
    time: Duration,
) -> Result<Sample, String> {
    let tally = Tally::new(time)?;
    let apart = Duration::from_secs(1) / rate.max(1);
    let every = apart * u32::try_from(lanes.len()).unwrap_or(u32::MAX);
    let begun = Instant::now();
    let each = (0..).zip(lanes.iter_mut()).map(|(place, lane)| {
        let tally = &tally;
        async move {
            let mut alarm = Alarm::new(wait).map_err(|error| error.to_string())?;
            let mut due = begun + apart * place;
            while due < tally.until {
                alarm.until(due).await.map_err(|error| error.to_string())?;
                lane.ask().await?;
                tally.count(due, Instant::now());
                due += every;
            }
            Ok::<_, String>(())
        }
    });
    measured(&tally, time, try_join_all(each)).await
}

/// The clock of one connection.
enum Alarm {
    Busy,
    /// A timer of the kernel's, exact to some microseconds, that is read as a pipe is.
    Asleep(pipe::Receiver),
}

impl Alarm {
    fn new(wait: Wait) -> io::Result<Self> {
        match wait {
            Wait::Busy => Ok(Self::Busy),
            Wait::Asleep => {
                let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK)?;
                pipe::Receiver::from_owned_fd_unchecked(timer).map(Self::Asleep)
            }
        }
    }

    async fn until(&mut self, due: Instant) -> io::Result<()> {
        let left = due.saturating_duration_since(Instant::now());
        match self {
            _ if left.is_zero() => {}
            Self::Busy => {
                if let Some(long) = left.checked_sub(GRAIN) {
                    sleep(long).await;
                }
                while Instant::now() < due {
                    yield_now().await;
                }
            }
            Self::Asleep(timer) => {
                let at = Timespec::try_from(left).map_err(io::Error::other)?;
                let once = Itimerspec { it_interval: Timespec::default(), it_value: at };
                timerfd_settime(&*timer, TimerfdTimerFlags::empty(), &once)?;
                // The number of times that it went off: one.
                timer.read_exact(&mut [0; 8]).await?;
            }
        }
        Ok(())
    }
}

async fn measured(
    tally: &Tally,
    time: Duration,
    running: impl Future<Output = Result<Vec<()>, String>>,
) -> Result<Sample, String> {
    let (used, begun) = (used(), Instant::now());
    running.await?;
    let busy = self::used().saturating_sub(used).as_secs_f64() / begun.elapsed().as_secs_f64();
    let latencies = tally.latencies.borrow();
    let at = |quantile| as_f64(latencies.value_at_quantile(quantile)) / 1e6;
    Ok(Sample {
        per_second: as_f64(latencies.len()) / time.as_secs_f64(),
        p50: at(0.5),
        p99: at(0.99),
        p999: at(0.999),
        most: at(1.0),
        busy,
    })
}

/// The time of a processor that this process used.
fn used() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "counts and nanoseconds far below 2^52")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

impl<E: Errand> Lane<E> {
    async fn ask(&mut self) -> Result<(), String> {
        let answer = self.connection.ask(self.errand.request()).await;
        self.errand.answered(&answer.map_err(|error| error.to_string())?)
    }
}
