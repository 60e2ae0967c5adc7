//! The pages. Each owns its data, and hands it to components.

mod credentials_page;
pub mod elsewhere;
pub mod home;
mod news;
mod not_found;
pub mod sign_in;
pub mod sign_up;
pub mod token_page;
