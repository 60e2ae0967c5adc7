//! The server's treatment of a request: the real `decide`, what its answer writes, and what must be true of both.
//!
//! The rule is never copied. A different rule is made by showing `decide` a doctored row.

use std::time::Duration;

use coatroom::{
    Means, Role, Session, SessionId, Timestamp, UserId,
    principal::{Authority, OwnClaims},
    replays::{ReplayAllowance, ReplayRate},
    session::{
        Client, Decision, EndReason, Persistence, Presented, Revocation, SessionNonce, Timing,
        decide,
    },
};

use super::world::{Ended, Party, STALE, World};

/// The windows, and the longest one-way delay of the owner's network, in ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticks {
    pub(super) delay: u8,
    pub(super) grace: u8,
    pub(super) spacing: u8,
}

impl Ticks {
    /// An age from which on nothing changes any more.
    pub(super) fn long_ago(self) -> u8 {
        self.spacing.max(self.grace + 1)
    }
}

/// The moment that the spacing of rotations is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spacing {
    /// The proof of delivery: the rule as it is.
    FromProof,
    /// The rotation, or the proof of delivery if there is one and it came later: a rule that looks as good.
    FromRotation,
}

/// A state that must not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// I1: another generation than the current one is as good as it.
    SecondLiveGeneration,
    /// I2: a revoked session was answered otherwise than by its end.
    AliveAfterRevocation,
    /// I4: no thief stole anything, and yet a token was called reuse, or worth nothing.
    HonestReuse,
    /// I5: one of two holders was ahead for longer than the grace, and the other was answered.
    Unnoticed,
    /// I5, from the other side: reuse without the proof or the distance that the rule asks for.
    Unfounded,
    /// I6b: a generation was left, or noted as seen, that had never arrived.
    LeftUndelivered,
    /// I9: nothing is under way, the client has waited for as long as it was told to, and is refused all the same.
    Stranded,
}

/// The bound on the replays of one generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    Nothing,
    /// The engine's rate: so many at once, and one more after each tick.
    Rate(u8),
    /// A total for each generation, which is a rule that looks as good.
    Total(u8),
}

/// The tokens that a request shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub(super) from: Party,
    /// Number of generations that the refresh token is behind, if the server is to decide on it.
    pub(super) refresh: Option<u8>,
    /// True if the access token is of the current generation, and the proof is noted before anything else.
    pub(super) proof: bool,
}

/// The cookies of an answer: the refresh token, if any, and the access token are of the current generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cookies {
    pub(super) refresh: bool,
}

/// The result of a request: the world after it, the row that decided, and the cookies of the answer.
pub(super) struct Served {
    pub(super) world: World,
    pub(super) row: Option<u8>,
    pub(super) cookies: Option<Cookies>,
}

/// The server.
#[derive(Debug)]
pub(super) struct Server {
    ticks: Ticks,
    timing: Timing,
    spacing: Spacing,
    limit: Limit,
    row: Session,
}

const NOW: i64 = 1_000_000_000;
const CURRENT: u64 = 1_000;

fn ago(ticks: u8) -> Timestamp {
    Timestamp::from_millis(NOW - i64::from(ticks))
}

impl Server {
    /// One tick is one millisecond, the finest step of the clock, so that every edge of the rule is met.
    pub(super) fn new(ticks: Ticks, spacing: Spacing) -> Self {
        let far = Timestamp::from_millis(i64::MAX);
        let row = Session {
            id: SessionId::from_bytes([1; 16]),
            subject: UserId::from_bytes([2; 16]).into(),
            authority: Authority { role: Role::USER, claims: OwnClaims::default(), version: 0 },
            newest_authority: 0,
            created_at: ago(255),
            authenticated_at: ago(255),
            means: Means::default(),
            nonce: SessionNonce::from_bytes([3; 32]),
            pepper_kid: String::new(),
            generation: CURRENT,
            rotated_at: ago(255),
            acknowledged_at: None,
            replays: 0,
            persistence: Persistence::Remembered,
            idle_expires_at: far,
            absolute_expires_at: far,
            revoked: None,
            client: Client::default(),
            last_seen_at: ago(255),
            epoch: 0,
        };
        let timing = Timing {
            grace: Duration::from_millis(ticks.grace.into()),
            spacing: Duration::from_millis(ticks.spacing.into()),
        };
        Self { ticks, timing, spacing, limit: Limit::Nothing, row }
    }

    /// The same server with a limit of replays.
    pub(super) fn limited(self, limit: Limit) -> Self {
        Self { limit, ..self }
    }

    /// Takes a replay out of what the limit allows: the real allowance, whose debt is kept in the world.
    fn allows(&self, world: &mut World) -> bool {
        match self.limit {
            Limit::Nothing => true,
            Limit::Rate(burst) => {
                let rate = ReplayRate::new(burst.into(), Duration::from_millis(1));
                let now = Duration::from_secs(1);
                let mut allowance =
                    ReplayAllowance { whole_at: now + Duration::from_millis(world.debt.into()) };
                let taken = allowance.take(now, rate).is_ok();
                let debt = allowance.whole_at.saturating_sub(now).as_millis();
                world.debt = u8::try_from(debt).expect("at most the burst");
                taken
            }
            Limit::Total(most) => {
                let allowed = world.debt < most;
                world.debt += u8::from(allowed);
                allowed
            }
        }
    }

