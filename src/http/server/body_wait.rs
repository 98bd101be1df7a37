//! A request's body that comes in time or not at all.

use crate::http::extract::body::Late;
use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// A body with one deadline for the whole of it: pieces that trickle do not put it off.
pub struct TimelyBody {
    body: Incoming,
    wait: Duration,
    /// Made at the first wait: most requests have no body, or bring it with the head.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl TimelyBody {
    /// A body that is waited for so long.
    pub fn new(body: Incoming, wait: Duration) -> Self {
        Self { body, wait, deadline: None }
    }
}

impl HttpBody for TimelyBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let wait = this.wait;
        let deadline = this.deadline.get_or_insert_with(|| Box::pin(sleep(wait)));
        match deadline.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Some(Err(Late.into()))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
