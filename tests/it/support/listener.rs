//! A listener on loopback that is spoken to byte by byte.

use super::TestApp;
use axum::Router;
use motlan::http::server::{self, Limits};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The wait that a test is about; all others are an hour.
pub const SHORT: Duration = Duration::from_millis(150);
/// What takes longer hangs.
const HANG: Duration = Duration::from_mins(1);
/// A request after which the connection stays open.
pub const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
/// One after which it ends.
pub const GET_ONCE: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// What comes of something that must not hang.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, what).await.expect("it does not hang")
}

/// Everything that comes until the connection ends, in order or not.
pub async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = soon(stream.read(&mut piece)).await {
        all.extend_from_slice(&piece[..count]);
    }
    all
}

/// A real listener on loopback.
pub struct Listener {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Listener {
    /// One whose waits are all an hour, but for what is changed.
    pub async fn start(router: Router, change: impl FnOnce(&mut Limits)) -> Self {
        let hour = Duration::from_hours(1);
        let mut limits = Limits { head: hour, body: hour, answer: hour, grace: hour, ..Limits::default() };
        change(&mut limits);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(server::serve(listener, router, limits, stopped));
        Self { address, stop, serving }
    }

    /// The same in front of a provider.
    pub async fn of(app: &TestApp, change: impl FnOnce(&mut Limits)) -> Self {
        Self::start(app.router.clone(), change).await
    }

    /// A connection.
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    /// A connection that was answered and stays open.
    pub async fn served(&self) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(GET.as_bytes()).await.expect("sent");
        let (mut answer, mut piece) = (String::new(), [0; 1_024]);
        while !answer.ends_with("fine") {
            let count = soon(stream.read(&mut piece)).await.expect("an answer");
            assert!(count > 0, "closed after {answer:?}");
            answer.push_str(&String::from_utf8_lossy(&piece[..count]));
        }
        stream
    }

    /// Sends this and answers what came back before the connection ended.
    pub async fn ask(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        // The other side may have hung up already.
        let _ = stream.write_all(bytes.as_bytes()).await;
        String::from_utf8_lossy(&rest(&mut stream).await).into_owned()
    }

    /// The same, and says at once that nothing follows.
    pub async fn ask_and_end(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        let _ = stream.write_all(bytes.as_bytes()).await;
        let _ = stream.shutdown().await;
        String::from_utf8_lossy(&rest(&mut stream).await).into_owned()
    }

    /// Sends this, and then letter after letter until the connection ends.
    pub async fn trickle(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_bytes()).await.expect("sent");
        let (mut reading, mut writing) = stream.split();
        let mut beat = tokio::time::interval(Duration::from_millis(10));
        let (mut all, mut piece) = (Vec::new(), [0; 4_096]);
        let all = soon(async {
            loop {
                tokio::select! {
                    read = reading.read(&mut piece) => match read {
                        Ok(count @ 1..) => all.extend_from_slice(&piece[..count]),
                        Ok(_) | Err(_) => break all,
                    },
                    _ = beat.tick() => {
                        let _ = writing.write_all(b"a").await;
                    }
                }
            }
        });
        String::from_utf8_lossy(&all.await).into_owned()
    }

    /// Lets requests in flight finish.
    pub async fn end(self) {
        self.stop.send(true).expect("still serving");
        soon(self.serving).await.expect("ended");
    }
}
