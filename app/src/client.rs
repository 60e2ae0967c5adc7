//! The browser's calls of server functions, each with a time-out. None is retried: if the access token has expired, the
//! server refreshes in passing. On the server none of this runs.

use std::{future::Future, time::Duration};

use futures::{Sink, Stream, stream};
use http::Method;
use leptos::{
    prelude::{set_timeout, window},
    server_fn::{
        Bytes,
        client::{Client, browser::BrowserClient},
        request::ClientReq,
        response::ClientRes,
    },
};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Request, RequestInit, Response};

use crate::{error::ApiError, session};

/// The time for which the browser waits for an answer. The grace does not bound it: a ticket whose successor was never
/// seen is answered for as long as its session lives.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls a server function, once.
pub struct Caller;

const POST: &str = "POST";

/// A request: the post of a form, or the GET of a page.
pub struct OwnRequest {
    method: &'static str,
    path: String,
    content_type: String,
    accepts: String,
    body: String,
}

/// An answer, read whole. The framework's own would bring a map of all headers into the bundle, for two of them.
pub struct CallAnswer {
    status: u16,
    /// The headers `Retry-After` and `Date`.
    retry_after: Option<String>,
    date: Option<String>,
    body: String,
}

impl OwnRequest {
    async fn send(&self) -> Result<CallAnswer, ApiError> {
        self.fetch().await.map_err(|_| ApiError::NoAnswer)
    }

    async fn fetch(&self) -> Result<CallAnswer, JsValue> {
        let controller = AbortController::new()?;
        let init = RequestInit::new();
        init.set_method(self.method);
        if self.method == POST {
            init.set_body(&JsValue::from_str(&self.body));
        }
        init.set_signal(Some(&controller.signal()));
        let request = Request::new_with_str_and_init(&self.path, &init)?;
        request.headers().set("Accept", &self.accepts)?;
        if self.method == POST {
            request.headers().set("Content-Type", &self.content_type)?;
        }
        // Does nothing if the request has been answered.
        set_timeout(move || controller.abort(), PATIENCE);
        let answered = JsFuture::from(window().fetch_with_request(&request)).await?;
        let answer: Response = answered.unchecked_into();
        let body = JsFuture::from(answer.text()?).await?;
        let header = |name: &str| answer.headers().get(name).ok().flatten();
        Ok(CallAnswer {
            status: answer.status(),
            retry_after: header("Retry-After"),
            date: header("Date"),
            body: body.as_string().unwrap_or_default(),
        })
    }
}

impl ClientRes<ApiError> for CallAnswer {
    async fn try_into_string(self) -> Result<String, ApiError> {
        Ok(self.body)
    }

    async fn try_into_bytes(self) -> Result<Bytes, ApiError> {
        Ok(self.body.into())
    }

    fn try_into_stream(
        self,
    ) -> Result<impl Stream<Item = Result<Bytes, Bytes>> + Send + 'static, ApiError> {
        Ok(stream::iter([Ok(self.body.into())]))
    }

    fn status(&self) -> u16 {
        self.status
    }

    fn status_text(&self) -> String {
        String::new()
    }

    /// Returns nothing: no function of the server redirects.
    fn location(&self) -> String {
        String::new()
    }

    fn has_redirect(&self) -> bool {
        false
    }
}

/// Posts a form to an address of this site that is no server function, and returns the text of the answer, whatever its
/// status. Heeds the `Retry-After` of a 429 or 503.
pub async fn post_form(path: &str, body: String) -> Result<String, ApiError> {
    let (content_type, accepts) = ("application/x-www-form-urlencoded".into(), "text/html".into());
    let form = OwnRequest { method: POST, path: path.into(), content_type, accepts, body };
    Ok(heeded(form.send().await?).body)
}

/// Returns the text of a page of this site.
pub async fn fetch_page(path: &str) -> Result<String, ApiError> {
    let (content_type, body) = (String::new(), String::new());
    let accepts = "text/html".into();
    let asked = OwnRequest { method: "GET", path: path.into(), content_type, accepts, body };
    Ok(asked.send().await?.body)
}

/// Returns the answer after the page has noted the `Retry-After` of a 429 or 503, if it has one.
fn heeded(answer: CallAnswer) -> CallAnswer {
    if let (429 | 503, Some(wait)) = (answer.status, &answer.retry_after) {
        let at = |date: &str| js_sys::Date::parse(date) / 1_000.0;
        // A number of seconds, or a date by the server's clock.
        let seconds = wait
            .parse::<u32>()
            .ok()
            .map(f64::from)
            .or_else(|| Some(at(wait) - at(answer.date.as_deref()?)));
        session::told_to_wait(seconds.filter(|seconds| seconds.is_finite()).unwrap_or(0.0));
    }
    answer
}

impl Client<ApiError> for Caller {
    type Request = OwnRequest;
    type Response = CallAnswer;

    fn send(request: OwnRequest) -> impl Future<Output = Result<CallAnswer, ApiError>> + Send {
        SendWrapper::new(async move { Ok(heeded(request.send().await?)) })
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

impl ClientReq<ApiError> for OwnRequest {
    type FormData = ();

    fn try_new_req_text(
        path: &str,
        content_type: &str,
        accepts: &str,
        body: String,
        _: Method,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            method: POST,
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
