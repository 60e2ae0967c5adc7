//! The document around the application.

use std::sync::LazyLock;

use leptos::{nonce::Nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::{app::App, rendering};

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

/// The words by which a search engine tells of the site.
const DESCRIPTION: &str = "Sign-in for Rust web applications: short-lived access tokens, rotating refresh tokens, \
                           revocation at once, and a lab that shows which rule decides.";

/// The script that hydrates the page, without the comments for its readers. The name of the bundle, and the number of
/// nodes (`counted`), are not known yet.
static START: LazyLock<String> = LazyLock::new(|| {
    let lines = include_str!("start.js").lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.starts_with("//")).collect();
    lines.join("\n")
});

/// Gives the page the nonce that the response's policy names, instead of one of its own.
pub fn provide_nonce() {
    if let Some(nonce) = rendering::attached(Nonce::clone) {
        provide_context(nonce);
    }
}

/// Renders the document. Its only scripts are the one that fetches the WebAssembly and the one that hydrates the page
/// with it; they carry the nonce of the response, and nothing else does, so that no style sheet can read it from another
/// attribute.
pub fn shell(assets: &AssetNames, options: LeptosOptions) -> impl IntoView + use<> {
    let AssetNames { js, wasm, css } = assets;
    let start = START.replace("{js}", js);
    // Fetched by a script, and not by a preload: WebKit fetches a preloaded module twice in a private window, and a
    // browser without script would fetch it for nothing. After the first paint, which needs none of it: on a slow line
    // it is most of what is loaded. A page that is not seen is not painted. The error is dealt with where the module is
    // awaited.
    let fetch = format!(
        "const wasm=new Promise((paint)=>document.hidden?paint():requestAnimationFrame(()=>setTimeout(paint)))\
         .then(()=>fetch('/pkg/{wasm}'));wasm.catch(()=>{{}})"
    );
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="description" content=DESCRIPTION />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href=format!("/pkg/{css}") />
                // A document that arrives in parts is drawn when all of it is there: half of one moves.
                <link rel="expect" href="#end" blocking="render" />
                <link rel="modulepreload" href=format!("/pkg/{js}") />
                <script nonce=use_nonce()>{fetch}</script>
                <script type="module" nonce=use_nonce()>
                    {start}
                </script>
                {rendering::reloads_after()
                    .map(|seconds| {
                        let reload = format!("<meta http-equiv=\"refresh\" content=\"{seconds}\">");
                        view! { <noscript inner_html=reload></noscript> }
                    })}
                // Draws nothing, unless a tool rebuilds the program and says so.
                <AutoReload options />
                <MetaTags />
            </head>
            <body>
                <App />
                <template id="end"></template>
            </body>
        </html>
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        extract::Request,
    };

    use super::*;
    use crate::model::SessionView;

    /// Returns the status, the `Retry-After` and the text of a page, rendered with what was found of the session.
    async fn page(path: &str, found: SessionView) -> (u16, Option<String>, String) {
        // Begins what the framework needs in a process.
        let _routes = leptos_axum::generate_route_list(App);
        let options = LeptosOptions::builder().output_name("coatroom").build();
        let names = || "name".to_owned();
        let assets = AssetNames { js: names(), wasm: names(), css: names() };
        let render = leptos_axum::render_app_async_with_context(
            || {},
            move || shell(&assets, options.clone()),
        );
        let mut request = Request::get(path).body(Body::empty()).expect("a request");
        request.extensions_mut().insert(found);
        let answer = render(request).await;
        let retry_after = answer
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().expect("text").to_owned());
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
        (status, retry_after, String::from_utf8(body.to_vec()).expect("text"))
    }

    const RELOADS: &str = r#"<noscript><meta http-equiv="refresh" content="7"></noscript>"#;

    #[tokio::test]
    async fn a_limited_page_is_a_429_that_passes_by_itself() {
        let (status, retry_after, text) = page("/", SessionView::Limited { retry_after: 7 }).await;
        assert_eq!((status, retry_after.as_deref()), (429, Some("7")));
        assert!(text.contains(RELOADS), "{text}");
        assert!(text.contains("Your session lives") && text.contains("7 seconds"), "{text}");
        assert!(!text.contains("does not answer") && !text.contains("Sign in"), "{text}");
    }

    #[tokio::test]
    async fn a_limited_page_with_a_form_is_not_reloaded() {
        let limited = SessionView::Limited { retry_after: 7 };
        let (status, retry_after, text) = page("/sign-in", limited).await;
        assert_eq!((status, retry_after.as_deref()), (429, Some("7")));
        assert!(text.contains("Your session lives") && !text.contains(RELOADS), "{text}");
    }

    #[tokio::test]
    async fn a_page_that_nothing_is_known_for_offers_no_sign_in() {
        let (status, retry_after, text) = page("/", SessionView::Unavailable).await;
        assert_eq!((status, retry_after.as_deref()), (503, Some("2")));
        assert!(text.contains("does not answer") && !text.contains("Sign in"), "{text}");
    }
}
