//! The state of one connection: its last step, and the deadline that follows from it.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker, ready},
    time::Duration,
};

use tokio::time::Instant;

/// The time that a connection without a request has after the listener was closed.
const LAST_HEADS: Duration = Duration::from_secs(1);

/// The time that clients have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The time for a request's head in whole, for a pause in its body, and between two steps of reading an answer.
    pub client: Duration,
    /// The time until the next request of a connection.
    pub keep_alive: Duration,
}

/// The progress of one connection. Its socket, its requests and its answers note it.
#[derive(Debug)]
pub(super) struct Progress(Mutex<State>);

#[derive(Debug)]
struct State {
    /// The instant of the last step of a request or an answer; that of the acceptance before there was one.
    since: Instant,
    /// The instant of the first byte after the last answer: a head has begun.
    head: Option<Instant>,
    /// The instant since which the socket takes nothing.
    blocked: Option<Instant>,
    /// The requests under way, and those of them whose answer has begun.
    requests: usize,
    answering: usize,
    protocol: Protocol,
    closing: Option<Instant>,
    evicted: bool,
    waker: Option<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    /// No request came yet, so it is not known.
    Unknown,
    Http1,
    Http2,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State {
            since: Instant::now(),
            head: None,
            blocked: None,
            requests: 0,
            answering: 0,
            protocol: Protocol::Unknown,
            closing: None,
            evicted: false,
            waker: None,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that bytes came.
    pub(super) fn read(&self) {
        let mut state = self.state();
        if state.requests == 0 {
            state.head.get_or_insert_with(Instant::now);
        }
    }

    /// Notes that bytes were to be sent, and that the socket took some or not.
    pub(super) fn wrote(&self, taken: bool) {
        let mut state = self.state();
        if taken {
            state.blocked = None;
        } else {
            state.blocked.get_or_insert_with(Instant::now);
        }
    }

    /// Notes that a request's head was read.
    pub(super) fn begin(&self, http2: bool) {
        let mut state = self.state();
        state.head = None;
        state.requests += 1;
        state.protocol = if http2 { Protocol::Http2 } else { Protocol::Http1 };
    }

    /// Notes that its answer begins.
    pub(super) fn answers(&self) {
        let mut state = self.state();
        state.answering += 1;
        state.since = Instant::now();
    }

    /// Notes that a part of its answer was asked for, so the last one is on its way.
    pub(super) fn moves(&self) {
        self.state().since = Instant::now();
    }

    /// Notes that its answer was handed over, or given up.
    pub(super) fn end(&self, answering: bool) {
        let mut state = self.state();
        state.requests -= 1;
        state.answering -= usize::from(answering);
        state.since = Instant::now();
        // With HTTP/2 this happens in another task than the one that watches the deadline.
        if state.protocol == Protocol::Http2 {
            state.wake();
        }
    }

    /// Begins the end; returns true if an HTTP/2 client is to be told.
    pub(super) fn close(&self) -> bool {
        let mut state = self.state();
        state.closing.get_or_insert_with(Instant::now);
        state.protocol == Protocol::Http2
    }

    /// Closes it for the sake of another one, if no client waits for an answer on it; returns true if this call closed
    /// it.
    pub(super) fn evict(&self) -> bool {
        let mut state = self.state();
        let free = state.is_idle() && !state.evicted;
        if free {
            state.evicted = true;
            state.wake();
        }
        free
    }

    /// Waits until the connection may not go on.
    pub(super) async fn overdue(&self, patience: Patience) {
        let mut timer = pin!(tokio::time::sleep_until(Instant::now()));
        poll_fn(|cx| {
            let mut state = self.state();
            if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                state.waker = Some(cx.waker().clone());
            }
            let Some(deadline) = state.deadline(patience) else { return Poll::Pending };
            drop(state);
            // Each request moves the deadline away, and to set a timer takes a lock of the runtime. So one that rings
            // too early is left, and set when it rang.
            if deadline < timer.deadline() {
                timer.as_mut().reset(deadline);
            }
            loop {
                ready!(timer.as_mut().poll(cx));
                if deadline <= Instant::now() {
                    return Poll::Ready(());
                }
                timer.as_mut().reset(deadline);
            }
        })
        .await;
    }
}

