//! A file that is written while it is read, so that its size does not matter here.

use crate::service::Failure;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Frame;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Pieces that wait for a slow reader.
const WAITING: usize = 4;

/// A list that is read piece by piece.
pub trait Pieces: Send + 'static {
    /// The next piece; none behind the last.
    fn next(&mut self) -> impl Future<Output = Result<Option<String>, Failure>> + Send;
}

/// The file, under a name, of this type.
pub fn attachment(name: &str, media_type: &'static str, list: impl Pieces) -> Response {
    let mut response = ([(CONTENT_TYPE, media_type)], Body::new(Written::of(list))).into_response();
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    response
}

/// A body that is written piece by piece. Where it cannot go on it breaks off, so that nobody takes a part for the whole.
struct Written(mpsc::Receiver<io::Result<Bytes>>);

impl Written {
    fn of(list: impl Pieces) -> Self {
        let (pieces, body) = mpsc::channel(WAITING);
        tokio::spawn(write(list, pieces));
        Self(body)
    }
}

/// Writes until the end, or until nobody reads any more.
async fn write(mut list: impl Pieces, pieces: mpsc::Sender<io::Result<Bytes>>) {
    loop {
        let piece = match list.next().await {
            Ok(Some(piece)) => Ok(Bytes::from(piece)),
            Ok(None) => return,
            Err(failure) => {
                tracing::error!(%failure, "a list could not be written to its end");
                Err(io::Error::other("the list cannot be read on from here"))
            }
        };
        let broken = piece.is_err();
        if pieces.send(piece).await.is_err() || broken {
            return;
        }
    }
}

impl HttpBody for Written {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.get_mut().0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
