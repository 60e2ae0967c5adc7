//! The cost of a world's requests, and the time until a revocation was felt. Everything in it was counted in the world.

use std::{collections::BTreeMap, time::Duration};

use coatroom::{clock::Timestamp, session::SessionId};

use super::{
    action::{Ask, Party, Place},
    jar::Shown,
    message::{Answer, Message},
    world::{EntryKind, World},
};

/// The cost of one kind of request at one place: the means, and the median of the times.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// The thing that was asked for.
    pub ask: Ask,
    /// The node that served it.
    pub at: Place,
    /// Number of requests, one at least.
    pub count: usize,
    /// Bytes of cookies that a request brought.
    pub sent: f64,
    /// Bytes of cookies that its answer set.
    pub set: f64,
    /// Calls to the store that read.
    pub reads: f64,
    /// Calls to the store that write, whatever came of them.
    pub writes: f64,
    /// Microseconds of the whole request in the node: the median.
    pub micros: u64,
}

/// The time from the last end of sessions by decision to the first refusal of each client that showed a token of one.
#[derive(Clone, Debug)]
pub struct Stopwatch<'w> {
    /// The message that ended them.
    pub message: &'w Message,
    /// The clients that have shown an access token of one of these sessions since.
    pub felt: Vec<Felt>,
}

/// The outcome for one client, at one node, of showing an access token whose session was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Felt {
    /// The client.
    pub from: Party,
    /// The node.
    pub at: Place,
    /// Number of requests that it was let in with before the refusal.
    pub let_in: usize,
    /// The time from the end of the sessions to the refusal, by the world's clock; `None` if it was not refused yet.
    pub refused: Option<Duration>,
}

/// Returns the cost of each kind of request that was served, in the order of their titles.
pub fn costs(world: &World) -> Vec<Cost> {
    let mut kinds: BTreeMap<(&str, Place), Vec<(&Message, &Answer)>> = BTreeMap::new();
    for served @ (message, _) in answered(world) {
        let key = (message.request.ask.title(), message.request.at);
        kinds.entry(key).or_default().push(served);
    }
    kinds.into_values().filter_map(|served| Cost::of(&served)).collect()
}

/// Returns the stopwatch of the last end of sessions; `None` if there was none.
pub fn stopwatch(world: &World) -> Option<Stopwatch<'_>> {
    let ends = answered(world).filter(|(message, answer)| {
        // A person who signs in anew only leaves a session behind.
        message.request.ask != Ask::SignIn && answer.ended().next().is_some()
    });
    let (message, end) = ends.last()?;
    let ended: Vec<SessionId> = end.ended().collect();
    let mut felt: BTreeMap<(Party, Place), Felt> = BTreeMap::new();
    let later = answered(world).skip_while(|(each, _)| each.number != message.number).skip(1);
    for (shown, answer) in later.filter(|(shown, _)| shows_a_token_of(shown, &ended)) {
        let (from, at) = (shown.request.from, shown.request.at);
        let client = Felt { from, at, let_in: 0, refused: None };
        felt.entry((from, at)).or_insert(client).see(answer, end.at);
    }
    Some(Stopwatch { message, felt: felt.into_values().collect() })
}

impl Cost {
    fn of(served: &[(&Message, &Answer)]) -> Option<Self> {
        let request = served.first()?.0.request;
        let bytes = |cookies: &[Shown]| cookies.iter().map(|cookie| cookie.bytes).sum();
        Some(Self {
            ask: request.ask,
            at: request.at,
            count: served.len(),
            sent: mean(served.iter().map(|(message, _)| bytes(&message.cookies))),
            set: mean(served.iter().map(|(_, answer)| bytes(&answer.cookies))),
            reads: mean(served.iter().map(|(_, answer)| answer.cost().0)),
            writes: mean(served.iter().map(|(_, answer)| answer.cost().1)),
            micros: median(served.iter().map(|(_, answer)| answer.micros).collect()),
        })
    }
}

impl Felt {
    fn see(&mut self, answer: &Answer, ended_at: Timestamp) {
        match (answer.status, self.refused) {
            // A page sends a client that it refuses to the form.
            (401 | 303, None) => self.refused = Some(answer.at.since(ended_at)),
            // A client that is known, and may not do this, was let in as well.
            (200 | 403, None) => self.let_in += 1,
            _ => {}
        }
    }
}

/// The requests that were served, in that order.
fn answered(world: &World) -> impl Iterator<Item = (&Message, &Answer)> {
    world.timeline().iter().filter_map(|entry| match entry.kind {
        EntryKind::Served(number) => {
            let message = world.message(number)?;
            Some((message, message.answer.as_ref()?))
        }
        _ => None,
    })
}

/// Returns true if it is a request that a good access token would let in, with a token of one of these sessions.
fn shows_a_token_of(message: &Message, sessions: &[SessionId]) -> bool {
    let of_them = |cookie: &Shown| cookie.session.is_some_and(|id| sessions.contains(&id));
    matches!(message.request.ask, Ask::Call | Ask::Admin | Ask::Reload)
        && message.cookies.iter().any(|cookie| cookie.admits() && of_them(cookie))
}

/// Returns the mean; zero of nothing.
#[expect(clippy::cast_precision_loss, reason = "a world keeps no more than a few hundred kB")]
fn mean(figures: impl ExactSizeIterator<Item = usize>) -> f64 {
    let count = figures.len().max(1);
    figures.sum::<usize>() as f64 / count as f64
}

/// Returns the median; of two in the middle, their midpoint; zero of nothing.
fn median(mut figures: Vec<u64>) -> u64 {
    figures.sort_unstable();
    let at = |index: usize| figures.get(index).copied().unwrap_or_default();
    match figures.len() {
        0 => 0,
        count if count % 2 == 1 => at(count / 2),
        count => at(count / 2 - 1).midpoint(at(count / 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_and_a_median_are_of_all_figures() {
        assert_eq!(mean([].into_iter()).to_bits(), 0_f64.to_bits());
        assert_eq!(mean([1, 2, 6].into_iter()).to_bits(), 3_f64.to_bits());
        for (figures, middle) in [
            (&[][..], 0),
            (&[7], 7),
            (&[9, 1], 5),
            (&[9, 1, 2], 2),
            (&[8, 1, 2, 4], 3),
            (&[u64::MAX, u64::MAX], u64::MAX),
        ] {
            assert_eq!(median(figures.to_vec()), middle, "{figures:?}");
        }
    }
}
