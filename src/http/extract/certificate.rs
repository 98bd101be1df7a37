//! The client's certificate of a request: from our own TLS listener, or from a
//! header of a trusted proxy where TLS ends before us.
//!
//! A header is believed only when the setting `tls.client_certificate_header`
//! names it and a trusted proxy is at the other end of the connection. Without
//! the setting none is, not even `Client-Cert`: a proxy that is trusted for
//! addresses only would let through what a caller wrote. The proxy must
//! overwrite or remove the header in every request (RFC 9440 §4), and must have
//! verified that the caller holds the certificate's key. That an authority
//! vouches for the certificate is believed only when `tls.client_certificate_verified`
//! says so: nginx with `ssl_verify_client optional` lets no other through, with
//! `optional_no_ca` it lets every one.

use super::origin::Peer;
use crate::http::Site;
use crate::protocol::error::OAuthError;
use crate::service::sender::PresentedCertificate;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

/// The certificate of a caller, who holds its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// Its DER form.
    pub der: Arc<[u8]>,
    /// An authority for clients vouches for it. Without this it counts for a registered key only.
    pub verified: bool,
}

impl PeerCertificate {
    /// The same, as it is presented to a capability.
    pub fn shown(&self) -> PresentedCertificate<'_> {
        PresentedCertificate { der: &self.der, verified: self.verified }
    }
}

/// The client's certificate, when it showed one.
///
/// Where a header is believed it alone counts: the connection's own certificate is then the proxy's.
pub fn read(site: &Site, parts: &Parts) -> Result<Option<PeerCertificate>, OAuthError> {
    let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip().to_canonical());
    let proxied = peer.is_some_and(|peer| site.trusted_proxies.iter().any(|network| network.holds(peer)));
    match site.client_certificate_header.as_ref().filter(|_| proxied) {
        Some(name) => {
            let der = from_header(&parts.headers, name)?;
            Ok(der.map(|der| PeerCertificate { der, verified: site.client_certificate_verified }))
        }
        None => Ok(parts.extensions.get::<PeerCertificate>().cloned()),
    }
}

fn from_header(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Arc<[u8]>>, OAuthError> {
    let mut found = headers.get_all(name).iter();
    let Some(first) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err(OAuthError::invalid_request("the header of the client's certificate came twice"));
    }
    let unread = || OAuthError::invalid_request("the header of the client's certificate cannot be read");
    let text = first.to_str().map_err(|_| unread())?.trim();
    if text.is_empty() {
        // What proxies send for a caller without a certificate.
        return Ok(None);
    }
    let der = if text.starts_with(':') { from_bytes(text) } else { from_pem(text) };
    der.filter(|der| !der.is_empty()).map(|der| Some(der.into())).ok_or_else(unread)
}

/// A byte sequence between colons (RFC 9440 §2.1, RFC 9651 §3.3.5).
fn from_bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.strip_prefix(':')?.strip_suffix(':')?).ok()
}

/// One PEM block, as it is or with percent signs (`$ssl_client_escaped_cert` of nginx).
fn from_pem(text: &str) -> Option<Vec<u8>> {
    let text = percent_decoded(text)?;
    let body = text.trim().strip_prefix("-----BEGIN CERTIFICATE-----")?.strip_suffix("-----END CERTIFICATE-----")?;
    STANDARD.decode(body.split_ascii_whitespace().collect::<String>()).ok()
}

