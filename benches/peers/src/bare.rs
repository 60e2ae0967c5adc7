//! The answers of whoami and of the health check from axum routes: nothing is read, nothing is checked.

use axum::{
    Json, Router,
    http::{HeaderMap, HeaderName, HeaderValue},
    routing::get,
};
use serde::Serialize;

use crate::Result;

/// The answer of whoami, in the sizes of Coatroom's.
#[derive(Clone, Copy, Serialize)]
struct Who {
    role: &'static str,
    sid: &'static str,
    sub: &'static str,
}

const WHO: Who = Who { role: "user", sid: "yBBinYg343DJP8z1xO2YJQ", sub: "pQmXfkYDCmnFK1RLM8q2BQ" };

pub fn router(headers: &[String]) -> Result<Router> {
    if headers.is_empty() {
        let whoami = get(async || Json(WHO));
        return Ok(Router::new()
            .route("/api/whoami", whoami)
            .route("/healthz", get(async || "ok")));
    }
    let mut map = HeaderMap::new();
    for header in headers {
        let (name, value) = header.split_once(':').ok_or("a header is NAME:VALUE")?;
        map.append(HeaderName::try_from(name)?, HeaderValue::try_from(value.trim())?);
    }
    let for_whoami = map.clone();
    Ok(Router::new()
        .route("/api/whoami", get(async move || (for_whoami.clone(), Json(WHO))))
        .route("/healthz", get(async move || (map.clone(), "ok"))))
}
