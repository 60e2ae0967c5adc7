//! The lab: races, losses and thefts as data, so that a test can search for them, a page can show them and the
//! real engine can live through them. Behind the feature `lab`; nothing that signs people in depends on it.
//!
//! [`trace`] says what happened, step by step; [`play`] lets it happen to a real [`Auth`](crate::Auth). [`policy`]
//! holds other ways to treat a spent token, and [`simulate`] compares them over many days. [`xray`] shows what a token
//! holds and which check refuses it, and [`forge`] makes the tokens that should be refused. Invariant: wherever it is
//! Coatroom that decides, that is [`decide`](crate::session::decide) or [`Auth::examine`](crate::Auth::examine), and no
//! copy of them.

pub mod forge;
pub mod play;
pub mod policy;
pub mod random;
pub mod simulate;
pub mod trace;
pub mod xray;
