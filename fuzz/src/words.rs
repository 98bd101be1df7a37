//! Parameters that are words or lists of words, and other short texts.

use super::parts;
use motlan::base::digest::{base64url, sha256};
use motlan::base::locale::Locale;
use motlan::base::network::Network;
use motlan::model::client::is_client_id;
use motlan::protocol::pkce::Challenge;
use motlan::protocol::prompt::Prompt;
use motlan::protocol::response_mode::{self, Place, ResponseMode};
use motlan::protocol::response_type::ResponseType;
use motlan::protocol::scope::{Scopes, is_word};
use motlan::protocol::{acr, jws};
use std::net::IpAddr;

const ISSUER: &str = "https://id.example.vn";

/// The input is a text; each reader gets all of it.
pub fn run(data: &[u8]) {
    let Some([text]) = parts(data) else { return };
    scopes(text);
    answers(text);
    challenge(text);
    levels(text);
    if let Ok(prompt) = Prompt::parse(Some(text)) {
        let others = prompt.login || prompt.consent || prompt.select_account;
        assert!(!(prompt.none && others), "none stands alone");
    }
    for locale in [Locale::from_tag(text), Locale::first_of(text)].into_iter().flatten() {
        assert_eq!(Locale::from_tag(locale.tag()), Some(locale));
    }
    if is_client_id(text) {
        assert!(text.is_ascii() && text.len() <= 64 && !text.contains([':', '/', '%', ' ']));
    }
    if let Some(algorithm) = jws::Algorithm::parse(text) {
        assert_eq!(algorithm.as_str(), text);
    }
    assert!(!jws::is_typ(text, "at+jwt") || !jws::is_typ(text, "dpop+jwt"), "a token is of one kind");
    if let Ok(address) = text.trim().parse::<IpAddr>() {
        assert!(Network::parse(text).is_some_and(|network| network.holds(address)));
    } else if let Some(network) = Network::parse(text) {
        let base = text.trim().split('/').next().and_then(|base| base.parse::<IpAddr>().ok());
        assert!(base.is_some_and(|base| network.holds(base)));
    }
}

fn scopes(text: &str) {
    let Ok(scopes) = Scopes::parse(text) else { return };
    assert!(scopes.iter().all(is_word));
    assert_eq!(Scopes::parse(&scopes.to_string()).as_ref(), Ok(&scopes));
    assert_eq!(Scopes::from(scopes.to_string()), scopes);
    assert!(scopes.is_within(&scopes) && scopes.without("openid").is_within(&scopes));
    assert!(!scopes.without("openid").contains("openid"));
}

fn answers(text: &str) {
    if let Some(response_type) = ResponseType::parse(text) {
        assert_eq!(ResponseType::parse(response_type.as_str()), Some(response_type));
    }
    for response_type in [ResponseType::Code, ResponseType::IdToken, ResponseType::IdTokenToken] {
        let Ok(mode) = ResponseMode::parse(Some(text), response_type) else { continue };
        assert!(response_mode::ALL.contains(&text));
        assert_eq!(mode.signed, text.ends_with("jwt"));
        assert!(!(response_type.is_implicit() && mode.place == Place::Query), "tokens never travel in a query");
    }
}

fn challenge(text: &str) {
    let digest = base64url(&sha256(text.as_bytes()));
    let bound = Challenge::read(Some(&digest), Some("S256")).ok().flatten().expect("a digest is a challenge");
    let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    assert_eq!(bound.matches(text), letters && (43..=128).contains(&text.len()));
    if let Ok(Some(other)) = Challenge::read(Some(text), Some("S256")) {
        assert!(!other.matches(text), "nobody has found a text that is its own digest");
    }
    assert!(Challenge::read(Some(text), None).is_err() && Challenge::read(Some(text), Some("plain")).is_err());
}

fn levels(text: &str) {
    assert!(acr::level_of(text, ISSUER).is_none_or(|level| (1..=4).contains(&level)));
    let asked: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
    for reached in 1..=4 {
        let told = acr::level_of(&acr::answer(reached, &asked, ISSUER), ISSUER);
        assert!(told.is_some_and(|told| told <= reached), "no more is said than was reached");
    }
}
