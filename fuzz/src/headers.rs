//! What is read from the headers of a request: who calls, with which cookies, proofs and secrets.

use super::parts;
use http::header::{HeaderName, HeaderValue};
use http::request::Parts;
use motlan::base::network::Network;
use motlan::http::Site;
use motlan::http::extract::cookies::Cookie;
use motlan::http::extract::origin::{self, Peer};
use motlan::http::extract::{body, certificate, client_auth, dpop};
use motlan::protocol::parameters::Parameters;
use motlan::service::clients::authenticate::Presented;
use std::net::IpAddr;

const PROXY: &str = "10.0.0.1:4711";
const STRANGER: &str = "203.0.113.9:4711";

/// The input is lines of headers, as they stand in a request.
pub fn run(data: &[u8]) {
    let Some([text]) = parts(data) else { return };
    let site = Site {
        secure: text.contains("__Host-"),
        trusted_proxies: Network::parse("10.0.0.0/8").into_iter().collect(),
        client_certificate_header: Some(HeaderName::from_static("client-cert")),
        client_certificate_verified: text.contains("motlan_"),
        ..Site::default()
    };
    from_a_stranger(&site, &request(text, STRANGER));
    let proxied = request(text, PROXY);
    from_a_proxy(&site, &proxied, text);
    cookies(&site, &proxied);
    if let Ok(presented) = client_auth::read(&proxied.headers, &Parameters::default()) {
        let by_header = matches!(presented, Presented::Secret { .. });
        assert!(by_header && proxied.headers.get_all("authorization").iter().count() == 1, "only a header proved anything");
    }
    if let Ok(Some(proof)) = dpop::read(&proxied.headers) {
        assert!(!proof.is_empty() && proxied.headers.get_all("dpop").iter().count() == 1);
    }
    assert!(!body::is_form(&proxied.headers) || proxied.headers.contains_key("content-type"));
}

fn request(text: &str, peer: &str) -> Parts {
    let mut request = http::Request::new(());
    for (name, value) in text.lines().take(200).filter_map(|line| line.split_once(':')) {
        let name = HeaderName::from_bytes(name.trim().as_bytes());
        let value = HeaderValue::from_bytes(value.trim().as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            request.headers_mut().append(name, value);
        }
    }
    let (mut parts, ()) = request.into_parts();
    parts.extensions.insert(Peer(peer.parse().expect("an address")));
    parts
}

fn from_a_stranger(site: &Site, parts: &Parts) {
    assert_eq!(origin::of(site, parts).address, "203.0.113.9", "what a stranger says about itself does not count");
    assert_eq!(certificate::read(site, parts).ok(), Some(None));
}

fn from_a_proxy(site: &Site, parts: &Parts, text: &str) {
    let address = origin::of(site, parts).address;
    let address: IpAddr = address.parse().expect("an address");
    assert!(address == IpAddr::from([10, 0, 0, 1]) || text.to_ascii_lowercase().contains("x-forwarded-for"));
    if let Ok(Some(shown)) = certificate::read(site, parts) {
        assert!(!shown.der.is_empty() && parts.headers.get_all("client-cert").iter().count() == 1);
        assert_eq!(shown.verified, site.client_certificate_verified);
    }
}

fn cookies(site: &Site, parts: &Parts) {
    for cookie in [Cookie::SignOn, Cookie::Browser, Cookie::Preferences] {
        let Some(value) = cookie.read(site, &parts.headers) else { continue };
        assert!(value.len() <= 64 && !value.contains([';', ',', ' ', '=', '"']));
        let written = cookie.set(site, value, Some(60)).expect("what was read can be set");
        let written = written.to_str().expect("ASCII").to_owned();
        assert_eq!(written.contains("__Host-") && written.contains("; Secure"), site.secure);
        assert!(written.contains("; HttpOnly") && written.contains("; SameSite=Lax"));
    }
}