/// Percent signs only: a plus is a letter of base64 and stays.
fn percent_decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    out.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        out.push(u8::from_str_radix(digits, 16).ok()?);
        out.extend(part.get(2..)?.bytes());
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::network::Network;
    use axum::http::Request;

    const PROXY: &str = "10.0.0.1:4711";
    const STRANGER: &str = "203.0.113.9:4711";
    const PEM: &str = "-----BEGIN%20CERTIFICATE-----%0AAQID%0ABA%3D%3D%0A-----END%20CERTIFICATE-----%0A";

    fn site(header: Option<&'static str>) -> Site {
        Site {
            trusted_proxies: vec![Network::parse("10.0.0.0/8").expect("a network")],
            client_certificate_header: header.map(HeaderName::from_static),
            ..Site::default()
        }
    }

    fn der(found: Option<&PeerCertificate>) -> Option<&[u8]> {
        found.map(|certificate| &*certificate.der)
    }

    fn parts(peer: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        parts.extensions.insert(Peer(peer.parse().expect("an address")));
        parts
    }

    #[test]
    fn only_a_trusted_proxy_and_only_the_named_header_is_believed() {
        let header = ("client-cert", ":AQIDBA==:");
        let table = [
            ("a trusted proxy", Some("client-cert"), PROXY, true),
            ("the same, as IPv6 writes it", Some("client-cert"), "[::ffff:10.0.0.1]:4711", true),
            ("a stranger", Some("client-cert"), STRANGER, false),
            ("a header that is not named", Some("x-client-cert"), PROXY, false),
            ("no header is named", None, PROXY, false),
        ];
        for (case, named, peer, believed) in table {
            let found = read(&site(named), &parts(peer, &[header])).expect("readable");
            assert_eq!(der(found.as_ref()), believed.then_some(&[1, 2, 3, 4][..]), "{case}");
        }
        let mut without_peer = parts(PROXY, &[header]);
        without_peer.extensions.remove::<Peer>();
        assert!(read(&site(Some("client-cert")), &without_peer).expect("readable").is_none());
    }

    #[test]
    fn a_proxy_vouches_only_when_the_setting_says_so() {
        for verified in [false, true] {
            let site = Site { client_certificate_verified: verified, ..site(Some("client-cert")) };
            let found = read(&site, &parts(PROXY, &[("client-cert", ":AQIDBA==:")])).expect("readable");
            assert_eq!(found.map(|certificate| certificate.verified), Some(verified));

            let mut direct = parts(STRANGER, &[("client-cert", ":AQIDBA==:")]);
            let own = PeerCertificate { der: Arc::from([9, 9]), verified: !verified };
            direct.extensions.insert(own.clone());
            assert_eq!(read(&site, &direct).expect("readable"), Some(own), "the listener's own word stands");
        }
    }

    #[test]
    fn a_strangers_header_is_not_even_read() {
        let twice = [("client-cert", "!"), ("client-cert", "!")];
        assert!(read(&site(Some("client-cert")), &parts(STRANGER, &twice)).expect("ignored").is_none());
    }

    #[test]
    fn the_listeners_certificate_counts_unless_a_proxy_speaks_for_the_client() {
        let own = PeerCertificate { der: Arc::from([9, 9]), verified: true };
        let with = |peer: &str, headers: &[(&str, &str)]| {
            let mut parts = parts(peer, headers);
            parts.extensions.insert(own.clone());
            parts
        };
        let header = [("client-cert", ":AQIDBA==:")];
        let table = [
            ("nothing is set", None, STRANGER, &[][..], Some(&[9, 9][..])),
            ("a stranger's header beside it", Some("client-cert"), STRANGER, &header[..], Some(&[9, 9][..])),
            ("a proxy that no header is expected of", None, PROXY, &header[..], Some(&[9, 9][..])),
            ("a proxy's header", Some("client-cert"), PROXY, &header[..], Some(&[1, 2, 3, 4][..])),
            ("a proxy's client without a certificate", Some("client-cert"), PROXY, &[][..], None),
        ];
        for (case, named, peer, headers, expected) in table {
            let found = read(&site(named), &with(peer, headers)).expect("readable");
            assert_eq!(der(found.as_ref()), expected, "{case}");
        }
    }

    #[test]
    fn a_header_is_read_in_two_forms_and_strictly() {
        let fine = Some(Some(&[1, 2, 3, 4][..]));
        let table = [
            (":AQIDBA==:", fine),
            (" :AQIDBA==: ", fine),
            (PEM, fine),
            ("-----BEGIN CERTIFICATE----- AQID BA== -----END CERTIFICATE-----", fine),
            ("-----BEGIN%20CERTIFICATE-----%0a%41QIDBA==%0a-----END%20CERTIFICATE-----", fine),
            ("", Some(None)),
            ("::", None),
            (":", None),
            (":AQIDBA==", None),
            ("AQIDBA==:", None),
            ("AQIDBA==", None),
            (":AQIDBA:", None),
            (":AQIDB:", None),
            (":AQIDBA==:;a=b", None),
            (":AQIDBA==:, :AQIDBA==:", None),
            (":AQID BA==:", None),
            (":-_-_:", None),
            ("-----BEGIN%20CERTIFICATE-----%0AAQIDB%0A-----END%20CERTIFICATE-----", None),
            ("-----BEGIN%20CERTIFICATE-----%0A-----END%20CERTIFICATE-----", None),
            ("-----BEGIN%20CERTIFICATE-----%0AAQIDBA==", None),
            ("-----BEGIN%20CERTIFICATE-----%0AAQIDBA==%0A-----END%20CERTIFICATE-----%", None),
            ("-----BEGIN%20CERTIFICATE-----%0AAQIDBA==%0A-----END%20CERTIFICATE-----%0", None),
            ("-----BEGIN%20CERTIFICATE-----%+AAQIDBA==%0A-----END%20CERTIFICATE-----", None),
            ("-----BEGIN%20CERTIFICATE-----%ff-----END%20CERTIFICATE-----", None),
            ("-----BEGIN%20PRIVATE%20KEY-----%0AAQIDBA==%0A-----END%20PRIVATE%20KEY-----", None),
            ("-----BEGIN+CERTIFICATE-----%0AAQIDBA==%0A-----END+CERTIFICATE-----", None),
        ];
        for (value, expected) in table {
            let found = read(&site(Some("client-cert")), &parts(PROXY, &[("client-cert", value)])).ok();
            assert_eq!(found.as_ref().map(|found| der(found.as_ref())), expected, "{value}");
        }
        let chain = [PEM, PEM].concat();
        assert!(read(&site(Some("client-cert")), &parts(PROXY, &[("client-cert", &chain)])).is_err());
        let twice = [("client-cert", ":AQIDBA==:"), ("client-cert", ":AQIDBA==:")];
        assert!(read(&site(Some("client-cert")), &parts(PROXY, &twice)).is_err());
    }
}
