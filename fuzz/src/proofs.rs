//! What a client proves by signing: DPoP proofs and client assertions, their claims above all.

use super::parts;
use motlan::base::digest::{base64url, sha256};
use motlan::crypto::jwt::thumbprint;
use motlan::protocol::client_assertion::{self, Audience};
use motlan::protocol::dpop::{self, Expected, Fault, WINDOW};
use motlan::protocol::jws::Header;
use serde_json::{Map, Value};
use std::sync::Once;
use url::Url;

const ISSUER: &str = "https://id.example.vn";
const ADDRESS: &str = "https://id.example.vn/oauth2/token";
const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const NOW: i64 = 1_795_309_200;
const NOW_EXACT: f64 = 1_795_309_200.0;

/// The input is flags (`a` beside an access token, `n` a nonce is demanded), a header, and claims.
pub fn run(data: &[u8]) {
    static READY: Once = Once::new();
    READY.call_once(motlan::crypto::install_provider);
    let Some([flags, header, claims]) = parts(data) else { return };
    if let Ok(header) = serde_json::from_str::<Header>(header) {
        key(&header);
    }
    if let Ok(claims) = serde_json::from_str::<Map<String, Value>>(claims) {
        proof(flags, &claims);
        assertion(&claims);
    }
}

fn key(header: &Header) {
    let Ok((jwk, algorithm)) = dpop::key(header) else { return };
    assert_eq!(algorithm.as_str(), header.alg);
    assert!(header.is_typ("dpop+jwt"));
    assert!(["d", "p", "q", "dp", "dq", "qi", "oth", "k"].into_iter().all(|private| jwk.get(private).is_none()));
    if let Some(name) = thumbprint(jwk) {
        assert_eq!(name.len(), 43);
    }
}

fn proof(flags: &str, claims: &Map<String, Value>) {
    let nonces: Vec<String> = if flags.contains('n') { vec!["now".to_owned(), "before".to_owned()] } else { Vec::new() };
    let access_token = flags.contains('a').then_some(TOKEN);
    let expected = Expected { method: "POST", address: ADDRESS, access_token, nonces: &nonces, now: NOW };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let jti = match dpop::check(claims, &expected) {
        Ok(jti) => jti,
        Err(Fault::Nonce) => {
            assert!(text("nonce").is_none_or(|nonce| nonces.iter().all(|ours| ours != nonce)));
            return;
        }
        Err(Fault::Wrong(_)) => return,
    };
    assert!(!jti.is_empty() && jti.len() <= 256 && text("jti") == Some(jti.as_str()));
    assert_eq!(text("htm"), Some("POST"));
    let told = text("htu").and_then(|htu| Url::parse(htu).ok()).expect("an address");
    assert_eq!((told.scheme(), told.host_str(), told.port_or_known_default()), ("https", Some("id.example.vn"), Some(443)));
    assert!(told.username().is_empty() && told.password().is_none());
    let iat = claims.get("iat").and_then(Value::as_f64).expect("a time");
    assert!((iat - NOW_EXACT).abs() <= f64::from(i32::try_from(WINDOW).expect("seconds")));
    assert!(access_token.is_none() || text("ath") == Some(base64url(&sha256(TOKEN.as_bytes())).as_str()));
    assert!(nonces.is_empty() || text("nonce").is_some_and(|nonce| nonces.iter().any(|ours| ours == nonce)));
}

fn assertion(claims: &Map<String, Value>) {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    for audience in [Audience::Issuer(ISSUER), Audience::Any(&[ISSUER, ADDRESS])] {
        let Ok(found) = client_assertion::check(claims, "client", &audience, NOW) else { continue };
        assert_eq!((text("iss"), text("sub"), text("jti")), (Some("client"), Some("client"), Some(found.jti.as_str())));
        assert!((1..=256).contains(&found.jti.len()));
        assert!(found.exp > NOW && found.exp <= NOW + 3_660, "{}", found.exp);
        match audience {
            Audience::Issuer(issuer) => assert_eq!(text("aud"), Some(issuer)),
            Audience::Any(_) => assert!(claims.get("aud").is_some_and(|aud| aud.is_string() || aud.is_array())),
        }
    }
}
