//! The document around the application.

use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::app::App;

/// The names of the bundle's files below `/pkg`, with their hashes.
#[derive(Clone, Debug)]
pub struct AssetNames {
    /// The script that loads the WebAssembly.
    pub js: String,
    /// The WebAssembly.
    pub wasm: String,
    /// The style sheet.
    pub css: String,
}

/// Renders the document. Its only script is the one that hydrates it; it carries the nonce of the response, and
/// nothing else does, so that no style sheet can read it from another attribute.
pub fn shell(assets: &AssetNames, options: LeptosOptions) -> impl IntoView + use<> {
    let AssetNames { js, wasm, css } = assets;
    let hydrate = format!(
        "import start, {{ hydrate }} from '/pkg/{js}';\
         start({{ module_or_path: '/pkg/{wasm}' }}).then(hydrate);"
    );
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href=format!("/pkg/{css}") />
                <link rel="modulepreload" href=format!("/pkg/{js}") />
                <link
                    rel="preload"
                    href=format!("/pkg/{wasm}")
                    r#as="fetch"
                    r#type="application/wasm"
                    crossorigin="anonymous"
                />
                <script type="module" nonce=use_nonce()>
                    {hydrate}
                </script>
                // Nothing, unless a tool rebuilds the program and says so.
                <AutoReload options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
