//! Seven ways to treat a refresh token that was used before, as small state machines.
//!
//! Six are told from their descriptions, each as well as it can be done; the seventh is Coatroom's and calls the real
//! [`decide`]. They keep one session each, and know nothing of networks or people. Invariant: once a policy has
//! ended its session, it answers nothing else any more.

use serde::Serialize;

use crate::{
    clock::Timestamp,
    risk::lock_step,
    session::{
        Client, Decision, Persistence, Presented, Session, SessionId, SessionNonce, Timing, decide,
    },
    store::{Event, EventKind, Trigger},
    user::{Role, UserId},
};

/// What a server does about a spent refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// It ends the session.
    Strict,
    /// For a while, each use gets a new token, and the one that was current until then is spent.
    Rerotate,
    /// For a while, a use gets an access token and keeps the refresh token it has.
    AccessOnly,
    /// For a while, each use begins a new branch; the newest token of every branch is good.
    Branch,
    /// For a while after the rotation, it is answered with its successor, the same each time.
    FromRotation,
    /// Until the next rotation, it is answered with its successor, the same each time.
    OneBehind,
    /// Coatroom's: its successor, the same each time, until a while after that one was seen.
    Coatroom,
}

impl Policy {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 7] = [
        Self::Strict,
        Self::Rerotate,
        Self::AccessOnly,
        Self::Branch,
        Self::FromRotation,
        Self::OneBehind,
        Self::Coatroom,
    ];

    /// Its name, for a table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict single use",
            Self::Rerotate => "a new token for each racer, in a window",
            Self::AccessOnly => "an access token only, in a window",
            Self::Branch => "a new branch for each use, in a window",
            Self::FromRotation => "the same successor, window from rotation",
            Self::OneBehind => "the same successor, one behind always",
            Self::Coatroom => "Coatroom: window from proof of delivery",
        }
    }
}

/// A refresh token of a simulated server; also the one that an access token was issued with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(u32);

/// What a simulated server answers to a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Both tokens.
    Both(Token),
    /// An access token, issued with that refresh token.
    Access(Token),
    /// Nothing for now; whoever asks keeps what it has.
    Later,
    /// That the session is over.
    Ended,
}

/// One session on a server of some policy.
#[derive(Clone, Debug)]
pub struct Server {
    timing: Timing,
    ended: bool,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// Tokens as they were issued, each with the time of its first use.
    Issued { policy: Policy, spent: Vec<Option<Timestamp>> },
    /// Generations; only the last rotation is remembered.
    Generations { policy: Policy, current: u32, rotated_at: Timestamp },
    /// The row that the real rule reads, and the events that it leaves.
    Row(Box<Row>),
}

#[derive(Clone, Debug)]
struct Row {
    session: Session,
    events: Vec<Event>,
}

impl Server {
    /// A session that begins now, its first token being [`Server::first`].
    pub fn new(policy: Policy, timing: Timing, now: Timestamp) -> Self {
        let state = match policy {
            Policy::Strict | Policy::Rerotate | Policy::AccessOnly | Policy::Branch => {
                State::Issued { policy, spent: vec![None] }
            }
            Policy::FromRotation | Policy::OneBehind => {
                State::Generations { policy, current: 0, rotated_at: now }
            }
            Policy::Coatroom => {
                State::Row(Box::new(Row { session: session(now), events: Vec::new() }))
            }
        };
        Self { timing, ended: false, state }
    }

    /// The token that a sign-in gives.
    pub const fn first() -> Token {
        Token(0)
    }

    /// Goes on with other windows.
    pub const fn set_timing(&mut self, timing: Timing) {
        self.timing = timing;
    }

    /// A refresh token is presented. Windows are [`Timing::grace`] for every policy that has one.
    pub fn refresh(&mut self, now: Timestamp, token: Token, client: &Client) -> Answer {
        if self.ended {
            return Answer::Ended;
        }
        let window = |since: Timestamp| now <= since + self.timing.grace;
        let answer = match &mut self.state {
            State::Issued { policy, spent } => use_issued(*policy, spent, token, now, window),
            State::Generations { policy, current, rotated_at } => {
                if token.0 == *current {
                    (*current, *rotated_at) = (*current + 1, now);
                    Answer::Both(Token(*current))
                } else if token.0 + 1 == *current
                    && (*policy == Policy::OneBehind || window(*rotated_at))
                {
                    Answer::Both(Token(*current))
                } else {
                    Answer::Ended
                }
            }
            State::Row(row) => row.refresh(now, token, &self.timing, client),
        };
        self.ended = answer == Answer::Ended;
        answer
    }

    /// An access token is shown that was issued with that refresh token.
    pub fn show(&mut self, now: Timestamp, token: Token) {
        if let State::Row(row) = &mut self.state
            && row.session.generation == u64::from(token.0)
            && !self.ended
        {
            row.session.acknowledged_at.get_or_insert(now);
        }
    }

    /// How many generations in a row look as if two clients kept in step; 0 for policies that keep no events.
    pub fn streak(&self) -> u32 {
        match &self.state {
            State::Row(row) => lock_step(row.events.iter().rev()),
            State::Issued { .. } | State::Generations { .. } => 0,
        }
    }
}

