//! A trace: what a world began with, and what was done in it, as JSON. One action a line.
//!
//! It holds no token and no decision: playing it finds those out. Invariant: a [`Trace`] that exists is bounded, even
//! if an attacker wrote it, so that playing one costs what [`MAX_ACTIONS`] allows and no more.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::error::Category;

use super::{action::Action, setting::Setting};

/// The greatest number of actions of a trace.
pub const MAX_ACTIONS: usize = 2_000;

/// The greatest length of a trace as text, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// A sequence of actions, and the setting in which they are done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Object<Unchecked>")]
pub struct Trace {
    setting: Setting,
    actions: Vec<Action>,
}

impl Trace {
    /// A trace of these actions.
    ///
    /// # Errors
    /// [`InvalidTrace::TooLong`].
    pub fn new(setting: Setting, actions: Vec<Action>) -> Result<Self, InvalidTrace> {
        if actions.len() > MAX_ACTIONS {
            return Err(InvalidTrace::TooLong);
        }
        Ok(Self { setting, actions })
    }

    /// The trace of a world, which has no more entries than a trace may have actions.
    pub(super) const fn of_world(setting: Setting, actions: Vec<Action>) -> Self {
        Self { setting, actions }
    }

    /// Parses a trace.
    ///
    /// # Errors
    /// [`InvalidTrace`] if it is none, or out of bounds.
    pub fn parse(json: &str) -> Result<Self, InvalidTrace> {
        if json.len() > MAX_BYTES {
            return Err(InvalidTrace::TooLong);
        }
        serde_json::from_str::<Object<Unchecked>>(json)
            .map_err(|error| InvalidTrace::Json(plainly(&error)))?
            .try_into()
    }

    /// The trace as [`parse`](Self::parse) reads it, each action on a line of its own.
    pub fn to_json(&self) -> String {
        let actions: Vec<String> =
            self.actions.iter().map(|action| format!("\"{action}\"")).collect();
        let setting = serde_json::to_string(&self.setting).unwrap_or_default();
        format!("{{\"setting\":{setting},\"actions\":[\n  {}\n]}}", actions.join(",\n  "))
    }

    /// The setting that the world begins with.
    pub const fn setting(&self) -> Setting {
        self.setting
    }

    /// The actions that are done in it, in order.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }
}

/// A trace as it is written, before its bounds were checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    setting: Object<Setting>,
    actions: Vec<Action>,
}

impl TryFrom<Object<Unchecked>> for Trace {
    type Error = InvalidTrace;

    fn try_from(Object(trace): Object<Unchecked>) -> Result<Self, InvalidTrace> {
        Self::new(trace.setting.0, trace.actions)
    }
}

/// A `T` out of a JSON object. A derived `Deserialize` takes an array as well, its elements for the fields in their
/// order. It refuses by itself a field that comes twice.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Only<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Only<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with each name once")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(Only(PhantomData)).map(Self)
    }
}

/// Says without the words of a parser what is wrong with JSON, and where.
fn plainly(error: &serde_json::Error) -> String {
    let place = format!("in line {}, at character {}", error.line(), error.column());
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    let name = said.split('`').nth(1).unwrap_or_default();
    match error.classify() {
        Category::Eof if error.line() <= 1 && error.column() == 0 => "it is empty".into(),
        Category::Eof => "it ends too early: is all of it there?".into(),
        Category::Syntax | Category::Io => format!("{place}: invalid JSON"),
        Category::Data if said.starts_with("missing field") => {
            format!("`{name}` is missing; a trace has a `setting` and `actions`")
        }
        Category::Data if said.starts_with("unknown field") => {
            format!("{place}: a trace has no `{name}`")
        }
        Category::Data if said.starts_with("invalid") => {
            format!("{place}: expected {}", expected(said))
        }
        Category::Data if said.starts_with("duplicate field") => {
            format!("{place}: a name occurs twice")
        }
        Category::Data => format!("{place}: {said}"),
    }
}

/// Returns what a parser says that it expects.
fn expected(said: &str) -> &str {
    said.rsplit_once("expected ").map_or("an action as text", |(_, expected)| expected)
}

/// The reason why a text is no trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTrace {
    /// More than [`MAX_ACTIONS`] actions, or than [`MAX_BYTES`] bytes.
    #[error("a trace has at most {MAX_ACTIONS} actions and {} kB", MAX_BYTES / 1024)]
    TooLong,
    /// No JSON of a trace.
    #[error("this is no trace: {0}")]
    Json(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(lines: &[&str]) -> Vec<Action> {
        lines.iter().map(|line| line.parse().expect("an action")).collect()
    }

    #[test]
    fn a_trace_reads_back_what_it_wrote() {
        let done = actions(&["tab1 sends refresh", "double 1", "lose 2", "steal", "wait 61s"]);
        let trace = Trace::new(Setting::DEFAULT, done).expect("in bounds");
        let json = trace.to_json();
        assert_eq!(Trace::parse(&json), Ok(trace.clone()), "{json}");
        assert_eq!(json.lines().count(), trace.actions().len() + 2);
        assert_eq!(
            serde_json::to_value(&trace).ok(),
            serde_json::from_str(&json).ok(),
            "both ways of writing are one form"
        );
    }

    #[test]
    fn a_bad_trace_is_refused_and_a_missing_setting_is_the_default() {
        let with =
            |actions: &str| Trace::parse(&format!(r#"{{"setting":{{}},"actions":[{actions}]}}"#));
        assert_eq!(with(r#""steal""#).map(|trace| trace.setting()), Ok(Setting::DEFAULT));
        for bad in [r#""steal it""#, r#"{"step":"steal"}"#, "1", r#""steal","#] {
            assert!(matches!(with(bad), Err(InvalidTrace::Json(_))), "{bad}");
        }
        for bad in [
            "",
            r#"{"setting":{"grace_ms":1}}"#,
            r#"{"setting":{"grace":1},"actions":[]}"#,
            r#"{"setting":{"grace_ms":-1},"actions":[]}"#,
            r#"{"setting":{},"actions":[],"more":1}"#,
            r#"{"setting":{},"actions":[],"actions":["steal"]}"#,
            r#"[{},["steal"]]"#,
            r#"{"setting":[60,5000,"denylist","report","signed_in","user"],"actions":[]}"#,
        ] {
            assert!(Trace::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_trace_is_bounded_however_it_is_read() {
        let many = vec![Action::Steal; MAX_ACTIONS];
        assert!(Trace::new(Setting::DEFAULT, many.clone()).is_ok());
        let more = [many, vec![Action::Steal]].concat();
        assert_eq!(Trace::new(Setting::DEFAULT, more.clone()), Err(InvalidTrace::TooLong));
        let json = serde_json::json!({ "setting": {}, "actions": more });
        assert!(serde_json::from_value::<Trace>(json.clone()).is_err());
        assert_eq!(Trace::parse(&json.to_string()), Err(InvalidTrace::TooLong));
        assert_eq!(Trace::parse(&" ".repeat(MAX_BYTES + 1)), Err(InvalidTrace::TooLong));
    }
}
