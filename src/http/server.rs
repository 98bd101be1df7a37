//! Listening: HTTP/1.1 in which every wait for a peer ends, no peer takes all
//! the places, and requests in flight finish before the end.
//!
//! A peer is waited for in four phases: for its TLS handshake where we speak
//! TLS, for its request's head (and, on an idle connection, for the next one),
//! for its body, and for it to take the answer. How long an answer takes to make
//! is the router's business.

mod body_wait;
mod places;
pub mod tls;
mod write_wait;

pub use super::extract::certificate::PeerCertificate;
use super::extract::origin::Peer;
use crate::base::network::Network;
use axum::Router;
use axum::body::Body;
use body_wait::TimelyBody;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use places::Places;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tls::Tls;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt as _;
use write_wait::TimelyWrites;

/// The largest head of a request.
const HEAD_BYTES: usize = 32 * 1024;

/// How long a listener waits for its peers, and how many of them it holds.
#[derive(Debug, Clone)]
pub struct Limits {
    /// For the whole TLS handshake.
    pub handshake: Duration,
    /// For the whole head of a request, and for the next one on an idle connection.
    pub head: Duration,
    /// For the whole body of a request, from the first wait for a piece of it.
    pub body: Duration,
    /// For a peer to take some more of its answer.
    pub answer: Duration,
    /// For requests in flight, at the end.
    pub grace: Duration,
    /// Connections at a time.
    pub connections: usize,
    /// Connections of one address at a time.
    pub connections_per_address: usize,
    /// Networks to which that does not apply: a proxy speaks for many.
    pub exempt: Vec<Network>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(10),
            body: Duration::from_secs(15),
            answer: Duration::from_secs(30),
            grace: Duration::from_secs(20),
            connections: 8_192,
            connections_per_address: 256,
            exempt: ["127.0.0.0/8", "::1"].into_iter().filter_map(Network::parse).collect(),
        }
    }
}

/// Serves until `stop` turns true, then lets requests in flight finish.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: watch::Receiver<bool>) {
    listen(listener, None, router, limits, stop).await;
}

/// The same over TLS, with what is current when a connection comes.
pub async fn serve_tls(
    listener: TcpListener,
    tls: watch::Receiver<Arc<Tls>>,
    router: Router,
    limits: Limits,
    stop: watch::Receiver<bool>,
) {
    listen(listener, Some(tls), router, limits, stop).await;
}

async fn listen(
    listener: TcpListener,
    tls: Option<watch::Receiver<Arc<Tls>>>,
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let places = Places::new(&limits);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Some((stream, peer)) = accepted else { continue };
        // Whoever finds no place is closed at once: waiting would hold up those who come after.
        let Some(place) = places.take(peer.ip()) else { continue };
        let stream = TimelyWrites::new(stream, limits.answer);
        let visit = Visit { router: router.clone(), peer, head: limits.head, body: limits.body, watcher: graceful.watcher() };
        match &tls {
            None => {
                tokio::spawn(async move {
                    visit.serve(stream, None).await;
                    drop(place);
                });
            }
            Some(tls) => {
                let tls = Arc::clone(&tls.borrow());
                let (wait, stop) = (limits.handshake, stop.clone());
                tokio::spawn(async move {
                    if let Some((stream, certificate)) = greet(&tls, stream, wait, stop).await {
                        visit.serve(stream, certificate).await;
                    }
                    drop(place);
                });
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(limits.grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
}

/// Shakes hands in time, or not at all. At the end nothing is waited for: no request is in flight yet.
async fn greet<S>(
    tls: &Tls,
    stream: S,
    wait: Duration,
    mut stop: watch::Receiver<bool>,
) -> Option<(TlsStream<S>, Option<PeerCertificate>)>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let greeted = tokio::select! {
        greeted = tokio::time::timeout(wait, tls.greet(stream)) => greeted,
        _ = stop.wait_for(|stop| *stop) => return None,
    };
    let reason = match greeted {
        Ok(Ok(greeted)) => return Some(greeted),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a TLS handshake failed");
            "failed"
        }
        Err(_) => "late",
    };
    metrics::counter!("motlan_tls_handshakes_refused_total", "reason" => reason).increment(1);
    None
}

/// One connection.
struct Visit {
    router: Router,
    peer: SocketAddr,
    head: Duration,
    body: Duration,
    watcher: Watcher,
}

impl Visit {
    /// Answers its requests, one after the other.
    async fn serve<S>(self, stream: S, certificate: Option<PeerCertificate>)
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let Self { router, peer, head, body: body_wait, watcher } = self;
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(|body| Body::new(TimelyBody::new(body, body_wait)));
            request.extensions_mut().insert(Peer(peer));
            if let Some(certificate) = &certificate {
                request.extensions_mut().insert(certificate.clone());
            }
            router.clone().oneshot(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

async fn accept(listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok((stream, peer)) => {
            let _ = stream.set_nodelay(true);
            Some((stream, peer))
        }
        Err(error) => {
            // Out of file descriptors, mostly: give the system a moment.
            tracing::error!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}
