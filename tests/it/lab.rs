//! The lab: its data, and what is made of it.

mod scenarios;
