//! The lab: races, losses and thefts that anybody can cause, on the engine that signs people in. Behind the feature
//! `lab`; nothing that signs people in depends on it.
//!
//! A [`world`] is an [`Auth`](crate::Auth) of its own behind the layers of [`web`](crate::web), with browsers, a thief
//! and a network that does as it is told, one [`action`] at a time. A [`trace`] is what was done, and a [`diagram`]
//! shows it. [`policy`] holds other ways to treat a spent token, and [`simulate`] compares them over many days.
//! Invariant: wherever it is Coatroom's rule that decides, that is [`decide`](crate::session::decide) and no copy of it.

pub mod action;
pub mod diagram;
pub mod house;
pub mod jar;
pub mod ledger;
pub mod message;
pub mod policy;
pub mod random;
pub mod setting;
pub mod simulate;
pub mod trace;
pub mod world;
