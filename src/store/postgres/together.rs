//! Calls of one kind that wait at the same time are one statement.
//!
//! The statements of the rule change a row or two. What they cost is the way: a round trip, a switch between processes on
//! either side, a transaction. While few are on their way a call goes at once; those that come meanwhile go with the next.
//!
//! No call waits for the row of another one: a statement for several leaves out what is locked, and what it leaves out is
//! asked alone. So is what its guard refused, which another node may have locked a moment ago. A race is thus decided by
//! the statement for one.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::oneshot, time::timeout};

use super::wire::Wire;
use crate::{
    session::SessionId,
    store::{StoreError, failure::store_error},
};

pub(super) mod calls;

/// The most statements that are on their way at the same time. The fewer, the more calls go together under load; but one
/// more than one, or each call would wait for another one's round trip first.
const ON_THE_WAY: usize = 2;

/// The most calls of a statement: a bound on the time for which it holds its locks.
const MOST: usize = 64;

/// A call about one session.
pub(super) trait Call: Send + Sync + Sized + 'static {
    type Answer: Send + 'static;

    fn id(&self) -> SessionId;

    /// Asks for calls about different sessions in one statement. Leaves out the answers to those that have to be asked
    /// alone.
    fn together(
        calls: &[&Self],
        wire: &Wire,
    ) -> impl Future<Output = Result<Answers<Self::Answer>, sqlx::Error>> + Send;

    /// Asks for this one. A call that changes a row may wait for it here.
    fn alone(self, wire: &Wire) -> impl Future<Output = Result<Self::Answer, StoreError>> + Send {
        async move {
            let mut answers = Self::together(&[&self], wire).await.map_err(store_error)?;
            answers.remove(&self.id()).unwrap_or(Err(StoreError::Corrupt("session.id")))
        }
    }
}

/// The answers to calls, by their sessions.
pub(super) type Answers<A> = HashMap<SessionId, Result<A, StoreError>>;

/// The calls of one kind.
pub(super) struct Together<C: Call> {
    wire: Wire,
    queue: Arc<Mutex<Queue<C>>>,
}

struct Queue<C: Call> {
    waiting: VecDeque<Waiting<C>>,
    on_the_way: usize,
}

struct Waiting<C: Call> {
    call: C,
    caller: oneshot::Sender<Result<C::Answer, StoreError>>,
}

impl<C: Call> Together<C> {
    pub(super) fn new(wire: Wire) -> Self {
        let queue = Queue { waiting: VecDeque::new(), on_the_way: 0 };
        Self { wire, queue: Arc::new(Mutex::new(queue)) }
    }

    /// Asks, in time.
    pub(super) async fn ask(&self, call: C) -> Result<C::Answer, StoreError> {
        let (caller, answer) = oneshot::channel();
        self.enqueue(Waiting { call, caller });
        match timeout(self.wire.limit(), answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_gone)) => Err(StoreError::Unavailable("the call was stopped".into())),
            Err(late) => Err(StoreError::Unavailable(late.into())),
        }
    }

    /// Lets a call wait, and sends it at once if few are on their way.
    fn enqueue(&self, waiting: Waiting<C>) {
        let mut queue = self.queue();
        queue.waiting.push_back(waiting);
        let goes = queue.on_the_way < ON_THE_WAY;
        queue.on_the_way += usize::from(goes);
        // A runtime that shuts down drops the task here, which locks the queue.
        drop(queue);
        if goes {
            // In a task of its own: the caller may go away, and others wait for what it began.
            tokio::spawn(Sending { calls: self.clone(), over: false }.run());
        }
    }

    /// Locks the queue. No code panics while it holds the lock, so a poisoned one still guards a sound queue.
    fn queue(&self) -> MutexGuard<'_, Queue<C>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the calls of the next statement, one for each session. Returns `None` if none waits; then one statement less is
    /// on its way.
    fn next(&self) -> Option<Vec<Waiting<C>>> {
        let mut queue = self.queue();
        let (mut taken, mut sessions) = (Vec::new(), HashSet::new());
        for waiting in std::mem::take(&mut queue.waiting) {
            if waiting.caller.is_closed() {
                continue;
            }
            if taken.len() < MOST && sessions.insert(waiting.call.id()) {
                taken.push(waiting);
            } else {
                queue.waiting.push_back(waiting);
            }
        }
        if taken.is_empty() {
            queue.on_the_way -= 1;
            return None;
        }
        Some(taken)
    }

    /// Asks for calls together, and for those that were left out alone.
    async fn send(&self, sent: Vec<Waiting<C>>) {
        let calls: Vec<&C> = sent.iter().map(|waiting| &waiting.call).collect();
        let mut answers = match C::together(&calls, &self.wire).await {
            Ok(answers) => answers,
            // The server refused one of them, and did nothing for all.
            Err(sqlx::Error::Database(_)) if sent.len() > 1 => HashMap::new(),
            Err(error) => return unavailable(sent, error),
        };
        for Waiting { call, caller } in sent {
            if let Some(answer) = answers.remove(&call.id()) {
                // An error means that the caller went away.
                let _gone = caller.send(answer);
            } else {
                let wire = self.wire.clone();
                // It may wait for a lock, and others for this.
                tokio::spawn(async move { caller.send(call.alone(&wire).await) });
            }
        }
    }
}

/// Tells all callers of a statement why it got no answer.
fn unavailable<C: Call>(sent: Vec<Waiting<C>>, error: sqlx::Error) {
    match <[_; 1]>::try_from(sent) {
        Ok([Waiting { caller, .. }]) => drop(caller.send(Err(store_error(error)))),
        Err(sent) => {
            let shared = Arc::new(error);
            for Waiting { caller, .. } in sent {
                let told = StoreError::Unavailable(Box::new(Arc::clone(&shared)));
                let _gone = caller.send(Err(told));
            }
        }
    }
}

impl<C: Call> Clone for Together<C> {
    fn clone(&self) -> Self {
        Self { wire: self.wire.clone(), queue: Arc::clone(&self.queue) }
    }
}

impl<C: Call> fmt::Debug for Together<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Together(…)")
    }
}

/// A task that sends one statement after the other while calls wait.
struct Sending<C: Call> {
    calls: Together<C>,
    /// True once it found that none waits: another one may have begun since.
    over: bool,
}

impl<C: Call> Sending<C> {
    async fn run(mut self) {
        while let Some(sent) = self.calls.next() {
            self.calls.send(sent).await;
        }
        self.over = true;
    }
}

impl<C: Call> Drop for Sending<C> {
    /// Lets the next call begin another one if this one was cancelled, or panicked. Those that wait are told.
    fn drop(&mut self) {
        if !self.over {
            let mut queue = self.calls.queue();
            queue.waiting.clear();
            queue.on_the_way -= 1;
        }
    }
}
