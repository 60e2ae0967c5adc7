//! Properties, on inputs and traces that no author thought of.

mod cases;
mod clocks;
mod texts;
mod traces;

pub(crate) use self::cases::cases;
