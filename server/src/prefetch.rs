//! Refuses what browsers fetch ahead of a click: it would be shown later, as it was.
//!
//! A page says who is signed in. Fetched ahead, it is shown minutes later, though its reader signed in or out
//! meanwhile, and `no-store` does not keep a browser from that. A browser drops an answer that is no success, and asks
//! again when the page is to be shown. It is refused before any layer authenticates the client, so that nothing is
//! refreshed for a page that is perhaps never seen.

use axum::{
    extract::Request,
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

/// The headers by which a browser says that it fetches or renders ahead: the standard one, and those of older browsers.
const SIGNS: [&str; 3] = ["sec-purpose", "purpose", "x-moz"];

/// The middleware. It answers no 5xx: nothing is wrong, and no operator is to be woken.
pub async fn refuse(request: Request, next: Next) -> Response {
    let ahead = SIGNS.iter().flat_map(|name| request.headers().get_all(*name)).any(|value| {
        value.as_bytes().to_ascii_lowercase().windows(8).any(|part| part == b"prefetch")
    });
    if !ahead {
        return next.run(request).await;
    }
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::VARY, "sec-purpose")];
    (
        StatusCode::FORBIDDEN,
        headers,
        "Prefetches are refused: request this when it is to be shown.\n",
    )
        .into_response()
}
