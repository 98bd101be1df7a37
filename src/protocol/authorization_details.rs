//! Rich authorization requests (RFC 9396): what is asked in more words than a scope has.

use super::nesting::is_deeper_than;
use super::resource_indicator;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const MOST: usize = 20;
const LARGEST: usize = 8 * 1024;
const DEEPEST: usize = 8;
/// Types and names of fields come back in errors, so they stay short.
const LONGEST_NAME: usize = 128;
/// Common fields that are lists of strings (§2.2).
const LISTS: [&str; 4] = ["locations", "actions", "datatypes", "privileges"];

/// What is wrong with `authorization_details` (§5).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not a list of objects with a type.
    #[error("authorization_details is a JSON list of objects, each with a type")]
    Malformed,
    /// Too many entries, bytes or levels.
    #[error("authorization_details holds more than 20 entries, 8 KiB, 8 levels, or a name of over 128 bytes")]
    TooLarge,
    /// A common field has not the form of §2.2.
    #[error("{0} in authorization_details has not the form of RFC 9396 section 2.2")]
    Shape(&'static str),
    /// No resource defines the type.
    #[error("the type {0} of authorization_details is not offered")]
    UnknownType(String),
    /// A field that the type demands is not there.
    #[error("{field} is missing in authorization_details of type {kind}")]
    Missing {
        /// The type.
        kind: String,
        /// The field.
        field: String,
    },
    /// A field that the type does not have.
    #[error("{field} does not belong in authorization_details of type {kind}")]
    Unexpected {
        /// The type.
        kind: String,
        /// The field.
        field: String,
    },
}

/// The fields of a type, beside `type` itself. Common fields belong in it only when they are named.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetailsType {
    /// Always there.
    pub required: Vec<String>,
    /// There or not.
    pub optional: Vec<String>,
}

impl DetailsType {
    fn knows(&self, field: &str) -> bool {
        field == "type" || self.required.iter().chain(&self.optional).any(|known| known == field)
    }
}

/// One element: an object with a type, its common fields well formed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct Detail(Map<String, Value>);

impl Detail {
    /// Its type.
    pub fn kind(&self) -> &str {
        self.0.get("type").and_then(Value::as_str).unwrap_or_default()
    }

    /// All its fields, the type among them.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl From<Detail> for Map<String, Value> {
    fn from(detail: Detail) -> Self {
        detail.0
    }
}

impl TryFrom<Map<String, Value>> for Detail {
    type Error = Fault;

    fn try_from(fields: Map<String, Value>) -> Result<Self, Fault> {
        let kind = fields.get("type").and_then(Value::as_str).filter(|kind| !kind.is_empty()).ok_or(Fault::Malformed)?;
        if kind.len() > LONGEST_NAME || fields.keys().any(|name| name.len() > LONGEST_NAME) {
            return Err(Fault::TooLarge);
        }
        check_shape(&fields)?;
        Ok(Self(fields))
    }
}

fn check_shape(fields: &Map<String, Value>) -> Result<(), Fault> {
    let is_list = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
    if let Some(name) = LISTS.into_iter().find(|&name| fields.get(name).is_some_and(|value| !is_list(value))) {
        return Err(Fault::Shape(name));
    }
    let mut locations = fields.get("locations").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    if locations.any(|location| resource_indicator::refuse(location).is_some()) {
        return Err(Fault::Shape("locations"));
    }
    if fields.get("identifier").is_some_and(|value| !value.is_string()) {
        return Err(Fault::Shape("identifier"));
    }
    Ok(())
}

/// Reads the parameter.
pub fn parse(text: Option<&str>) -> Result<Vec<Detail>, Fault> {
    let Some(text) = text else { return Ok(Vec::new()) };
    if text.len() > LARGEST {
        return Err(Fault::TooLarge);
    }
    let document: Value = serde_json::from_str(text).map_err(|_| Fault::Malformed)?;
    if is_deeper_than(&document, DEEPEST) {
        return Err(Fault::TooLarge);
    }
    let Value::Array(entries) = document else { return Err(Fault::Malformed) };
    if entries.len() > MOST {
        return Err(Fault::TooLarge);
    }
    let read = |entry: Value| {
        let Value::Object(fields) = entry else { return Err(Fault::Malformed) };
        Detail::try_from(fields)
    };
    entries.into_iter().map(read).collect()
}

