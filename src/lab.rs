//! The lab: races, losses and thefts as data, so that a test can search for them, a page can show them and the
//! real engine can live through them. Behind the feature `lab`; nothing that signs people in depends on it.
//!
//! [`trace`] says what happened, step by step; [`play`] lets it happen to a real [`Auth`](crate::Auth). [`policy`]
//! holds other ways to treat a spent token, and [`simulate`] compares them over many days. [`scenario`] holds what a
//! learner is led through, in worlds that begin as a [`setting`] says. Invariant: wherever it is Coatroom's rule that
//! decides, that is [`decide`](crate::session::decide) and no copy of it.

pub mod play;
pub mod policy;
pub mod random;
pub mod scenario;
pub mod setting;
pub mod simulate;
pub mod trace;
