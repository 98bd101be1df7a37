//! The claims that these systems read, as they come over the wire.
//!
//! Everything is optional: a system must cope with a person who has no
//! position in force, and with claims that it was not given.

use openidconnect::AdditionalClaims;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Of the ID token: which sign-on it belongs to (Back-Channel Logout 1.0 §2.1).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct SessionClaims {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sid: Option<String>,
}

impl AdditionalClaims for SessionClaims {}

/// Of userinfo: the person as an official.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct OfficialClaims {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unit: Option<UnitClaim>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) legacy_units: Vec<UnitClaim>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) position: Option<PositionClaim>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) positions: Vec<PositionClaim>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) roles: Vec<String>,
}

impl AdditionalClaims for OfficialClaims {}

/// A unit: an immutable id, with names and codes of a time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct UnitClaim {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) codes: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) valid_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) valid_to: Option<String>,
    pub(super) path: Vec<Place>,
}

/// One step of the way from the city down to a unit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: String,
}

/// A position in force.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PositionClaim {
    pub(super) id: String,
    pub(super) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) department: Option<String>,
    pub(super) kind: String,
    pub(super) primary: bool,
    /// An object with a name, or only an id.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(super) unit: Value,
}

impl PositionClaim {
    /// The name of its unit, when the claim tells it.
    pub(super) fn unit_name(&self) -> Option<&str> {
        self.unit.get("name").and_then(Value::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::OfficialClaims;
    use super::PositionClaim;

    #[test]
    fn claims_of_a_person_without_a_position_are_read() {
        let claims: OfficialClaims = serde_json::from_str("{}").expect("claims");

        assert!(claims.unit.is_none());
        assert!(claims.positions.is_empty());
    }

    #[test]
    fn a_unit_with_codes_and_predecessors_is_read() {
        let text = r#"{
            "unit": {"id": "u1", "name": "Phường Sài Gòn", "kind": "phuong", "codes": {"gso": "26740"},
                     "valid_from": "2025-07-01", "path": [{"id": "c", "name": "Thành phố Hồ Chí Minh", "kind": "thanh_pho_tw"}],
                     "registry_version": 3},
            "legacy_units": [{"id": "u0", "name": "Phường Bến Nghé", "kind": "phuong", "codes": {"gso": "26740"}}],
            "position": {"id": "p1", "title": "Chuyên viên", "primary": true, "unit": {"id": "u1", "name": "Phường Sài Gòn"}}
        }"#;

        let claims: OfficialClaims = serde_json::from_str(text).expect("claims");

        assert_eq!(claims.unit.map(|unit| unit.name).as_deref(), Some("Phường Sài Gòn"));
        assert_eq!(claims.legacy_units[0].codes["gso"], "26740");
        assert_eq!(claims.position.as_ref().and_then(PositionClaim::unit_name), Some("Phường Sài Gòn"));
    }
}
