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
use memchr::{memchr_iter, memmem};

use crate::error::ApiError;

/// The placeholder that `start.js` has for the number.
const PLACE: &[u8] = b"{nodes}";
const BEGIN: &[u8] = br#"<div class="page">"#;
const END: &[u8] = b"</footer>";

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
    Response::from_parts(parts, Body::from(counted(&bytes)))
}

/// Returns a document with the number in its place.
fn counted(html: &[u8]) -> Vec<u8> {
    let Some(place) = memmem::find(html, PLACE) else { return html.to_vec() };
    let (before, after) = (&html[..place], &html[place + PLACE.len()..]);
    [before, nodes(html).to_string().as_bytes(), after].concat()
}

/// Returns the number of elements and comments of the page: in text and in attributes, `<` is escaped.
fn nodes(html: &[u8]) -> usize {
    let page = memmem::find(html, BEGIN).map_or(&html[..0], |at| &html[at + BEGIN.len()..]);
    let page = memmem::find(page, END).map_or(page, |at| &page[..at]);
    let begins = |at: &usize| {
        page.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'!')
    };
    memchr_iter(b'<', page).filter(begins).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_in_the_first_place_alone() {
        let page = br#"n={nodes}<div class="page"><p>{nodes}"#;
        assert_eq!(counted(page), br#"n=1<div class="page"><p>{nodes}"#);
        assert_eq!(counted(b"<p>"), b"<p>");
    }

    #[test]
    fn elements_and_comments_of_the_page_are_counted() {
        let page =
            br#"<a></a><div class="page"><p title="&lt;b">1 &lt; 2<!>x<!--c--><br></p></footer><i>"#;
        assert_eq!(nodes(page), 4);
        assert_eq!(nodes(b"<p>none</p>"), 0);
        assert_eq!(nodes(br#"<div class="page"><"#), 0);
    }
}
