//! The lab: races, losses and thefts as data, so that a test can search for them, a page can show them and the
//! real engine can live through them. Behind the feature `lab`; nothing that signs people in depends on it.
//!
//! [`trace`] says what happened, step by step; [`play`] lets it happen to a real [`Auth`](crate::Auth). Neither
//! holds a rule of its own. Invariant: whatever decides here is [`decide`](crate::session::decide).

pub mod play;
pub mod trace;
