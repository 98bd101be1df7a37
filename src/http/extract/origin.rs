//! Where a request came from: the caller's address, and the request's number.

use crate::http::Site;
use crate::http::headers::RequestId;
use crate::model::device::Device;
use crate::service::Origin;
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
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
    let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Origin { address, request_id, device: Device::of_user_agent(agent) }
}

/// The last address of `X-Forwarded-For` that is not a trusted proxy, when the
/// peer itself is one; a caller cannot choose what a trusted proxy appended.
/// An entry that cannot be read ends the search: nothing before it is believed.
fn caller(site: &Site, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let trusted = |address: IpAddr| site.trusted_proxies.iter().any(|network| network.holds(address));
    let mut nearest = peer.to_canonical();
    if !trusted(nearest) {
        return nearest;
    }
    let entries: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().flat_map(|header| header.to_str().unwrap_or_default().split(',')).collect();
    for entry in entries.into_iter().rev() {
        let Some(address) = read_entry(entry.trim()) else { break };
        nearest = address;
        if !trusted(address) {
            break;
        }
    }
    nearest
}

/// An address, perhaps with a port.
fn read_entry(entry: &str) -> Option<IpAddr> {
    let address = entry.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::network::Network;

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_what_it_appended() {
        let site = Site { trusted_proxies: vec![Network::parse("10.0.0.0/8").expect("a network")], ..Site::default() };
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "1.1.1.1, 203.0.113.7, 10.0.0.2".parse().expect("a header"));
        for (peer, expected) in
            [("10.0.0.1", "203.0.113.7"), ("::ffff:10.0.0.1", "203.0.113.7"), ("198.51.100.9", "198.51.100.9")]
        {
            assert_eq!(caller(&site, peer.parse().expect("an address"), &headers).to_string(), expected);
        }

        headers.insert("x-forwarded-for", "1.1.1.1, 203.0.113.7:4711".parse().expect("a header"));
        assert_eq!(caller(&site, IpAddr::from([10, 0, 0, 1]), &headers).to_string(), "203.0.113.7");
        headers.insert("x-forwarded-for", "1.1.1.1, unknown".parse().expect("a header"));
        assert_eq!(caller(&site, IpAddr::from([10, 0, 0, 1]), &headers).to_string(), "10.0.0.1");
    }
}
