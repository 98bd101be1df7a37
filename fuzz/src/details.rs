//! `authorization_details`.

use super::{is_exact, parts};
use motlan::protocol::authorization_details::{DetailsType, check, is_within, parse};
use motlan::protocol::resource_indicator;
use serde_json::Value;
use std::collections::BTreeMap;

/// The input is the parameter.
pub fn run(data: &[u8]) {
    let Some([text]) = parts(data) else { return };
    let Ok(details) = parse(Some(text)) else { return };
    assert!(details.len() <= 20 && text.len() <= 8 * 1024);
    let mut definitions: BTreeMap<String, DetailsType> = BTreeMap::new();
    for detail in &details {
        assert!((1..=128).contains(&detail.kind().len()));
        for list in ["locations", "actions", "datatypes", "privileges"] {
            let found = detail.fields().get(list).map(|value| value.as_array().expect("a list"));
            assert!(found.into_iter().flatten().all(Value::is_string), "{list}");
        }
        let places = detail.fields().get("locations").and_then(Value::as_array).into_iter().flatten();
        assert!(places.filter_map(Value::as_str).all(|place| resource_indicator::refuse(place).is_none()));
        let definition = definitions.entry(detail.kind().to_owned()).or_default();
        definition.optional.extend(detail.fields().keys().cloned());
    }
    assert_eq!(check(&details, &definitions), Ok(()), "what is defined is granted");
    assert_eq!(check(&details, &BTreeMap::new()).is_ok(), details.is_empty(), "what is not defined is refused");
    assert!(is_within(&details, &details) && is_within(&[], &details));
    assert_eq!(is_within(&details, &[]), details.is_empty());

    let printed = serde_json::to_value(&details).expect("details are JSON in a token");

    if is_exact(&printed) {
        assert_eq!(parse(Some(&printed.to_string())), Ok(details));
    }
}
