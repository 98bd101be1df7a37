//! What a provider says of somebody: what is dropped, what is kept, and what it means here.

use crate::base::text::nfc;
use crate::model::legacy_source::OidcSettings;
use crate::service::legacy::arrivals::Arrival;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// That somebody came from elsewhere, among the methods of a sign-on. What the provider did is not ours to claim: its
/// words would count here as proofs that nobody saw.
const FEDERATED: &str = "fed";
/// Claims of the ID token that nothing else may lay over.
const OF_THE_TOKEN: [&str; 8] = ["sub", "iss", "aud", "acr", "amr", "auth_time", "sid", "nonce"];

/// What is kept.
pub(super) struct Told {
    /// The account.
    pub(super) arrival: Arrival,
    /// Its level here.
    pub(super) level: i64,
    /// How the person came.
    pub(super) methods: String,
}

/// Reads verified claims; nothing when they name no account.
pub(super) fn read(settings: &OidcSettings, id_token: &Map<String, Value>, userinfo: Map<String, Value>) -> Option<Told> {
    let mut claims = userinfo;
    for name in OF_THE_TOKEN {
        claims.remove(name);
    }
    for (name, value) in id_token {
        if OF_THE_TOKEN.contains(&name.as_str()) || !claims.contains_key(name) {
            claims.insert(name.clone(), value.clone());
        }
    }
    for dropped in &settings.drop {
        claims.remove(dropped);
    }
    let map = &settings.claims;
    let told = |name: &str| text(&claims, name);
    // An address that the provider has not seen to be theirs is not kept. None links anybody, seen or not.
    let has_seen = map.email_verified.is_empty() || is_true(claims.get(&map.email_verified));
    let arrival = Arrival {
        legacy_id: nfc(&told(&map.subject)),
        username: told(&map.username),
        full_name: told(&map.full_name),
        date_of_birth: told(&map.date_of_birth),
        personal_number: Zeroizing::new(told(&map.personal_number)),
        email: if has_seen { told(&map.email) } else { String::new() },
        phone: told(&map.phone),
        unit_code: told(&map.unit_code),
        unit_name: told(&map.unit_name),
        district_name: told(&map.district_name),
        title: told(&map.title),
        status: String::new(),
    };
    let acr = claims.get("acr").and_then(Value::as_str);
    let amr: Vec<&str> = match claims.get("amr") {
        Some(Value::Array(methods)) => methods.iter().filter_map(Value::as_str).collect(),
        Some(_) | None => Vec::new(),
    };
    let level = settings.level(acr, &amr);
    (!arrival.legacy_id.is_empty()).then(|| Told { arrival, level, methods: FEDERATED.to_owned() })
}

/// A claim as text. What is neither text nor a number tells nothing.
fn text(claims: &Map<String, Value>, name: &str) -> String {
    match claims.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => String::new(),
    }
}

/// Some systems write it as a text.
fn is_true(claim: Option<&Value>) -> bool {
    match claim {
        Some(Value::Bool(is_so)) => *is_so,
        Some(Value::String(text)) => text == "true",
        Some(Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::legacy_source::Preset;
    use serde_json::json;

    fn members(value: Value) -> Map<String, Value> {
        let Value::Object(members) = value else { panic!("an object") };
        members
    }

    #[test]
    fn the_claims_of_the_broker_become_facts_and_the_dropped_ones_nothing() {
        let settings = Preset::Vneid.settings();
        let id_token = members(json!({ "sub": "v1", "SoDinhDanh": "079186001234", "DanToc": "Kinh", "acr": "LoA2" }));
        let userinfo =
            members(json!({ "sub": "v2", "HoVaTen": "Trần Thị Kim", "NgayThangNamSinh": "08/03/1986", "acr": "LoA4" }));

        let told = read(&settings, &id_token, userinfo).expect("an account");

        assert_eq!(told.arrival.legacy_id, "v1", "the ID token says who it is");
        assert_eq!((told.arrival.full_name.as_str(), told.arrival.date_of_birth.as_str()), ("Trần Thị Kim", "08/03/1986"));
        assert_eq!(told.arrival.personal_number.as_str(), "079186001234");
        assert_eq!((told.level, told.methods.as_str()), (1, FEDERATED));
    }

    #[test]
    fn what_is_dropped_tells_nothing_wherever_it_stands() {
        let settings = OidcSettings { drop: vec!["acr".to_owned(), "name".to_owned()], lasting: true, ..OidcSettings::default() };
        let settings = OidcSettings { levels: [("2".to_owned(), 2)].into(), ..settings };
        let told = read(&settings, &members(json!({ "sub": "1", "acr": "2" })), members(json!({ "name": "An" })));

        let told = told.expect("an account");
        assert_eq!((told.level, told.arrival.full_name.as_str()), (1, ""));
    }

    #[test]
    fn an_address_that_nobody_has_seen_is_not_kept() {
        let settings = OidcSettings::default();
        for (verified, kept) in [
            (json!(true), "an@bd.vn"),
            (json!("true"), "an@bd.vn"),
            (json!(false), ""),
            (json!("yes"), ""),
            (json!(1), ""),
            (json!(null), ""),
        ] {
            let claims = members(json!({ "sub": 7, "email": "an@bd.vn", "email_verified": verified }));
            let told = read(&settings, &claims, Map::new()).expect("an account");
            assert_eq!((told.arrival.legacy_id.as_str(), told.arrival.email.as_str()), ("7", kept));
        }
        for nobody in [json!({}), json!({ "sub": "" }), json!({ "sub": [1] }), json!({ "sub": null })] {
            assert!(read(&settings, &members(nobody), Map::new()).is_none());
        }
    }
}
