//! JSON from outside, read in one way only.
//!
//! Two readers of one text must not understand two things. Of a doubled name one reader takes the first value and
//! another the last; and a derived `Deserialize` takes an array for an object, its elements for the fields in their
//! order. Invariant: an [`Object`] is read from a JSON object in which each name occurs once, and from nothing else.
//! Unknown names pass: the caller decides about them, and a newer server may have written them.

use std::{collections::HashSet, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, Error as _, IntoDeserializer as _, MapAccess, Visitor,
        value::MapAccessDeserializer,
    },
};

/// A `T` out of a JSON object in which each name occurs once.
pub(crate) struct Object<T>(pub(crate) T);

/// Reads an object, after which nothing may follow.
pub(crate) fn object<T: DeserializeOwned>(json: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(json).map(|Object(value)| value)
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Only<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Only<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with each name once")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                let seen = HashSet::new();
                T::deserialize(MapAccessDeserializer::new(EachOnce { map, seen }))
            }
        }

        deserializer.deserialize_map(Only(PhantomData)).map(Self)
    }
}

/// An object that fails at the first name that it has had before.
struct EachOnce<A> {
    map: A,
    seen: HashSet<String>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for EachOnce<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let Some(name) = self.map.next_key::<String>()? else { return Ok(None) };
        if !self.seen.insert(name.clone()) {
            return Err(A::Error::custom("a name occurs twice"));
        }
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::Value;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Pair {
        left: i64,
        right: i64,
    }

    #[derive(Deserialize)]
    struct Nested {
        pair: Object<Pair>,
    }

    fn pair(json: &str) -> Option<Pair> {
        object(json.as_bytes()).ok()
    }

    #[test]
    fn an_object_is_read_whatever_else_it_holds() {
        let expected = Some(Pair { left: 1, right: 2 });
        assert_eq!(pair(r#"{"left":1,"right":2}"#), expected);
        assert_eq!(pair(r#"{"more":[{"left":3}],"right":2,"le\u0066t":1}"#), expected);
        let any: HashMap<String, Value> = object(br#"{"a":[1]}"#).expect("read");
        assert_eq!(any["a"], Value::from(vec![1]));
        let Nested { pair: Object(nested) } =
            object(br#"{"pair":{"left":1,"right":2}}"#).expect("read");
        assert_eq!(Some(nested), expected);
    }

    #[test]
    fn an_array_is_no_object_at_any_depth() {
        // The derived `Deserialize` alone takes it.
        assert!(serde_json::from_str::<Pair>("[1,2]").is_ok());
        assert_eq!(pair("[1,2]"), None);
        assert!(object::<Nested>(br#"{"pair":[1,2]}"#).is_err());
        for text in ["", "null", "7", "\"x\"", "true", r#"{"left":1,"right":2} x"#] {
            assert_eq!(pair(text), None, "{text}");
        }
    }

    #[test]
    fn a_doubled_name_is_refused_however_it_is_spelt() {
        for text in [
            r#"{"left":1,"left":1,"right":2}"#,
            r#"{"left":1,"right":2,"x":0,"x":0}"#,
            r#"{"left":1,"right":2,"x":0,"\u0078":0}"#,
        ] {
            assert_eq!(pair(text), None, "{text}");
        }
        assert!(object::<HashMap<String, Value>>(br#"{"a":1,"a":1}"#).is_err());
        assert!(object::<Nested>(br#"{"pair":{"left":1,"right":2,"x":0,"x":0}}"#).is_err());
    }
}
