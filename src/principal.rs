//! The person or program that a session belongs to, apart from the way in which a request proves it.
//!
//! A [`Subject`] is the application's own id, as text. What it may do, its [`Authority`], stands in each of its sessions:
//! [`People`](crate::people::People) is asked for it if a session begins and at each rotation, and it is written into
//! the session's row and its tokens.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

use crate::{
    clock::Timestamp,
    id::{SessionId, UserId},
    json,
};

/// The most bytes of a subject.
pub const MAX_SUBJECT: usize = 255;
/// The most bytes of the name of a role.
pub const MAX_ROLE: usize = 64;
/// The most bytes of an application's own claims, as JSON.
pub const MAX_OWN_CLAIMS: usize = 512;
/// The most bytes of the means of a sign-in, with the spaces between their names.
pub const MAX_MEANS: usize = 64;

/// The id of the owner of a session: the `sub` of its tokens, in the application's own spelling, such as a UUID.
///
/// 1 to [`MAX_SUBJECT`] bytes without control characters. Two subjects are one if their bytes are.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject(Arc<str>);

impl Subject {
    /// Reads a subject.
    ///
    /// # Errors
    /// [`InvalidName`] if it is empty, too long, or has a control character.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidName> {
        let text = text.as_ref();
        let fits = (1..=MAX_SUBJECT).contains(&text.len()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.into())) } else { Err(InvalidName("subject")) }
    }

    /// Returns its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<UserId> for Subject {
    fn from(id: UserId) -> Self {
        Self(id.to_string().into())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({})", self.0)
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::new(text).map_err(serde::de::Error::custom)
    }
}

/// The name of a role, which says what a subject may do. The application gives the names their meaning: a name that it
/// does not know grants nothing.
///
/// At most [`MAX_ROLE`] bytes without control characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Role(Cow<'static, str>);

impl Role {
    /// The role of an account that signed up.
    pub const USER: Self = Self(Cow::Borrowed("user"));
    /// The role of an administrator, in applications that have one.
    pub const ADMIN: Self = Self(Cow::Borrowed("admin"));

    /// Reads the name of a role.
    ///
    /// # Errors
    /// [`InvalidName`] if it is too long or has a control character.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Result<Self, InvalidName> {
        let name = name.into();
        let fits = name.len() <= MAX_ROLE && !name.chars().any(char::is_control);
        if fits { Ok(Self(name)) } else { Err(InvalidName("role")) }
    }

    /// Returns its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Role({})", self.0)
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The claims that an application adds to its tokens: a JSON object of at most [`MAX_OWN_CLAIMS`] bytes, or nothing.
///
/// ```
/// use coatroom::principal::OwnClaims;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Plan {
///     plan: String,
/// }
///
/// let claims = OwnClaims::new(&Plan { plan: "pro".into() })?;
/// assert_eq!(claims.read::<Plan>()?.plan, "pro");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
/// A token is signed, not encrypted: each client that holds one can read them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnClaims(serde_json::Map<String, serde_json::Value>);

impl OwnClaims {
    /// Makes claims of a value that serializes to a JSON object.
    ///
    /// # Errors
    /// [`InvalidClaims`] if it does not, or has too many bytes.
    pub fn new(claims: &impl Serialize) -> Result<Self, InvalidClaims> {
        match serde_json::to_value(claims) {
            Ok(serde_json::Value::Object(members)) => Self::bounded(members),
            _ => Err(InvalidClaims),
        }
    }

    /// Reads the claims as a type of the application's own.
    ///
    /// # Errors
    /// [`serde_json::Error`] if they are not of that type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(serde_json::Value::Object(self.0.clone()))
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns them as a store keeps them: JSON, or nothing.
    pub fn to_text(&self) -> String {
        if self.is_empty() {
            String::new()
        } else {
            serde_json::Value::from(self.0.clone()).to_string()
        }
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
    ///
    /// # Errors
    /// [`InvalidClaims`] for any other text.
    pub fn from_text(text: &str) -> Result<Self, InvalidClaims> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        Self::bounded(json::object(text.as_bytes()).map_err(|_| InvalidClaims)?)
    }

    fn bounded(members: serde_json::Map<String, serde_json::Value>) -> Result<Self, InvalidClaims> {
        let claims = Self(members);
        if claims.to_text().len() <= MAX_OWN_CLAIMS { Ok(claims) } else { Err(InvalidClaims) }
    }
}

impl Serialize for OwnClaims {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for OwnClaims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json::Object(members) = json::Object::deserialize(deserializer)?;
        Self::bounded(members).map_err(serde::de::Error::custom)
    }
}

/// The rights of a subject, as of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Its role.
    pub role: Role,
    /// The application's own claims about it.
    pub claims: OwnClaims,
    /// The version: it grows with each change of the subject's authority, and is 0 before the first.
    pub version: u64,
}

