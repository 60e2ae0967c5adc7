//! A client that sends bytes as they are, at its own pace and from a network of its choice.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use super::{PATIENCE, house::HOST};

/// An attacker's address, and that of a client in another network.
pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub(crate) const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 1, 1));

/// A connection.
#[derive(Debug)]
pub(crate) struct Raw(pub(crate) TcpStream);

/// An answer's head and body, as text.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Reply {
    /// Returns the first header of that name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    /// Returns all headers of that name.
    pub(crate) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let headers = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
}

impl Raw {
    /// Connects from that address.
    pub(crate) async fn connect(from: IpAddr, to: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::new(from, 0)).expect("bound");
        Self(socket.connect(to).await.expect("connected"))
    }

    pub(crate) async fn send(&mut self, bytes: &str) {
        self.0.write_all(bytes.as_bytes()).await.expect("sent");
    }

    /// Reads until something that was sent ends so.
    pub(crate) async fn receive(&mut self, end: &str) {
        let mut received = Vec::new();
        while !received.ends_with(end.as_bytes()) {
            received.push(self.0.read_u8().await.expect("more"));
        }
    }

    /// Reads until the other side has closed, which it must, and returns what it sent.
    pub(crate) async fn closed(&mut self) -> Vec<u8> {
        let mut received = Vec::new();
        // A reset is an end, too.
        let _reset = tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut received))
            .await
            .expect("it is closed in time");
        received
    }

    /// Asks once, on a connection of its own; `lines` are headers, each with its end.
    pub(crate) async fn ask(
        from: IpAddr,
        to: SocketAddr,
        what: &str,
        lines: &str,
        body: &str,
    ) -> Reply {
        let host = if lines.to_ascii_lowercase().contains("host: ") {
            String::new()
        } else {
            format!("host: {HOST}\r\n")
        };
        let length = body.len();
        let mut raw = Self::connect(from, to).await;
        raw.send(&format!(
            "{what} HTTP/1.1\r\n{host}connection: close\r\ncontent-length: {length}\r\n{lines}\r\n{body}"
        ))
        .await;
        Reply::parse(&raw.closed().await)
    }

    /// Asks the same from this network, without a body.
    pub(crate) async fn get(to: SocketAddr, what: &str, lines: &str) -> Reply {
        Self::ask(HERE, to, what, lines, "").await
    }
}

impl Reply {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no answer: {text:?}"));
        Self { status, head: head.into(), body: body.into() }
    }
}
