//! Request objects, and how they are laid over what stands beside them.

use super::parts;
use motlan::protocol::parameters::Parameters;
use motlan::protocol::request_object::{self, Expect, TYPE};
use serde_json::{Map, Value};

const NOW: i64 = 1_795_309_200;
const NOW_EXACT: f64 = 1_795_309_200.0;

/// The input is flags (`s` strict, `t` typed), the query beside the object, and its claims.
pub fn run(data: &[u8]) {
    let Some([flags, outside, claims]) = parts(data) else { return };
    let Ok(claims) = serde_json::from_str::<Map<String, Value>>(claims) else { return };
    let strict = flags.contains('s');
    let inside = request_object::parameters(&claims);
    if let Ok(inside) = &inside {
        assert_eq!(inside.fault(), None);
        assert!(inside.size() <= 16 * 1024);
        for about in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"] {
            assert_eq!(inside.get(about), None, "{about} is no parameter");
        }
    }
    let expect = Expect { client_id: "client", issuer: "https://id.example.vn", now_seconds: NOW, strict };
    if request_object::check(&claims, flags.contains('t').then_some(TYPE), &expect).is_err() {
        return;
    }
    check_claims(&claims, strict);
    let Ok(inside) = inside else { return };
    let outside = Parameters::decode(outside.as_bytes());
    for only_inside in [false, true] {
        if let Ok(whole) = request_object::merged(&outside, &inside, only_inside) {
            check_whole(&outside, &inside, &whole, only_inside);
        }
    }
}

fn check_claims(claims: &Map<String, Value>, strict: bool) {
    assert!(!claims.contains_key("request") && !claims.contains_key("request_uri"));
    for who in ["iss", "client_id"] {
        let told = claims.get(who).and_then(Value::as_str);
        assert!(told == Some("client") || (told.is_none() && !strict), "{who}");
    }
    assert_ne!(claims.get("sub").and_then(Value::as_str), Some("client"));
    let moment = |name: &str| claims.get(name).and_then(Value::as_f64);
    assert!(moment("exp").is_none_or(|exp| exp > NOW_EXACT));
    assert!(!strict || moment("exp").is_some_and(|exp| exp <= NOW_EXACT + 3_610.0));
}

fn check_whole(outside: &Parameters, inside: &Parameters, whole: &Parameters, only_inside: bool) {
    assert_eq!((whole.get("request"), whole.get("request_uri")), (None, None));
    assert!(outside.fault().is_none() || whole.fault().is_some(), "a fault is not forgotten");
    let inner: Vec<(&str, &str)> = inside.pairs().collect();
    let all: Vec<(&str, &str)> = whole.pairs().collect();
    assert!(inner.iter().all(|pair| all.contains(pair)), "what is inside wins");
    for (name, value) in all.into_iter().filter(|pair| !inner.contains(pair)) {
        assert!(!only_inside || name == "client_id", "{name} stood beside");
        assert!(inner.iter().all(|(known, _)| *known != name), "{name} stood inside too");
        assert!(outside.pairs().any(|pair| pair == (name, value)));
    }
    if let (Some(named), None) = (outside.get("client_id"), whole.fault()) {
        assert_eq!(whole.get("client_id"), Some(named));
    }
}