impl State {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    const fn is_idle(&self) -> bool {
        self.requests == 0 && self.blocked.is_none()
    }

    /// Returns the instant until which it may go on as it is. Requests that are being worked on have a deadline of
    /// their own, in the router.
    fn deadline(&self, patience: Patience) -> Option<Instant> {
        let blocked = self.blocked.map(|since| since + patience.client);
        if self.requests > 0 {
            let unread = (self.answering == self.requests).then_some(self.since + patience.client);
            return blocked.into_iter().chain(unread).min();
        }
        if blocked.is_some() {
            return blocked;
        }
        if self.evicted {
            return Some(self.since);
        }
        let deadline = match (self.protocol, self.head) {
            (Protocol::Unknown, _) => self.since + patience.client,
            (Protocol::Http1, Some(begun)) => begun + patience.client,
            // Answers to pings are no heads; the protocol's own limits bound the frames of one.
            (Protocol::Http1, None) | (Protocol::Http2, _) => self.since + patience.keep_alive,
        };
        let Some(closing) = self.closing else { return Some(deadline) };
        // The same holds between two requests: a proxy that keeps the connection may be sending one on it, and cannot
        // repeat it.
        Some(deadline.min(closing + LAST_HEADS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience =
        Patience { client: Duration::from_secs(10), keep_alive: Duration::from_secs(75) };

    fn left(progress: &Progress) -> Option<u64> {
        let deadline = progress.state().deadline(PATIENCE)?;
        Some(deadline.duration_since(Instant::now()).as_secs())
    }

    async fn pass(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_is_timed_in_whole_and_idleness_apart_from_it() {
        let progress = Progress::new();
        assert_eq!(left(&progress), Some(10), "silent from the beginning");
        pass(4).await;
        progress.read();
        assert_eq!(left(&progress), Some(6), "a byte buys nothing");
        progress.begin(false);
        assert_eq!(left(&progress), None, "the router times requests");
        progress.answers();
        progress.end(true);
        assert_eq!(left(&progress), Some(75));
        pass(20).await;
        progress.read();
        pass(3).await;
        progress.read();
        assert_eq!(left(&progress), Some(7));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_not_read_ends_the_connection() {
        let progress = Progress::new();
        for http2 in [false, true] {
            progress.begin(http2);
            progress.answers();
            pass(4).await;
            assert_eq!(left(&progress), Some(6));
            progress.moves();
            assert_eq!(left(&progress), Some(10), "a part was taken");
            progress.end(true);
        }
        progress.wrote(false);
        pass(1).await;
        progress.wrote(false);
        assert_eq!(left(&progress), Some(9), "the rest waits in the socket");
        progress.wrote(true);
        assert_eq!(left(&progress), Some(74));
    }

    #[tokio::test(start_paused = true)]
    async fn closing_leaves_time_for_a_request_on_its_way() {
        let idle = Progress::new();
        idle.begin(false);
        idle.end(false);
        idle.close();
        assert_eq!(left(&idle), Some(1), "kept by a proxy, which may be sending one");
        let busy = Progress::new();
        busy.begin(false);
        busy.close();
        assert_eq!(left(&busy), None);
        for begun in [false, true] {
            let fresh = Progress::new();
            if begun {
                fresh.read();
            }
            fresh.close();
            assert_eq!(left(&fresh), Some(1), "its request may be on its way");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_an_idle_connection_gives_way_and_only_once() {
        let progress = Progress::new();
        progress.begin(false);
        assert!(!progress.evict());
        progress.end(false);
        assert!(progress.evict());
        assert!(!progress.evict());
        progress.overdue(PATIENCE).await;
    }
}
