//! Records on their way to a collector: syslog (RFC 5424) over TLS (RFC 5425).
//!
//! The protocol has no answers: what was written and taken by the network may still be lost with the connection. Whoever
//! sends looks whether the connection stands ([`Connection::is_open`]) some time later, and counts only then.

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A connection, with its handshake, takes at most so long.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The collector takes what it is sent within so long.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// Log audit (RFC 5424 §6.2.1).
const FACILITY: u8 = 13;
/// Whose element it is: the number that is for examples (RFC 5612), as the city has none of its own.
const ELEMENT: &str = "motlan@32473";
/// Every receiver should take messages of this size (RFC 5425 §4.3.1).
const LONGEST: usize = 8_192;
/// Of a text that is longer, so many characters are told.
const BEGINNING: usize = 1_000;
/// A value of the element is cut here.
const LONGEST_VALUE: usize = 256;
/// Marks UTF-8 (RFC 5424 §6.4).
const BOM: &str = "\u{feff}";
/// What a collector says is not listened to for longer.
const MOST_READS: usize = 16;

/// Why records do not get there.
#[derive(Debug, thiserror::Error)]
pub enum SyslogError {
    /// The settings do not fit.
    #[error("{0}")]
    Setup(String),
    /// There is no way out.
    #[error("syslog is off")]
    Off,
    /// No connection, or none that can be trusted.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The collector closed the connection, or it broke.
    #[error("the connection ended")]
    Closed,
    /// The collector takes nothing.
    #[error("no answer in time")]
    TimeOut,
}

/// How much a message matters (RFC 5424 §6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Somebody has to act at once.
    Alert,
    /// Something failed.
    Warning,
    /// Something that matters.
    Notice,
}

impl Severity {
    fn code(self) -> u8 {
        match self {
            Self::Alert => 1,
            Self::Warning => 4,
            Self::Notice => 5,
        }
    }
}

/// One message.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// How much it matters.
    pub severity: Severity,
    /// When, as RFC 3339.
    pub time: &'a str,
    /// What: the message's type.
    pub event: &'a str,
    /// What the element says; empty values are left out.
    pub values: &'a [(&'static str, &'a str)],
    /// The rest: a JSON text.
    pub text: &'a str,
}

/// Where records go, and as whom.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// `HOST:PORT`.
    pub address: &'a str,
    /// Whoever may vouch for the collector (PEM).
    pub ca_pem: &'a [u8],
    /// Our own certificate and key (PEM), where the collector asks for them.
    pub own_pem: Option<(&'a [u8], &'a [u8])>,
    /// What we call this service there.
    pub app_name: &'a str,
    /// What this machine is called.
    pub host_name: &'a str,
}

struct Way {
    host: String,
    port: u16,
    name: ServerName<'static>,
    connector: TlsConnector,
    /// The host and the service, as each message names them.
    origin: String,
}

/// The way to a collector.
pub struct Syslog(Option<Way>);

impl Syslog {
    /// None.
    pub fn off() -> Self {
        Self(None)
    }

    /// A collector. Nothing is sent yet.
    pub fn new(target: &Target<'_>) -> Result<Self, SyslogError> {
        let setup = |what: &str| SyslogError::Setup(what.to_owned());
        let (host, port) =
            split(target.address).ok_or_else(|| setup("syslog.address is HOST:PORT, such as log.vi-du.vn:6514"))?;
        let name = ServerName::try_from(host.clone()).map_err(|_| setup("syslog.address: the host cannot be read"))?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(target.ca_pem) {
            let certificate = certificate.map_err(|_| setup("syslog.ca_file cannot be read as PEM"))?;
            roots.add(certificate).map_err(|error| SyslogError::Setup(format!("syslog.ca_file: {error}")))?;
        }
        if roots.is_empty() {
            return Err(setup("syslog.ca_file holds no certificate in PEM"));
        }
        let tls = |error: rustls::Error| SyslogError::Setup(format!("syslog: {error}"));
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(tls)?
            .with_root_certificates(roots);
        let config = match target.own_pem {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
                let chain = chain.map_err(|_| setup("syslog.client_cert_file cannot be read as PEM"))?;
                let key = PrivateKeyDer::from_pem_slice(key)
                    .map_err(|_| setup("syslog.client_key_file holds no private key in PEM that is not encrypted"))?;
                builder.with_client_auth_cert(chain, key).map_err(tls)?
            }
        };
        let connector = TlsConnector::from(Arc::new(config));
        let origin = format!("{} {}", visible(target.host_name, 255), visible(target.app_name, 48));
        Ok(Self(Some(Way { host, port, name, connector, origin })))
    }

    /// True when records go somewhere.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A connection to the collector, whose certificate was checked.
    pub async fn connect(&self) -> Result<Connection, SyslogError> {
        let way = self.0.as_ref().ok_or(SyslogError::Off)?;
        let connecting = async {
            let stream = TcpStream::connect((way.host.as_str(), way.port)).await?;
            way.connector.connect(way.name.clone(), stream).await
        };
        match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(Ok(stream)) => Ok(Connection { stream }),
            Ok(Err(error)) => Err(SyslogError::NoConnection(error.to_string())),
            Err(_) => Err(SyslogError::TimeOut),
        }
    }

    /// A message with its length before it (RFC 5425 §4.3).
    pub fn frame(&self, message: &Message<'_>) -> Vec<u8> {
        let origin = self.0.as_ref().map_or("- -", |way| way.origin.as_str());
        let text = written(message, origin);
        let mut frame = text.len().to_string().into_bytes();
        frame.push(b' ');
        frame.extend_from_slice(text.as_bytes());
        frame
    }
}

