//! A document without scripts, drawn by the server and nowhere else: the pages of the handshake between services.
//!
//! They are forms that are posted once. The browser's bundle knows nothing of them, and no script runs beside a token.

use leptos::prelude::*;

/// A document, all but its content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document<'a> {
    /// The name of the service, in its head and its title.
    pub(crate) brand: &'a str,
    /// The name of the style sheet below `/pkg`.
    pub(crate) css: &'a str,
    pub(crate) title: &'a str,
    /// The line at its foot.
    pub(crate) foot: &'a str,
}

impl Document<'_> {
    /// Draws it around that content.
    pub(crate) fn draw(self, content: impl IntoView) -> String {
        let Self { brand, css, title, foot } = self;
        let page = view! {
            <html lang="en">
                <head>
                    <meta charset="utf-8" />
                    <meta name="viewport" content="width=device-width, initial-scale=1" />
                    <meta name="color-scheme" content="light dark" />
                    <title>{format!("{title} · {brand}")}</title>
                    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                    <link rel="stylesheet" href=format!("/pkg/{css}") />
                </head>
                <body data-plain="">
                    <a class="skip" href="#main">
                        "Skip to the content"
                    </a>
                    <div class="page">
                        <header class="top">
                            <a class="brand" href="/">
                                {brand.to_owned()}
                            </a>
                        </header>
                        <main id="main" class="flow">
                            <div class="narrow">{content}</div>
                        </main>
                        <footer class="foot">
                            <p>{foot.to_owned()}</p>
                        </footer>
                    </div>
                </body>
            </html>
        };
        format!("<!DOCTYPE html>{}", page.into_view().to_html())
    }
}
