//! What happened between a browser, a network, a thief and a server, as JSON: one object for each step.
//!
//! A trace holds no token and no decision: who plays it finds those out. Invariant: a [`Trace`] that exists is
//! bounded, whoever wrote it, so that playing one costs what [`MAX_STEPS`] allows and no more.

use serde::{Deserialize, Serialize};

/// The greatest number of steps of a trace.
pub const MAX_STEPS: usize = 500;

/// The greatest length of a trace as text, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// The longest time a single step may take: 30 days, the longest life of a session.
pub const MAX_ADVANCE_MS: u32 = 30 * 24 * 3600 * 1000;

/// A sequence of steps, beginning with a browser that has just signed in and whose first tokens arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Trace {
    timing: TraceTiming,
    steps: Vec<Step>,
}

/// The windows that a trace was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceTiming {
    /// G in milliseconds.
    pub grace_ms: u32,
    /// D in milliseconds.
    pub spacing_ms: u32,
    /// The longest time that a request or an answer of its owner is under way, in milliseconds.
    pub delay_ms: u32,
}

/// One step of a trace. Messages have numbers; an answer has the number of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// A request leaves with the cookies that its sender has now.
    Send {
        /// Its number.
        message: u32,
        /// Who sends it.
        from: Actor,
        /// From which tab, from 0; of no consequence, but it helps to follow.
        tab: u8,
        /// What it asks for.
        kind: Kind,
    },
    /// A request reaches the server, which does all it does about it.
    DeliverRequest {
        /// Its number.
        message: u32,
    },
    /// A request never reaches the server.
    LoseRequest {
        /// Its number.
        message: u32,
    },
    /// An answer reaches its sender, whose jar takes the cookies.
    DeliverResponse {
        /// The number of its request.
        message: u32,
    },
    /// An answer never reaches its sender. The server did what it did.
    LoseResponse {
        /// The number of its request.
        message: u32,
    },
    /// What is under way by that number, request or answer, is now under way twice.
    Duplicate {
        /// The number of the original.
        message: u32,
        /// The number of the copy.
        copy: u32,
    },
    /// Time passes.
    Advance {
        /// Milliseconds.
        ms: u32,
    },
    /// The owner signs out, and the server notes it.
    SignOut {},
    /// The thief takes a copy of the owner's jar, as it is now.
    Steal {},
}

/// Who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The browser that signed in.
    Owner,
    /// Whoever has a copy of its jar.
    Thief,
}

/// What a request asks for, which decides what is done with its cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A refresh by a script: shows both cookies, and is decided on.
    Refresh,
    /// Any other call: shows the access token.
    Plain,
    /// A page load while the access token is good: shows the access token.
    Page,
    /// A page load after the access token expired: shows both cookies, and is decided on before anything is drawn.
    PageExpired,
}

impl Kind {
    /// Whether the server decides on the refresh token of such a request.
    pub const fn refreshes(self) -> bool {
        matches!(self, Self::Refresh | Self::PageExpired)
    }
}

impl Trace {
    /// A trace of these steps.
    ///
    /// # Errors
    /// [`InvalidTrace`] where it is out of bounds.
    pub fn new(timing: TraceTiming, steps: Vec<Step>) -> Result<Self, InvalidTrace> {
        if steps.len() > MAX_STEPS {
            return Err(InvalidTrace::TooManySteps);
        }
        let long = |step: &Step| matches!(step, Step::Advance { ms } if *ms > MAX_ADVANCE_MS);
        if steps.iter().any(long) {
            return Err(InvalidTrace::TooLong);
        }
        Ok(Self { timing, steps })
    }

    /// Reads a trace.
    ///
    /// # Errors
    /// [`InvalidTrace`] where it is none, or out of bounds.
    pub fn parse(json: &str) -> Result<Self, InvalidTrace> {
        if json.len() > MAX_BYTES {
            return Err(InvalidTrace::TooManySteps);
        }
        serde_json::from_str(json).map_err(|error| InvalidTrace::Json(error.to_string()))
    }

