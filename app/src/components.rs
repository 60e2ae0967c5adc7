//! What pages are made of. Components take what they show, and call nothing.

pub mod claims;
pub mod cookie_jar;
pub mod credentials_form;
pub mod event_log;
pub mod header;
pub mod limited;
pub mod moment;
pub mod notice;
pub mod ticket;
pub mod wristband;
