//! How a client proves itself (OpenID Connect Core §9, RFC 8705), and what its tokens are bound to.

use super::addresses;
use super::members::{Members, wrong};
use crate::protocol::error::OAuthError;
use crate::protocol::jws::Algorithm;
use serde_json::Value;
use std::collections::BTreeMap;

const METHODS: [&str; 6] =
    ["client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth", "none"];

const SUBJECTS: [&str; 5] = [
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
];

/// How the client proves itself, and what its tokens are bound to.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Proof {
    /// Proof at the token endpoint.
    pub token_endpoint_auth_method: String,
    /// What its assertions are signed with.
    pub token_endpoint_auth_signing_alg: Option<Algorithm>,
    /// Its public keys, by value.
    pub jwks: Option<Value>,
    /// Its public keys, by address.
    pub jwks_uri: Option<String>,
    /// Whom its certificate names: one member at most (RFC 8705 §2.1.2).
    #[serde(flatten)]
    pub certificate: BTreeMap<String, String>,
    /// Its tokens are bound to its certificate.
    pub tls_client_certificate_bound_access_tokens: bool,
    /// Its tokens are bound to a key that it holds.
    pub dpop_bound_access_tokens: bool,
}

impl Proof {
    pub(super) fn read(members: &Members<'_>) -> Result<Self, OAuthError> {
        let method = members.word("token_endpoint_auth_method", &METHODS)?;
        let jwks = members.value("jwks").cloned();
        let jwks_uri = members.text("jwks_uri")?;
        if jwks.as_ref().is_some_and(|jwks| !jwks.is_object()) {
            return Err(wrong("jwks", "it is a JSON object with an array keys"));
        }
        if let Some(address) = &jwks_uri {
            addresses::called("jwks_uri", address)?;
        }
        if jwks.is_some() && jwks_uri.is_some() {
            return Err(wrong("jwks_uri", "keys come by value or by address, not both"));
        }
        let proof = Self {
            token_endpoint_auth_method: method.unwrap_or_else(|| METHODS[0].to_owned()),
            token_endpoint_auth_signing_alg: members.algorithm("token_endpoint_auth_signing_alg")?,
            jwks,
            jwks_uri,
            certificate: certificate(members)?,
            tls_client_certificate_bound_access_tokens: members.flag("tls_client_certificate_bound_access_tokens")?,
            dpop_bound_access_tokens: members.flag("dpop_bound_access_tokens")?,
        };
        proof.check_method()?;
        Ok(proof)
    }

    /// True when its keys are known.
    pub fn has_keys(&self) -> bool {
        self.jwks.is_some() || self.jwks_uri.is_some()
    }

    fn check_method(&self) -> Result<(), OAuthError> {
        let method = self.token_endpoint_auth_method.as_str();
        if matches!(method, "private_key_jwt" | "self_signed_tls_client_auth") && !self.has_keys() {
            return Err(wrong("token_endpoint_auth_method", &format!("{method} needs jwks or jwks_uri")));
        }
        let by_authority = method == "tls_client_auth";
        if by_authority && self.certificate.is_empty() {
            return Err(wrong("token_endpoint_auth_method", "tls_client_auth needs a member such as tls_client_auth_san_dns"));
        }
        match self.certificate.keys().next() {
            Some(member) if !by_authority => Err(wrong(member, "it goes with tls_client_auth only")),
            Some(_) | None => Ok(()),
        }
    }
}

fn certificate(members: &Members<'_>) -> Result<BTreeMap<String, String>, OAuthError> {
    let mut named = BTreeMap::new();
    for member in SUBJECTS {
        let Some(text) = members.text(member)? else { continue };
        if !named.is_empty() {
            return Err(wrong(member, "a certificate is known by one of these members, not by several"));
        }
        if member == "tls_client_auth_san_ip" && text.parse::<std::net::IpAddr>().is_err() {
            return Err(wrong(member, "it is an IP address"));
        }
        named.insert(member.to_owned(), text);
    }
    Ok(named)
}
