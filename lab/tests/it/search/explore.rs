//! Breadth-first search through all worlds of a game, and the way to one of them as a trace.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

use coatroom_lab::{
    action::{Action, Ask, Party as Sender, Place, Request},
    setting::Setting,
    trace::Trace,
};

use super::{
    moves::{Move, Noted, Table},
    rule::{Broken, Shown},
    world::{Kind, Party, SLOTS, World},
};

/// A tick as a trace has it.
pub(super) const TICK_MS: u32 = 1_000;

/// The result of a search.
#[derive(Debug)]
pub(super) struct Searched {
    /// The way to its end, if it did not run out of worlds.
    pub(super) found: Option<Found>,
    /// All worlds, in the order in which they were found.
    worlds: Vec<u128>,
    parents: Vec<u32>,
    /// Number of moves that were tried.
    pub(super) moves: u64,
}

/// The end of a search.
#[derive(Debug)]
pub(super) struct Found {
    /// The invariant that broke, or nothing if the search was for this world.
    pub(super) broken: Option<Broken>,
    /// The way there, as the lab plays it.
    pub(super) trace: Trace,
    /// The rows that decided on the way, by the search.
    pub(super) rows: Vec<u8>,
    /// True if the engine can play all of it: a trace has no words for a note that is late or lost, nor for a thief who
    /// shows an old token though there is a newer one, and the engine's spacing is always twice the grace.
    pub(super) playable: bool,
}

/// The state is one number already; a multiplication spreads it.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("worlds are hashed as one number");
    }

    fn write_u128(&mut self, packed: u128) {
        let [low, high] = [packed, packed >> 64].map(|half| half & u128::from(u64::MAX));
        let product = (low ^ 0x9e37_79b9_7f4a_7c15) * (high ^ 0xd1b5_4a32_d192_ed03);
        let folded = (product ^ product >> 64) & u128::from(u64::MAX);
        self.0 = u64::try_from(folded).expect("64 bits");
    }
}

impl Table {
    fn start(&self) -> World {
        self.forget(World::start(self.server.ticks().long_ago()))
    }

    /// Visits every world, or stops at the first that breaks something or is what is looked for.
    pub(super) fn search(&mut self, wanted: impl Fn(&World) -> bool) -> Searched {
        let mut seen: HashSet<u128, BuildHasherDefault<Spread>> = HashSet::default();
        let start = self.start().pack();
        seen.insert(start);
        let mut searched =
            Searched { found: None, worlds: vec![start], parents: vec![0], moves: 0 };
        let mut moves = Vec::new();
        let mut next = 0;
        while let Some(&packed) = searched.worlds.get(next) {
            let world = World::unpack(packed);
            let parent = u32::try_from(next).expect("fewer than four billion worlds");
            if wanted(&world) {
                searched.found = Some(self.way(&searched, next, None, None));
                return searched;
            }
            if let Err(broken) = self.server.check(&world) {
                searched.found = Some(self.way(&searched, next, None, Some(broken)));
                return searched;
            }
            self.moves(&world, &mut moves);
            for &each in &moves {
                searched.moves += 1;
                match self.after(&world, each) {
                    Ok((after, _)) => {
                        let packed = after.pack();
                        if seen.insert(packed) {
                            searched.worlds.push(packed);
                            searched.parents.push(parent);
                        }
                    }
                    Err(broken) => {
                        searched.found = Some(self.way(&searched, next, Some(each), Some(broken)));
                        return searched;
                    }
                }
            }
            next += 1;
        }
        searched
    }

    /// The way to the world of that number, and one move further.
    fn way(
        &mut self,
        searched: &Searched,
        to: usize,
        last: Option<Move>,
        broken: Option<Broken>,
    ) -> Found {
        let (mut scribe, world) = self.walk(searched, to);
        if let Some(last) = last {
            scribe.write(&world, last, &world);
        }
        scribe.finish(broken)
    }

    /// The ways to every `every`th world, and one more refresh by the owner at the end of each: for comparing with
    /// the real engine.
    pub(super) fn sample(&mut self, searched: &Searched, every: usize) -> Vec<Found> {
        let mut ways = Vec::new();
        for to in (0..searched.worlds()).step_by(every) {
            let (mut scribe, world) = self.walk(searched, to);
            let shown =
                Shown { from: Party::Owner, refresh: Some(world.refresh), proof: world.fresh };
            let served =
                self.server.serve(world, shown).unwrap_or_else(|broken| panic!("{broken:?}"));
            scribe.whole(Sender::Tab1, Ask::Refresh);
            scribe.rows.extend(served.row);
            ways.push(scribe.finish(None));
        }
        ways
    }

