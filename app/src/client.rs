//! How the browser calls server functions: with a time-out, and, where a session is needed, with one refresh and
//! one retry. A call that is refused after a good refresh is not tried again: another refresh would bring the same.
//!
//! The server says 401 before a function has done anything, so the retry repeats nothing. Between tabs the
//! server's rule keeps order; no lock is needed. On the server none of this runs.

use std::{future::Future, time::Duration};

use futures::{
    Sink, Stream,
    channel::oneshot,
    future::{Either, select},
    pin_mut,
};
use http::{
    HeaderName, Method,
    header::{DATE, RETRY_AFTER},
};
use leptos::{
    prelude::set_timeout,
    server_fn::{
        Bytes,
        client::{Client, browser::BrowserClient},
        error::FromServerFnError as _,
        request::{ClientReq, browser::BrowserRequest},
        response::{ClientRes, browser::BrowserResponse},
    },
};
use send_wrapper::SendWrapper;

use crate::{
    error::ApiError,
    session::{self, refresh_once},
};

/// How long an answer is waited for: well inside the grace of the rotation rule.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls; where the access token has expired, and `REFRESHES`, refreshes and calls once more.
pub struct Caller<const REFRESHES: bool>;

/// Calls once.
pub type PlainClient = Caller<false>;

/// Calls; where the access token has expired, refreshes and calls once more.
pub type SessionClient = Caller<true>;

/// A form post that can be sent more than once.
#[derive(Clone)]
pub struct FormPost {
    path: String,
    content_type: String,
    accepts: String,
    body: String,
}

impl FormPost {
    async fn send(&self) -> Result<BrowserResponse, ApiError> {
        let request = <BrowserRequest as ClientReq<ApiError>>::try_new_req_text(
            &self.path,
            &self.content_type,
            &self.accepts,
            self.body.clone(),
            Method::POST,
        )?;
        let (expire, expired) = oneshot::channel::<()>();
        set_timeout(move || expire.send(()).unwrap_or_default(), PATIENCE);
        let answer = <BrowserClient as Client<ApiError>>::send(request);
        pin_mut!(answer);
        match select(answer, expired).await {
            Either::Left((answer, _)) => answer,
            // Dropping the request aborts it.
            Either::Right(_) => Err(ApiError::NoAnswer),
        }
    }
}

/// Posts a form to an address of this site that is no server function, and returns the text of the answer, whatever its
/// status.
pub async fn post_form(path: &str, body: String) -> Result<String, ApiError> {
    let (content_type, accepts) = ("application/x-www-form-urlencoded".into(), "text/html".into());
    let form = FormPost { path: path.into(), content_type, accepts, body };
    ClientRes::<ApiError>::try_into_string(form.send().await?).await
}

fn is_refused(answer: &BrowserResponse) -> bool {
    let refused = ClientRes::<ApiError>::status(answer) == 401;
    if !refused && ClientRes::<ApiError>::status(answer) < 300 {
        session::let_in();
    }
    refused
}

/// Returns what is wrong with a call that was refused though the refresh before it was good.
async fn still_refused(answer: BrowserResponse) -> ApiError {
    let words = ClientRes::<ApiError>::try_into_bytes(answer).await.map(ApiError::de);
    match words {
        // The person signed out between the two, in another tab.
        Ok(error @ (ApiError::SessionEnded { .. } | ApiError::Unauthenticated)) => error,
        _ => ApiError::StillRefused,
    }
}

/// Returns the answer after the page has noted for how long its server wants to hear nothing, if it said so.
fn heeded(answer: BrowserResponse) -> BrowserResponse {
    if matches!(ClientRes::<ApiError>::status(&answer), 429 | 503) {
        let headers = answer.generate_headers();
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(wait) = text(RETRY_AFTER) {
            let at = |date: &str| js_sys::Date::parse(date) / 1_000.0;
            // A number of seconds, or a date by the server's clock.
            let seconds = wait
                .parse::<u32>()
                .ok()
                .map(f64::from)
                .or_else(|| Some(at(wait) - at(text(DATE)?)));
            session::told_to_wait(seconds.filter(|seconds| seconds.is_finite()).unwrap_or(0.0));
        }
    }
    answer
}

impl<const REFRESHES: bool> Client<ApiError> for Caller<REFRESHES> {
    type Request = FormPost;
    type Response = BrowserResponse;

    fn send(request: FormPost) -> impl Future<Output = Result<BrowserResponse, ApiError>> + Send {
        SendWrapper::new(async move {
            let refreshes = session::refreshes();
            let answer = heeded(request.send().await?);
            if !REFRESHES || !is_refused(&answer) {
                return Ok(answer);
            }
            // Where a refresh was good meanwhile, the call went out with the cookies of before.
            if session::refreshes() == refreshes {
                if session::refreshed_in_vain() {
                    return Err(ApiError::StillRefused);
                }
                if !refresh_once().await {
                    return Ok(answer);
                }
            }
            let answer = heeded(request.send().await?);
            if is_refused(&answer) { Err(still_refused(answer).await) } else { Ok(answer) }
        })
    }

    fn open_websocket(
        path: &str,
    ) -> impl Future<
        Output = Result<
            (
                impl Stream<Item = Result<Bytes, Bytes>> + Send + 'static,
                impl Sink<Bytes> + Send + 'static,
            ),
            ApiError,
        >,
    > + Send {
        <BrowserClient as Client<ApiError>>::open_websocket(path)
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        <BrowserClient as Client<ApiError>>::spawn(future);
    }
}

impl ClientReq<ApiError> for FormPost {
    type FormData = ();

    fn try_new_req_text(
        path: &str,
        content_type: &str,
        accepts: &str,
        body: String,
        _: Method,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            path: path.into(),
            content_type: content_type.into(),
            accepts: accepts.into(),
            body,
        })
    }

    fn try_new_req_query(_: &str, _: &str, _: &str, _: &str, _: Method) -> Result<Self, ApiError> {
        Err(ApiError::MethodNotAllowed)
    }

    fn try_new_req_bytes(_: &str, _: &str, _: &str, _: Bytes, _: Method) -> Result<Self, ApiError> {
        Err(ApiError::UnsupportedMediaType)
    }

    fn try_new_req_form_data(
        _: &str,
        _: &str,
        _: &str,
        (): (),
        _: Method,
    ) -> Result<Self, ApiError> {
        Err(ApiError::UnsupportedMediaType)
    }

    fn try_new_req_multipart(_: &str, _: &str, (): (), _: Method) -> Result<Self, ApiError> {
        Err(ApiError::UnsupportedMediaType)
    }

    fn try_new_req_streaming(
        _: &str,
        _: &str,
        _: &str,
        _: impl Stream<Item = Bytes> + Send + 'static,
        _: Method,
    ) -> Result<Self, ApiError> {
        Err(ApiError::UnsupportedMediaType)
    }
}
