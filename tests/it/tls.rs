//! The built-in TLS: what is offered, whose certificates count, and files that are renewed.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusBuilder;
use motlan::app::config::{Config, Tls as Settings};
use motlan::app::tls::{Files, examine};
use motlan::base::clock::{Clock, FixedClock, Millis};
use motlan::base::digest::{base64url, sha256};
use motlan::http::server::{self, Limits, PeerCertificate};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{cipher_suite, default_provider};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
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

/// The wait that a test is about; all others are an hour.
const SHORT: Duration = Duration::from_millis(150);
/// What takes longer hangs.
const HANG: Duration = Duration::from_mins(1);
const GET_ONCE: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
/// 2026-11-22T01:00:00Z
const START: Millis = Millis(1_795_309_200_000);
const HOST: &str = "id.example";
const CLIENTS_HOST: &str = "mtls.id.example";

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, what).await.expect("it does not hang")
}

/// A certificate and its key.
struct Pair {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Pair {
    /// Vouched for by nobody.
    fn alone(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters(&[name]).self_signed(&key).expect("a certificate");
        Self { certificate, key }
    }

    fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.certificate.der().clone()]
    }

    fn private(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }

    fn digest(&self) -> String {
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
struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut own = CertificateParams::default();
        own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        own.distinguished_name.push(DnType::CommonName, "authority");
        let certificate = own.self_signed(&key).expect("a certificate");
        Self { certificate, issuer: Issuer::new(own, key) }
    }

    fn vouch(&self, names: &[&str]) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = parameters(names);
        parameters.distinguished_name.push(DnType::CommonName, "somebody");
        let certificate = parameters.signed_by(&key, &self.issuer).expect("a certificate");
        Pair { certificate, key }
    }
}

/// Files as an administrator puts them.
struct Folder(TempDir);

