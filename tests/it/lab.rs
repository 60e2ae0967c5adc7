//! The lab: worlds, and what is made of them.

mod diagram;
