//! Directories: LDAP version 3 (RFC 4511), read and never written, over TLS and never without.
//!
//! `ldaps://` begins with TLS; `ldap://` asks for it (StartTLS, RFC 4511 §4.14)
//! before anything else is said. The certificate is checked against the source's
//! own authorities, or those of the system. References to other directories are
//! not followed, aliases neither. Every question has a time and a size, whatever
//! the other side thinks of it.

mod frame;
mod guard;

use guard::{Allowance, relay};
use ldap3::asn1::StructureTag;
use ldap3::controls::{PagedResults, RawControl};
use ldap3::{
    DerefAliases, Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, ResultEntry, Scope, SearchOptions, StdStream,
};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret as _, SecretString};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, UnixStream};
use tokio::task::AbortHandle;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Url;

/// What an answer without entries may cost.
const ANSWER_BYTES: usize = 64 * 1_024;
/// What some entries may cost, and a page of them.
const ENTRIES_BYTES: usize = 2 * 1_024 * 1_024;
const PAGE_BYTES: usize = 32 * 1_024 * 1_024;
/// A page takes no longer than so many times the silence that is allowed.
const PAGE_TIMES: u32 = 6;
/// The longest mark of a page that is kept.
const LONGEST_COOKIE: usize = 16 * 1_024;
/// The control of RFC 2696.
const PAGED: &str = "1.2.840.113556.1.4.319";
/// The first message of a connection that begins without TLS: number 1, StartTLS (1.3.6.1.4.1.1466.20037).
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
/// What the library is told for an address; it opens nothing, because it is handed a stream.
const HANDED: &str = "ldapi://directory";

/// Why a directory did not answer as it should. Nothing in it is secret, or what a stranger wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LdapFault {
    /// The settings do not fit.
    #[error("{0}")]
    Setup(String),
    /// There is no way to the server.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// Nobody vouches for the server, or it speaks no TLS.
    #[error("the server cannot be trusted: {0}")]
    Untrusted(String),
    /// It took too long.
    #[error("no answer in time")]
    Silent,
    /// The connection ended.
    #[error("the connection ended")]
    Closed,
    /// What it says has another form.
    #[error("the answer is no LDAP that was asked for: {0}")]
    Garbled(&'static str),
    /// It says more than it was asked for.
    #[error("the answer is larger than what was asked for")]
    TooMuch,
    /// It answers, and refuses.
    #[error("the directory refuses: {0}")]
    Refused(Code),
}

impl LdapFault {
    /// True when the directory is away, as far as can be seen from here; not when it answers and refuses.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Untrusted(_) | Self::Silent | Self::Closed | Self::Garbled(_) | Self::TooMuch => true,
            // Busy, and unavailable (RFC 4511 appendix A).
            Self::Refused(code) => matches!(code.0, 51 | 52),
            Self::Setup(_) => false,
        }
    }
}

/// The outcome of an operation, as a number (RFC 4511 §4.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code(pub u32);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = match self.0 {
            1 => "operations error",
            2 => "protocol error",
            3 => "time limit exceeded",
            4 => "size limit exceeded",
            8 => "stronger authentication required",
            10 => "referral",
            11 => "administrative limit exceeded",
            12 => "it knows no pages (RFC 2696)",
            13 => "confidentiality required",
            32 => "no such object",
            34 => "a name cannot be read",
            48 => "inappropriate authentication",
            49 => "invalid credentials",
            50 => "insufficient access rights",
            51 => "busy",
            52 => "unavailable",
            53 => "unwilling to perform",
            _ => "another outcome",
        };
        write!(f, "{word} ({})", self.0)
    }
}

/// By whom servers are vouched for.
#[derive(Clone)]
pub struct Trust(TlsConnector);

impl Trust {
    /// These authorities (PEM), or those of the system.
    pub fn of(ca: Option<&str>) -> Result<Self, LdapFault> {
        let roots = match ca {
            Some(pem) => Arc::new(own_roots(pem)?),
            None => system_roots(),
        };
        if roots.is_empty() {
            return Err(LdapFault::Setup("no authority is known that could vouch for a server: set ca".to_owned()));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| LdapFault::Setup(format!("TLS: {error}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }
}

fn own_roots(pem: &str) -> Result<RootCertStore, LdapFault> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|_| LdapFault::Setup("ca cannot be read as PEM".to_owned()))?;
        roots.add(certificate).map_err(|error| LdapFault::Setup(format!("ca: {error}")))?;
    }
    Ok(roots)
}

/// Read once: they are files, and many.
fn system_roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let read = || {
        let mut roots = RootCertStore::empty();
        let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    };
    ROOTS.get_or_init(read).clone()
}

