//! The lab of [Coatroom](coatroom): races, losses and thefts that any visitor can cause, on the engine that signs
//! people in, by its public API alone. Nothing that signs people in depends on it.
//!
//! A [`world`] is an [`Auth`](coatroom::Auth) of its own behind the layers of [`web`](coatroom::web), with browsers, a
//! thief and a network that does as it is told, one [`action`] at a time. A [`trace`] is what was done, and a
//! [`diagram`] shows it, as [`export`] does elsewhere; [`cost`] counts in it. [`policy`] holds other ways to treat a
//! spent token; [`simulate`] compares them over many days, and [`mod@compare`] on what was done in a world. [`xray`]
//! shows what a token holds and which check refuses it, and [`forge`] makes the tokens that should be refused. [`choose`]
//! advises an architecture, [`architecture`] measures them side by side, and [`attack`] is the table of attacks that
//! each of them has to stand.
//! Invariant: wherever it is Coatroom that decides, that is [`decide`](coatroom::session::decide) or
//! [`Auth::examine`](coatroom::Auth::examine), and no copy of them.

#![forbid(unsafe_code)]
#![warn(missing_docs, missing_debug_implementations)]

pub mod action;
pub mod architecture;
pub mod attack;
pub mod choose;
pub mod compare;
pub mod cost;
pub mod curriculum;
pub mod diagram;
pub mod export;
pub mod forge;
pub mod format;
pub mod goal;
pub mod house;
pub mod jar;
pub mod ledger;
pub mod lesson;
pub mod message;
pub mod policy;
pub mod random;
pub mod rule;
pub mod scenario;
pub mod seeds;
pub mod setting;
pub mod simulate;
mod span;
pub mod terms;
pub mod touched;
pub mod trace;
pub mod trial;
pub mod world;
pub mod worlds;
pub mod xray;
