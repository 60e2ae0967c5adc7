//! The program as its operator meets it: real processes, real databases, real sockets, and what goes wrong with them.

mod boundary;
mod commands;
mod compression;
mod connections;
mod endings;
mod faults;
mod flood;
mod forms;
mod future;
mod handshake;
mod nodes;
mod queries;
mod readiness;
mod request_log;
mod rolling;
mod schemes;
mod sessions;
mod settings;
mod starts;
mod storm;
mod support;
