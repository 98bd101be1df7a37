//! Client metadata (RFC 7591 §2, OpenID Connect Dynamic Client Registration 1.0
//! §2): read from a document that a stranger wrote, member by member.
//!
//! Every refusal names its member. Members that are unknown here are left
//! alone; those that ask for encryption are known and refused, since leaving
//! them alone would answer in the clear. `null` means absent (RFC 7592 §2.2).

mod about;
mod addresses;
mod flow;
mod logout;
mod members;
mod messages;
mod proof;
#[cfg(test)]
mod tests;

pub use about::About;
pub use flow::{ApplicationType, Flow};
pub use logout::Logout;
pub use members::wrong;
pub use messages::Messages;
pub use proof::Proof;

use super::error::{ErrorCode, OAuthError};
use members::Members;
use serde_json::{Map, Value};

/// Scopes about the city's own affairs: never for a client that registers itself.
pub const CITY_SCOPES: [&str; 5] = ["unit", "position", "positions", "roles", "legacy"];

/// No honest document is nested deeper: the document, `jwks`, `keys`, a key, `x5c`, a certificate.
const DEEPEST: usize = 8;

const ENCRYPTION: [&str; 10] = [
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "request_object_encryption_alg",
    "request_object_encryption_enc",
    "authorization_encrypted_response_alg",
    "authorization_encrypted_response_enc",
    "introspection_encrypted_response_alg",
    "introspection_encrypted_response_enc",
];

/// What clients that register themselves may be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Registration is offered, to whoever holds an initial access token.
    pub enabled: bool,
    /// Scopes that they may have; those of the city are left out whatever stands here.
    pub scopes: Vec<String>,
    /// How many addresses one of them may be answered at.
    pub max_redirect_uris: usize,
    /// How long a client secret is valid; 0 is for ever.
    pub client_secret_seconds: i64,
    /// PKCE is demanded of those that keep a secret, too.
    pub require_pkce: bool,
    /// Types of authorization details that they may ask (RFC 9396 §10).
    pub authorization_details_types: Vec<String>,
    /// Tokens may come from the authorization endpoint itself: the provider's own switch, not part of this section.
    #[serde(skip)]
    pub implicit: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            enabled: true,
            scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            max_redirect_uris: 20,
            client_secret_seconds: 0,
            require_pkce: true,
            authorization_details_types: Vec::new(),
            implicit: false,
        }
    }
}

impl Policy {
    /// True when a client that registers itself may have a scope.
    pub fn may_have(&self, scope: &str) -> bool {
        let named = scope == "openid" || self.scopes.iter().any(|allowed| allowed == scope);
        named && !CITY_SCOPES.contains(&scope)
    }
}

/// Metadata that were found in order, with the defaults of what was left out.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ClientMetadata {
    /// What is asked and where it is answered.
    #[serde(flatten)]
    pub flow: Flow,
    /// What people are told.
    #[serde(flatten)]
    pub about: About,
    /// How the client proves itself, and what its tokens are bound to.
    #[serde(flatten)]
    pub proof: Proof,
    /// How requests and answers are signed.
    #[serde(flatten)]
    pub messages: Messages,
    /// How it learns of a sign-out.
    #[serde(flatten)]
    pub logout: Logout,
}

impl ClientMetadata {
    /// Reads a document.
    pub fn read(document: &Map<String, Value>, policy: &Policy) -> Result<Self, OAuthError> {
        let members = Members(document);
        if members.value("software_statement").is_some() {
            let reason = "software_statement: no issuer of software statements is trusted here";
            return Err(OAuthError::new(ErrorCode::UnapprovedSoftwareStatement, reason));
        }
        if let Some(member) = ENCRYPTION.into_iter().find(|member| members.value(member).is_some()) {
            return Err(wrong(member, "encryption is not offered"));
        }
        let flow = Flow::read(&members, policy)?;
        let metadata = Self {
            about: About::read(&members)?,
            proof: Proof::read(&members)?,
            messages: Messages::read(&members, &flow, policy)?,
            logout: Logout::read(&members, &flow)?,
            flow,
        };
        let unsigned = metadata.messages.request_object_signing_alg.as_deref() == Some("none");
        if metadata.messages.require_signed_request_object && (unsigned || !metadata.proof.has_keys()) {
            let reason = "signed requests need jwks or jwks_uri, and an algorithm that signs";
            return Err(wrong("require_signed_request_object", reason));
        }
        Ok(metadata)
    }

    /// The members as they are registered; what is absent or empty is left out.
    pub fn document(&self) -> Map<String, Value> {
        let mut members = match serde_json::to_value(self) {
            Ok(Value::Object(members)) => members,
            Ok(_) | Err(_) => Map::new(),
        };
        members.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
        members
    }
}

/// Reads a body: a JSON object that is not nested too deeply.
pub fn parse(body: &[u8]) -> Result<Map<String, Value>, OAuthError> {
    let refused = |reason: &str| OAuthError::new(ErrorCode::InvalidClientMetadata, reason);
    match serde_json::from_slice(body) {
        Ok(document) if depth(&document) > DEEPEST => Err(refused("the document is nested too deeply")),
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) | Err(_) => Err(refused("the body is not a JSON object")),
    }
}

/// How many arrays and objects lie within each other. The parser itself ends at 128.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
