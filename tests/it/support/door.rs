//! A real listener on loopback in front of a provider.

use super::{Answer, TestApp};
use http::Request;
use motlan::http::server::{self, Limits};
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A real listener on loopback, so that requests come from an address: 127.0.0.1.
pub struct Door {
    address: SocketAddr,
    caller: reqwest::Client,
    serving: JoinHandle<()>,
    _stop: watch::Sender<bool>,
}

impl Door {
    /// Opens one.
    pub async fn of(app: &TestApp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(server::serve(listener, app.router.clone(), Limits::default(), stopped));
        let caller = reqwest::Client::builder().no_proxy().build().expect("a caller");
        Self { address, caller, serving, _stop: stop }
    }

    /// Sends a request through it.
    pub async fn send(&self, request: Request<String>) -> Answer {
        let (parts, body) = request.into_parts();
        let url = format!("http://{}{}", self.address, parts.uri);
        let sent = self.caller.request(parts.method, url).headers(parts.headers).body(body).send().await;
        let answer = sent.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, body: answer.text().await.expect("a body") }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