/// One server, as settings name it.
#[derive(Debug)]
struct Server {
    host: String,
    port: u16,
    name: ServerName<'static>,
    start_tls: bool,
}

impl Server {
    fn read(text: &str) -> Result<Self, LdapFault> {
        let wrong = || LdapFault::Setup(format!("{text:?} is no server such as ldaps://thu-muc.example.vn"));
        let url = Url::parse(text).map_err(|_| wrong())?;
        let start_tls = match url.scheme() {
            "ldaps" => false,
            "ldap" => true,
            _ => return Err(wrong()),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).to_owned();
        let name = ServerName::try_from(host.clone()).map_err(|_| wrong())?;
        let port = url.port().unwrap_or(if start_tls { 389 } else { 636 });
        Ok(Self { host, port, name, start_tls })
    }

    /// A connection on which nothing but TLS was said, to a server whose certificate was checked.
    async fn connect(self, trust: &Trust) -> Result<TlsStream<TcpStream>, LdapFault> {
        let unreachable = |error: std::io::Error| LdapFault::Unreachable(error.kind().to_string());
        let mut stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(unreachable)?;
        let _ = stream.set_nodelay(true);
        if self.start_tls {
            ask_for_tls(&mut stream).await?;
        }
        trust.0.connect(self.name, stream).await.map_err(|error| {
            let is_tls = error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>);
            if is_tls { LdapFault::Untrusted(error.to_string()) } else { LdapFault::Closed }
        })
    }
}

/// Asks for TLS and reads that one answer, not a byte more.
async fn ask_for_tls(stream: &mut TcpStream) -> Result<(), LdapFault> {
    stream.write_all(START_TLS).await.map_err(|_| LdapFault::Closed)?;
    let answer = guard::read(stream).await?.ok_or(LdapFault::Closed)?;
    match frame::first_outcome(answer.body()).map_err(LdapFault::Garbled)? {
        0 => Ok(()),
        code => Err(LdapFault::Refused(Code(code))),
    }
}

/// An entry, as a directory shows it to whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// Its name.
    pub dn: String,
    attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Entry {
    /// An entry of these attributes, each with one value.
    pub fn of(dn: &str, attributes: &[(&str, &[u8])]) -> Self {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), vec![value.to_vec()])).collect();
        Self { dn: dn.to_owned(), attributes }
    }

    /// The first value of an attribute. Names are compared without case (RFC 4512 §2.5); one with an option, such as a
    /// language, counts where there is none without.
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        let plain = self.attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let base = |known: &str| known.split(';').next().is_some_and(|base| base.eq_ignore_ascii_case(name));
        let found = plain.or_else(|| self.attributes.iter().find(|(known, _)| base(known)));
        found.and_then(|(_, values)| values.first()).map(Vec::as_slice)
    }

    /// Its form was checked before it came here.
    fn read(entry: ResultEntry) -> Result<Self, LdapFault> {
        Self::of_tag(entry.0).ok_or(LdapFault::Garbled("it is no entry"))
    }

    fn of_tag(tag: StructureTag) -> Option<Self> {
        let mut parts = tag.expect_constructed()?.into_iter();
        let dn = String::from_utf8(parts.next()?.expect_primitive()?).ok()?;
        let mut attributes = Vec::new();
        for attribute in parts.next()?.expect_constructed()? {
            let mut halves = attribute.expect_constructed()?.into_iter();
            let name = String::from_utf8(halves.next()?.expect_primitive()?).ok()?;
            let values = halves.next()?.expect_constructed()?;
            let values: Option<Vec<Vec<u8>>> = values.into_iter().map(StructureTag::expect_primitive).collect();
            attributes.push((name, values?));
        }
        Some(Self { dn, attributes })
    }
}

/// Where to look, for what, and what to tell of it.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Where.
    pub base: &'a str,
    /// Which entries (RFC 4515).
    pub filter: &'a str,
    /// Their attributes.
    pub attributes: &'a [String],
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Some entries.
    pub entries: Vec<Entry>,
    /// There are more.
    pub more: bool,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its entries.
    pub entries: Vec<Entry>,
    /// Where the next one begins; empty behind the last.
    pub cookie: Vec<u8>,
}

/// How a search is asked.
struct Search<'a> {
    wanted: &'a Wanted<'a>,
    scope: Scope,
    /// How many entries the server is to tell at most; 0: it is told otherwise.
    limit: usize,
    /// How many are taken.
    most: usize,
    bytes: usize,
    within: Duration,
    control: Option<RawControl>,
}