/// The means by which the owner of a session proved to be its owner: the `amr` of its tokens, by the names of RFC 8176
/// where it has one.
///
/// ```
/// use coatroom::principal::Means;
///
/// let both = Means::new(["pwd", "otp"])?;
/// assert!(both.include("otp"));
/// # Ok::<(), coatroom::principal::InvalidName>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Means(Cow<'static, str>);

impl Means {
    /// A password.
    pub const PASSWORD: Self = Self(Cow::Borrowed("pwd"));
    /// A passkey or another key that the client holds.
    pub const KEY: Self = Self(Cow::Borrowed("hwk"));
    /// Another service that signed the user in, by OAuth, `OpenID` Connect or SAML. RFC 8176 has no name for it.
    pub const FEDERATED: Self = Self(Cow::Borrowed("fed"));
    /// A link or code in a mail. RFC 8176 has no name for it.
    pub const MAIL: Self = Self(Cow::Borrowed("email"));

    /// The means of these names.
    ///
    /// # Errors
    /// [`InvalidName`] if a name is empty or has another character than a letter, a digit, `_` or `-`, or all together
    /// have more than [`MAX_MEANS`] bytes.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidName> {
        let names: Vec<&str> = names.into_iter().collect();
        let of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let well_formed = names.iter().all(|name| !name.is_empty() && name.bytes().all(of_name));
        let text = names.join(" ");
        if well_formed && text.len() <= MAX_MEANS {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName("means"))
        }
    }

    /// Returns the names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|name| !name.is_empty())
    }

    /// Returns whether one of that name was used.
    pub fn include(&self, name: &str) -> bool {
        self.names().any(|used| used == name)
    }

    /// True if they are not known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the names as a store keeps them: one text, with spaces between.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads what [`as_str`](Self::as_str) returned.
    ///
    /// # Errors
    /// As those of [`new`](Self::new).
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        Self::new(text.split(' ').filter(|name| !name.is_empty()))
    }
}

impl Serialize for Means {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

impl<'de> Deserialize<'de> for Means {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Self::new(names.iter().map(String::as_str)).map_err(serde::de::Error::custom)
    }
}

/// The owner of a session that a request comes from, whatever carried the proof of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Principal {
    /// The owner.
    pub subject: Subject,
    /// The session.
    pub session: SessionId,
    /// The rights of the owner, as of the last time that the session asked.
    pub authority: Authority,
    /// The instant at which the owner last proved to be the owner; in whole seconds.
    pub authenticated_at: Timestamp,
    /// The means of it.
    pub means: Means,
    /// The instant at which the proof of this request ends; in whole seconds.
    pub expires_at: Timestamp,
}

/// A text that cannot be what it was given for: too long, empty, or with characters that are not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct InvalidName(pub(crate) &'static str);

/// Claims that are no JSON object, or have too many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON object of at most {MAX_OWN_CLAIMS} bytes")]
pub struct InvalidClaims;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subject_keeps_the_spelling_of_its_application() {
        for text in
            ["6c9f2b52-1f0e-4c3e-9a53-5a1b8f7f0c11", "a", "M\u{fc}ller 17", &"x".repeat(255)]
        {
            assert_eq!(Subject::new(text).as_ref().map(Subject::as_str), Ok(text));
        }
        for text in ["", "a\nb", "a\0", &"x".repeat(256)] {
            assert_eq!(Subject::new(text), Err(InvalidName("subject")), "{text}");
        }
    }

    #[test]
    fn claims_over_the_bound_or_of_another_shape_are_refused() {
        let of = |length: usize| OwnClaims::new(&serde_json::json!({ "k": "x".repeat(length) }));
        assert_eq!(of(MAX_OWN_CLAIMS - 8).map(|claims| claims.to_text().len()), Ok(MAX_OWN_CLAIMS));
        assert_eq!(of(MAX_OWN_CLAIMS - 7), Err(InvalidClaims));
        assert_eq!(OwnClaims::new(&["a list"]), Err(InvalidClaims));
        assert_eq!(OwnClaims::new(&"a text"), Err(InvalidClaims));
    }

    #[test]
    fn claims_and_means_read_back_what_they_wrote() {
        let claims = OwnClaims::new(&serde_json::json!({ "plan": "pro", "seats": [1, 2] }));
        let claims = claims.expect("an object");
        assert_eq!(OwnClaims::from_text(&claims.to_text()), Ok(claims));
        assert_eq!(OwnClaims::from_text(""), Ok(OwnClaims::default()));
        let means = Means::new(["pwd", "otp"]).expect("names");
        assert_eq!(Means::parse(means.as_str()), Ok(means));
        assert_eq!(Means::parse("").map(|means| means.is_empty()), Ok(true));
        assert!(Means::new(["p w d"]).is_err() && Means::new([""]).is_err());
    }
}