impl Folder {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Beside the old file first, and then in its place.
    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path("draft"), text).expect("written");
        std::fs::rename(self.path("draft"), self.path(name)).expect("put in place");
    }

    fn put_pair(&self, pair: &Pair) {
        self.put("cert.pem", &pair.certificate.pem());
        self.put("key.pem", &pair.key.serialize_pem());
    }

    fn settings(&self) -> Settings {
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
struct Stage {
    address: SocketAddr,
    authority: Authority,
    own: Pair,
    clients: Authority,
    folder: Folder,
    clock: Arc<FixedClock>,
    files: Files,
    answered: Arc<AtomicUsize>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Stage {
    async fn start() -> Self {
        Self::with(|_| {}, |_| {}).await
    }

    async fn with(set: impl FnOnce(&mut Settings), limit: impl FnOnce(&mut Limits)) -> Self {
        let (authority, clients) = (Authority::new(), Authority::new());
        let own = authority.vouch(&[HOST, CLIENTS_HOST]);
        let folder = Folder(tempfile::tempdir().expect("a folder"));
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
    fn client(
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
    fn any(&self, own: Option<&Pair>) -> Client {
        self.client(&[&TLS13, &TLS12], default_provider().cipher_suites, own)
    }

    /// One of TLS 1.2.
    fn old(&self, own: Option<&Pair>) -> Client {
        self.client(&[&TLS12], default_provider().cipher_suites, own)
    }

    fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    async fn end(self) {
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
struct Client {
    address: SocketAddr,
    config: Arc<ClientConfig>,
}

/// What a caller learned.
struct Heard {
    said: String,
    version: Option<ProtocolVersion>,
    kind: Option<HandshakeKind>,
    protocol: Option<Vec<u8>>,
    certificate: Vec<u8>,
}

impl Client {
    async fn ask(&self) -> io::Result<Heard> {
        self.ask_at(HOST).await
    }

    async fn ask_at(&self, host: &'static str) -> io::Result<Heard> {
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from(host).expect("a name");
        let mut stream = soon(TlsConnector::from(self.config.clone()).connect(name, stream)).await?;
        stream.write_all(GET_ONCE).await?;
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

#[tokio::test]
async fn https_is_served_and_plain_http_is_not() {
    let stage = Stage::start().await;

    let newest = stage.any(None).ask().await.expect("an answer");
    let older = stage.old(None).ask().await.expect("an answer");
    assert_eq!((newest.said.as_str(), newest.version), ("nobody", Some(ProtocolVersion::TLSv1_3)));
    assert_eq!((older.said.as_str(), older.version), ("nobody", Some(ProtocolVersion::TLSv1_2)));

    let mut plain = TcpStream::connect(stage.address).await.expect("a connection");
    plain.write_all(GET_ONCE).await.expect("sent");
    let mut answer = Vec::new();
    // It may be cut off rather than ended: its request was never read.
    let _ = soon(plain.read_to_end(&mut answer)).await;
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/"), "{answer:?}");
    assert_eq!(stage.answered(), 2);
    stage.end().await;
}

#[tokio::test]
async fn only_http_1_1_is_spoken_within_tls() {
    let stage = Stage::start().await;
    let with = |protocols: &[&[u8]]| {
        let mut client = stage.any(None);
        let mut config = ClientConfig::clone(&client.config);
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        client.config = Arc::new(config);
        client
    };

    let both = with(&[b"h2", b"http/1.1"]).ask().await.expect("an answer");
    assert_eq!(both.protocol.as_deref(), Some(&b"http/1.1"[..]));
    assert!(with(&[b"h2"]).ask().await.is_err(), "nothing in common");
    assert_eq!(stage.answered(), 1);
}

#[tokio::test]
async fn only_suites_that_fapi_allows_are_offered() {
    let stage = Stage::start().await;
    let table = [
        (&TLS13, cipher_suite::TLS13_AES_256_GCM_SHA384, true),
        (&TLS13, cipher_suite::TLS13_AES_128_GCM_SHA256, true),
        (&TLS13, cipher_suite::TLS13_CHACHA20_POLY1305_SHA256, true),
        (&TLS12, cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, true),
        (&TLS12, cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, true),
        (&TLS12, cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, false),
    ];
    let mut allowed = 0;
    for (version, suite, fine) in table {
        let heard = stage.client(&[version], vec![suite], None).ask().await;
        assert_eq!(heard.is_ok(), fine, "{:?}", suite.suite());
        allowed += usize::from(fine);
    }
    assert_eq!(stage.answered(), allowed, "what is refused never reaches the router");
}

#[tokio::test]
async fn tls_1_1_is_refused_by_name() {
    let stage = Stage::start().await;
    let hello = |version: u8| {
        let mut body = vec![3, version];
        body.extend([7; 32]);
        // No session; TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 and TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA; no compression;
        // signature_algorithms with ecdsa_secp256r1_sha256.
        body.extend([0, 0, 4, 0xc0, 0x2b, 0xc0, 0x09, 1, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3]);
        let length = |bytes: &[u8]| u8::try_from(bytes.len()).expect("short");
        let mut message = vec![1, 0, 0, length(&body)];
        message.extend(body);
        let mut record = vec![22, 3, 1, 0, length(&message)];
        record.extend(message);
        record
    };
    for version in [1, 2] {
        let mut stream = TcpStream::connect(stage.address).await.expect("a connection");
        stream.write_all(&hello(version)).await.expect("sent");
        let mut answer = Vec::new();
        soon(stream.read_to_end(&mut answer)).await.expect("an end");
        // An alert, fatal: protocol_version (RFC 5246 §7.2.2).
        assert_eq!((answer.first(), answer.get(5..)), (Some(&21), Some(&[2, 70][..])), "{answer:?}");
    }
}

#[tokio::test]
async fn a_certificate_is_asked_for_and_never_demanded() {
    let stage = Stage::start().await;
    let known = stage.clients.vouch(&["client.example"]);
    let alone = Pair::alone("client.example");
    let strangers = Authority::new().vouch(&["client.example"]);
    let ours = stage.authority.vouch(&["client.example"]);
    let table = [
        ("none", None, "nobody".to_owned()),
        ("an authority for clients vouches", Some(&known), format!("verified {}", known.digest())),
        ("self-signed", Some(&alone), format!("unverified {}", alone.digest())),
        ("another authority of the same name", Some(&strangers), format!("unverified {}", strangers.digest())),
        ("the authority of our own certificate", Some(&ours), format!("unverified {}", ours.digest())),
    ];
    for (case, pair, expected) in table {
        for client in [stage.any(pair), stage.old(pair)] {
            let heard = client.ask().await.expect(case);
            assert_eq!(heard.said, expected, "{case}: {:?}", heard.version);
        }
    }
}

#[tokio::test]
async fn without_authorities_no_certificate_is_verified() {
    let stage = Stage::with(|settings| settings.client_ca_file = None, |_| {}).await;
    let pair = stage.clients.vouch(&["client.example"]);

    let heard = stage.any(Some(&pair)).ask().await.expect("an answer");

    assert_eq!(heard.said, format!("unverified {}", pair.digest()));
}

#[tokio::test]
async fn a_certificate_without_its_key_is_refused() {
    let stage = Stage::start().await;
    let theirs = stage.clients.vouch(&["client.example"]);
    let mine = Pair::alone("client.example");
    let key = default_provider().key_provider.load_private_key(mine.private()).expect("a key");
    let stolen = Arc::new(SingleCertAndKey::from(CertifiedKey::new(theirs.chain(), key)));

    for mut client in [stage.any(None), stage.old(None)] {
        let mut config = ClientConfig::clone(&client.config);
        config.client_auth_cert_resolver = stolen.clone();
        client.config = Arc::new(config);
        assert!(client.ask().await.is_err());
    }
    assert_eq!(stage.answered(), 0, "the router has seen nobody");
}

#[tokio::test]
async fn a_resumed_connection_is_judged_anew() {
    let stage = Stage::start().await;
    let pair = stage.clients.vouch(&["client.example"]);
    for client in [stage.any(Some(&pair)), stage.old(Some(&pair))] {
        let first = client.ask().await.expect("an answer");
        let second = client.ask().await.expect("an answer");
        assert_eq!(first.said, format!("verified {}", pair.digest()));
        assert_eq!((second.kind, second.said), (Some(HandshakeKind::Resumed), first.said), "{:?}", first.version);
    }

    let client = stage.any(Some(&pair));
    client.ask().await.expect("an answer");
    // Past 2030, where the certificate ends.
    stage.clock.advance_seconds(4 * 366 * 86_400);
    let late = client.ask().await.expect("an answer");
    assert_eq!((late.kind, late.said), (Some(HandshakeKind::Resumed), format!("unverified {}", pair.digest())));
}

#[tokio::test]
async fn at_other_names_than_the_clients_host_nobody_is_asked() {
    let stage = Stage::with(|settings| settings.client_certificate_host = Some(CLIENTS_HOST.to_owned()), |_| {}).await;
    let pair = stage.clients.vouch(&["client.example"]);
    let client = stage.any(Some(&pair));

    let at_clients_host = client.ask_at(CLIENTS_HOST).await.expect("an answer");
    let elsewhere = client.ask_at(HOST).await.expect("an answer");

    assert_eq!(at_clients_host.said, format!("verified {}", pair.digest()));
    assert_eq!(elsewhere.said, "nobody");
}

#[tokio::test]
async fn a_handshake_that_stalls_is_dropped_and_its_place_is_free_again() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let numbers = recorder.handle();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let stage = Stage::with(
        |_| {},
        |limits| {
            limits.handshake = SHORT;
            limits.connections = 1;
        },
    )
    .await;

    for bytes in [&b""[..], &[22, 3, 1][..], &[22, 3, 1, 2, 0, 1][..]] {
        let mut stalled = TcpStream::connect(stage.address).await.expect("a connection");
        stalled.write_all(bytes).await.expect("sent");
        let mut rest = Vec::new();
        let _ = soon(stalled.read_to_end(&mut rest)).await;
        assert!(rest.is_empty(), "{bytes:?}: {rest:?}");
        // The place is free once the server has let go of it.
        soon(async { while stage.any(None).ask().await.is_err() {} }).await;
    }
    let text = numbers.render();
    assert!(text.lines().any(|line| line == "motlan_tls_handshakes_refused_total{reason=\"late\"} 3"), "{text}");
    assert_eq!(stage.answered(), 3);
}

#[tokio::test]
async fn the_end_does_not_wait_for_handshakes() {
    let stage = Stage::start().await;
    let mut silent = TcpStream::connect(stage.address).await.expect("a connection");
    // The listener takes them in order: when this one is answered, the silent one was taken.
    stage.any(None).ask().await.expect("an answer");

    stage.end().await;

    let mut rest = Vec::new();
    let _ = soon(silent.read_to_end(&mut rest)).await;
    assert!(rest.is_empty(), "{rest:?}");
}

#[tokio::test]
async fn a_renewed_certificate_is_served_without_a_restart() {
    let mut stage = Stage::start().await;
    let client = stage.any(None);
    let mut kept = soon(
        TlsConnector::from(client.config.clone())
            .connect(ServerName::try_from(HOST).expect("a name"), TcpStream::connect(stage.address).await.expect("a connection")),
    )
    .await
    .expect("a connection with the old certificate");
    assert_eq!(client.ask().await.expect("an answer").certificate, stage.own.certificate.der().to_vec());

    let renewed = stage.authority.vouch(&[HOST]);
    stage.folder.put_pair(&renewed);
    stage.files.look();

    assert_eq!(stage.any(None).ask().await.expect("an answer").certificate, renewed.certificate.der().to_vec());
    let mut answer = Vec::new();
    kept.write_all(GET_ONCE).await.expect("sent");
    soon(kept.read_to_end(&mut answer)).await.expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "whoever was connected stays so");
}

#[tokio::test]
async fn files_that_cannot_be_served_change_nothing() {
    let mut stage = Stage::start().await;
    let own = stage.own.certificate.der().to_vec();
    let (renewed, other) = (stage.authority.vouch(&[HOST]), stage.authority.vouch(&[HOST]));
    let table = [
        ("the certificate comes before its key", renewed.certificate.pem(), stage.own.key.serialize_pem()),
        ("the key of another", renewed.certificate.pem(), other.key.serialize_pem()),
        ("nothing in PEM", "soon".to_owned(), renewed.key.serialize_pem()),
        ("no key", renewed.certificate.pem(), String::new()),
        ("the two changed places", renewed.key.serialize_pem(), renewed.certificate.pem()),
    ];
    for (case, certificate, key) in table {
        stage.folder.put("cert.pem", &certificate);
        stage.folder.put("key.pem", &key);
        stage.files.look();
        assert_eq!(stage.any(None).ask().await.expect(case).certificate, own, "{case}");
    }

    stage.folder.put_pair(&renewed);
    stage.files.look();
    assert_eq!(stage.any(None).ask().await.expect("an answer").certificate, renewed.certificate.der().to_vec());
}

#[tokio::test]
async fn an_authority_that_is_taken_away_counts_no_more() {
    let mut stage = Stage::start().await;
    let pair = stage.clients.vouch(&["client.example"]);
    let client = stage.any(Some(&pair));
    assert_eq!(client.ask().await.expect("an answer").said, format!("verified {}", pair.digest()));

    stage.folder.put("clients.pem", &Authority::new().certificate.pem());
    stage.files.look();

    assert_eq!(client.ask().await.expect("an answer").said, format!("unverified {}", pair.digest()));
}

#[test]
fn files_that_do_not_fit_are_refused_at_the_start() {
    let authority = Authority::new();
    let (one, other) = (authority.vouch(&[HOST]), authority.vouch(&[HOST]));
    let folder = Folder(tempfile::tempdir().expect("a folder"));
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(START));
    let refusal = |change: &dyn Fn()| {
        folder.put_pair(&one);
        folder.put("clients.pem", &authority.certificate.pem());
        let settings = folder.settings();
        change();
        Files::open(&settings, clock.clone()).err()
    };

    assert_eq!(refusal(&|| {}), None);
    let table: [(&str, &dyn Fn()); 4] = [
        ("TLS: the certificate cannot be served with this key", &|| folder.put("key.pem", &other.key.serialize_pem())),
        ("tls.cert_file", &|| std::fs::remove_file(folder.path("cert.pem")).expect("gone")),
        ("tls.key_file", &|| folder.put("key.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----")),
        ("tls.client_ca_file", &|| folder.put("clients.pem", "")),
    ];
    for (words, change) in table {
        let reason = refusal(change).expect(words);
        assert!(reason.starts_with(words), "{reason}");
    }
}

#[test]
fn the_doctor_says_who_speaks_tls() {
    let folder = Folder(tempfile::tempdir().expect("a folder"));
    folder.put_pair(&Authority::new().vouch(&[HOST]));
    let clock = Arc::new(FixedClock::at(START));
    let say = |issuer: &str, proxies: &str, tls: Settings| {
        let mut config = Config::default();
        config.server.issuer = issuer.to_owned();
        config.server.trusted_proxies = proxies.to_owned();
        config.tls = tls;
        let clock: Arc<dyn Clock> = clock.clone();
        examine(&config, &clock)
    };

    assert!(say("http://localhost:8080", "", Settings::default()).is_ok());
    assert!(say("https://id.example", "10.0.0.0/8", Settings::default()).is_ok());
    assert!(say("https://id.example", "", Settings::default()).is_err(), "nobody speaks TLS");
    let built_in = say("https://id.example", "", folder.settings()).expect("our own");
    assert!(built_in.contains("2030"), "{built_in}");
    clock.advance_seconds(4 * 366 * 86_400);
    assert!(say("https://id.example", "", folder.settings()).is_err(), "it has expired");
}
