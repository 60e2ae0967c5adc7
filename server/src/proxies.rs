//! The client of a request that came through proxies.
//!
//! Every proxy appends the address it was reached from to one header, and forwards what it was sent before that. So the
//! header is read from the right, and each entry is believed only because a trusted proxy wrote it: a client may have
//! written all that stands further left.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderName, header},
};
use clap::ValueEnum;
use ipnet::IpNet;

/// The header in which trusted proxies say who reached them. The other one is never read: a client could set it, and a
/// proxy that writes one of them passes the other on untouched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For: client, proxy`
    #[default]
    XForwardedFor,
    /// `Forwarded: for=client, for=proxy` (RFC 7239)
    Forwarded,
}

/// The proxies whose word is taken.
#[derive(Clone, Debug)]
pub struct Proxies {
    networks: Vec<IpNet>,
    header: ForwardedHeader,
}

impl Proxies {
    /// Makes the proxies of the given networks, which say it in that header.
    pub fn new(networks: Vec<TrustedNetwork>, header: ForwardedHeader) -> Self {
        Self { networks: networks.into_iter().map(|network| network.0).collect(), header }
    }

    /// Trusts no proxies: each client is its peer.
    #[cfg(test)]
    pub fn none() -> Self {
        Self::new(Vec::new(), ForwardedHeader::default())
    }

    /// Returns true if there are none.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    /// Returns true if that address is a trusted proxy's.
    pub fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// Returns the client of a request that came from `peer`: the last address that no trusted proxy has. An entry that
    /// cannot be parsed, on the way to it, leaves the peer.
    pub fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        if !self.trust(peer.ip()) {
            return peer;
        }
        let name = match self.header {
            ForwardedHeader::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
            ForwardedHeader::Forwarded => header::FORWARDED,
        };
        let mut client = peer;
        for value in headers.get_all(name).iter().rev() {
            let Ok(value) = value.to_str() else { return peer };
            let Some(entries) = entries(value) else { return peer };
            for entry in entries.into_iter().rev() {
                let address = match self.header {
                    ForwardedHeader::XForwardedFor => address(entry.trim()),
                    ForwardedHeader::Forwarded => forwarded_for(entry),
                };
                let Some(address) = address else { return peer };
                client = address;
                if !self.trust(client.ip()) {
                    return client;
                }
            }
        }
        client
    }
}

/// Puts the client's address in the place of the peer's. Everything that asks where a request comes from comes after
/// it: sessions, limits and the log.
pub fn resolve(proxies: &Proxies, request: &mut Request) {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let client = proxies.client(*peer, request.headers());
        if client != *peer {
            request.extensions_mut().insert(ConnectInfo(client));
        }
    }
}

/// Returns the network of an address, as coarsely as a session keeps it.
pub fn network(address: IpAddr) -> IpNet {
    let address = address.to_canonical();
    let length = if address.is_ipv4() { 24 } else { 48 };
    IpNet::new(address, length).unwrap_or_else(|_| IpNet::from(address)).trunc()
}

/// A network of trusted proxies, written as an address or in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedNetwork(IpNet);

impl FromStr for TrustedNetwork {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let network = match text.parse::<IpAddr>() {
            Ok(address) => IpNet::from(address.to_canonical()),
            Err(_) => text.parse::<IpNet>().map_err(|_| "must be an address or a network")?.trunc(),
        };
        match network.prefix_len() {
            0 => Err("a prefix of length 0 trusts every client; name the proxies' own addresses"),
            _ => Ok(Self(network)),
        }
    }
}

/// Splits a list into its entries at commas outside of quotes; `None` if a quote does not end.
fn entries(list: &str) -> Option<Vec<&str>> {
    split(list, b',')
}

/// Returns the one `for` parameter of an entry of `Forwarded` (RFC 7239 §4).
fn forwarded_for(entry: &str) -> Option<SocketAddr> {
    let mut found = None;
    for pair in split(entry, b';')? {
        let (name, value) = pair.trim().split_once('=')?;
        if name.eq_ignore_ascii_case("for") && found.replace(value).is_some() {
            return None;
        }
    }
    let value = found?;
    match value.strip_prefix('"') {
        // An escape would be legal there, and no address has a character that needs one.
        Some(quoted) => address(quoted.strip_suffix('"')?),
        // A token has neither colons nor brackets, so this is IPv4 alone.
        None => Some(SocketAddr::new(IpAddr::V4(value.parse().ok()?), 0)),
    }
}

fn split(text: &str, at: u8) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if byte == at && !quoted => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (!quoted).then_some(parts)
}

/// Parses an address with or without a port, IPv6 in brackets if it has one. `unknown` and names are none.
fn address(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(SocketAddr::new(address.to_canonical(), 0));
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(SocketAddr::new(address.ip().to_canonical(), address.port()));
    }
    let bare = text.strip_prefix('[')?.strip_suffix(']')?;
    Some(SocketAddr::new(IpAddr::V6(bare.parse().ok()?).to_canonical(), 0))
}

#[cfg(test)]
mod tests;