fn use_issued(
    policy: Policy,
    spent: &mut Vec<Option<Timestamp>>,
    token: Token,
    now: Timestamp,
    window: impl Fn(Timestamp) -> bool,
) -> Answer {
    let index = usize::try_from(token.0).unwrap_or(usize::MAX);
    let newest = spent.len() - 1;
    let used = match (spent[index], policy) {
        (None, _) => index,
        (Some(at), Policy::AccessOnly) if window(at) => return Answer::Access(token),
        (Some(at), Policy::Rerotate) if window(at) => newest,
        (Some(at), Policy::Branch) if window(at) => index,
        _ => return Answer::Ended,
    };
    spent[used].get_or_insert(now);
    spent.push(None);
    Answer::Both(Token(u32::try_from(newest + 1).unwrap_or(u32::MAX)))
}

impl Row {
    fn refresh(
        &mut self,
        now: Timestamp,
        token: Token,
        timing: &Timing,
        client: &Client,
    ) -> Answer {
        let session = &mut self.session;
        let presented = Presented::Genuine { generation: token.0.into(), session };
        let kind = match decide(now, presented, timing) {
            Decision::Debounced { .. } => {
                session.acknowledged_at.get_or_insert(now);
                return Answer::Access(token);
            }
            Decision::Rotate => {
                session.generation += 1;
                (session.rotated_at, session.acknowledged_at) = (now, None);
                session.replays = 0;
                EventKind::Rotated
            }
            Decision::Replay(_) => {
                session.replays += 1;
                EventKind::ReplayedConcurrent
            }
            // The engine's word, which counts replays; the rule never says it.
            Decision::TooManyReplays { .. } => return Answer::Later,
            Decision::Reuse(_) | Decision::Ended(_) | Decision::Invalid(_) => return Answer::Ended,
        };
        let (generation, trigger, client) = (session.generation, Trigger::Call, client.clone());
        self.events.push(Event { at: now, kind, generation, trigger, client, times: 1 });
        Answer::Both(Token(u32::try_from(generation).unwrap_or(u32::MAX)))
    }
}

/// A row that never expires: the day of the model is shorter than any session.
fn session(now: Timestamp) -> Session {
    let never = Timestamp::from_millis(i64::MAX);
    Session {
        id: SessionId::from_bytes([0; 16]),
        user_id: UserId::from_bytes([0; 16]),
        role: Role::User,
        created_at: now,
        authenticated_at: now,
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
        authz_version: 0,
        client: Client::default(),
        last_seen_at: now,
        epoch: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TIMING: Timing =
        Timing { grace: Duration::from_secs(30), spacing: Duration::from_secs(60) };
    /// When the first token is used: long after it was shown.
    const USED: i64 = 1_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    /// A server whose first token was used once, so that `Both(Token(1))` was answered.
    fn used(policy: Policy) -> Server {
        let mut server = Server::new(policy, TIMING, at(0));
        server.show(at(0), Server::first());
        let answer = server.refresh(at(USED), Server::first(), &Client::default());
        assert_eq!(answer, Answer::Both(Token(1)), "{policy:?}");
        server
    }

    fn again(server: &mut Server, after: i64, token: Token) -> Answer {
        server.refresh(at(USED + after), token, &Client::default())
    }

    #[test]
    fn a_spent_token_is_answered_within_the_window_by_each_policy_in_its_way() {
        let first = Server::first();
        for (policy, expected) in [
            (Policy::Strict, Answer::Ended),
            (Policy::Rerotate, Answer::Both(Token(2))),
            (Policy::AccessOnly, Answer::Access(first)),
            (Policy::Branch, Answer::Both(Token(2))),
            (Policy::FromRotation, Answer::Both(Token(1))),
            (Policy::OneBehind, Answer::Both(Token(1))),
            (Policy::Coatroom, Answer::Both(Token(1))),
        ] {
            assert_eq!(again(&mut used(policy), 30, first), expected, "{policy:?}");
        }
    }

    #[test]
    fn after_the_window_only_two_forgive_and_one_of_them_for_ever() {
        for policy in Policy::ALL {
            let mut server = used(policy);
            let forgives = matches!(policy, Policy::OneBehind | Policy::Coatroom);
            let answer = again(&mut server, 31, Server::first());
            assert_eq!(answer != Answer::Ended, forgives, "{policy:?}");
            if forgives {
                server.show(at(USED + 40), Token(1));
                let answer = again(&mut server, 71, Server::first());
                assert_eq!(answer != Answer::Ended, policy == Policy::OneBehind, "{policy:?}");
            }
        }
    }

    #[test]
    fn an_end_is_an_end() {
        let mut server = used(Policy::Strict);
        assert_eq!(again(&mut server, 1, Server::first()), Answer::Ended);
        assert_eq!(again(&mut server, 2, Token(1)), Answer::Ended);
    }

    #[test]
    fn what_a_racer_holds_is_spent_by_the_next_or_a_branch_of_its_own() {
        for (policy, good) in [(Policy::Rerotate, false), (Policy::Branch, true)] {
            let mut server = used(policy);
            again(&mut server, 1, Server::first());
            assert_eq!(again(&mut server, 300, Token(1)) != Answer::Ended, good, "{policy:?}");
        }
    }
}
