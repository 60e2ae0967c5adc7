//! The body of a request, whose next part must come in time.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Sleep;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The error of a client that paused for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rest of the body did not come in time")]
pub struct Paused;

/// A body with a bound on its pauses. A slow handler is not the client's pause: time runs while it is read.
pub(super) struct Paced {
    body: Incoming,
    most: Duration,
    /// The timer of the pause that is under way; none if no part is waited for.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    pub(super) fn new(body: Incoming, most: Duration) -> Self {
        Self { body, most, timer: None }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.timer = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let most = self.most;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(most)));
        timer.as_mut().poll(cx).map(|()| Some(Err(Paused.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
