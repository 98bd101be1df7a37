//! A real HTTP listener on loopback that keeps what it is sent.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Kept {
    bodies: Mutex<Vec<(String, String)>>,
    status: AtomicU16,
}

/// The listener; it ends with the test.
pub struct Receiver {
    address: std::net::SocketAddr,
    kept: Arc<Kept>,
    task: tokio::task::JoinHandle<()>,
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let kept = Arc::new(Kept::default());
        kept.status.store(200, Ordering::SeqCst);
        let router = Router::new().fallback(take).with_state(kept.clone());
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the listener runs");
        });
        Self { address, kept, task }
    }

    /// An address on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What came so far: path and body.
    pub fn received(&self) -> Vec<(String, String)> {
        self.kept.bodies.lock().expect("the list").clone()
    }

    /// What it answers from now on.
    pub fn answer_with(&self, status: u16) {
        self.kept.status.store(status, Ordering::SeqCst);
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(kept): State<Arc<Kept>>, uri: Uri, body: Bytes) -> StatusCode {
    let body = String::from_utf8_lossy(&body).into_owned();
    kept.bodies.lock().expect("the list").push((uri.path().to_owned(), body));
    StatusCode::from_u16(kept.status.load(Ordering::SeqCst)).expect("a status")
}
