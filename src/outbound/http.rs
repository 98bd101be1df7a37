//! One HTTP client for everything that leaves. Private and loopback addresses
//! are refused unless a setting names their network: a registered address must
//! not become a tunnel into the city's network. Redirects are not followed.

use super::request_objects::RequestObjects;
use super::upstream_oidc::Upstreams;
use crate::base::network::Network;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// A small document is here after so long, from looking up its name to its last byte: often a person waits for it.
const DOCUMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a call failed, without what the other side said.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The client could not be made, or the setting cannot be read.
    #[error("{0}")]
    Setup(String),
    /// The address may not be called.
    #[error("the address is private and not allowed")]
    Forbidden,
    /// No answer in time, or none at all.
    #[error("no answer: {0}")]
    NoAnswer(&'static str),
}

/// True for addresses that the public internet does not route.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || v4.is_documentation()
                || a == 0
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (18..20).contains(&b))
                || matches!((a, b, c), (192, 0, 0) | (192, 88, 99))
                || a >= 240
        }
        IpAddr::V6(v6) => {
            let segments = v6.segments();
            let first = segments[0];
            v6.is_multicast()
                || first & 0xfe00 == 0xfc00
                || first & 0xffc0 == 0xfe80
                || first & 0xffc0 == 0xfec0
                || (first == 0x2001 && segments[1] == 0xdb8)
                || (first == 0x2001 && segments[1] == 0)
                // Addresses that hold an IPv4 address: 6to4, NAT64, and the old compatible form, `::` and `::1` among them.
                || first == 0x2002
                || (first == 0x64 && segments[1] == 0xff9b)
                || segments[..6] == [0; 6]
        }
    }
}

#[derive(Clone)]
pub(super) struct Guard {
    allowed: Arc<[Network]>,
}

impl Guard {
    pub(super) fn lets(&self, address: IpAddr) -> bool {
        !is_private(address) || self.names(address)
    }

    /// True when a setting names the address's network.
    pub(super) fn names(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|network| network.holds(address.to_canonical()))
    }
}

/// The address of a URL whose host is digits: those are not resolved, so they are checked before the call.
pub(super) fn digits(url: &url::Url) -> Option<IpAddr> {
    match url.host() {
        Some(url::Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(url::Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(url::Host::Domain(_)) | None => None,
    }
}

/// Resolves names and drops every address that may not be called: what is
/// checked is what is connected to, so a name cannot change in between.
impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let fine: Vec<SocketAddr> = found.filter(|address| guard.lets(address.ip())).collect();
            if fine.is_empty() {
                return Err(Box::new(OutboundError::Forbidden) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(fine.into_iter()) as Addrs)
        })
    }
}

/// The client.
#[derive(Clone)]
pub struct HttpClient {
    pub(super) client: reqwest::Client,
    pub(super) guard: Guard,
    /// The time that a small document may take in all.
    pub(super) document_timeout: Duration,
    /// Clones of a client share what they know of addresses.
    pub(super) request_objects: Arc<RequestObjects>,
    /// And of other providers.
    pub(super) upstreams: Arc<Upstreams>,
}

impl HttpClient {
    /// A client that may call these private networks, and trusts one more CA when given (PEM).
    #[expect(clippy::disallowed_methods, reason = "this is the one place that makes HTTP clients")]
    pub fn new(allowed: Vec<Network>, ca_pem: Option<&[u8]>) -> Result<Self, OutboundError> {
        let guard = Guard { allowed: allowed.into() };
        let setup = |error: reqwest::Error| OutboundError::Setup(error.to_string());
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("motlan/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(3))
            .timeout(Duration::from_secs(8))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(guard.clone()));
        if let Some(pem) = ca_pem {
            builder = builder.add_root_certificate(reqwest::Certificate::from_pem(pem).map_err(setup)?);
        }
        let client = builder.build().map_err(setup)?;
        Ok(Self { client, guard, document_timeout: DOCUMENT_TIMEOUT, request_objects: Arc::default(), upstreams: Arc::default() })
    }

    /// Posts a form and answers the status. The body is not read.
    pub async fn post_form(&self, address: &str, fields: &[(&str, &str)]) -> Result<u16, OutboundError> {
        let url = url::Url::parse(address).map_err(|_| OutboundError::NoAnswer("the address cannot be read"))?;
        if digits(&url).is_some_and(|address| !self.guard.lets(address)) {
            return Err(OutboundError::Forbidden);
        }
        let answer = self.client.post(url).form(fields).send().await.map_err(|error| {
            if error.is_timeout() { OutboundError::NoAnswer("time-out") } else { OutboundError::NoAnswer("no connection") }
        })?;
        Ok(answer.status().as_u16())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_refused_unless_their_network_is_named() {
        let guard = Guard { allowed: [Network::parse("10.1.0.0/16").expect("a network")].into() };
        let table = [
            ("8.8.8.8", true),
            ("127.0.0.1", false),
            ("10.1.2.3", true),
            ("10.2.2.3", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("::1", false),
            ("fd00::1", false),
            ("fe80::1", false),
            ("::ffff:127.0.0.1", false),
            ("::", false),
            ("::7f00:1", false),
            ("ff02::1", false),
            ("fec0::1", false),
            ("2001:db8::1", false),
            ("2001:0:7f00:1::", false),
            ("192.0.0.170", false),
            ("192.88.99.1", false),
            ("2002:7f00:1::", false),
            ("64:ff9b::a9fe:a9fe", false),
            ("64:ff9b:1::1", false),
            ("::ffff:10.1.0.1", true),
            ("2001:4860:4860::8888", true),
        ];
        for (address, fine) in table {
            assert_eq!(guard.lets(address.parse().expect("an address")), fine, "{address}");
        }
    }
}
