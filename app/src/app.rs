//! The application's root: the parts that all pages share, and the route of each page.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode, StaticSegment,
    components::{FlatRoutes, Route, Router},
};

use crate::{
    components::header::Header,
    pages::{elsewhere::Elsewhere, home::HomePage, sign_in::SignInPage, sign_up::SignUpPage},
    rendering,
    session::provide_session,
    time::provide_clock,
};

/// The application. The server renders each page whole before its first byte (`SsrMode::Async`): its data is a local
/// read, and so status, redirects and cookies are final and no script is needed to show it.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let session = provide_session();
    provide_clock(session);

    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "Coatroom".into() } else { format!("{title} · Coatroom") }
        } />
        <Router>
            // A link within the page, which the browser follows better than the router: it moves the focus.
            <a class="skip" href="#main" rel="external">
                "Skip to the content"
            </a>
            <div class="page">
                <Header />
                <main
                    id="main"
                    class="flow"
                    data-password-min=rendering::password_min()
                    data-check=rendering::check()
                    data-scheme=rendering::scheme()
                    data-lead=rendering::lead()
                    data-bounds=rendering::bounds()
                >
                    <FlatRoutes fallback=Elsewhere>
                        <Route path=StaticSegment("") view=HomePage ssr=SsrMode::Async />
                        <Route path=StaticSegment("sign-in") view=SignInPage ssr=SsrMode::Async />
                        <Route path=StaticSegment("sign-up") view=SignUpPage ssr=SsrMode::Async />
                    </FlatRoutes>
                </main>
                <footer class="foot">
                    <p>
                        "Coatroom: the wristband that every bouncer can read, and the ticket that the house can void."
                    </p>
                    <p class="without-script">"Times are UTC."</p>
                </footer>
            </div>
        </Router>
    }
}
