use axum::http::HeaderValue;

use super::*;

const PEER: &str = "10.0.0.1:5000";

fn proxies(header: ForwardedHeader) -> Proxies {
    let trusted = ["10.0.0.0/8", "2001:db8:ffff::/48", "127.0.0.1"];
    Proxies::new(trusted.map(|text| text.parse().expect("a network")).into(), header)
}

/// Returns the client of a request from `peer` whose headers of that name are `lines`.
fn client(header: ForwardedHeader, name: &'static str, peer: &str, lines: &[&str]) -> String {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(name, HeaderValue::from_bytes(line.as_bytes()).expect("a value"));
    }
    let peer: SocketAddr = peer.parse().expect("an address");
    proxies(header).client(peer, &headers).to_string()
}

fn x(peer: &str, lines: &[&str]) -> String {
    client(ForwardedHeader::XForwardedFor, "x-forwarded-for", peer, lines)
}

fn f(lines: &[&str]) -> String {
    client(ForwardedHeader::Forwarded, "forwarded", PEER, lines)
}

#[test]
fn a_peer_that_is_not_listed_is_never_believed() {
    for peer in ["203.0.113.9:1", "[2001:db8::1]:1", "[::ffff:203.0.113.9]:1"] {
        assert_eq!(x(peer, &["198.51.100.7"]), peer);
    }
}

#[test]
fn the_client_is_the_last_address_that_no_proxy_has() {
    for (lines, expected) in [
        (&["198.51.100.7"][..], "198.51.100.7:0"),
        // Entries that the client wrote stand left of the one that the first proxy saw.
        (&["1.1.1.1, 198.51.100.7"], "198.51.100.7:0"),
        (&["1.1.1.1, 198.51.100.7, 10.0.0.2, 10.3.2.1"], "198.51.100.7:0"),
        (&["198.51.100.7", "10.0.0.2"], "198.51.100.7:0"),
        (&["1.1.1.1", "198.51.100.7 ,10.0.0.2"], "198.51.100.7:0"),
        (&["198.51.100.7:4711"], "198.51.100.7:4711"),
        (&["2001:db8::7"], "[2001:db8::7]:0"),
        (&["[2001:db8::7]"], "[2001:db8::7]:0"),
        (&["[2001:db8::7]:4711, 2001:db8:ffff::1"], "[2001:db8::7]:4711"),
        (&["::ffff:198.51.100.7"], "198.51.100.7:0"),
        // Garbage that only a client can have written is not reached.
        (&["<script>, 198.51.100.7"], "198.51.100.7:0"),
        // All of them are ours: the farthest is the client.
        (&["10.0.0.9, 10.0.0.2"], "10.0.0.9:0"),
    ] {
        assert_eq!(x(PEER, lines), expected, "{lines:?}");
        assert_eq!(x("[::ffff:10.0.0.1]:5000", lines), expected, "a mapped peer: {lines:?}");
    }
}

#[test]
fn an_unreadable_forwarded_header_leaves_the_peer_address() {
    for lines in [
        &[][..],
        &[""],
        &["unknown"],
        &["198.51.100.7,"],
        &["198.51.100.7, , 10.0.0.2"],
        &["198.51.100.7 10.0.0.2"],
        &["198.51.100.256"],
        &["198.51.100.7:port"],
        &["2001:db8::7]"],
        &["\"198.51.100.7"],
        &["for=198.51.100.7"],
        &["caf\u{e9}"],
    ] {
        assert_eq!(x(PEER, lines), PEER, "{lines:?}");
    }
}

#[test]
fn forwarded_is_read_as_its_rfc_writes_it() {
    for (lines, expected) in [
        (&["for=198.51.100.7"][..], "198.51.100.7:0"),
        (&["For=\"198.51.100.7:4711\";proto=https;by=10.0.0.1"], "198.51.100.7:4711"),
        (&["for=\"[2001:db8::7]\""], "[2001:db8::7]:0"),
        (&["for=\"[2001:db8::7]:4711\";host=\"a,b\", for=10.0.0.2"], "[2001:db8::7]:4711"),
        (&["for=1.1.1.1", "by=x;for=198.51.100.7, for=10.0.0.2"], "198.51.100.7:0"),
        (&["for=\"un,closed, for=198.51.100.7"], PEER),
        (&["for=unknown"], PEER),
        (&["for=_hidden"], PEER),
        (&["for=198.51.100.7;for=1.1.1.1"], PEER),
        (&["proto=https"], PEER),
        (&["for=2001:db8::7"], PEER),
        (&["198.51.100.7"], PEER),
        (&["for=\"198.51.100.7"], PEER),
    ] {
        assert_eq!(f(lines), expected, "{lines:?}");
    }
}

#[test]
fn only_the_chosen_header_is_read() {
    for (header, other, line) in [
        (ForwardedHeader::Forwarded, "x-forwarded-for", "198.51.100.7"),
        (ForwardedHeader::XForwardedFor, "forwarded", "for=198.51.100.7"),
    ] {
        assert_eq!(client(header, other, PEER, &[line]), PEER);
    }
}

#[test]
fn a_trusted_network_is_an_address_or_a_network() {
    for good in ["10.0.0.1", " 10.0.0.0/8", "::1", "2001:db8::/32", "::ffff:10.0.0.1"] {
        assert!(good.parse::<TrustedNetwork>().is_ok(), "{good}");
    }
    for bad in ["", "proxy.example", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.1:80"] {
        assert!(bad.parse::<TrustedNetwork>().is_err(), "{bad}");
    }
}

#[test]
fn a_network_is_as_coarse_as_a_session_keeps_it() {
    for (address, expected) in [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
    ] {
        assert_eq!(network(address.parse().expect("an address")).to_string(), expected);
    }
}
