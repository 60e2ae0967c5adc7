//! The lab's pages, on the server: lessons, worlds to cause things in, scenarios, and the X-ray.
//!
//! They are drawn here and nowhere else. A world lives on the server, and each of its panels shows what the server
//! says; so the browser's bundle holds no panel, only `live.rs`, which posts the forms without leaving the page and
//! puts new panels in the place of old ones. Without a script the same forms do the same. Nothing in here touches an
//! account, and everything is behind one middleware: without it there is no lab.

mod answer;
mod choice;
mod choose_page;
mod compare_page;
mod form;
mod formats_page;
mod front;
mod learn_page;
mod page;
mod pages;
mod panels;
mod rule_page;
mod seeds_page;
mod tab;
mod target;
mod wish;
mod world_page;
mod xray_page;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use coatroom::Auth;
use coatroom_lab::worlds::Worlds;

pub(crate) use self::front::front;
pub use self::{front::Front, page::LabPage};
use self::{learn_page::Progress, target::Target};

/// The worlds of the lab; present in a request if the server has one.
#[derive(Clone, Debug)]
pub struct Open(pub(crate) Arc<Worlds>);

/// The lab of a server.
#[derive(Clone, Debug)]
pub struct Lab {
    /// Its worlds.
    pub worlds: Arc<Worlds>,
    /// The server's own engine, whose verifier looks at pasted tokens.
    pub auth: Auth,
}

/// The middleware: answers what is posted to the lab, and attaches the page that is to be rendered. It authenticates no
/// client, and looks at no cookie but those of lessons.
pub async fn serve(State(lab): State<Lab>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Open(Arc::clone(&lab.worlds)));
    let uri = request.uri().clone();
    let parts: Vec<&str> = uri.path().split('/').filter(|part| !part.is_empty()).collect();
    let Some(target) = Target::parse(&parts) else { return next.run(request).await };
    let allowed = target.allowed();
    if !allowed.split(',').any(|method| method == request.method().as_str()) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, allowed)]).into_response();
    }
    let answer = if *request.method() == Method::POST {
        answer::post(&lab, target, &mut request).await
    } else {
        answer::get(&lab, target, uri.query(), &Progress::of(request.headers())).await
    };
    match answer {
        answer::LabAnswer::Page(page) => {
            request.extensions_mut().insert(*page);
            next.run(request).await
        }
        answer::LabAnswer::Whole(response) => *response,
    }
}
