//! Headers and claims of a JWS before anything is verified.

use super::{is_exact, parts};
use motlan::base::digest::{base64url, from_base64url};
use motlan::protocol::jws;
use serde_json::{Map, Value};

/// The input is a token, or a header in JSON that is put into one.
pub fn run(data: &[u8]) {
    let Some([text]) = parts(data) else { return };
    token(text);
    token(&format!("{}.e30.", base64url(text.as_bytes())));
}

fn token(token: &str) {
    if let Ok(header) = jws::header(token) {
        assert!(token.len() <= jws::LONGEST);
        assert_eq!(token.split('.').count(), 3);
        let head = token.split('.').next().and_then(from_base64url).expect("base64url");
        let members: Map<String, Value> = serde_json::from_slice(&head).expect("a JSON object");
        for refused in ["crit", "b64", "enc", "zip"] {
            assert!(!members.contains_key(refused), "{refused}");
        }
        assert_eq!(members.get("alg").and_then(Value::as_str), Some(header.alg.as_str()));
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        assert_eq!((header.typ.clone(), header.kid.clone()), (text("typ"), text("kid")));
        assert!(!header.is_typ("at+jwt") || !header.is_typ("dpop+jwt"));
    }
    if let Some(claims) = jws::unverified_claims(token) {
        let claims = Value::Object(claims);
        let printed = format!("e30.{}.", base64url(claims.to_string().as_bytes()));
        if is_exact(&claims) && printed.len() <= jws::LONGEST {
            assert_eq!(jws::unverified_claims(&printed).map(Value::Object), Some(claims));
        }
    }
}
