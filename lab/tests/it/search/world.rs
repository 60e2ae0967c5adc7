//! One world: a jar, what is under way, what the server's row says, what a thief has. Small enough to be packed
//! into 128 bits, so that millions of worlds can be told apart.
//!
//! Everything is relative, which is what makes the worlds finite. A generation is written as how far it lies *behind*
//! the current one, a time as how long *ago* it was, and both are clipped at the point beyond which no rule can tell
//! the difference: "two or more behind" is row 10 whatever the number, and an access token that is not of the current
//! generation proves nothing, now or later.

/// The greatest number of messages under way.
pub(super) const SLOTS: usize = 6;

/// Two generations behind, or more.
pub(super) const STALE: u8 = 2;
/// An answer that leaves the refresh token alone.
const NONE: u8 = 3;

/// A message under way. Kept as 11 bits; an empty slot is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Message {
    pub(super) kind: Kind,
    /// Number of generations that its refresh token is behind; `None` if it has none that the server is to decide on.
    pub(super) refresh: Option<u8>,
    /// True if its access token is of the current generation.
    pub(super) fresh: bool,
    /// Number of ticks that it has been under way.
    pub(super) age: u8,
}

/// The kind of a message under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A request on whose refresh token the server decides: a refresh, or a page load with an expired access token.
    /// On arrival these two are one.
    Refresh,
    /// A request that shows its access token and nothing else: a call, or a page load with a good access token.
    Plain,
    /// An answer that sets cookies.
    Answer,
    /// The server's note that the current generation was seen, on its way into the row.
    Note,
}

impl Message {
    fn pack(self) -> u16 {
        let kind = match self.kind {
            Kind::Refresh => 1,
            Kind::Plain => 2,
            Kind::Answer => 3,
            Kind::Note => 4,
        };
        let refresh = u16::from(self.refresh.unwrap_or(NONE));
        kind << 8 | refresh << 6 | u16::from(self.fresh) << 5 | u16::from(self.age)
    }

    fn unpack(packed: u16) -> Option<Self> {
        let kind = match packed >> 8 {
            1 => Kind::Refresh,
            2 => Kind::Plain,
            3 => Kind::Answer,
            4 => Kind::Note,
            _ => return None,
        };
        let [low, _] = packed.to_le_bytes();
        let refresh = Some(low >> 6).filter(|refresh| *refresh != NONE);
        Some(Self { kind, refresh, fresh: low & 32 != 0, age: low & 31 })
    }
}

/// Owner or thief.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Party {
    Owner,
    Thief,
}

impl Party {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Owner => Self::Thief,
            Self::Thief => Self::Owner,
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Owner => 1,
            Self::Thief => 2,
        }
    }
}

/// The end of the session, if it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Lives,
    SignedOut,
    Reuse,
}

/// A world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct World {
    pub(super) messages: [Option<Message>; SLOTS],
    /// Number of generations that the jar's refresh token is behind.
    pub(super) refresh: u8,
    /// True if the jar's access token is of the current generation.
    pub(super) fresh: bool,
    /// The row: how long ago the current generation was acknowledged.
    pub(super) acked: Option<u8>,
    /// The row: how long ago it came to be.
    pub(super) rotated: u8,
    pub(super) ended: Ended,
    /// True if the current generation ever arrived at a client; not in the row.
    pub(super) delivered: bool,
    /// The thief's refresh tokens: bit `n` for the one that is `n` behind. None before the theft.
    pub(super) stolen: u8,
    /// True if the thief has an access token of the current generation.
    pub(super) thief_fresh: bool,
    /// The parties that were answered with the current generation, as bits of [`Party`]; not in the row.
    pub(super) handed: u8,
    /// The party that showed the current generation before the other was answered with it; not in the row.
    pub(super) lead: Option<Party>,
    /// Number of generations since the theft that both were answered with, up to 3; not in the row.
    pub(super) shared: u8,
    /// The replays that the limit has still to get back; in the node's memory.
    pub(super) debt: u8,
}

impl World {
    /// A browser that signed in and has its first tokens, seen long ago.
    pub(super) const fn start(long_ago: u8) -> Self {
        Self {
            messages: [None; SLOTS],
            refresh: 0,
            fresh: true,
            acked: Some(long_ago),
            rotated: long_ago,
            ended: Ended::Lives,
            delivered: true,
            stolen: 0,
            thief_fresh: false,
            handed: 1,
            lead: None,
            shared: 0,
            debt: 0,
        }
    }

