//! The program as its operator meets it: real processes, real databases, real sockets, and what goes wrong with them.

mod commands;
mod faults;
mod flood;
mod future;
mod nodes;
mod queries;
mod sessions;
mod storm;
mod support;