    /// The replays that a tick pays off.
    pub(super) fn rest(&self, world: &mut World) {
        if matches!(self.limit, Limit::Rate(_)) {
            world.debt = world.debt.saturating_sub(1);
        }
    }

    pub(super) const fn ticks(&self) -> Ticks {
        self.ticks
    }

    pub(super) const fn spacing(&self) -> Spacing {
        self.spacing
    }

    /// Returns what the real rule says, on the row of that world.
    fn decide(&mut self, world: &World, generation: u64, acked: Option<u8>) -> Decision {
        self.row.acknowledged_at = acked.map(ago);
        self.row.revoked = match world.ended {
            Ended::Lives => None,
            Ended::SignedOut => Some(EndReason::SignedOut),
            Ended::Reuse => Some(EndReason::Reuse),
        }
        .map(|reason| Revocation { at: ago(0), reason });
        let presented = Presented::Genuine { generation, session: &self.row };
        decide(ago(0), presented, &self.timing)
    }

    /// Carries a request out, as the engine does.
    pub(super) fn serve(&mut self, mut world: World, shown: Shown) -> Result<Served, Broken> {
        let before = world;
        if shown.proof {
            prove(&mut world, shown.from)?;
        }
        let Some(behind) = shown.refresh else {
            return Ok(Served { world, row: None, cookies: None });
        };
        let acked = match (self.spacing, behind) {
            // The doctored row: a generation that no client proved counts as proven when it came to be, and what this
            // request proves does not count yet.
            (Spacing::FromRotation, 0) => {
                Some(before.acked.map_or(before.rotated, |age| age.min(before.rotated)))
            }
            _ => world.acked,
        };
        let decision = self.decide(&world, CURRENT - u64::from(behind), acked);
        let row = Some(decision.row());
        let overdue = world.lead == Some(shown.from.other())
            && world.acked.is_some_and(|age| age > self.ticks.grace);
        if overdue && !matches!(decision, Decision::Reuse(_)) {
            return Err(Broken::Unnoticed);
        }
        let cookies = match decision {
            Decision::Debounced { .. } if world.lives() && behind == 0 => {
                if world.acked.is_none() {
                    prove(&mut world, shown.from)?;
                }
                Some(Cookies { refresh: false })
            }
            Decision::Rotate if world.lives() && behind == 0 => {
                let due = world.acked.is_some_and(|age| age >= self.ticks.spacing);
                if self.spacing == Spacing::FromProof && !(due && world.delivered) {
                    return Err(Broken::LeftUndelivered);
                }
                world.rotate();
                if matches!(self.limit, Limit::Total(_)) {
                    world.debt = 0;
                }
                world.hand_to(shown.from);
                Some(Cookies { refresh: true })
            }
            Decision::Replay(_) if world.lives() && behind == 1 => {
                if self.allows(&mut world) {
                    world.hand_to(shown.from);
                    Some(Cookies { refresh: true })
                } else {
                    None
                }
            }
            Decision::Reuse(_) if world.stolen == 0 => return Err(Broken::HonestReuse),
            Decision::Reuse(_) => {
                let late = world.acked.is_some_and(|age| age > self.ticks.grace);
                if behind == 0 || (behind == 1 && !late) {
                    return Err(Broken::Unfounded);
                }
                world.end(Ended::Reuse);
                None
            }
            Decision::Ended(_) if !world.lives() => None,
            _ if world.lives() => return Err(Broken::HonestReuse),
            _ => return Err(Broken::AliveAfterRevocation),
        };
        Ok(Served { world, row, cookies })
    }

    /// Checks what must be true of every world, whichever party asks next and whatever they hold.
    pub(super) fn check(&mut self, world: &World) -> Result<(), Broken> {
        self.check_owner_is_not_stranded(world)?;
        for generation in CURRENT - u64::from(STALE) - 1..=CURRENT + 1 {
            let decision = self.decide(world, generation, world.acked);
            let live = matches!(decision, Decision::Debounced { .. } | Decision::Rotate);
            if world.lives() && live != (generation == CURRENT) {
                return Err(Broken::SecondLiveGeneration);
            }
            if !world.lives() && !matches!(decision, Decision::Ended(_)) {
                return Err(Broken::AliveAfterRevocation);
            }
        }
        Ok(())
    }
}

impl Server {
    /// I9: at rest, and after a pause that makes the allowance whole again, the owner is answered.
    fn check_owner_is_not_stranded(&mut self, world: &World) -> Result<(), Broken> {
        let at_rest = world.messages.iter().all(Option::is_none);
        if self.limit == Limit::Nothing || !at_rest || !world.lives() || world.stolen != 0 {
            return Ok(());
        }
        let mut later = *world;
        for _ in 0..=later.debt {
            self.rest(&mut later);
        }
        later.acked = later.acked.map(|_| self.ticks.long_ago());
        let shown = Shown { from: Party::Owner, refresh: Some(later.refresh), proof: later.fresh };
        match self.serve(later, shown)?.cookies {
            Some(_) => Ok(()),
            None => Err(Broken::Stranded),
        }
    }
}

/// Notes that a party shows a token of the current generation: the row says so from now on.
pub(super) fn prove(world: &mut World, by: Party) -> Result<(), Broken> {
    if !world.lives() || world.acked.is_some() {
        return Ok(());
    }
    if !world.delivered {
        return Err(Broken::LeftUndelivered);
    }
    world.acked = Some(0);
    if world.stolen != 0 && !world.handed_to(by.other()) {
        world.lead = Some(by);
    }
    Ok(())
}