    /// Goes from the start to the world of that number.
    fn walk(&mut self, searched: &Searched, to: usize) -> (Scribe, World) {
        let (mut way, mut at) = (vec![to], to);
        while at != 0 {
            at = searched.parents[at] as usize;
            way.push(at);
        }
        way.reverse();
        let mut scribe = Scribe::new(self.server.ticks());
        let mut moves = Vec::new();
        for pair in way.windows(2) {
            let world = World::unpack(searched.worlds[pair[0]]);
            self.moves(&world, &mut moves);
            let lead = moves.iter().find_map(|each| {
                let (after, row) = self.after(&world, *each).ok()?;
                (after.pack() == searched.worlds[pair[1]]).then_some((*each, after, row))
            });
            let (each, after, row) = lead.expect("the world was found by a move");
            scribe.write(&world, each, &after);
            scribe.rows.extend(row);
            scribe.numbers = after.order().map(|slot| scribe.numbers[slot]);
        }
        (scribe, World::unpack(searched.worlds[to]))
    }
}

impl Searched {
    /// Number of worlds that were visited.
    pub(super) fn worlds(&self) -> usize {
        self.worlds.len()
    }
}

/// Writes moves down as actions, and gives each message its number.
struct Scribe {
    setting: Setting,
    actions: Vec<Action>,
    rows: Vec<u8>,
    /// The number of the message in each slot.
    numbers: [u32; SLOTS],
    next: u32,
    playable: bool,
}

impl Scribe {
    fn new(ticks: super::rule::Ticks) -> Self {
        let ms = |ticks: u8| u32::from(ticks) * TICK_MS;
        // No access token expires on the way: a page load that refreshes is a refresh.
        let setting = Setting { access_ttl_s: 900, grace_ms: ms(ticks.grace), ..Setting::DEFAULT };
        let (actions, rows) = (Vec::new(), Vec::new());
        let numbers = [0; SLOTS];
        // The engine spaces rotations by twice the grace, and by nothing else.
        let playable = ticks.spacing == 2 * ticks.grace;
        let mut scribe = Self { setting, actions, rows, numbers, next: 1, playable };
        // Every game begins with tokens that arrived long ago, and are known to have.
        scribe.whole(Sender::Tab1, Ask::Call);
        scribe.actions.push(Action::Wait(ms(ticks.long_ago())));
        scribe
    }

    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    fn send(&mut self, from: Sender, ask: Ask) -> u32 {
        self.actions.push(Action::Send(Request { from, ask, at: Place::NodeA }));
        self.number()
    }

    /// A request whose answer is there at once.
    fn whole(&mut self, from: Sender, ask: Ask) {
        self.number();
        self.actions.push(Action::Ask(Request { from, ask, at: Place::NodeA }));
    }

    fn write(&mut self, before: &World, each: Move, after: &World) {
        let numbers = self.numbers;
        // The slot that was empty and is not.
        let added = (0..SLOTS)
            .find(|slot| before.messages[*slot].is_none() && after.messages[*slot].is_some());
        match each {
            Move::Send(kind) => {
                let tab = Sender::TABS[usize::try_from(self.next % 3).expect("below three")];
                let ask = match (kind, self.next % 2) {
                    (Kind::Refresh, _) => Ask::Refresh,
                    (_, 0) => Ask::Reload,
                    (_, _) => Ask::Call,
                };
                let message = self.send(tab, ask);
                self.numbers[added.expect("it is under way")] = message;
            }
            Move::Double(slot) => {
                let copy = self.number();
                self.actions.push(Action::Double(numbers[slot]));
                self.numbers[added.expect("it is under way")] = copy;
            }
            Move::Lose(slot) => self.actions.push(Action::Lose(numbers[slot])),
            Move::Serve(slot, noted) => {
                self.playable &= noted == Noted::AtOnce;
                self.actions.push(Action::Deliver(numbers[slot]));
                if after.messages[slot].is_none() {
                    self.actions.push(Action::Deliver(numbers[slot]));
                }
            }
            Move::Arrive(slot) => self.actions.push(Action::Deliver(numbers[slot])),
            // This happens inside the server, and no action does it.
            Move::Note(_) => {}
            Move::Tick => self.actions.push(Action::Wait(TICK_MS)),
            Move::SignOut => {
                // The server notes it, and what it answers changes nothing: it may be lost.
                let message = self.send(Sender::Tab1, Ask::SignOut);
                self.actions.extend([Action::Deliver(message), Action::Lose(message)]);
            }
            Move::Steal => self.actions.push(Action::Steal),
            Move::ThiefRefresh(behind) => {
                self.playable &= before.stolen.trailing_zeros() == u32::from(behind);
                self.whole(Sender::Thief, Ask::Refresh);
            }
            Move::ThiefShow => self.whole(Sender::Thief, Ask::Call),
            Move::Turn(party) => {
                let sender = if party == Party::Owner { Sender::Tab1 } else { Sender::Thief };
                self.whole(sender, Ask::Refresh);
                if after.acked == Some(0) {
                    self.whole(sender, Ask::Call);
                }
            }
        }
    }

    fn finish(self, broken: Option<Broken>) -> Found {
        let trace = Trace::new(self.setting, self.actions).expect("ways are short");
        Found { broken, trace, rows: self.rows, playable: self.playable }
    }
}
