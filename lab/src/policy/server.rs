//! One session on a server of some policy.

use coatroom::{
    Role, UserId,
    clock::Timestamp,
    principal::{Authority, Means, OwnClaims},
    risk::lock_step,
    session::{
        Client, Decision, Persistence, Presented, Session, SessionId, SessionNonce, Timing, decide,
    },
    store::{Event, EventKind, Trigger},
};

use super::Policy;

/// A refresh token of a simulated server; also the one that an access token was issued with. Later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token(pub(crate) u64);

/// The answer of a simulated server to a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyAnswer {
    /// Both tokens.
    Both(Token),
    /// An access token, issued with that refresh token.
    Access(Token),
    /// A refusal of this token, now and for ever. The session goes on for a client that has another.
    Refused,
    /// The end of the session.
    Ended,
}

/// One session on a server of some policy.
#[derive(Clone, Debug)]
pub struct Server {
    policy: Policy,
    ended: bool,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// Tokens as they were issued, each with the time of its first use.
    Issued(Vec<Option<Timestamp>>),
    /// One current token, and the one before it.
    Pair(Pair),
    /// Generations, and the time of the last rotation.
    Counted { current: u64, rotated_at: Timestamp },
    /// The row that the real rule reads, and the events that it leaves.
    StoredRow(Box<StoredRow>),
}

#[derive(Clone, Debug)]
struct Pair {
    current: Token,
    previous: Option<Token>,
    rotated_at: Timestamp,
    /// Set once an access token of the current one was shown.
    used: bool,
    issued: u64,
}

#[derive(Clone, Debug)]
struct StoredRow {
    session: Session,
    events: Vec<Event>,
}

impl Server {
    /// A session that begins now, its first token being [`Server::first`].
    pub fn new(policy: Policy, now: Timestamp) -> Self {
        let state = match policy {
            Policy::Strict | Policy::AccessOnly | Policy::Branch | Policy::FromRotation => {
                State::Issued(vec![None])
            }
            Policy::Rerotate | Policy::UntilUsed => State::Pair(Pair {
                current: Self::first(),
                previous: None,
                rotated_at: now,
                used: false,
                issued: 1,
            }),
            Policy::OneBehind => State::Counted { current: 0, rotated_at: now },
            Policy::Coatroom => {
                State::StoredRow(Box::new(StoredRow { session: session(now), events: Vec::new() }))
            }
        };
        Self { policy, ended: false, state }
    }

    /// The token that a sign-in gives.
    pub const fn first() -> Token {
        Token(0)
    }

    /// Answers a refresh token that is presented. Windows are [`Timing::grace`] for every policy that has one.
    pub fn refresh(
        &mut self,
        now: Timestamp,
        token: Token,
        timing: &Timing,
        client: &Client,
    ) -> PolicyAnswer {
        if self.ended {
            return PolicyAnswer::Ended;
        }
        let grace = timing.grace;
        // A window of zero forgives nothing, not even what comes within the same millisecond.
        let window = |since: Timestamp| now <= since + grace && !grace.is_zero();
        let answer = match &mut self.state {
            State::Issued(spent) => use_issued(self.policy, spent, token, now, window),
            State::Pair(pair) => pair.refresh(self.policy, token, now, window),
            State::Counted { current, rotated_at } => {
                if token.0 == *current {
                    (*current, *rotated_at) = (*current + 1, now);
                    PolicyAnswer::Both(Token(*current))
                } else if token.0 + 1 == *current || window(*rotated_at) {
                    PolicyAnswer::Both(Token(*current))
                } else {
                    PolicyAnswer::Ended
                }
            }
            State::StoredRow(row) => row.refresh(now, token, timing, client),
        };
        self.ended = answer == PolicyAnswer::Ended;
        answer
    }

    /// Notes an access token that is shown, and was issued with that refresh token.
    pub fn show(&mut self, now: Timestamp, token: Token) {
        match &mut self.state {
            State::Pair(pair) => pair.used |= token == pair.current,
            State::StoredRow(row) if row.session.generation == token.0 && !self.ended => {
                row.session.acknowledged_at.get_or_insert(now);
            }
            State::Issued(_) | State::Counted { .. } | State::StoredRow(_) => {}
        }
    }

