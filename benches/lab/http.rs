//! HTTP/1.1 as far as a benchmark goes: a connection that is kept, one request at a time, answers by their
//! `Content-Length`.
//!
//! It follows no redirect and keeps no cookie. Invariant: an answer is read to its last byte, or it is an error.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer; of its body only the length is known.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) length: usize,
    head: String,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        // A request is one write, and nothing follows that it could wait for.
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 16 * 1024] })
    }

    /// Sends a request, and reads the answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        let mut read = 0;
        let body = loop {
            let more = self.stream.read(&mut self.buffer[read..]).await?;
            if more == 0 {
                return Err(invalid("the connection was closed before an answer was there"));
            }
            read += more;
            let mut fours = self.buffer[..read].windows(4);
            if let Some(end) = fours.position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..body]).into_owned();
        let answer = Answer::of(head).ok_or_else(|| invalid("an answer without a length"))?;
        let mut left = answer.length.checked_sub(read - body);
        while let Some(some @ 1..) = left {
            let more = self.stream.read(&mut self.buffer).await?;
            left = if more == 0 { None } else { some.checked_sub(more) };
        }
        left.map(|_| answer).ok_or_else(|| invalid("a body of another length than was said"))
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Answer {
    fn of(head: String) -> Option<Self> {
        let status = head.get("HTTP/1.1 ".len()..)?.get(..3)?.parse().ok()?;
        let answer = Self { status, length: 0, head };
        let length = match answer.values("content-length").next() {
            Some(length) => length.parse().ok()?,
            None if status == 204 => 0,
            None => return None,
        };
        Some(Self { length, ..answer })
    }

    /// The values of the headers of that name.
    pub(crate) fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs.filter(move |(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// A request for `path`, with the cookies of a jar.
pub(crate) fn get(path: &str, cookies: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookies}\r\n\r\n").into_bytes()
}

/// A form, posted to `path`.
pub(crate) fn post(path: &str, form: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    )
    .into_bytes()
}
