//! The moves that can come next in a world, and what they lead to.

use super::{
    rule::{Broken, Server, Shown, Spacing, prove},
    world::{Ended, Kind, Message, Party, SLOTS, World},
};

/// The game: its players, and their rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Game {
    /// One honest browser, whose messages are lost, doubled and late, and which may sign out. Proofs are noted before
    /// anything else happens.
    Honest,
    /// The same, and notes of proofs are late or lost themselves.
    LateNotes,
    /// The same as `Honest`, and a thief takes a copy of the jar at some moment and does with it whatever there is to
    /// do, as often and as fast as they like.
    Theft,
    /// Owner and thief take turns without any delay or loss: a refresh, its answer, and, by their manner, one use of
    /// the new access token.
    Turns(Manner, Apart),
}

/// The habit of a thief with a new access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Uses it at once, as an owner does.
    Open,
    /// Never shows it.
    Silent,
}

/// The time between the turns in which the two are answered with the same generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Apart {
    Within,
    Beyond,
}

/// A move. Numbers are slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    Send(Kind),
    Lose(usize),
    Double(usize),
    Serve(usize, Noted),
    Arrive(usize),
    Note(usize),
    Tick,
    SignOut,
    Steal,
    /// The thief refreshes with the token that is so far behind, and has the answer at once.
    ThiefRefresh(u8),
    ThiefShow,
    Turn(Party),
}

/// The fate of the proof that a request brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    AtOnce,
    Late,
    Never,
}

/// A game, on a server, with so many messages under way.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) game: Game,
    pub(super) server: Server,
    pub(super) slots: usize,
}

impl Table {
    /// All moves of a world.
    pub(super) fn moves(&self, world: &World, moves: &mut Vec<Move>) {
        moves.clear();
        if let Game::Turns(..) = self.game {
            return self.turns(world, moves);
        }
        let delay = self.server.ticks().delay;
        let count = world.messages.iter().flatten().count();
        let room = count < self.slots;
        if room {
            moves.extend([Move::Send(Kind::Refresh), Move::Send(Kind::Plain)]);
        }
        let mut all_young = true;
        for (slot, message) in world.messages.iter().enumerate() {
            let Some(message) = message else { continue };
            all_young &= message.age < delay;
            match message.kind {
                Kind::Refresh | Kind::Plain => {
                    moves.push(Move::Serve(slot, Noted::AtOnce));
                    let proves = message.fresh && world.acked.is_none() && world.lives();
                    if self.game == Game::LateNotes && proves {
                        moves.push(Move::Serve(slot, Noted::Never));
                        if room || message.kind == Kind::Plain {
                            moves.push(Move::Serve(slot, Noted::Late));
                        }
                    }
                }
                Kind::Answer => moves.push(Move::Arrive(slot)),
                Kind::Note => moves.push(Move::Note(slot)),
            }
            // Losses come after the delivery: of two ways to one world, the one on which it was answered is told.
            moves.push(Move::Lose(slot));
            if room && message.kind != Kind::Note {
                moves.push(Move::Double(slot));
            }
        }
        if !world.lives() {
            return;
        }
        moves.push(Move::SignOut);
        if all_young {
            moves.push(Move::Tick);
        }
        if self.game == Game::Theft {
            if world.stolen == 0 {
                moves.push(Move::Steal);
            }
            moves.extend((0..3).filter(|n| world.stolen >> n & 1 == 1).map(Move::ThiefRefresh));
            if world.thief_fresh && world.acked.is_none() {
                moves.push(Move::ThiefShow);
            }
        }
    }

    fn turns(&self, world: &World, moves: &mut Vec<Move>) {
        if !world.lives() {
            return;
        }
        moves.push(Move::Tick);
        if world.stolen == 0 {
            return moves.push(Move::Steal);
        }
        let Game::Turns(_, apart) = self.game else { return };
        let near = world.rotated <= self.server.ticks().grace;
        for party in [Party::Owner, Party::Thief] {
            // The party that was answered with the current generation may ask as it likes.
            if world.handed_to(party) || near == (apart == Apart::Within) {
                moves.push(Move::Turn(party));
            }
        }
    }

