//! The built-in TLS on a stage: authorities and certificates, the files of an administrator, a listener, and its callers.

use super::START;
use super::listener::{GET_ONCE, soon};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::get;
use motlan::app::config::Tls as Settings;
use motlan::app::tls::Files;
use motlan::base::clock::FixedClock;
use motlan::base::digest::{base64url, sha256};
use motlan::http::server::{self, Limits, PeerCertificate};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, HandshakeKind, ProtocolVersion, RootCertStore, SupportedCipherSuite, SupportedProtocolVersion};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Our own name.
pub const HOST: &str = "id.example";
/// The name at which clients show certificates.
pub const CLIENTS_HOST: &str = "mtls.id.example";

/// A certificate and its key.
pub struct Pair {
    pub certificate: rcgen::Certificate,
    pub key: KeyPair,
}

impl Pair {
    /// Vouched for by nobody.
    pub fn alone(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters(&[name]).self_signed(&key).expect("a certificate");
        Self { certificate, key }
    }

    /// The certificate, as TLS sends it.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.certificate.der().clone()]
    }

    /// The key, as TLS takes it.
    pub fn private(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }

    /// The digest of the certificate.
    pub fn digest(&self) -> String {
        base64url(&sha256(self.certificate.der()))
    }
}

/// Good until 2030.
fn parameters(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut parameters = CertificateParams::new(names).expect("names");
    parameters.not_after = date_time_ymd(2030, 1, 1);
    parameters
}

/// Whoever vouches for others. All authorities have the same name: only their keys differ.
pub struct Authority {
    pub certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut own = CertificateParams::default();
        own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        own.distinguished_name.push(DnType::CommonName, "authority");
        let certificate = own.self_signed(&key).expect("a certificate");
        Self { certificate, issuer: Issuer::new(own, key) }
    }

    /// A pair of these names, which it vouches for.
    pub fn vouch(&self, names: &[&str]) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = parameters(names);
        parameters.distinguished_name.push(DnType::CommonName, "somebody");
        let certificate = parameters.signed_by(&key, &self.issuer).expect("a certificate");
        Pair { certificate, key }
    }
}

/// Files as an administrator puts them.
pub struct Folder(TempDir);

impl Folder {
    /// An empty one.
    pub fn empty() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// Where a file lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Beside the old file first, and then in its place.
    pub fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path("draft"), text).expect("written");
        std::fs::rename(self.path("draft"), self.path(name)).expect("put in place");
    }

    /// A certificate and its key.
    pub fn put_pair(&self, pair: &Pair) {
        self.put("cert.pem", &pair.certificate.pem());
        self.put("key.pem", &pair.key.serialize_pem());
    }

    /// What makes a provider read them.
    pub fn settings(&self) -> Settings {
        let authorities = self.path("clients.pem");
        Settings {
            cert_file: Some(self.path("cert.pem")),
            key_file: Some(self.path("key.pem")),
            client_ca_file: authorities.exists().then_some(authorities),
            ..Settings::default()
        }
    }
}

