//! The ids of sessions and accounts, which all other modules name.

/// Declares an id of 16 random bytes, written as 22 characters of base64url.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// A new random id.
            pub fn random() -> Self {
                Self($crate::secret::random())
            }

            /// The id of these bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The id's bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// Reads what [`Display`](std::fmt::Display) wrote; nothing else.
            pub fn parse(text: &str) -> Option<Self> {
                // The length first: nothing long is decoded.
                if text.len() != 22 {
                    return None;
                }
                let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
                base64::Engine::decode(&engine, text).ok()?.try_into().ok().map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
                f.write_str(&base64::Engine::encode(&engine, self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an id"))
            }
        }
    };
}

id! {
    /// The id of an account.
    UserId
}
id! {
    /// The id of a session: the `sid` of its tokens.
    SessionId
}
id! {
    /// The id of one access token: its `jti`.
    TokenId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_wrote_and_nothing_else() {
        let id = SessionId::random();
        assert_eq!(SessionId::parse(&id.to_string()), Some(id));
        for bad in ["", "short", &format!("{id}A"), &id.to_string().replace(|_: char| true, "!")] {
            assert_eq!(SessionId::parse(bad), None, "{bad}");
        }
        // The last character carries two bits of nothing; only zero is canonical.
        let mut text = SessionId::from_bytes([0; 16]).to_string();
        text.replace_range(21.., "B");
        assert_eq!(SessionId::parse(&text), None);
    }
}
