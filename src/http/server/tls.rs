//! TLS of the public listener: only what FAPI 2.0 allows (§5.2.1, §5.2.2; RFC 9325),
//! and certificates of clients (RFC 8705).
//!
//! A certificate is asked for and never demanded. Whoever shows one has proven
//! in the handshake that it holds the key. Whether an authority vouches for it
//! is looked at afterwards, on every connection, also on a resumed one: self-signed
//! certificates (RFC 8705 §2.2) have no authority and are accepted all the same.

use crate::base::clock::Clock;
use crate::http::extract::certificate::PeerCertificate;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs::{cipher_suite, default_provider};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{Acceptor, NoClientAuth, ResolvesServerCert, VerifierBuilderError, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

/// What TLS is made of.
pub struct Parts {
    /// Our certificate, and those between it and its authority.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key of the first.
    pub key: PrivateKeyDer<'static>,
    /// Whoever may vouch for certificates of clients.
    pub authorities: Vec<CertificateDer<'static>>,
    /// The only name of ours at which a certificate is asked for; `None`: at every name.
    pub certificate_host: Option<String>,
}

/// Parts that do not make TLS.
#[derive(Debug, thiserror::Error)]
pub enum BadTls {
    /// Our certificate and key.
    #[error("the certificate cannot be served with this key: {0}")]
    Identity(rustls::Error),
    /// One of the authorities.
    #[error("an authority's certificate cannot be used: {0}")]
    Authority(rustls::Error),
    /// All of them.
    #[error("the authorities cannot be used: {0}")]
    Authorities(VerifierBuilderError),
    /// What is offered.
    #[error("TLS cannot be set up: {0}")]
    Offer(rustls::Error),
}

/// TLS, ready for connections.
pub struct Tls {
    /// For callers who are asked for a certificate.
    asking: Arc<ServerConfig>,
    /// For the others.
    silent: Arc<ServerConfig>,
    certificate_host: Option<String>,
    authorities: Option<Arc<dyn ClientCertVerifier>>,
    clock: Arc<dyn Clock>,
}

impl Tls {
    /// Puts the parts together.
    pub fn new(parts: Parts, clock: Arc<dyn Clock>) -> Result<Self, BadTls> {
        let provider = Arc::new(offer());
        let own = CertifiedKey::from_der(parts.chain, parts.key, &provider).map_err(BadTls::Identity)?;
        let own: Arc<dyn ResolvesServerCert> = Arc::new(SingleCertAndKey::from(own));
        let possession = Possession(provider.signature_verification_algorithms);
        Ok(Self {
            asking: config(&provider, &own, Arc::new(possession))?,
            silent: config(&provider, &own, Arc::new(NoClientAuth))?,
            certificate_host: parts.certificate_host,
            authorities: chain_check(parts.authorities, provider)?,
            clock,
        })
    }

    /// Shakes hands. What the peer showed comes with the stream; its time is for the caller to limit.
    pub async fn greet<S>(&self, stream: S) -> std::io::Result<(TlsStream<S>, Option<PeerCertificate>)>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let config = self.config_for(hello.client_hello().server_name());
        let stream = hello.into_stream(config).await?;
        let certificate = self.read(stream.get_ref().1.peer_certificates());
        Ok((stream, certificate))
    }

    fn config_for(&self, name: Option<&str>) -> Arc<ServerConfig> {
        let asked = match &self.certificate_host {
            None => true,
            Some(host) => name.is_some_and(|name| name.eq_ignore_ascii_case(host)),
        };
        if asked { self.asking.clone() } else { self.silent.clone() }
    }

    fn read(&self, shown: Option<&[CertificateDer<'_>]>) -> Option<PeerCertificate> {
        let (first, others) = shown?.split_first()?;
        Some(PeerCertificate { der: Arc::from(first.as_ref()), verified: self.is_vouched_for(first, others) })
    }

    fn is_vouched_for(&self, first: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> bool {
        let seconds = u64::try_from(self.clock.now().seconds()).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        self.authorities.as_ref().is_some_and(|authorities| authorities.verify_client_cert(first, others, now).is_ok())
    }
}

/// All suites of TLS 1.3, and of TLS 1.2 those that RFC 9325 §4.2 recommends.
fn offer() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            cipher_suite::TLS13_AES_256_GCM_SHA384,
            cipher_suite::TLS13_AES_128_GCM_SHA256,
            cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
            cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ],
        ..default_provider()
    }
}

fn config(
    provider: &Arc<CryptoProvider>,
    own: &Arc<dyn ResolvesServerCert>,
    clients: Arc<dyn ClientCertVerifier>,
) -> Result<Arc<ServerConfig>, BadTls> {
    let mut config = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(BadTls::Offer)?
        .with_client_cert_verifier(clients)
        .with_cert_resolver(own.clone());
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Looks whether a chain leads to one of the authorities; `None` when there are none.
fn chain_check(
    authorities: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ClientCertVerifier>>, BadTls> {
    if authorities.is_empty() {
        return Ok(None);
    }
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority).map_err(BadTls::Authority)?;
    }
    let check = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().map_err(BadTls::Authorities)?;
    Ok(Some(check))
}

/// Accepts every certificate of a caller who proves to hold its key.
#[derive(Debug)]
struct Possession(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for Possession {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// No names: a client that reads them would keep a self-signed certificate to itself.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _first: &CertificateDer<'_>,
        _others: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