/// A listener that speaks TLS and says whom it sees.
pub struct Stage {
    pub address: SocketAddr,
    pub authority: Authority,
    pub own: Pair,
    pub clients: Authority,
    pub folder: Folder,
    pub clock: Arc<FixedClock>,
    pub files: Files,
    answered: Arc<AtomicUsize>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Stage {
    /// One that takes its time: every wait is an hour.
    pub async fn start() -> Self {
        Self::with(|_| {}, |_| {}).await
    }

    /// One with other settings or limits.
    pub async fn with(set: impl FnOnce(&mut Settings), limit: impl FnOnce(&mut Limits)) -> Self {
        let (authority, clients) = (Authority::new(), Authority::new());
        let own = authority.vouch(&[HOST, CLIENTS_HOST]);
        let folder = Folder::empty();
        folder.put_pair(&own);
        folder.put("clients.pem", &clients.certificate.pem());
        let mut settings = folder.settings();
        set(&mut settings);
        let clock = Arc::new(FixedClock::at(START));
        let files = Files::open(&settings, clock.clone()).expect("files that fit").expect("TLS");

        let hour = Duration::from_hours(1);
        let mut limits = Limits { handshake: hour, head: hour, body: hour, answer: hour, grace: hour, ..Limits::default() };
        limit(&mut limits);
        let answered = Arc::new(AtomicUsize::new(0));
        let count = answered.clone();
        let router = Router::new().route(
            "/",
            get(move |request: Request<Body>| {
                count.fetch_add(1, Ordering::Relaxed);
                async move { seen(request.extensions().get::<PeerCertificate>()) }
            }),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(server::serve_tls(listener, files.served(), router, limits, stopped));
        Self { address, authority, own, clients, folder, clock, files, answered, stop, serving }
    }

    /// A client of these versions and suites.
    pub fn client(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        suites: Vec<SupportedCipherSuite>,
        own: Option<&Pair>,
    ) -> Client {
        let provider = CryptoProvider { cipher_suites: suites, ..default_provider() };
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.certificate.der().clone()).expect("an authority");
        let builder = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(versions)
            .expect("versions")
            .with_root_certificates(roots);
        let config = match own {
            Some(pair) => builder.with_client_auth_cert(pair.chain(), pair.private()).expect("a pair"),
            None => builder.with_no_client_auth(),
        };
        Client { address: self.address, config: Arc::new(config) }
    }

    /// One that takes whatever there is.
    pub fn any(&self, own: Option<&Pair>) -> Client {
        self.client(&[&TLS13, &TLS12], default_provider().cipher_suites, own)
    }

    /// One of TLS 1.2.
    pub fn old(&self, own: Option<&Pair>) -> Client {
        self.client(&[&TLS12], default_provider().cipher_suites, own)
    }

    /// How many requests reached the router.
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// Ends it, and waits for that.
    pub async fn end(self) {
        self.stop.send(true).expect("still serving");
        soon(self.serving).await.expect("ended");
    }
}

fn seen(certificate: Option<&PeerCertificate>) -> String {
    match certificate {
        None => "nobody".to_owned(),
        Some(certificate) => {
            let word = if certificate.verified { "verified" } else { "unverified" };
            format!("{word} {}", base64url(&sha256(&certificate.der)))
        }
    }
}

/// A caller, who remembers sessions.
pub struct Client {
    address: SocketAddr,
    pub config: Arc<ClientConfig>,
}

/// What a caller learned.
pub struct Heard {
    pub said: String,
    pub version: Option<ProtocolVersion>,
    pub kind: Option<HandshakeKind>,
    pub protocol: Option<Vec<u8>>,
    pub certificate: Vec<u8>,
}

impl Client {
    /// Connects, and says nothing yet.
    pub async fn connect(&self, host: &'static str) -> io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from(host).expect("a name");
        soon(TlsConnector::from(self.config.clone()).connect(name, stream)).await
    }

    /// Asks once, at our own name.
    pub async fn ask(&self) -> io::Result<Heard> {
        self.ask_at(HOST).await
    }

    /// Asks once, at a name.
    pub async fn ask_at(&self, host: &'static str) -> io::Result<Heard> {
        let mut stream = self.connect(host).await?;
        stream.write_all(GET_ONCE.as_bytes()).await?;
        let mut answer = Vec::new();
        // An end that is not announced within TLS is an error here.
        soon(stream.read_to_end(&mut answer)).await?;
        let answer = String::from_utf8(answer).expect("text");
        let session = stream.get_ref().1;
        Ok(Heard {
            said: answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default(),
            version: session.protocol_version(),
            kind: session.handshake_kind(),
            protocol: session.alpn_protocol().map(<[u8]>::to_vec),
            certificate: session.peer_certificates().and_then(|all| all.first()).expect("a certificate").to_vec(),
        })
    }
}
