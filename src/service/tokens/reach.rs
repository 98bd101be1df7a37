//! How far a token may reach: which resources (RFC 8707), and which details (RFC 9396).

use crate::model::client::Client;
use crate::model::resource::Resource;
use crate::protocol::authorization_details::{self, Detail, DetailsType};
use crate::protocol::error::{ErrorCode, OAuthError};
use std::collections::BTreeMap;

/// The resources behind identifiers, each one that this client may reach.
pub fn resources<'r>(client: &Client, all: &'r [Resource], asked: &[String]) -> Result<Vec<&'r Resource>, OAuthError> {
    let find = |identifier: &String| {
        let found = all.iter().find(|resource| resource.identifier == *identifier);
        found
            .filter(|_| client.may_reach(identifier))
            .ok_or_else(|| OAuthError::new(ErrorCode::InvalidTarget, "the resource is unknown, or this client may not reach it"))
    };
    asked.iter().map(find).collect()
}

/// Holds authorization details against the types that this client may ask, as its resources define them.
pub fn details(client: &Client, all: &[Resource], asked: &[Detail]) -> Result<(), OAuthError> {
    if asked.is_empty() {
        return Ok(());
    }
    let allowed = |kind: &String| client.settings.authorization_details_types.contains(kind);
    let reached = all.iter().filter(|resource| client.may_reach(&resource.identifier));
    let definitions: BTreeMap<String, DetailsType> = reached
        .flat_map(|resource| &resource.details)
        .filter(|(kind, _)| allowed(kind))
        .map(|(kind, definition)| (kind.clone(), definition.clone()))
        .collect();
    let elsewhere = |detail: &Detail| {
        let named = detail.fields().get("locations").and_then(serde_json::Value::as_array);
        named.into_iter().flatten().filter_map(serde_json::Value::as_str).any(|location| !client.may_reach(location))
    };
    if asked.iter().any(elsewhere) {
        return Err(OAuthError::new(
            ErrorCode::InvalidAuthorizationDetails,
            "locations names a resource that this client may not reach",
        ));
    }
    authorization_details::check(asked, &definitions)
        .map_err(|fault| OAuthError::new(ErrorCode::InvalidAuthorizationDetails, fault.to_string()))
}
