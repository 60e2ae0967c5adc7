//! HTTP/1.1 as far as a benchmark goes: a connection that is kept, one request at a time, answers by their
//! `Content-Length`.
//!
//! It follows no redirect and keeps no cookie. Invariant: an answer is read to its last byte, or it is an error.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Number of bytes of a body that are kept.
const BEGINNING: usize = 128;

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, with the beginning of its body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) beginning: String,
    head: String,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        // A request is one write, and nothing follows that it could wait for.
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 64 * 1024] })
    }

    /// Sends a request, and reads the answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        let mut read = 0;
        let head = loop {
            read += self.read_on(read).await?;
            let mut fours = self.buffer[..read].windows(4);
            if let Some(end) = fours.position(|four| four == b"\r\n\r\n") {
                break end;
            }
        };
        let (body, head) = (head + 4, String::from_utf8_lossy(&self.buffer[..head]).into_owned());
        let status = head.get("HTTP/1.1 ".len()..).and_then(|rest| rest.get(..3)?.parse().ok());
        let (Some(status), Some(length)) = (status, length(&head)) else {
            return Err(invalid("an answer without a status or a length"));
        };
        let kept = body + length.min(BEGINNING);
        while read < kept {
            read += self.read_on(read).await?;
        }
        let beginning = String::from_utf8_lossy(&self.buffer[body..kept]).into_owned();
        while read < body + length {
            read += self.read_on(0).await?;
        }
        if read > body + length {
            return Err(invalid("an answer that is longer than it says"));
        }
        Ok(Answer { status, beginning, head })
    }

    /// Reads into the buffer, from that place on.
    async fn read_on(&mut self, place: usize) -> io::Result<usize> {
        match self.stream.read(&mut self.buffer[place..]).await? {
            0 => Err(invalid("the connection was closed before the answer was there")),
            more => Ok(more),
        }
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Answer {
    /// The values of the headers of that name.
    pub(crate) fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        values(&self.head, name)
    }
}

fn values<'a>(head: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let pairs = head.lines().filter_map(|line| line.split_once(": "));
    pairs.filter(move |(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Returns the length of the body that follows a head.
fn length(head: &str) -> Option<usize> {
    match values(head, "content-length").next() {
        Some(length) => length.parse().ok(),
        // An answer of status 204 has no body.
        None => head.starts_with("HTTP/1.1 204").then_some(0),
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
