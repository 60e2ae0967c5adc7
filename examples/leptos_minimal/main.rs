//! Sign-in in Leptos: server functions, pages from the server, and the signed-in person's name at the first byte.
//!
//! `cargo run -p server --example leptos_minimal`, then open <http://localhost:3000>: by that name, because the cookies
//! are `Secure`, and not in Safari, which keeps none of `http://localhost`.
//!
//! `app.rs` is what an application writes itself. This file is what every Leptos server has, and two layers. Neither
//! needs JavaScript, so both are built as any program is, by the package that has Leptos anyway: a project of
//! cargo-leptos of its own would build a second bundle to show the same. In yours, three lines more hydrate it:
//! - below, in the head of the document: `<HydrationScripts options />`;
//! - below, in the router: `.fallback(leptos_axum::file_and_error_handler(document))`;
//! - in `lib.rs`, beside `mod app`: `#[wasm_bindgen] pub fn hydrate() { leptos::mount::hydrate_body(app::App) }`.
//!
//! A hydrated page can outlive its access token, and then has to refresh before it calls: `app/src/client.rs` does.

mod app;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use coatroom::{
    Accounts, AuthConfig, AuthLayer, Credentials, Role, ServerSecret, store::memory::MemoryStore,
};
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list};
use tower_http::csrf::CsrfLayer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Your secret comes from a file that only the server reads: sessions outlive a restart if it and their store do.
    let secret = ServerSecret::new(ServerSecret::generate())?;
    let config = AuthConfig::new("http://localhost:3000", secret);
    let accounts = Accounts::new(config, Arc::new(MemoryStore::new())).await?;
    let (email, password) = ("ada@example.com", "a quiet harbour at dawn");
    accounts.add_user(&Credentials::new(email, password), Role::USER).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Open http://localhost:3000 and sign in as {email}, {password}");
    Ok(axum::serve(listener, router(accounts)).await?)
}

fn router(accounts: Accounts) -> Router {
    let layer = AuthLayer::new(accounts.auth().clone());
    let options = LeptosOptions::builder().output_name("leptos_minimal").build();
    Router::new()
        .leptos_routes_with_context(
            &options,
            generate_route_list(app::App),
            // Server functions take them from the context.
            move || provide_context(accounts.clone()),
            document,
        )
        .with_state(options)
        .layer(layer)
        // Outermost, so that what another site posts neither refreshes nor changes anything.
        .layer(CsrfLayer::new())
}

fn document() -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <title>"Sign-in"</title>
            </head>
            <body>
                <app::App />
            </body>
        </html>
    }
}