    pub(super) const fn lives(&self) -> bool {
        matches!(self.ended, Ended::Lives)
    }

    pub(super) const fn handed_to(&self, party: Party) -> bool {
        self.handed & party.bit() != 0
    }

    pub(super) fn hand_to(&mut self, party: Party) {
        self.handed |= party.bit();
        if self.lead == Some(party.other()) {
            self.lead = None;
        }
    }

    /// The server moves on: all that was current is one behind, and nothing is seen yet.
    pub(super) fn rotate(&mut self) {
        let behind = |refresh: u8| (refresh + 1).min(STALE);
        for slot in &mut self.messages {
            match slot {
                // A note about a generation that was left changes no row.
                Some(Message { kind: Kind::Note, .. }) => *slot = None,
                Some(message) => {
                    message.refresh = message.refresh.map(behind);
                    message.fresh = false;
                }
                None => {}
            }
        }
        self.refresh = behind(self.refresh);
        self.fresh = false;
        (self.acked, self.rotated, self.delivered) = (None, 0, false);
        self.stolen = (self.stolen << 1 | self.stolen & 1 << STALE) & 0b111;
        self.thief_fresh = false;
        (self.handed, self.lead) = (0, None);
    }

    /// The session is over: nothing of the row but that matters from here on, nor how old anything is.
    pub(super) fn end(&mut self, ended: Ended) {
        self.ended = ended;
        (self.acked, self.rotated, self.lead, self.handed) = (None, 0, None, 0);
        (self.delivered, self.shared, self.debt) = (true, 0, 0);
        for slot in &mut self.messages {
            match slot {
                Some(Message { kind: Kind::Note, .. }) => *slot = None,
                Some(message) => message.age = 0,
                None => {}
            }
        }
    }

    /// The slots of its messages in the order in which [`pack`](Self::pack) writes them.
    pub(super) fn order(&self) -> [usize; SLOTS] {
        let mut order = [0, 1, 2, 3, 4, 5];
        order.sort_by_key(|slot| self.messages[*slot].map_or(0, Message::pack));
        order
    }

    /// All of it in one number, the same for worlds that differ in nothing but the order of their messages.
    pub(super) fn pack(&self) -> u128 {
        let mut packed: u128 = 0;
        let mut push = |value: u8, bits: u32| packed = packed << bits | u128::from(value);
        push(self.refresh, 2);
        push(u8::from(self.fresh), 1);
        push(self.acked.map_or(0, |age| age + 1), 5);
        push(self.rotated, 5);
        push(self.ended as u8, 2);
        push(u8::from(self.delivered), 1);
        push(self.stolen, 3);
        push(u8::from(self.thief_fresh), 1);
        push(self.handed, 2);
        push(self.lead.map_or(0, Party::bit), 2);
        push(self.shared, 2);
        push(self.debt, 3);
        let mut messages = self.messages.map(|slot| slot.map_or(0, Message::pack));
        messages.sort_unstable();
        for message in messages {
            packed = packed << 11 | u128::from(message);
        }
        packed
    }

    pub(super) fn unpack(mut packed: u128) -> Self {
        let mut messages = [None; SLOTS];
        for slot in messages.iter_mut().rev() {
            let [low, high, ..] = packed.to_le_bytes();
            *slot = Message::unpack(u16::from_le_bytes([low, high & 0b111]));
            packed >>= 11;
        }
        let mut pop = |bits: u32| {
            let [low, ..] = packed.to_le_bytes();
            packed >>= bits;
            low & ((1 << bits) - 1)
        };
        Self {
            messages,
            debt: pop(3),
            shared: pop(2),
            lead: match pop(2) {
                1 => Some(Party::Owner),
                2 => Some(Party::Thief),
                _ => None,
            },
            handed: pop(2),
            thief_fresh: pop(1) == 1,
            stolen: pop(3),
            delivered: pop(1) == 1,
            ended: match pop(2) {
                0 => Ended::Lives,
                1 => Ended::SignedOut,
                _ => Ended::Reuse,
            },
            rotated: pop(5),
            acked: pop(5).checked_sub(1),
            fresh: pop(1) == 1,
            refresh: pop(2),
        }
    }
}
