//! A system that is told of movers: it hears logout tokens, and notes when and of whom.

use crate::base::digest::from_base64url;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// No logout token is longer, with its headers.
const LONGEST: usize = 64 * 1_024;
/// Whoever is not told after this long is told too late by far.
const PATIENCE: Duration = Duration::from_secs(15);
const DONE: &[u8] = b"HTTP/1.1 200 OK\r\ncache-control: no-store\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// An ear at an address.
pub(super) struct Ear {
    heard: UnboundedReceiver<(String, Instant)>,
    task: JoinHandle<()>,
}

impl Ear {
    /// Listens from now on.
    pub(super) async fn open(address: SocketAddr) -> Result<Self, String> {
        let listener = TcpListener::bind(address).await.map_err(|error| format!("{address}: {error}"))?;
        let (tell, heard) = unbounded_channel();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(hear(stream, tell.clone()));
            }
        });
        Ok(Self { heard, task })
    }

    /// Of whom it was told, and when first: it waits for so many people, but not for ever.
    pub(super) async fn close(mut self, wanted: usize) -> BTreeMap<String, Instant> {
        let (mut told, end) = (BTreeMap::new(), Instant::now() + PATIENCE);
        while told.len() < wanted {
            let Ok(Some((sub, at))) = timeout_at(end, self.heard.recv()).await else { break };
            told.entry(sub).or_insert(at);
        }
        while let Ok((sub, at)) = self.heard.try_recv() {
            told.entry(sub).or_insert(at);
        }
        self.task.abort();
        told
    }
}

/// Hears one request, and says that it was understood.
async fn hear(mut stream: TcpStream, tell: UnboundedSender<(String, Instant)>) {
    let at = Instant::now();
    let Some(body) = body(&mut stream).await else { return };
    if let Some(sub) = sub_of(&body) {
        // Nobody listens any more at the end.
        let _ = tell.send((sub, at));
    }
    let _ = stream.write_all(DONE).await;
}

/// The body of a request with a length.
async fn body(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut bytes, mut piece) = (Vec::new(), [0_u8; 4_096]);
    while bytes.len() < LONGEST {
        if let Some(body) = whole(&bytes) {
            return Some(body.to_vec());
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
    None
}

/// The body, once all of it is there.
fn whole(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse::<usize>().ok()?;
    bytes.get(end + 4..end + 4 + length)
}

/// Whom the logout token of a form is about.
fn sub_of(form: &[u8]) -> Option<String> {
    let token = url::form_urlencoded::parse(form).find(|(name, _)| name == "logout_token")?.1.into_owned();
    let claims: Value = serde_json::from_slice(&from_base64url(token.split('.').nth(1)?)?).ok()?;
    claims.get("sub")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::base64url;

    #[test]
    fn a_request_is_whole_when_its_body_is() {
        let head = "POST /out HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
        let table = [("", None), ("abc", None), ("abcde", Some("abcde"))];
        for (text, expected) in table {
            let request = format!("{head}{text}");
            assert_eq!(whole(request.as_bytes()), expected.map(str::as_bytes), "{text}");
        }
        assert_eq!(whole(b"GET / HTTP/1.1\r\n\r\n"), None, "without a length");
    }

    #[test]
    fn a_logout_token_tells_of_whom() {
        let form = |claims: &str| format!("logout_token=e30.{}.c2ln", base64url(claims.as_bytes()));
        assert_eq!(sub_of(form("{\"sub\":\"kim\"}").as_bytes()).as_deref(), Some("kim"));
        assert_eq!(sub_of(form("{\"sid\":\"7\"}").as_bytes()), None);
        assert_eq!(sub_of(b"a=b"), None);
    }
}