/// A connection to one server, whose certificate was checked.
pub struct Directory {
    ldap: Ldap,
    allowance: Arc<Allowance>,
    relay: AbortHandle,
    timeout: Duration,
}

impl Drop for Directory {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

impl Directory {
    /// Connects. A server that is silent for so long is away, now and later.
    pub async fn open(server: &str, trust: &Trust, silence: Duration) -> Result<Self, LdapFault> {
        let server = Server::read(server)?;
        let stream = timeout(silence, server.connect(trust)).await.map_err(|_| LdapFault::Silent)??;
        let setup = |error: std::io::Error| LdapFault::Setup(format!("a socket pair: {}", error.kind()));
        let (ours, theirs) = StdUnixStream::pair().map_err(setup)?;
        ours.set_nonblocking(true).map_err(setup)?;
        let ours = UnixStream::from_std(ours).map_err(setup)?;
        let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(theirs));
        let (connection, ldap) = LdapConnAsync::with_settings(settings, HANDED)
            .await
            .map_err(|error| LdapFault::Setup(format!("the library refuses its stream: {error}")))?;
        let allowance = Arc::new(Allowance::default());
        let paid = allowance.clone();
        let relay = tokio::spawn(async move { relay(stream, ours, &paid).await }).abort_handle();
        // It ends with the relay, or with the last handle.
        tokio::spawn(async move {
            let _ = connection.drive().await;
        });
        Ok(Self { ldap, allowance, relay, timeout: silence })
    }

    /// Whether a password is the one of a name; from then on, what is asked is asked as that name. An empty one is
    /// refused here: servers take it for nobody at all, and say yes (RFC 4513 §5.1.2).
    pub async fn bind(&mut self, name: &str, password: &SecretString) -> Result<bool, LdapFault> {
        if name.is_empty() || password.expose_secret().is_empty() {
            return Ok(false);
        }
        self.allowance.grant(ANSWER_BYTES, 0);
        let answer = timeout(self.timeout, self.ldap.simple_bind(name, password.expose_secret())).await;
        match self.settled(answer)?.rc {
            0 => Ok(true),
            // Nobody of this name, or elsewhere; no password there, or another one; not now.
            10 | 19 | 32 | 34 | 48 | 49 => Ok(false),
            code => Err(LdapFault::Refused(Code(code))),
        }
    }

    /// The entries under a place, a few of them.
    pub async fn find(&mut self, wanted: &Wanted<'_>, most: usize) -> Result<Found, LdapFault> {
        self.some(wanted, Scope::Subtree, most).await
    }

    /// The entry of a name itself, when it is there.
    pub async fn read(&mut self, wanted: &Wanted<'_>) -> Result<Option<Entry>, LdapFault> {
        match self.some(wanted, Scope::Base, 1).await {
            Ok(found) => Ok(found.entries.into_iter().next()),
            Err(LdapFault::Refused(Code(32))) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    async fn some(&mut self, wanted: &Wanted<'_>, scope: Scope, most: usize) -> Result<Found, LdapFault> {
        let search = Search { wanted, scope, limit: most, most, bytes: ENTRIES_BYTES, within: self.timeout, control: None };
        let (entries, result) = self.search(search).await?;
        match result.rc {
            0 => Ok(Found { entries, more: false }),
            4 => Ok(Found { entries, more: true }),
            code => Err(LdapFault::Refused(Code(code))),
        }
    }

    /// A page of the entries under a place (RFC 2696), from where one before ended.
    pub async fn page(&mut self, wanted: &Wanted<'_>, size: usize, cookie: &[u8]) -> Result<Page, LdapFault> {
        let mut control: RawControl =
            PagedResults { size: i32::try_from(size).unwrap_or(i32::MAX), cookie: cookie.to_vec() }.into();
        // A server that knows no pages says so, and does not send everything.
        control.crit = true;
        let within = self.timeout.saturating_mul(PAGE_TIMES);
        let search =
            Search { wanted, scope: Scope::Subtree, limit: 0, most: size, bytes: PAGE_BYTES, within, control: Some(control) };
        let (entries, result) = self.search(search).await?;
        if result.rc != 0 {
            return Err(LdapFault::Refused(Code(result.rc)));
        }
        let told = result.ctrls.iter().find(|control| control.1.ctype == PAGED).and_then(|control| control.1.val.as_deref());
        let told = told.ok_or(LdapFault::Garbled("a page does not say whether it is the last"))?;
        let cookie = frame::cookie(told).map_err(LdapFault::Garbled)?;
        if cookie.len() > LONGEST_COOKIE {
            return Err(LdapFault::TooMuch);
        }
        Ok(Page { entries, cookie })
    }

    async fn search(&mut self, search: Search<'_>) -> Result<(Vec<Entry>, LdapResult), LdapFault> {
        let Search { wanted, scope, limit, most, bytes, within, control } = search;
        self.allowance.grant(bytes, most);
        let seconds = i32::try_from(within.as_secs()).unwrap_or(i32::MAX);
        let options = SearchOptions::new()
            .deref(DerefAliases::Never)
            .sizelimit(i32::try_from(limit).unwrap_or(i32::MAX))
            .timelimit(seconds);
        let silence = self.timeout;
        let ldap = &mut self.ldap;
        let asking = async move {
            ldap.with_search_options(options).with_timeout(silence);
            if let Some(control) = control {
                ldap.with_controls(control);
            }
            let mut stream = ldap.streaming_search(wanted.base, scope, wanted.filter, wanted.attributes.to_vec()).await?;
            let mut found = Vec::new();
            while let Some(entry) = stream.next().await? {
                found.push(entry);
            }
            Ok::<_, LdapError>((found, stream.finish().await))
        };
        let answer = timeout(within, asking).await;
        let (found, result) = self.settled(answer)?;
        let entries: Result<Vec<Entry>, LdapFault> = found.into_iter().map(Entry::read).collect();
        Ok((entries?, result))
    }

    /// What came of a question; where the connection ended, why.
    fn settled<T>(&self, answer: Result<Result<T, LdapError>, Elapsed>) -> Result<T, LdapFault> {
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(LdapError::FilterParsing)) => Err(LdapFault::Setup("a filter cannot be read".to_owned())),
            Ok(Err(LdapError::Timeout { .. })) | Err(_) => Err(self.allowance.fault().unwrap_or(LdapFault::Silent)),
            Ok(Err(_)) => Err(self.allowance.fault().unwrap_or(LdapFault::Closed)),
        }
    }

