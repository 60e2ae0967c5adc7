//! The server functions, one a file, each named as its URL below `/api`.
//!
//! Each authenticates its caller itself, because rendering calls them directly. They hold no rule and no SQL: they ask
//! [`backend`](crate::backend) and translate.

mod call_protected;
mod clear;
mod current_session;
mod refresh;
mod see_events;
mod sign_in;
mod sign_out;
mod sign_up;

use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

pub use self::{
    call_protected::call_protected, clear::clear, current_session::current_session,
    refresh::refresh, see_events::see_events, sign_in::sign_in, sign_out::sign_out,
    sign_up::sign_up,
};

/// The rest of a form, which must be empty: as the last, flattened argument it refuses fields that the function does
/// not have, so that a misspelt one is not silently ignored and a planted one never bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NoOtherFields {}

impl<'de> Deserialize<'de> for NoOtherFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Empty;
        impl<'de> serde::de::Visitor<'de> for Empty {
            type Value = NoOtherFields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("no other fields")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<NoOtherFields, A::Error> {
                match map.next_entry::<IgnoredAny, IgnoredAny>()? {
                    Some(_) => Err(serde::de::Error::custom("an unexpected field")),
                    None => Ok(NoOtherFields {}),
                }
            }
        }
        deserializer.deserialize_map(Empty)
    }
}