    /// Counts the generations in a row that look as if two clients kept in step; 0 for policies that keep no events.
    pub fn streak(&self) -> u32 {
        match &self.state {
            State::StoredRow(row) => lock_step(row.events.iter().rev()),
            State::Issued(_) | State::Pair(_) | State::Counted { .. } => 0,
        }
    }
}

fn use_issued(
    policy: Policy,
    spent: &mut Vec<Option<Timestamp>>,
    token: Token,
    now: Timestamp,
    window: impl Fn(Timestamp) -> bool,
) -> PolicyAnswer {
    let index = usize::try_from(token.0).unwrap_or(usize::MAX);
    match (spent.get(index).copied().flatten(), policy) {
        (None, _) => spent[index] = Some(now),
        (Some(at), Policy::AccessOnly) if window(at) => return PolicyAnswer::Access(token),
        (Some(at), Policy::FromRotation) if window(at) => {
            return PolicyAnswer::Both(Token(token.0 + 1));
        }
        (Some(at), Policy::Branch) if window(at) => {}
        _ => return PolicyAnswer::Ended,
    }
    spent.push(None);
    PolicyAnswer::Both(Token(u64::try_from(spent.len() - 1).unwrap_or(u64::MAX)))
}

impl Pair {
    fn refresh(
        &mut self,
        policy: Policy,
        token: Token,
        now: Timestamp,
        window: impl Fn(Timestamp) -> bool,
    ) -> PolicyAnswer {
        let open = match policy {
            Policy::UntilUsed => !self.used,
            _ => window(self.rotated_at),
        };
        if token == self.current {
            (self.previous, self.rotated_at) = (Some(token), now);
        } else if self.previous != Some(token) || !open {
            return if policy == Policy::UntilUsed {
                PolicyAnswer::Refused
            } else {
                PolicyAnswer::Ended
            };
        }
        // If the previous token was presented, this displaces the current one: nothing knows of that any more.
        (self.current, self.used) = (Token(self.issued), false);
        self.issued += 1;
        PolicyAnswer::Both(self.current)
    }
}

impl StoredRow {
    fn refresh(
        &mut self,
        now: Timestamp,
        token: Token,
        timing: &Timing,
        client: &Client,
    ) -> PolicyAnswer {
        let session = &mut self.session;
        let presented = Presented::Genuine { generation: token.0, session };
        let kind = match decide(now, presented, timing) {
            Decision::Debounced { .. } => {
                session.acknowledged_at.get_or_insert(now);
                return PolicyAnswer::Access(token);
            }
            Decision::Rotate => {
                session.generation += 1;
                (session.rotated_at, session.acknowledged_at) = (now, None);
                session.replays = 0;
                EventKind::Rotated
            }
            // The bound on the rate of replays is the engine's; the rule never says it.
            Decision::Replay(_) | Decision::TooManyReplays { .. } => {
                session.replays += 1;
                EventKind::ReplayedConcurrent
            }
            Decision::Reuse(_) | Decision::Ended(_) | Decision::Invalid(_) => {
                return PolicyAnswer::Ended;
            }
        };
        let (generation, trigger, client) = (session.generation, Trigger::Call, client.clone());
        self.events.push(Event { at: now, kind, generation, trigger, client, times: 1 });
        PolicyAnswer::Both(Token(generation))
    }
}

/// A row that never expires: the day of the model is shorter than any session.
fn session(now: Timestamp) -> Session {
    let never = Timestamp::from_millis(i64::MAX);
    Session {
        id: SessionId::from_bytes([0; 16]),
        subject: UserId::from_bytes([0; 16]).into(),
        authority: Authority { role: Role::USER, claims: OwnClaims::default(), version: 0 },
        newest_authority: 0,
        created_at: now,
        authenticated_at: now,
        means: Means::default(),
        nonce: SessionNonce::from_bytes([0; 32]),
        pepper_kid: String::new(),
        generation: 0,
        rotated_at: now,
        acknowledged_at: None,
        replays: 0,
        persistence: Persistence::Remembered,
        idle_expires_at: never,
        absolute_expires_at: never,
        revoked: None,
        client: Client::default(),
        last_seen_at: now,
        epoch: 0,
    }
}

#[cfg(test)]
mod tests;
