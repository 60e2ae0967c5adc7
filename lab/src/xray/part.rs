//! The parts of a pasted text, read as leniently as can be: even if the text is no token at all.
//!
//! Display is its only purpose. What is read here decides nothing; the verifier reads for itself, and strictly.
//! Invariant: the text that is shown of JSON is what was written, in its order, with what comes twice shown twice.

use std::fmt;

use base64::{
    Engine as _,
    alphabet::URL_SAFE,
    engine::{
        DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD,
    },
};
use coatroom::clock::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

/// Takes padding or none, and bits that stand for nothing.
const KINDLY: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The most parts of a text; the last holds all that follows.
const MOST: usize = 6;

/// The depth to which JSON is broken into lines: deeper, a short text could become a long page.
const DEPTH: usize = 2;

/// The claims that hold an instant, in seconds (RFC 7519 §2).
const INSTANTS: [&str; 4] = ["exp", "iat", "nbf", "auth_time"];

/// A text between two dots.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The kind that it would be by its place.
    pub kind: PartKind,
    /// The text as it was pasted.
    pub text: String,
    /// Its content.
    pub content: Content,
    /// The fault in its spelling, if it was read all the same.
    pub flaw: Option<&'static str>,
}

/// The purpose of a part: three of them in a signed token (RFC 7515 §7.1), five in an encrypted one (RFC 7516 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// The first of either.
    Header,
    /// The second of a signed one.
    Claims,
    /// The third of a signed one.
    Signature,
    /// The second of an encrypted one.
    EncryptedKey,
    /// The third of an encrypted one.
    InitializationVector,
    /// The fourth of an encrypted one.
    Ciphertext,
    /// The fifth of an encrypted one.
    AuthenticationTag,
    /// The first of a PASETO.
    Version,
    /// The second of a PASETO.
    Purpose,
    /// The third of a PASETO: claims and signature in one, or ciphertext.
    Payload,
    /// The fourth of a PASETO.
    Footer,
    /// The first of a refresh token or a session token of this house.
    Prefix,
    /// The second of either: the session that it names.
    Session,
    /// The third of a refresh token: its number in the session.
    Generation,
    /// The last of either, which the server derives anew and compares.
    Derivation,
    /// One that has no place in any.
    Surplus,
}

/// The content of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A JSON object.
    Json {
        /// The text as it was written, each member on a line of its own.
        text: String,
        /// Its members, in their order.
        members: Vec<Member>,
    },
    /// A text or a number, as it is meant.
    Text(String),
    /// Number of bytes of a part that is not shown as JSON.
    Bytes(usize),
    /// Nothing that can be read, and why.
    Unreadable(String),
}

/// A member of a JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its value: a text without its quotes, anything else as JSON.
    pub value: String,
    /// The instant it names, if it is a claim that names one.
    pub at: Option<Timestamp>,
}

impl PartKind {
    const PASETO: [Self; 4] = [Self::Version, Self::Purpose, Self::Payload, Self::Footer];
    const REFRESH: [Self; 4] = [Self::Prefix, Self::Session, Self::Generation, Self::Derivation];
    const OPAQUE: [Self; 3] = [Self::Prefix, Self::Session, Self::Derivation];
    const SIGNED: [Self; 3] = [Self::Header, Self::Claims, Self::Signature];
    const ENCRYPTED: [Self; 5] = [
        Self::Header,
        Self::EncryptedKey,
        Self::InitializationVector,
        Self::Ciphertext,
        Self::AuthenticationTag,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Claims => "claims",
            Self::Signature => "signature",
            Self::EncryptedKey => "encrypted key",
            Self::InitializationVector => "initialization vector",
            Self::Ciphertext => "ciphertext",
            Self::AuthenticationTag => "authentication tag",
            Self::Version => "version",
            Self::Purpose => "purpose",
            Self::Payload => "payload",
            Self::Footer => "footer",
            Self::Prefix => "prefix",
            Self::Session => "session",
            Self::Generation => "generation",
            Self::Derivation => "derivation",
            Self::Surplus => "surplus",
        }
    }
}

impl Part {
    /// The parts of a text; none of none.
    pub(super) fn all(text: &str) -> Vec<Self> {
        let texts: Vec<&str> = text.splitn(MOST, '.').filter(|_| !text.is_empty()).collect();
        let kinds = match texts[..] {
            [version, purpose, _] | [version, purpose, _, _] if is_paseto(version, purpose) => {
                &PartKind::PASETO[..]
            }
            ["rt1", _, _, _] => &PartKind::REFRESH,
            ["os1", _, _] => &PartKind::OPAQUE,
            [_, _, _, _, _] => &PartKind::ENCRYPTED,
            _ => &PartKind::SIGNED,
        };
        let kinds = kinds.iter().copied().chain(std::iter::repeat(PartKind::Surplus));
        texts.into_iter().zip(kinds).map(|(text, kind)| Self::read(kind, text)).collect()
    }

    /// The members that it has as a JSON object.
    pub(super) fn members(&self) -> &[Member] {
        match &self.content {
            Content::Json { members, .. } => members,
            Content::Text(_) | Content::Bytes(_) | Content::Unreadable(_) => &[],
        }
    }

