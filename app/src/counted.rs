//! Counts the nodes of a page. `start.js` compares: if the number differs, an extension, a translator or a proxy
//! changed the page.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::error::ApiError;

/// The placeholder that `start.js` has for the number.
const PLACE: &str = "{nodes}";

/// A middleware for documents, which are rendered whole anyway: writes the number into the script of each.
pub async fn count(request: Request, next: Next) -> Response {
    let (mut parts, body) = next.run(request).await.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if !kind.is_some_and(|kind| kind.starts_with(b"text/html")) {
        return Response::from_parts(parts, body);
    }
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return (StatusCode::INTERNAL_SERVER_ERROR, ApiError::Internal.to_string()).into_response();
    };
    parts.headers.remove(CONTENT_LENGTH);
    let html = String::from_utf8_lossy(&bytes);
    let counted = html.replacen(PLACE, &nodes(&html).to_string(), 1);
    Response::from_parts(parts, Body::from(counted))
}

/// Returns the number of elements and comments of the page: in text and in attributes, `<` is escaped.
fn nodes(html: &str) -> usize {
    let page = html.split_once(r#"<div class="page">"#).map_or("", |(_, page)| page);
    let page = page.split_once("</footer>").map_or(page, |(page, _)| page);
    let begins =
        |pair: &&[u8]| pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || pair[1] == b'!');
    page.as_bytes().windows(2).filter(begins).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_and_comments_of_the_page_are_counted() {
        let page =
            r#"<a></a><div class="page"><p title="&lt;b">1 &lt; 2<!>x<!--c--><br></p></footer><i>"#;
        assert_eq!(nodes(page), 4);
        assert_eq!(nodes("<p>none</p>"), 0);
    }
}