    /// The trace as [`parse`](Self::parse) reads it, each step on a line of its own.
    pub fn to_json(&self) -> String {
        let line = |value: serde_json::Result<String>| value.unwrap_or_default();
        let steps: Vec<String> =
            self.steps.iter().map(|step| line(serde_json::to_string(step))).collect();
        let timing = line(serde_json::to_string(&self.timing));
        format!("{{\"timing\":{timing},\"steps\":[\n  {}\n]}}", steps.join(",\n  "))
    }

    /// The windows it was made for.
    pub const fn timing(&self) -> TraceTiming {
        self.timing
    }

    /// Its steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

/// A trace as it is written, before its bounds were checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    timing: TraceTiming,
    steps: Vec<Step>,
}

impl TryFrom<Unchecked> for Trace {
    type Error = InvalidTrace;

    fn try_from(Unchecked { timing, steps }: Unchecked) -> Result<Self, InvalidTrace> {
        Self::new(timing, steps)
    }
}

/// Why something is no trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTrace {
    /// More than [`MAX_STEPS`] steps, or than [`MAX_BYTES`] bytes.
    #[error("a trace has at most {MAX_STEPS} steps and {MAX_BYTES} bytes")]
    TooManySteps,
    /// A step longer than [`MAX_ADVANCE_MS`].
    #[error("a step takes at most {MAX_ADVANCE_MS} milliseconds")]
    TooLong,
    /// No JSON of a trace.
    #[error("not a trace: {0}")]
    Json(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMING: TraceTiming =
        TraceTiming { grace_ms: 30_000, spacing_ms: 60_000, delay_ms: 10_000 };

    #[test]
    fn a_trace_reads_back_what_it_wrote() {
        let steps = vec![
            Step::Send { message: 1, from: Actor::Owner, tab: 2, kind: Kind::PageExpired },
            Step::Duplicate { message: 1, copy: 2 },
            Step::DeliverRequest { message: 1 },
            Step::LoseRequest { message: 2 },
            Step::LoseResponse { message: 1 },
            Step::Steal {},
            Step::Advance { ms: 60_000 },
            Step::SignOut {},
        ];
        let trace = Trace::new(TIMING, steps).expect("in bounds");
        let json = trace.to_json();
        assert_eq!(Trace::parse(&json), Ok(trace.clone()), "{json}");
        assert_eq!(json.lines().count(), trace.steps().len() + 2);
        assert_eq!(
            serde_json::to_value(&trace).ok(),
            serde_json::from_str(&json).ok(),
            "both ways of writing are one form"
        );
    }

    #[test]
    fn what_is_no_trace_is_refused() {
        let with = |steps: &str| {
            let timing = r#"{"grace_ms":1,"spacing_ms":2,"delay_ms":0}"#;
            Trace::parse(&format!(r#"{{"timing":{timing},"steps":[{steps}]}}"#))
        };
        assert!(with(r#"{"step":"steal"}"#).is_ok());
        for bad in [
            r#"{"step":"steal","more":1}"#,
            r#"{"step":"advance"}"#,
            r#"{"step":"advance","ms":-1}"#,
            r#"{"step":"advance","ms":1,"ms":2}"#,
            r#"{"step":"guess"}"#,
            r#"{"step":"send","message":1,"from":"owner","tab":0,"kind":"plain","x":0}"#,
            r#""steal""#,
        ] {
            assert!(matches!(with(bad), Err(InvalidTrace::Json(_))), "{bad}");
        }
        assert!(Trace::parse(r#"{"timing":{"grace_ms":1},"steps":[]}"#).is_err());
        assert!(Trace::parse("").is_err());
    }

    #[test]
    fn a_trace_is_bounded_however_it_is_read() {
        let many = vec![Step::Steal {}; MAX_STEPS];
        assert!(Trace::new(TIMING, many.clone()).is_ok());
        let more = [many, vec![Step::Steal {}]].concat();
        assert_eq!(Trace::new(TIMING, more.clone()), Err(InvalidTrace::TooManySteps));
        let json = serde_json::json!({ "timing": TIMING, "steps": more });
        assert!(serde_json::from_value::<Trace>(json).is_err());
        assert_eq!(Trace::parse(&" ".repeat(MAX_BYTES + 1)), Err(InvalidTrace::TooManySteps));
        let long = vec![Step::Advance { ms: MAX_ADVANCE_MS + 1 }];
        assert_eq!(Trace::new(TIMING, long), Err(InvalidTrace::TooLong));
    }
}
