//! Other sites, on loopback: what they show, and how often they are called.

use axum::Router;
use axum::response::IntoResponse as _;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A page: status, headers and body.
type Page = (StatusCode, HeaderMap, Vec<u8>);

/// A site; it ends with the test. What it was not given is not found.
pub struct Site {
    address: SocketAddr,
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
    calls: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Site {
    /// One that shows nothing yet.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let pages: Arc<Mutex<BTreeMap<String, Page>>> = Arc::default();
        let calls: Arc<AtomicUsize> = Arc::default();
        let (known, counted) = (pages.clone(), calls.clone());
        let answer = move |uri: Uri| {
            counted.fetch_add(1, Ordering::SeqCst);
            let found = known.lock().expect("the pages").get(uri.path()).cloned();
            std::future::ready(found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), Page::into_response))
        };
        let router: Router = Router::new().fallback(answer);
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the site runs");
        });
        Self { address, pages, calls, task }
    }

    /// One that shows these files: path, media type and content.
    pub async fn with(files: Vec<(&str, &str, Vec<u8>)>) -> Self {
        let site = Self::start().await;
        for (path, kind, content) in files {
            site.answer(path, 200, &[(CONTENT_TYPE, kind)], content);
        }
        site
    }

    /// What it answers at a path from now on.
    pub fn answer(&self, path: &str, status: u16, headers: &[(HeaderName, &str)], body: impl Into<Vec<u8>>) {
        let status = StatusCode::from_u16(status).expect("a status");
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).expect("a value")));
        self.pages.lock().expect("the pages").insert(path.to_owned(), (status, headers.collect(), body.into()));
    }

    /// An address on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How often it was called.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}
