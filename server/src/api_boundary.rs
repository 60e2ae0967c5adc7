//! The boundary of `/api`, for programs and scripts: which posts it lets in, and how it writes refusals.
//!
//! Inside, the framework answers every error of a server function with 500, and errors of its own in words; layers
//! answer with empty bodies. Here each becomes its status and one JSON form; and for a form that a browser posted by
//! itself, a redirect to its page ([`forms`](crate::forms)).

use std::error::Error;

use app::error::{ApiError, SOON};
use axum::{
    body::{Body, Bytes, HttpBody as _, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use coatroom::web::{AuthRejection, Verdict};
use leptos::server_fn::error::{FromServerFnError as _, SERVER_FN_ERROR_HEADER};

use crate::{
    connections::Paused,
    forms::{Form, Secure},
};

/// The most bytes of a form.
const MAX_FORM: usize = 16 * 1024;
/// The realm of challenges, as the engine is told it.
pub const REALM: &str = "coatroom";
const FORM: &str = "application/x-www-form-urlencoded";

/// The middleware.
pub async fn guard(State(secure): State<Secure>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    if request.method() == Method::POST {
        // Boxed, because the future of every request has room for what it holds unboxed, and is moved with it.
        return Box::pin(posted(request, next, secure)).await;
    }
    let answer = next.run(request).await;
    if is_understood(&answer) { answer } else { Box::pin(translate(answer)).await }
}

/// Answers a post.
async fn posted(request: Request, next: Next, secure: Secure) -> Response {
    let form = Form::of(&request);
    let (answer, typed) = match checked(request).await {
        Ok((parts, typed)) => {
            let request = Request::from_parts(parts, Body::from(typed.clone()));
            (translate(next.run(request).await).await, typed)
        }
        Err(refused) => (refused, Bytes::new()),
    };
    match form {
        Some(form) => form.answered(&typed, answer, secure).await,
        None => answer,
    }
}

/// Returns true for an answer that every program understands as it is: one that refuses nothing.
fn is_understood(answer: &Response) -> bool {
    !answer.status().is_client_error() && !answer.status().is_server_error()
}

/// Reads the whole form before the layers within see it, or refuses it.
pub async fn checked(request: Request) -> Result<(Parts, Bytes), Response> {
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST {
        return Ok((parts, Bytes::new()));
    }
    let declared = parts.headers.get(header::CONTENT_TYPE).map(|value| {
        let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        essence.trim_ascii().eq_ignore_ascii_case(FORM.as_bytes())
    });
    // A body that declares itself too large is not read at all.
    if body.size_hint().lower() > MAX_FORM as u64 {
        return Err(answer(ApiError::PayloadTooLarge));
    }
    let form = to_bytes(body, MAX_FORM).await.map_err(|error| unread(&error))?;
    // A post without a body needs no type; anything else must say that it is a form.
    if declared == Some(false) || (declared.is_none() && !form.is_empty()) {
        return Err(answer(ApiError::UnsupportedMediaType));
    }
    if !is_well_formed(&form) {
        return Err(answer(ApiError::BadRequest));
    }
    Ok((parts, form))
}

/// Answers a form that could not be read to its end: it is too long, or its rest did not come in time.
fn unread(error: &axum::Error) -> Response {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause
        && !error.is::<Paused>()
    {
        cause = error.source();
    }
    if cause.is_none() {
        return answer(ApiError::PayloadTooLarge);
    }
    let mut response = answer(ApiError::BadRequest);
    *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
    response
}

/// Returns true if a form is ASCII whose escapes are whole and decode to text. The framework would read anything else
/// as some other text, so that two different passwords could become one.
fn is_well_formed(form: &[u8]) -> bool {
    let mut decoded = Vec::with_capacity(form.len());
    let mut bytes = form.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else { return false };
        decoded.extend(u8::try_from(high * 16 + low));
    }
    form.is_ascii() && std::str::from_utf8(&decoded).is_ok()
}

async fn translate(response: Response) -> Response {
    if is_understood(&response) {
        return response;
    }
    let status = response.status();
    let is_json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if !response.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        return if is_json {
            response
        } else {
            with_headers_of(answer(of_status(status)), &response)
        };
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, MAX_FORM).await else { return answer(ApiError::Internal) };
    let error = ApiError::de(body);
    parts.headers.remove(SERVER_FN_ERROR_HEADER);
    let before = Response::from_parts(parts, Body::empty());
    with_headers_of(answer(error), &before)
}

/// Copies what an answer said in its head, cookies above all, to the answer that takes its place.
pub(crate) fn with_headers_of(mut answer: Response, before: &Response) -> Response {
    for name in [header::SET_COOKIE, header::ALLOW, header::CACHE_CONTROL] {
        for value in before.headers().get_all(&name) {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    // One value only: the one of the layer within is better than the default.
    if let Some(value) = before.headers().get(header::RETRY_AFTER) {
        answer.headers_mut().insert(header::RETRY_AFTER, value.clone());
    }
    // For the log.
    if let Some(verdict) = before.extensions().get::<Verdict>() {
        answer.extensions_mut().insert(verdict.clone());
    }
    answer
}

fn of_status(status: StatusCode) -> ApiError {
    match status {
        StatusCode::NOT_FOUND => ApiError::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ApiError::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::UnsupportedMediaType,
        StatusCode::FORBIDDEN => ApiError::CrossSite,
        StatusCode::TOO_MANY_REQUESTS => ApiError::TooManyRequests { retry_after: SOON },
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => ApiError::Unavailable,
        status if status.is_client_error() => ApiError::BadRequest,
        _ => ApiError::Internal,
    }
}

/// Makes the answer of an error: its JSON form, its status and the headers that go with it.
pub fn answer(error: ApiError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let mut response = (status, json, error.ser()).into_response();
    let challenge = match error {
        ApiError::Unauthenticated => AuthRejection::Missing.challenge(REALM),
        ApiError::InvalidToken | ApiError::AccessExpired | ApiError::SessionEnded { .. } => {
            AuthRejection::InvalidToken.challenge(REALM)
        }
        // A 401 without a challenge would be no HTTP (RFC 9110 §15.5.2); this one asks for the form.
        ApiError::InvalidCredentials => {
            Some(HeaderValue::from_static(r#"FormBased realm="coatroom""#))
        }
        _ => None,
    };
    if let Some(challenge) = challenge {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    if let Some(seconds) = error.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_ascii_whose_escapes_are_whole_and_text() {
        for good in
            ["", "a=b", "email=a%40b.c&password=four+words", "p=%C3%A9%F0%9F%A6%80", "p=%00"]
        {
            assert!(is_well_formed(good.as_bytes()), "{good}");
        }
        for bad in ["%", "a=%", "a=%4", "a=%zz", "a=%FF", "a=%C3", "a=%C3&b=%A9", "a=\u{e9}"] {
            assert!(!is_well_formed(bad.as_bytes()), "{bad}");
        }
        assert!(!is_well_formed(b"a=\xff"));
    }
}