/// Holds every element against the definition of its type (§5): a type or field that is not known is refused,
/// since granting what was not understood would grant too much.
pub fn check(details: &[Detail], definitions: &BTreeMap<String, DetailsType>) -> Result<(), Fault> {
    for detail in details {
        let kind = detail.kind().to_owned();
        let Some(definition) = definitions.get(&kind) else { return Err(Fault::UnknownType(kind)) };
        let is_missing = |field: &&String| detail.0.get(field.as_str()).is_none_or(Value::is_null);
        if let Some(field) = definition.required.iter().find(is_missing).cloned() {
            return Err(Fault::Missing { kind, field });
        }
        if let Some(field) = detail.0.keys().find(|field| !definition.knows(field)).cloned() {
            return Err(Fault::Unexpected { kind, field });
        }
    }
    Ok(())
}

/// True when everything asked was granted, element by element (§6).
pub fn is_within(asked: &[Detail], granted: &[Detail]) -> bool {
    asked.iter().all(|detail| granted.contains(detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: &Value) -> Result<Vec<Detail>, Fault> {
        parse(Some(&value.to_string()))
    }

    #[test]
    fn follows_rfc_9396_2() {
        let fine = [
            json!([]),
            json!([{"type": "t"}]),
            json!([{"type": "t"}, {"type": "t"}]),
            json!([{
                "type": "https://id.example/types/dossier",
                "locations": ["https://api.example/", "urn:x:y"],
                "actions": ["read", "write"],
                "datatypes": [],
                "privileges": ["admin"],
                "identifier": "15",
                "amount": {"value": 1.5},
            }]),
        ];
        for value in fine {
            assert!(read(&value).is_ok(), "{value}");
        }
        let bad = [
            (json!({"type": "t"}), Fault::Malformed),
            (json!("t"), Fault::Malformed),
            (json!(["t"]), Fault::Malformed),
            (json!([[{"type": "t"}]]), Fault::Malformed),
            (json!([{}]), Fault::Malformed),
            (json!([{"type": ""}]), Fault::Malformed),
            (json!([{"type": 1}]), Fault::Malformed),
            (json!([{"type": ["t"]}]), Fault::Malformed),
            (json!([{"type": "t"}, null]), Fault::Malformed),
            (json!([{"type": "t", "locations": "https://api.example/"}]), Fault::Shape("locations")),
            (json!([{"type": "t", "locations": ["api"]}]), Fault::Shape("locations")),
            (json!([{"type": "t", "locations": [1]}]), Fault::Shape("locations")),
            (json!([{"type": "t", "actions": "read"}]), Fault::Shape("actions")),
            (json!([{"type": "t", "actions": ["read", 1]}]), Fault::Shape("actions")),
            (json!([{"type": "t", "datatypes": {}}]), Fault::Shape("datatypes")),
            (json!([{"type": "t", "privileges": null}]), Fault::Shape("privileges")),
            (json!([{"type": "t", "identifier": 15}]), Fault::Shape("identifier")),
        ];
        for (value, fault) in bad {
            assert_eq!(read(&value), Err(fault), "{value}");
        }
        assert_eq!(parse(None), Ok(vec![]));
        for text in ["", "x", "[", "[{\"type\":\"t\"}] x", "null"] {
            assert_eq!(parse(Some(text)), Err(Fault::Malformed), "{text}");
        }
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let entries = |count: usize| Value::Array(vec![json!({"type": "t"}); count]);
        assert!(read(&entries(20)).is_ok());
        assert_eq!(read(&entries(21)), Err(Fault::TooLarge));
        // The list and the object are two levels.
        let nested = |levels: usize| format!(r#"[{{"type":"t","x":{}1{}}}]"#, "[".repeat(levels), "]".repeat(levels));
        assert!(parse(Some(&nested(6))).is_ok());
        assert_eq!(parse(Some(&nested(7))), Err(Fault::TooLarge));
        assert!(parse(Some(&nested(2_000))).is_err());
        let long = |length: usize| format!(r#"[{{"type":"t","x":"{}"}}]"#, "a".repeat(length - 21));
        assert_eq!(long(LARGEST).len(), LARGEST);
        assert!(parse(Some(&long(LARGEST))).is_ok());
        assert_eq!(parse(Some(&long(LARGEST + 1))), Err(Fault::TooLarge));
        assert!(read(&json!([{"type": "t".repeat(128), ("x".repeat(128)): 1}])).is_ok());
        assert_eq!(read(&json!([{"type": "t".repeat(129)}])), Err(Fault::TooLarge));
        assert_eq!(read(&json!([{"type": "t", ("x".repeat(129)): 1}])), Err(Fault::TooLarge));
    }

    fn definitions() -> BTreeMap<String, DetailsType> {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect();
        let dossier = DetailsType { required: words(&["actions"]), optional: words(&["identifier"]) };
        BTreeMap::from([("dossier".to_owned(), dossier), ("bare".to_owned(), DetailsType::default())])
    }

    #[test]
    fn follows_rfc_9396_5() {
        let table = [
            (json!([{"type": "dossier", "actions": ["read"]}]), None),
            (json!([{"type": "dossier", "actions": [], "identifier": "1"}, {"type": "bare"}]), None),
            (json!([{"type": "payment"}]), Some("the type payment of authorization_details is not offered")),
            (json!([{"type": "Dossier", "actions": []}]), Some("the type Dossier of authorization_details is not offered")),
            (json!([{"type": "dossier"}]), Some("actions is missing in authorization_details of type dossier")),
            (
                json!([{"type": "dossier", "actions": [], "x": 1}]),
                Some("x does not belong in authorization_details of type dossier"),
            ),
            (
                json!([{"type": "bare", "locations": ["https://a"]}]),
                Some("locations does not belong in authorization_details of type bare"),
            ),
            (json!([{"type": "bare"}, {"type": "payment"}]), Some("the type payment of authorization_details is not offered")),
        ];
        for (value, expected) in table {
            let found = check(&read(&value).expect("well formed"), &definitions()).err().map(|fault| fault.to_string());
            assert_eq!(found.as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn a_required_field_of_nothing_is_missing() {
        let definitions =
            BTreeMap::from([("t".to_owned(), DetailsType { required: vec!["amount".to_owned()], optional: Vec::new() })]);
        let details = read(&json!([{"type": "t", "amount": null}])).expect("well formed");
        assert!(matches!(check(&details, &definitions), Err(Fault::Missing { .. })));
    }

    #[test]
    fn follows_rfc_9396_6_a_token_gets_no_more_than_was_granted() {
        let whole = json!([{"type": "t", "actions": ["read", "write"]}, {"type": "u", "x": {"a": 1, "b": 2}}]);
        let granted = read(&whole).expect("well formed");
        let table = [
            (json!([]), true),
            (json!([{"type": "t", "actions": ["read", "write"]}]), true),
            (json!([{"actions": ["read", "write"], "type": "t"}, {"x": {"b": 2, "a": 1}, "type": "u"}]), true),
            (json!([{"type": "t", "actions": ["read"]}]), false),
            (json!([{"type": "t", "actions": ["write", "read"]}]), false),
            (json!([{"type": "t"}]), false),
            (json!([{"type": "u", "x": {"a": 1, "b": 2, "c": 3}}]), false),
            (json!([{"type": "t", "actions": ["read", "write"]}, {"type": "v"}]), false),
        ];
        for (asked, fine) in table {
            assert_eq!(is_within(&read(&asked).expect("well formed"), &granted), fine, "{asked}");
        }
        assert!(!is_within(&granted, &[]));
    }

    #[test]
    fn elements_are_kept_and_read_again_as_they_were() {
        let details = read(&json!([{"type": "t", "actions": ["read"], "n": 1.5}])).expect("well formed");
        let text = serde_json::to_string(&details).expect("JSON");
        assert_eq!(serde_json::from_str::<Vec<Detail>>(&text).expect("the same"), details);
        assert_eq!(details[0].kind(), "t");
        assert_eq!(details[0].fields().get("n"), Some(&json!(1.5)));
        for bad in [json!({}), json!({"type": 1}), json!({"type": "t", "actions": 1}), json!([])] {
            assert!(serde_json::from_value::<Detail>(bad.clone()).is_err(), "{bad}");
        }
    }
}
