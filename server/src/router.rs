//! The routes of the server, and the layers that a request goes through.

use std::{path::Path, sync::Arc};

use app::{
    app::App,
    backend, counted,
    error::ApiError,
    lab,
    shell::{provide_nonce, shell as document},
};
use axum::{
    Extension, Json, Router,
    extract::Request,
    handler::HandlerWithoutStateExt as _,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get_service,
};
use coatroom::{
    Accounts, Role, SessionId, Subject,
    web::{self, AuthLayer, AuthRejection, CurrentUser},
};
use coatroom_lab::worlds::Worlds;
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list};
use serde::Serialize;
use tower::{Layer as _, ServiceBuilder};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::{
    api_boundary, assets, compression, forms, handoff, prefetch,
    surrounded::{Shell, Surrounded},
};

/// Makes the router of all that the server answers.
///
/// # Errors
/// An error if the origin is none, or the site has not been built.
pub fn router(
    accounts: Accounts,
    worlds: Option<Arc<Worlds>>,
    site: &Path,
    handoff: Option<handoff::Desk>,
    shell: Shell,
) -> Result<Surrounded, Box<dyn std::error::Error + Send + Sync>> {
    let auth = accounts.auth().clone();
    let names = Arc::new(assets::names(site)?);
    let options = LeptosOptions::builder().output_name("coatroom").build();
    let render = {
        let (names, options) = (Arc::clone(&names), options.clone());
        move || document(&names, options.clone())
    };
    let page = leptos_axum::render_app_async_with_context(provide_nonce, render.clone());
    let not_found = move |request: Request| {
        let page = page.clone();
        async move {
            if request.uri().path().starts_with("/api/") {
                api_boundary::answer(ApiError::NotFound)
            } else {
                page(request).await
            }
        }
    };

    let secure = forms::Secure(auth.config().issuer.starts_with("https:"));
    // Outermost first. In one piece: layers that a router takes one by one are each copied for every request.
    let inwards =
        ServiceBuilder::new()
            // Not around the router, which takes the body from an answer to `HEAD`.
            .layer(from_fn(compression::run))
            .layer(from_fn(prefetch::refuse))
            .layer(
                CsrfLayer::new()
                    // Behind `same_origin`, which is stricter. If a proxy rewrites `Host`, the origin that browsers
                    // know is still ours.
                    .add_trusted_origin(&auth.config().issuer)?
                    .with_rejection_response(|_: ProtectionError| {
                        api_boundary::answer(ApiError::CrossSite)
                    }),
            )
            // Inside of the layer that refuses pages fetched ahead: the outcome of a form is shown once.
            .layer(from_fn_with_state(secure, forms::attach_outcome))
            // Reads forms whole before any client is authenticated, and writes all refusals alike.
            .layer(from_fn_with_state(secure, api_boundary::guard))
            // Answers what is posted to the lab here, and authenticates no client for it; the lab's pages go on
            // inwards. Without this layer there are none.
            .option_layer(worlds.map(|worlds| {
                from_fn_with_state(lab::Lab { worlds, auth: auth.clone() }, lab::serve)
            }))
            // Inside the same-origin check, so that another site's request never refreshes anything.
            .layer(AuthLayer::new(auth.clone()).with_cookie_policy(shell.cookies.clone()))
            // Inside of authentication, which tells a navigation by what it accepts.
            .layer(from_fn(forms::mark_form_posts))
            // For pages and server functions, which sign people in and show their accounts.
            .layer(Extension(accounts))
            // Needs the authenticated client; rendering needs what it finds.
            .layer(from_fn(backend::attach_view))
            .layer(from_fn(counted::count));
    let application = Router::new()
        .leptos_routes_with_context(&options, generate_route_list(App), provide_nonce, render)
        .fallback(not_found)
        .with_state(options)
        // Within all that stands before a page: the question is put to the client that is signed in.
        .merge(handoff.as_ref().map(|desk| desk.pages(&names.css)).unwrap_or_default())
        .layer(inwards);
    // No page shows its answer, and it takes no form: what stands before those is not in its way. The handler within
    // the layer is no route, which would be copied and boxed once more for every request.
    let authenticated = AuthLayer::new(auth.clone()).with_cookie_policy(shell.cookies.clone());
    let refused = from_fn_with_state(secure, api_boundary::guard)
        .layer((async || StatusCode::METHOD_NOT_ALLOWED).into_service());
    let asked = get_service(authenticated.layer(whoami.into_service())).fallback_service(refused);
    let programs = Router::new().route("/api/whoami", asked);
    let open = Router::new()
        // For services that check access tokens by themselves: the same for every client, so outside of authentication.
        .route(web::JWKS_PATH, web::jwks(auth))
        .merge(handoff.map(handoff::Desk::keys).unwrap_or_default())
        .merge(assets::router(site, &names));
    Ok(Surrounded::new(open.merge(programs).merge(application), shell))
}

/// `GET /api/whoami`: returns the client's account, role and session, from the access token alone.
pub async fn whoami(user: Result<CurrentUser, AuthRejection>) -> Result<Response, AuthRejection> {
    let CurrentUser(user) = user?;
    let who = Who { role: &user.authority.role, sid: user.session, sub: &user.subject };
    Ok(Json(who).into_response())
}

/// The answer of whoami.
#[derive(Serialize)]
struct Who<'a> {
    role: &'a Role,
    sid: SessionId,
    sub: &'a Subject,
}