    /// Returns true if a strict reader takes it for no base64url.
    pub(super) fn is_misspelt(&self) -> bool {
        self.flaw.is_some() || URL_SAFE_NO_PAD.decode(&self.text).is_err()
    }

    fn read(kind: PartKind, text: &str) -> Self {
        let (content, flaw) = match decode(text) {
            _ if matches!(kind, PartKind::Version | PartKind::Purpose | PartKind::Prefix) => {
                (Content::Text(text.to_owned()), None)
            }
            Some((bytes, flaw)) => match kind {
                PartKind::Header | PartKind::Claims => (json(&bytes), flaw),
                PartKind::Payload => (payload(&bytes), flaw),
                PartKind::Footer => (footer(bytes), flaw),
                // A session's id is written as it stands.
                PartKind::Session => (Content::Text(text.to_owned()), flaw),
                PartKind::Generation => (generation(&bytes), flaw),
                _ => (Content::Bytes(bytes.len()), flaw),
            },
            None => (Content::Unreadable("not base64url".into()), None),
        };
        Self { kind, text: text.to_owned(), content, flaw }
    }
}

impl fmt::Debug for Part {
    /// Leaves out its text: with the others, that is the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({}, {} bytes)", self.kind.name(), self.text.len())
    }
}

/// The bytes of a part, and what is wrong with its spelling.
fn decode(text: &str) -> Option<(Vec<u8>, Option<&'static str>)> {
    if let Ok(bytes) = URL_SAFE_NO_PAD.decode(text) {
        return Some((bytes, None));
    }
    let bytes = KINDLY.decode(text.replace('+', "-").replace('/', "_")).ok()?;
    let flaw = if text.contains('=') {
        "padded with `=`"
    } else if text.contains(['+', '/']) {
        "with `+` or `/`, of the other alphabet"
    } else {
        "with bits of nothing in its last character"
    };
    Some((bytes, Some(flaw)))
}

/// Returns true if a text that begins so is a PASETO (<https://paseto.io>).
fn is_paseto(version: &str, purpose: &str) -> bool {
    matches!(version, "v1" | "v2" | "v3" | "v4") && matches!(purpose, "local" | "public")
}

/// The claims of a signed PASETO, which its signature follows; of any other, so many bytes.
fn payload(bytes: &[u8]) -> Content {
    // Signatures of v2 and v4, of v3, of v1. A text cut at another place is no JSON.
    let mut claims = [64, 96, 256].into_iter().filter_map(|signature| {
        let end = bytes.len().checked_sub(signature)?;
        Some(json(&bytes[..end]))
    });
    claims
        .find(|content| matches!(content, Content::Json { .. }))
        .unwrap_or(Content::Bytes(bytes.len()))
}

/// The footer of a PASETO: JSON, or any text (PASETO §2). It is not encrypted.
fn footer(bytes: Vec<u8>) -> Content {
    match json(&bytes) {
        read @ Content::Json { .. } => read,
        _ => match String::from_utf8(bytes) {
            Ok(text) => Content::Text(text),
            Err(error) => Content::Bytes(error.as_bytes().len()),
        },
    }
}

/// The number of a refresh token in its session.
fn generation(bytes: &[u8]) -> Content {
    <[u8; 8]>::try_from(bytes).map_or(Content::Bytes(bytes.len()), |bytes| {
        Content::Text(u64::from_be_bytes(bytes).to_string())
    })
}

fn json(bytes: &[u8]) -> Content {
    if bytes.is_empty() {
        return Content::Unreadable("empty".into());
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Content::Unreadable("not text".into());
    };
    match serde_json::from_str(text) {
        Ok(Members(members)) => Content::Json { text: on_lines(text), members },
        Err(error) if error.is_data() => Content::Unreadable("not a JSON object".into()),
        Err(_) => Content::Unreadable("not readable as JSON".into()),
    }
}

/// JSON with a line for each member, and otherwise as it was written.
fn on_lines(json: &str) -> String {
    let (mut out, mut depth, mut quoted, mut escaped) = (String::new(), 0_usize, false, false);
    for char in json.chars() {
        if quoted {
            out.push(char);
            quoted = escaped || char != '"';
            escaped = !escaped && char == '\\';
            continue;
        }
        match char {
            ' ' | '\t' | '\n' | '\r' => continue,
            '}' | ']' => {
                let on_lines = depth <= DEPTH && !out.ends_with(['{', '[']);
                depth = depth.saturating_sub(1);
                if on_lines {
                    break_line(&mut out, depth);
                }
            }
            _ if out.ends_with(['{', '[']) => break_line(&mut out, depth),
            _ => {}
        }
        out.push(char);
        match char {
            '"' => quoted = true,
            '{' | '[' => depth += 1,
            ',' if depth <= DEPTH => break_line(&mut out, depth),
            ',' | ':' => out.push(' '),
            _ => {}
        }
    }
    out
}

fn break_line(out: &mut String, depth: usize) {
    if depth <= DEPTH {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    }
}

struct Members(Vec<Member>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    let instant = INSTANTS.contains(&name.as_str());
                    let at = value.as_i64().filter(|_| instant).map(Timestamp::from_seconds);
                    let value = match value {
                        Value::String(text) => text,
                        other => other.to_string(),
                    };
                    members.push(Member { name, value, at });
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
