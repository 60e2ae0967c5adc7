//! One day: what happens when, and what the browser and the thief do about it.

use std::{cmp::Reverse, collections::BinaryHeap};

use coatroom::{clock::Timestamp, session::Timing};

use super::{
    Model, STREAKS, Setup, Thief,
    network::{Clients, Where},
};
use crate::{
    policy::{PolicyAnswer, Server, Token},
    random::Random,
};

/// The outcome of a day.
#[derive(Debug, Default)]
pub(super) struct DayOutcome {
    /// The time at which the session was ended.
    pub(super) ended_at: Option<i64>,
    /// The time at which the owner's token was refused, the session being alive.
    pub(super) refused_at: Option<i64>,
    /// The time at which the jar of a living session was copied.
    pub(super) stolen_at: Option<i64>,
    /// The time at which two clients had first kept in step for so many generations.
    pub(super) streak_at: [Option<i64>; STREAKS.len()],
    /// Number of answers with both tokens.
    pub(super) refreshes: u32,
}

/// The tokens that an owner's browser holds.
#[derive(Clone, Copy, Debug)]
struct Jar {
    refresh: Token,
    access: Token,
    issued_at: i64,
}

/// Something that happens next.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// The visible tab's timer goes off, unless it was set anew since.
    Due {
        timer: u32,
    },
    /// A call was given up. It is made once more, unless an answer came in the meantime.
    GivenUp {
        answers: u32,
    },
    /// The person opens pages, unless it left since.
    Visit {
        stay: u32,
    },
    /// The person tries again to load a page.
    Reload,
    Leave,
    Return,
    Reach(Request),
    Receive {
        answer: PolicyAnswer,
        served_at: i64,
    },
    Gap,
    Steal,
    ThiefTurn,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    kind: Kind,
    jar: Jar,
    whence: Where,
    sent_at: i64,
    /// Number of answers that the browser had when it left.
    answers: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Page,
    Call,
    SecondCall,
}

/// A happening in the queue, the earliest first; of one moment, in the order in which they were planned.
#[derive(Debug)]
struct Planned {
    key: Reverse<(i64, u64)>,
    happening: Happening,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for Planned {}
impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Planned {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

#[derive(Debug)]
pub(super) struct Day<'a> {
    model: &'a Model,
    thief: Option<Thief>,
    random: Random,
    server: Server,
    timing: Timing,
    clients: Clients,
    queue: BinaryHeap<Planned>,
    planned: u64,
    now: i64,
    jar: Jar,
    /// Number of answers with cookies that arrived.
    answers: u32,
    /// Number of times that the timer was set, and that the person came back: what was planned before does not count.
    timer: u32,
    stay: u32,
    there: bool,
    /// The time until which the network is gone, and the time at which it will be gone next.
    gap_until: i64,
    gap_from: i64,
    /// The thief's tokens.
    copy: Option<Jar>,
    /// True if the thief's next turn is planned.
    thief_waits: bool,
    outcome: DayOutcome,
}

impl<'a> Day<'a> {
    pub(super) fn new(model: &'a Model, setup: Setup, seed: u64) -> Self {
        let first = Server::first();
        let mut day = Self {
            model,
            thief: setup.thief,
            random: Random::new(seed),
            server: Server::new(setup.policy, Timestamp::from_millis(0)),
            timing: model.timing(),
            clients: Clients::new(setup.network),
            queue: BinaryHeap::new(),
            planned: 0,
            now: 0,
            jar: Jar { refresh: first, access: first, issued_at: 0 },
            answers: 0,
            timer: 0,
            stay: 0,
            there: true,
            gap_until: 0,
            gap_from: 0,
            copy: None,
            thief_waits: false,
            outcome: DayOutcome::default(),
        };
        if day.thief.is_some() {
            // Early enough that there is a day left to notice it in.
            let steal = day.random.between(0, model.day / 2);
            day.plan(steal, Happening::Steal);
        }
        day.plan_gap();
        let leave = day.random.wait(model.stay);
        day.plan(leave, Happening::Leave);
        day.plan(0, Happening::Visit { stay: 0 });
        day
    }

