//! Requests of one connection: counted from their head to the last byte of their answer.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::ConnectInfo,
    http::{HeaderValue, Request, Response, Version, header::CONNECTION},
};
use hyper::{
    body::{Body as HttpBody, Frame, Incoming, SizeHint},
    service::{Service, service_fn},
};
use tokio::sync::watch;

use super::{Stage, paced::Paced, progress::Progress};
use crate::surrounded::Surrounded;

/// Makes the site a service for one connection.
pub(super) fn service(
    site: Arc<Surrounded>,
    peer: SocketAddr,
    pause: Duration,
    progress: Arc<Progress>,
    stage: watch::Receiver<Stage>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<Answer>,
    Error = Infallible,
    Future = impl Future<Output = Result<Response<Answer>, Infallible>> + Send + 'static,
> {
    let stage = Arc::new(stage);
    service_fn(move |request: Request<Incoming>| {
        let version = request.version();
        let mut exchange = Exchange::begin(Arc::clone(&progress), version);
        let mut request = request.map(|body| Body::new(Paced::new(body, pause)));
        request.extensions_mut().insert(ConnectInfo(peer));
        let (site, stage) = (Arc::clone(&site), Arc::clone(&stage));
        async move {
            let mut response = site.answer(request).await;
            exchange.answers();
            // Tells a proxy to take its next request elsewhere. HTTP/2 has a frame for it.
            if version < Version::HTTP_2 && *stage.borrow() > Stage::Draining {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| Answer { body, exchange }))
        }
    })
}

/// One request and its answer. It ends when it is dropped.
struct Exchange {
    progress: Arc<Progress>,
    answering: bool,
}

impl Exchange {
    fn begin(progress: Arc<Progress>, version: Version) -> Self {
        progress.begin(version == Version::HTTP_2);
        Self { progress, answering: false }
    }

    fn answers(&mut self) {
        self.answering = true;
        self.progress.answers();
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.progress.end(self.answering);
    }
}

/// The body of an answer.
pub(super) struct Answer {
    body: Body,
    exchange: Exchange,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.exchange.progress.moves();
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
