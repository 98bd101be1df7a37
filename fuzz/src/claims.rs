//! The `claims` parameter.

use super::{is_exact, parts};
use motlan::protocol::claims_request::{ClaimsRequest, fits};
use serde_json::Value;

/// The input is a subject and, on the next line, the parameter.
pub fn run(data: &[u8]) {
    let Some([subject, text]) = parts(data) else { return };
    assert_eq!(ClaimsRequest::parse(None), Ok(ClaimsRequest::default()));
    let Ok(claims) = ClaimsRequest::parse(Some(text)) else { return };
    assert_eq!(claims.is_empty(), claims.userinfo.is_empty() && claims.id_token.is_empty());
    assert!(claims.names_sub() || claims.fits_sub(subject), "who names nobody accepts everybody");
    for side in [&claims.userinfo, &claims.id_token] {
        assert!(side.len() <= 50);
        for wish in side.values() {
            let bare = wish.get("value").is_none() && wish.get("values").is_none();
            assert!(!bare || fits(wish, &Value::from(subject)));
        }
    }
    if let Some((values, _)) = claims.wanted_acr() {
        assert!(claims.id_token.contains_key("acr") && values.len() <= text.len());
    }
    let printed = serde_json::to_value(&claims).expect("claims are JSON while they wait");
    // They wait as a member of the request that waits.
    let kept = Value::from(vec![printed]);
    if is_exact(&kept) {
        let again = serde_json::from_str::<Vec<ClaimsRequest>>(&kept.to_string());
        assert_eq!(again.ok(), Some(vec![claims]), "they come back as they were");
    }
}
