//! The page of the Leptos starter template (`start-axum`): a button that counts. The server's side alone: the harness
//! runs no script.

use std::net::SocketAddr;

use axum::Router;
use leptos::{config::LeptosOptions, prelude::*};
use leptos_axum::{LeptosRoutes as _, file_and_error_handler, generate_route_list};
use leptos_meta::{MetaTags, Stylesheet, Title, provide_meta_context};
use leptos_router::{
    StaticSegment,
    components::{Route, Router as Routed, Routes},
};

pub fn router(address: SocketAddr) -> Router {
    let options = LeptosOptions::builder().output_name("counter").site_addr(address).build();
    let for_shell = options.clone();
    Router::new()
        .leptos_routes(&options, generate_route_list(App), move || shell(for_shell.clone()))
        .fallback(file_and_error_handler(shell))
        .with_state(options)
}

fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

#[component]
fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Stylesheet id="leptos" href="/pkg/counter.css"/>
        <Title text="Welcome to Leptos"/>
        <Routed>
            <main>
                <Routes fallback=|| "Page not found.".into_view()>
                    <Route path=StaticSegment("") view=HomePage/>
                </Routes>
            </main>
        </Routed>
    }
}

#[component]
fn HomePage() -> impl IntoView {
    let count = RwSignal::new(0);
    let on_click = move |_| *count.write() += 1;
    view! {
        <h1>"Welcome to Leptos!"</h1>
        <button on:click=on_click>"Click Me: " {count}</button>
    }
}
