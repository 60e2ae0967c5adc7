//! The pages. Each owns its data, and hands it to components.

pub mod home;
pub mod not_found;
pub mod sign_in;
pub mod sign_up;
mod token_page;