/// A connection to a collector.
pub struct Connection {
    stream: TlsStream<TcpStream>,
}

impl Connection {
    /// Hands frames over to the network.
    pub async fn send(&mut self, frames: &[u8]) -> Result<(), SyslogError> {
        let sending = async {
            self.stream.write_all(frames).await?;
            self.stream.flush().await
        };
        match tokio::time::timeout(SEND_TIMEOUT, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(SyslogError::Closed),
            Err(_) => Err(SyslogError::TimeOut),
        }
    }

    /// Whether it stands, as far as can be known without waiting.
    pub async fn is_open(&mut self) -> bool {
        let stream = &mut self.stream;
        let mut piece = [0_u8; 512];
        std::future::poll_fn(|context| {
            // Collectors say nothing; should one do so all the same, it is not read.
            for _ in 0..MOST_READS {
                let mut buffer = ReadBuf::new(&mut piece);
                match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
                    Poll::Pending => return Poll::Ready(true),
                    Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                    Poll::Ready(_) => return Poll::Ready(false),
                }
            }
            Poll::Ready(true)
        })
        .await
    }
}

/// `HOST:PORT`; an IPv6 address stands in brackets.
fn split(address: &str) -> Option<(String, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = port.parse().ok().filter(|port| *port > 0)?;
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

/// A name of visible ASCII letters; a dash where nothing is left of it (RFC 5424 §6.2.4).
fn visible(text: &str, longest: usize) -> String {
    let name: String = text.chars().filter(char::is_ascii_graphic).take(longest).collect();
    if name.is_empty() { "-".to_owned() } else { name }
}

/// A message, as short as every receiver takes it.
fn written(message: &Message<'_>, origin: &str) -> String {
    let priority = FACILITY * 8 + message.severity.code();
    let mut head = format!("<{priority}>1 {} {origin} - {} [{ELEMENT}", message.time, visible(message.event, 32));
    for (name, value) in message.values.iter().filter(|(_, value)| !value.is_empty()) {
        // Writing into a string never fails.
        let _ = write!(head, " {name}=\"{}\"", escaped(value));
    }
    head.push_str("] ");
    head.push_str(BOM);
    if head.len() + message.text.len() <= LONGEST {
        return head + message.text;
    }
    let beginning: String = message.text.chars().take(BEGINNING).collect();
    let cut = serde_json::json!({ "cut_off": true, "bytes": message.text.len(), "beginning": beginning });
    head + cut.to_string().as_str()
}

/// A value of the element (RFC 5424 §6.3.3).
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for letter in value.chars().take(LONGEST_VALUE) {
        match letter {
            '"' | '\\' | ']' => {
                out.push('\\');
                out.push(letter);
            }
            // A line is a record wherever this is stored.
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<'a>(values: &'a [(&'static str, &'a str)], text: &'a str) -> Message<'a> {
        Message { severity: Severity::Warning, time: "2026-11-22T01:00:00.000Z", event: "sign_in.failed", values, text }
    }

    #[test]
    fn a_message_has_its_length_its_element_and_its_text() {
        let values = [("seq", "7"), ("client", ""), ("actor", "a\"b\\c]d\ne")];
        let text = "{\"vì\":\"mật khẩu\"}";

        let frame = String::from_utf8(Syslog::off().frame(&message(&values, text))).expect("text");

        let expected = format!(
            "<108>1 2026-11-22T01:00:00.000Z - - - sign_in.failed [motlan@32473 seq=\"7\" actor=\"a\\\"b\\\\c\\]d e\"] \u{feff}{text}"
        );
        assert_eq!(frame, format!("{} {expected}", expected.len()));
    }

    #[test]
    fn no_message_is_longer_than_receivers_take_and_what_was_cut_is_said() {
        let long = format!("\"{}\"", "ậ\"".repeat(9_000));

        let text = written(&message(&[("seq", "7")], &long), "- -");

        assert!(text.len() <= LONGEST, "{}", text.len());
        let (_, told) = text.split_once('\u{feff}').expect("a text");
        let told: serde_json::Value = serde_json::from_str(told).expect("JSON");
        assert_eq!((told["cut_off"].as_bool(), told["bytes"].as_u64()), (Some(true), Some(long.len() as u64)));
    }

    #[test]
    fn names_and_addresses_are_what_the_protocol_takes() {
        for (text, expected) in [("may 1", "may1"), ("máy", "my"), ("", "-"), ("\u{1}", "-")] {
            assert_eq!(visible(text, 48), expected);
        }
        assert_eq!(split("log.vi-du.vn:6514"), Some(("log.vi-du.vn".to_owned(), 6514)));
        assert_eq!(split("[2001:db8::1]:6514"), Some(("2001:db8::1".to_owned(), 6514)));
        for address in ["log.vi-du.vn", ":6514", "log.vi-du.vn:0", "log.vi-du.vn:syslog"] {
            assert_eq!(split(address), None, "{address}");
        }
    }
}
