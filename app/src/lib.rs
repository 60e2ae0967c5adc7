//! The application: its pages, rendered on the server and hydrated in the browser.
//!
//! With the feature `ssr` it is a library of the server, with `hydrate` it is the browser's bundle; never both.

// The type of a view holds all views within it.
#![recursion_limit = "256"]

pub mod api;
pub mod app;
#[cfg(feature = "ssr")]
pub mod backend;
mod client;
mod components;
#[cfg(feature = "ssr")]
pub mod counted;
#[cfg(feature = "ssr")]
mod decided;
#[cfg(feature = "ssr")]
mod drawn;
mod eager;
pub mod error;
#[cfg(feature = "ssr")]
pub mod handoff;
#[cfg(feature = "ssr")]
pub mod lab;
mod live;
pub mod model;
mod pages;
mod path;
mod pending;
#[cfg(feature = "ssr")]
mod plain;
#[cfg(feature = "ssr")]
pub mod posted;
mod rendered;
#[cfg(feature = "ssr")]
mod rendering;
#[cfg(not(feature = "ssr"))]
#[path = "rendering_absent.rs"]
mod rendering;
mod scheme;
#[cfg(feature = "ssr")]
mod scheme_told;
#[cfg(feature = "ssr")]
pub mod service_b;
mod session;
#[cfg(feature = "ssr")]
pub mod shell;
mod time;

/// Hydrates the page that the server rendered; if that fails, `start.js` leaves it a page without script.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
