//! The parts of pages. Components take what they show, and call nothing, but for [`header`], which signs out.

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
