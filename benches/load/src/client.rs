//! HTTP/1.1 as far as a load goes: a connection that is kept, one request at a time.
//!
//! It follows no redirect. Invariant: an answer is read to its last byte, or it is an error. Requests are bytes that
//! were prepared, and an answer is borrowed from the connection's buffer: the client has to cost less than a server.

use std::{
    io::{Error, ErrorKind, Result},
    net::SocketAddr,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const MOST_HEADERS: usize = 48;
/// The size of the buffer at first: a page of Coatroom's fits.
const ROOM: usize = 64 * 1024;

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, within the buffer of its connection.
pub struct Answer<'a> {
    pub status: u16,
    head: &'a [u8],
    pub body: &'a [u8],
}

/// The end of a body.
enum Framing {
    Length(usize),
    Chunked,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        // A request is one write, and nothing follows that it could wait for.
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; ROOM] })
    }

    /// Sends a request, and reads the answer.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        let mut read = 0;
        let (status, head, framing) = loop {
            read += self.read_on(read).await?;
            if let Some(parsed) = parse(&self.buffer[..read])? {
                break parsed;
            }
        };
        match framing {
            Framing::Length(length) => {
                while read < head + length {
                    read += self.read_on(read).await?;
                }
                if read > head + length {
                    return Err(invalid("an answer that is longer than it says"));
                }
            }
            // The chunks of a page stay as they are: the harness only has to know where they end.
            Framing::Chunked => {
                while !self.buffer[head..read].ends_with(b"0\r\n\r\n") {
                    read += self.read_on(read).await?;
                }
            }
        }
        Ok(Answer { status, head: &self.buffer[..head], body: &self.buffer[head..read] })
    }

    /// Reads into the buffer, from that place on.
    async fn read_on(&mut self, place: usize) -> Result<usize> {
        if place == self.buffer.len() {
            self.buffer.resize(2 * place, 0);
        }
        match self.stream.read(&mut self.buffer[place..]).await? {
            0 => Err(invalid("the connection was closed before the answer was there")),
            more => Ok(more),
        }
    }
}

/// Returns the status, the length of the head and the framing of the body; nothing if the head is not complete.
fn parse(bytes: &[u8]) -> Result<Option<(u16, usize, Framing)>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    let parsed = answer.parse(bytes).map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
    let httparse::Status::Complete(head) = parsed else { return Ok(None) };
    let status = answer.code.unwrap_or_default();
    let named =
        |name: &str| answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    let length = named("content-length")
        .and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok());
    let framing = match length {
        Some(length) => Framing::Length(length),
        None if named("transfer-encoding").is_some() => Framing::Chunked,
        // These have no body (RFC 9112 §6.3).
        None if matches!(status, 204 | 304) => Framing::Length(0),
        None => return Err(invalid("an answer without a length")),
    };
    Ok(Some((status, head, framing)))
}

fn invalid(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

impl Answer<'_> {
    /// The headers, in their order.
    pub fn headers(&self) -> Vec<(String, String)> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut answer = httparse::Response::new(&mut headers);
        // The head was parsed before.
        let _complete = answer.parse(self.head);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let pairs = answer.headers.iter();
        pairs.map(|header| (header.name.to_ascii_lowercase(), text(header.value))).collect()
    }

    /// The cookies that it sets, without their attributes.
    pub fn cookies(&self) -> Vec<(String, String)> {
        let set = self.headers().into_iter().filter(|(name, _)| name == "set-cookie");
        set.filter_map(|(_, line)| {
            let (name, value) = line.split(';').next()?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        })
        .collect()
    }
}

/// Returns a request for `path`, with the cookies of a jar.
pub fn get(host: SocketAddr, path: &str, cookies: &str) -> Vec<u8> {
    let cookies = if cookies.is_empty() { String::new() } else { format!("cookie: {cookies}\r\n") };
    format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{cookies}\r\n").into_bytes()
}

/// Returns a form that a page of the same origin posts to `path`.
pub fn post(host: SocketAddr, path: &str, cookies: &str, form: &str) -> Vec<u8> {
    let cookies = if cookies.is_empty() { String::new() } else { format!("cookie: {cookies}\r\n") };
    format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nsec-fetch-site: same-origin\r\n{cookies}\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_parsed_once_it_is_complete() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        assert!(parse(&whole[..20]).unwrap().is_none());
        let (status, head, framing) = parse(whole).unwrap().unwrap();
        assert_eq!((status, &whole[head..]), (200, &b"ok"[..]));
        assert!(matches!(framing, Framing::Length(2)));
    }

    #[test]
    fn an_answer_without_a_length_is_an_error_unless_it_has_no_body() {
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        let (_, _, framing) = parse(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().unwrap();
        assert!(matches!(framing, Framing::Length(0)));
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        assert!(matches!(parse(chunked).unwrap().unwrap().2, Framing::Chunked));
    }
}
