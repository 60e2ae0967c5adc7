//! The lab: worlds on the real engine, and what is made of them.

mod compare;