    /// Says good-bye, where the server still listens.
    pub async fn end(mut self) {
        let _ = timeout(self.timeout.min(Duration::from_secs(1)), self.ldap.unbind()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_as_settings_name_them() {
        for (text, host, port, start_tls) in [
            ("ldaps://thu-muc.example.vn", "thu-muc.example.vn", 636, false),
            ("ldap://thu-muc.example.vn", "thu-muc.example.vn", 389, true),
            ("ldaps://10.1.2.3:1636", "10.1.2.3", 1636, false),
            ("ldap://[2001:db8::1]:1389/", "2001:db8::1", 1389, true),
        ] {
            let server = Server::read(text).expect("a server");
            assert_eq!((server.host.as_str(), server.port, server.start_tls), (host, port, start_tls), "{text}");
        }
        for text in ["http://a.vn", "ldaps://", "a.vn:636", "ldapi://%2fvar%2frun"] {
            assert!(matches!(Server::read(text), Err(LdapFault::Setup(_))), "{text}");
        }
    }

    #[test]
    fn attributes_are_found_whatever_their_case_and_options() {
        let values: [(&str, &[u8]); 3] = [("CN;lang-en", b"Kim Nguyen"), ("cn", "Nguyễn Kim".as_bytes()), ("mail;x", b"k@a.vn")];
        let entry = Entry::of("uid=kim", &values);
        let text = |name: &str| entry.first(name).map(|value| String::from_utf8_lossy(value).into_owned());
        assert_eq!(text("CN").as_deref(), Some("Nguyễn Kim"));
        assert_eq!(text("Mail").as_deref(), Some("k@a.vn"));
        assert_eq!(text("uid"), None);
    }

    #[test]
    fn a_directory_is_away_when_it_does_not_answer_and_not_when_it_refuses() {
        assert!(LdapFault::Silent.is_away() && LdapFault::TooMuch.is_away() && LdapFault::Garbled("x").is_away());
        assert!(LdapFault::Refused(Code(52)).is_away());
        assert!(!LdapFault::Refused(Code(49)).is_away() && !LdapFault::Setup(String::new()).is_away());
    }

    #[test]
    fn authorities_that_cannot_be_read_are_told() {
        for pem in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(matches!(Trust::of(Some(pem)), Err(LdapFault::Setup(_))), "{pem}");
        }
    }

    #[test]
    fn asking_for_tls_is_one_whole_message() {
        let (length, rest) = (usize::from(START_TLS[1]), &START_TLS[2..]);
        assert_eq!(length, rest.len());
        assert_eq!(usize::from(START_TLS[6]), START_TLS.len() - 7);
    }
}