    /// Lives it through, until its end or the session's.
    pub(super) fn live(mut self) -> DayOutcome {
        while let Some(Planned { key: Reverse((at, _)), happening }) = self.queue.pop() {
            let over = self.outcome.ended_at.or(self.outcome.refused_at).is_some();
            if at > self.model.day || over {
                break;
            }
            self.now = at;
            self.happen(happening);
        }
        self.outcome
    }

    fn plan(&mut self, after: i64, happening: Happening) {
        self.planned += 1;
        self.queue.push(Planned { key: Reverse((self.now + after, self.planned)), happening });
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Due { timer } => {
                if self.there && timer == self.timer {
                    self.send(Kind::Call);
                }
            }
            Happening::GivenUp { answers } => {
                if self.there && answers == self.answers {
                    self.send(Kind::SecondCall);
                }
            }
            Happening::Visit { stay } => {
                if self.there && stay == self.stay {
                    self.visit();
                }
            }
            Happening::Reload => {
                if self.there {
                    self.send(Kind::Page);
                }
            }
            Happening::Leave => {
                self.there = false;
                let away = self.random.wait(self.model.away);
                self.plan(away, Happening::Return);
            }
            Happening::Return => {
                self.there = true;
                self.stay += 1;
                let stay = self.random.wait(self.model.stay);
                self.plan(stay, Happening::Leave);
                self.visit();
            }
            Happening::Reach(request) => self.reach(request),
            Happening::Receive { answer, served_at } => self.receive(answer, served_at),
            Happening::Gap => {
                let gap = self.random.wait(self.model.gap);
                self.gap_until = self.now + gap;
                self.clients.reconnect(&mut self.random);
                self.plan_gap();
            }
            Happening::Steal => {
                self.copy = Some(self.jar);
                self.outcome.stolen_at = Some(self.now);
                if let Some(Thief::First | Thief::Silent) = self.thief {
                    self.thief_waits = true;
                    let wait = self.random.between(0, self.model.access / 2);
                    self.plan(wait, Happening::ThiefTurn);
                }
            }
            Happening::ThiefTurn => self.thief_turn(),
        }
    }

    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "minutes")]
    fn plan_gap(&mut self) {
        let between = self.model.gap as f64 * (1.0 / self.model.lost - 1.0);
        let wait = self.random.wait(between as i64);
        let from = (self.gap_until - self.now).max(0);
        self.gap_from = self.now + from + wait;
        self.plan(from + wait, Happening::Gap);
    }

    /// Opens pages, some at once. Those that find the timer overdue ask as soon as they are there.
    fn visit(&mut self) {
        let pages = 1 + self.random.below(self.model.tabs);
        for _ in 0..pages {
            self.send(Kind::Page);
        }
        if self.now < self.jar.issued_at + self.model.access {
            self.set_timer(self.jar.issued_at + self.model.refresh_after);
        }
        let (next, stay) = (self.random.wait(self.model.visit), self.stay);
        self.plan(next, Happening::Visit { stay });
    }

    /// Sets the visible tab's timer, and at least to when a page can have been drawn.
    fn set_timer(&mut self, at: i64) {
        self.timer += 1;
        let timer = self.timer;
        self.plan((at - self.now).max(1_000), Happening::Due { timer });
    }

    fn under_way(&mut self) -> i64 {
        let slow = if self.random.happens(self.model.slow.0) { self.model.slow.1 } else { 0 };
        let slow = self.random.wait(slow);
        self.model.latency + self.random.wait(self.model.jitter) + slow
    }

    fn send(&mut self, kind: Kind) {
        let whence = self.clients.next(&mut self.random);
        let (jar, sent_at, answers) = (self.jar, self.now, self.answers);
        let under_way = self.under_way();
        self.plan(under_way, Happening::Reach(Request { kind, jar, whence, sent_at, answers }));
    }

    /// The server does what it does about an owner's request.
    fn reach(&mut self, request: Request) {
        let Request { kind, jar, whence, sent_at, answers } = request;
        let now = Timestamp::from_millis(self.now);
        self.server.show(now, jar.access);
        let expired = self.now >= jar.issued_at + self.model.access;
        if kind == Kind::Plain || (kind == Kind::Page && !expired) {
            return;
        }
        let answer =
            self.server.refresh(now, jar.refresh, &self.timing, self.clients.owner(whence));
        self.note(answer);
        if answer == PolicyAnswer::Refused {
            self.outcome.refused_at = Some(self.now);
        }
        if let (PolicyAnswer::Both(_), Some(_), Some(thief), false) =
            (answer, self.copy, self.thief, self.thief_waits)
        {
            // One turn for each of the owner's, or a thief would overtake itself.
            self.thief_waits = true;
            let wait = match thief {
                Thief::First | Thief::Silent => self.model.access / 2,
                Thief::After => self.model.access / 3,
                Thief::LockStep => self.random.between(0, self.model.grace / 2),
            };
            self.plan(wait, Happening::ThiefTurn);
        }
        let drawing = if kind == Kind::Page { self.random.wait(self.model.draw) } else { 0 };
        let arrives_at = self.now + drawing + self.under_way();
        let in_gap = self.gap_until > arrives_at || self.gap_from <= arrives_at;
        let given_up = arrives_at > sent_at + self.model.timeout;
        if !in_gap && !given_up {
            let served_at = self.now;
            return self.plan(arrives_at - served_at, Happening::Receive { answer, served_at });
        }
        let timeout = (sent_at + self.model.timeout - self.now).max(0);
        match kind {
            Kind::Call => self.plan(timeout, Happening::GivenUp { answers }),
            Kind::SecondCall => {
                // Left to the next page, or to the timer at the end of the access token.
                self.set_timer((jar.issued_at + self.model.access).max(self.now + timeout));
            }
            Kind::Page | Kind::Plain => {
                let wait = self.random.wait(self.model.reload);
                self.plan(wait, Happening::Reload);
            }
        }
    }

    fn note(&mut self, answer: PolicyAnswer) {
        match answer {
            PolicyAnswer::Ended => self.outcome.ended_at = Some(self.now),
            PolicyAnswer::Both(_) => self.outcome.refreshes += 1,
            PolicyAnswer::Access(_) | PolicyAnswer::Refused => {}
        }
        let streak = self.server.streak();
        for (at, length) in self.outcome.streak_at.iter_mut().zip(STREAKS) {
            if streak >= length {
                at.get_or_insert(self.now);
            }
        }
    }

    fn receive(&mut self, answer: PolicyAnswer, served_at: i64) {
        match answer {
            PolicyAnswer::Ended | PolicyAnswer::Refused => return,
            PolicyAnswer::Both(token) => (self.jar.refresh, self.jar.access) = (token, token),
            PolicyAnswer::Access(token) => self.jar.access = token,
        }
        self.jar.issued_at = served_at;
        self.answers += 1;
        self.set_timer(served_at + self.model.refresh_after);
        // The client follows a refresh with one cheap request.
        self.send(Kind::Plain);
    }

    /// A thief's connection is good, and its answers are not lost.
    fn thief_turn(&mut self) {
        self.thief_waits = false;
        let Some(mut copy) = self.copy else { return };
        let now = Timestamp::from_millis(self.now);
        let answer = self.server.refresh(now, copy.refresh, &self.timing, self.clients.thief());
        self.note(answer);
        if let PolicyAnswer::Both(token) = answer {
            (copy.refresh, copy.access) = (token, token);
        }
        self.copy = Some(copy);
        if self.thief != Some(Thief::Silent) {
            self.server.show(now, copy.access);
        }
    }
}