    /// The world after a move, and the row of the rule if one decided.
    pub(super) fn after(
        &mut self,
        world: &World,
        next: Move,
    ) -> Result<(World, Option<u8>), Broken> {
        let mut after = *world;
        match next {
            Move::Send(kind) => {
                let refresh = (kind == Kind::Refresh).then_some(world.refresh);
                put(&mut after, Message { kind, refresh, fresh: world.fresh, age: 0 });
            }
            Move::Double(slot) => {
                if let Some(message) = world.messages[slot] {
                    put(&mut after, message);
                }
            }
            Move::Lose(slot) => after.messages[slot] = None,
            Move::Serve(slot, noted) => return self.serve(world, slot, noted),
            Move::Arrive(slot) => arrive(&mut after, slot),
            Move::Note(slot) => {
                let age = after.messages[slot].take().map_or(0, |message| message.age);
                if after.acked.is_none() {
                    prove(&mut after, Party::Owner)?;
                    after.acked = Some(age);
                }
            }
            Move::Tick => self.tick(&mut after),
            Move::SignOut => after.end(Ended::SignedOut),
            Move::Steal => {
                after.stolen = 1 << world.refresh;
                after.thief_fresh = world.fresh;
                if world.refresh == 0 {
                    after.hand_to(Party::Thief);
                }
            }
            Move::ThiefRefresh(behind) => return self.refresh(after, Party::Thief, behind),
            Move::ThiefShow => prove(&mut after, Party::Thief)?,
            Move::Turn(party) => return self.turn(after, party),
        }
        Ok((after, None))
    }

    fn serve(
        &mut self,
        world: &World,
        slot: usize,
        noted: Noted,
    ) -> Result<(World, Option<u8>), Broken> {
        let mut after = *world;
        let Some(request) = after.messages[slot].take() else { return Ok((after, None)) };
        let proof = request.fresh && noted == Noted::AtOnce;
        let shown = Shown { from: Party::Owner, refresh: request.refresh, proof };
        let served = self.server.serve(after, shown)?;
        let mut after = served.world;
        if let Some(cookies) = served.cookies {
            let refresh = cookies.refresh.then_some(0);
            after.messages[slot] =
                Some(Message { kind: Kind::Answer, refresh, fresh: true, age: 0 });
        }
        if noted == Noted::Late && after.acked.is_none() {
            put(&mut after, Message { kind: Kind::Note, refresh: None, fresh: true, age: 0 });
        }
        Ok((self.forget(after), served.row))
    }

    /// A refresh whose answer is there at once.
    fn refresh(
        &mut self,
        world: World,
        party: Party,
        behind: u8,
    ) -> Result<(World, Option<u8>), Broken> {
        let shown = Shown { from: party, refresh: Some(behind), proof: false };
        let served = self.server.serve(world, shown)?;
        let mut after = served.world;
        if let Some(cookies) = served.cookies {
            after.delivered |= cookies.refresh;
            match party {
                Party::Owner => {
                    after.fresh = true;
                    after.refresh = 0;
                }
                Party::Thief => {
                    after.thief_fresh = true;
                    after.stolen |= u8::from(cookies.refresh);
                }
            }
        }
        Ok((self.forget(after), served.row))
    }

    /// A refresh with the newest token, its answer, and a use of it unless the thief is silent.
    fn turn(&mut self, world: World, party: Party) -> Result<(World, Option<u8>), Broken> {
        let behind = match party {
            Party::Owner => world.refresh,
            Party::Thief => world.stolen.trailing_zeros().try_into().unwrap_or(u8::MAX),
        };
        let both = |world: &World| {
            world.handed_to(Party::Owner) && world.handed_to(Party::Thief) && world.lives()
        };
        let (mut after, row) = self.refresh(world, party, behind)?;
        if both(&after) && !both(&world) {
            after.shared = (after.shared + 1).min(3);
        }
        if party == Party::Owner || !matches!(self.game, Game::Turns(Manner::Silent, _)) {
            prove(&mut after, party)?;
        }
        Ok((after, row))
    }

    fn tick(&self, world: &mut World) {
        let long_ago = self.server.ticks().long_ago();
        world.rotated = (world.rotated + 1).min(long_ago);
        world.acked = world.acked.map(|age| (age + 1).min(long_ago));
        self.server.rest(world);
        for message in world.messages.iter_mut().flatten() {
            message.age += 1;
        }
        *world = self.forget(*world);
    }

    /// Leaves out what the rule never asks for, so that worlds that are alike are one: it does not matter when a
    /// generation came to be, only when it was proven.
    pub(super) fn forget(&self, world: World) -> World {
        let asked =
            matches!(self.game, Game::Turns(..)) || self.server.spacing() == Spacing::FromRotation;
        if asked { world } else { World { rotated: 0, ..world } }
    }
}

fn arrive(world: &mut World, slot: usize) {
    if let Some(answer) = world.messages[slot].take() {
        if let Some(refresh) = answer.refresh {
            world.refresh = refresh;
            world.delivered |= refresh == 0;
        }
        world.fresh = answer.fresh;
    }
}

/// Puts a message into a free slot. The caller has checked that there is one.
fn put(world: &mut World, message: Message) {
    let free = (0..SLOTS).find(|slot| world.messages[*slot].is_none());
    world.messages[free.expect("there is room")] = Some(message);
}
