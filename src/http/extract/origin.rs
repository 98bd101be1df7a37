//! Where a request came from: the caller's address, and the request's number.

use crate::http::Site;
use crate::http::headers::RequestId;
use crate::service::Origin;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::net::{IpAddr, SocketAddr};

/// The address at the other end of the connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Reads the origin of a request.
pub fn of(site: &Site, parts: &Parts) -> Origin {
    let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
    let address = peer.map_or_else(|| "unknown".to_owned(), |peer| caller(site, peer, &parts.headers).to_string());
    let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    Origin { address, request_id }
}

/// The last address of `X-Forwarded-For` that is not a trusted proxy, when the
/// peer itself is one; a caller cannot choose what a trusted proxy appended.
fn caller(site: &Site, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let trusted = |address: IpAddr| site.trusted_proxies.iter().any(|network| network.holds(address));
    if !trusted(peer) {
        return peer;
    }
    headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(','))
        .filter_map(|address| address.trim().parse::<IpAddr>().ok())
        .rfind(|address| !trusted(*address))
        .unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::http::Network;

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_what_it_appended() {
        let site = Site { trusted_proxies: vec![Network::parse("10.0.0.0/8").expect("a network")], ..Site::default() };
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "1.1.1.1, 203.0.113.7, 10.0.0.2".parse().expect("a header"));
        let from = |peer: &str| caller(&site, peer.parse().expect("an address"), &headers).to_string();

        assert_eq!(from("10.0.0.1"), "203.0.113.7");
        assert_eq!(from("198.51.100.9"), "198.51.100.9");
    }
}
