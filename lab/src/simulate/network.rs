//! The networks that requests come from, as far as a server sees: the part of the model that a fingerprint depends on.

use coatroom::session::Client;
use serde::Serialize;

use crate::random::Random;

/// The network of the owner's requests. The `User-Agent` is always the same, and the thief has copied it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// One network, all day.
    Steady,
    /// Both families of addresses; each request uses one or the other, three of four times IPv6.
    DualStack,
    /// Three networks, between which the browser moves; every second gap in the connection is such a move, so that
    /// an answer that is lost in it is asked for again from elsewhere.
    Moving,
    /// A pool of four networks behind one exit, one of which each request takes by chance: some mobile networks, some
    /// companies, some privacy relays.
    Pool,
}

impl Network {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Steady, Self::DualStack, Self::Moving, Self::Pool];

    /// Its name in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Steady => "one network",
            Self::DualStack => "IPv4 and IPv6 at once",
            Self::Moving => "moves between three networks",
            Self::Pool => "a pool of four exits",
        }
    }
}

/// The clients of a day, and the one the owner is now.
#[derive(Debug)]
pub(super) struct Clients {
    network: Network,
    owner: [Client; 4],
    thief: Client,
    now: Where,
}

/// The index of the network that the owner is in.
pub(super) type Where = usize;

impl Clients {
    pub(super) fn new(network: Network) -> Self {
        let client = |ip_prefix: &str| Client {
            label: String::new(),
            user_agent_hash: "same".into(),
            ip_prefix: ip_prefix.into(),
        };
        let second = match network {
            Network::DualStack => "2001:db8:1::/48",
            Network::Steady | Network::Moving | Network::Pool => "198.51.100.0/24",
        };
        let owner = ["192.0.2.0/24", second, "198.18.0.0/24", "198.19.0.0/24"].map(client);
        Self { network, owner, thief: client("203.0.113.0/24"), now: 0 }
    }

    pub(super) const fn thief(&self) -> &Client {
        &self.thief
    }

    pub(super) const fn owner(&self, whence: Where) -> &Client {
        &self.owner[whence]
    }

    /// Returns the network that the owner's next request comes from.
    pub(super) fn next(&mut self, random: &mut Random) -> Where {
        match self.network {
            Network::Steady | Network::Moving => {}
            Network::DualStack => self.now = usize::from(random.happens(0.75)),
            Network::Pool => self.now = random.below(4) as usize,
        }
        self.now
    }

    /// The connection is there again after a gap.
    pub(super) fn reconnect(&mut self, random: &mut Random) {
        if self.network == Network::Moving && random.happens(0.5) {
            self.now = (self.now + 1 + random.below(2) as usize) % 3;
        }
    }
}
