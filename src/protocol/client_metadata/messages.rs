//! How requests and answers are signed, and what people are called in them.

use super::flow::Flow;
use super::members::{MOST, Members, wrong};
use super::{Policy, addresses};
use crate::protocol::error::OAuthError;
use crate::protocol::jws::Algorithm;
use crate::protocol::redirect_uri::host;
use std::collections::BTreeSet;

/// A longer address of a request object is refused (OpenID Connect Core §6.2).
const LONGEST_REQUEST_URI: usize = 512;

/// How requests and answers are signed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Messages {
    /// What ID tokens are signed with.
    pub id_token_signed_response_alg: Algorithm,
    /// Userinfo comes signed.
    pub userinfo_signed_response_alg: Option<Algorithm>,
    /// What signed authorization responses are signed with (JARM §3).
    pub authorization_signed_response_alg: Algorithm,
    /// Answers of introspection come signed (RFC 9701 §6).
    pub introspection_signed_response_alg: Option<Algorithm>,
    /// What request objects are signed with; `none` is unsigned.
    pub request_object_signing_alg: Option<String>,
    /// Requests are signed.
    pub require_signed_request_object: bool,
    /// Requests are pushed first.
    pub require_pushed_authorization_requests: bool,
    /// Where request objects may lie.
    pub request_uris: Vec<String>,
    /// What people are called by: `public` or `pairwise`.
    pub subject_type: String,
    /// A document that names every address of its sector.
    pub sector_identifier_uri: Option<String>,
    /// Types of authorization details that it may ask.
    pub authorization_details_types: Vec<String>,
}

impl Messages {
    pub(super) fn read(members: &Members<'_>, flow: &Flow, policy: &Policy) -> Result<Self, OAuthError> {
        let subject_type = members.word("subject_type", &["public", "pairwise"])?.unwrap_or_else(|| "public".to_owned());
        let sector_identifier_uri = members.text("sector_identifier_uri")?;
        match &sector_identifier_uri {
            Some(address) => addresses::called("sector_identifier_uri", address)?,
            None if subject_type == "pairwise" && hosts(&flow.redirect_uris) > 1 => {
                return Err(wrong("sector_identifier_uri", "pairwise subjects for several hosts need it"));
            }
            None => {}
        }
        let details = members.list("authorization_details_types", MOST)?;
        if details.iter().any(|kind| !policy.authorization_details_types.contains(kind)) {
            return Err(wrong("authorization_details_types", "a type is not given to a client that registers itself"));
        }
        Ok(Self {
            id_token_signed_response_alg: members.algorithm("id_token_signed_response_alg")?.unwrap_or(Algorithm::Rs256),
            userinfo_signed_response_alg: members.algorithm("userinfo_signed_response_alg")?,
            authorization_signed_response_alg: members
                .algorithm("authorization_signed_response_alg")?
                .unwrap_or(Algorithm::Rs256),
            introspection_signed_response_alg: members.algorithm("introspection_signed_response_alg")?,
            request_object_signing_alg: request_object_alg(members)?,
            require_signed_request_object: members.flag("require_signed_request_object")?,
            require_pushed_authorization_requests: members.flag("require_pushed_authorization_requests")?,
            request_uris: request_uris(members)?,
            subject_type,
            sector_identifier_uri,
            authorization_details_types: details,
        })
    }
}

fn hosts(addresses: &[String]) -> usize {
    addresses.iter().map(|address| host(address)).collect::<BTreeSet<_>>().len()
}

fn request_object_alg(members: &Members<'_>) -> Result<Option<String>, OAuthError> {
    const MEMBER: &str = "request_object_signing_alg";
    if members.text(MEMBER)?.as_deref() == Some("none") {
        return Ok(Some("none".to_owned()));
    }
    Ok(members.algorithm(MEMBER)?.map(|algorithm| algorithm.as_str().to_owned()))
}

/// They may end in a fragment that says which edition is meant (OpenID Connect Core §6.2).
fn request_uris(members: &Members<'_>) -> Result<Vec<String>, OAuthError> {
    let list = members.list("request_uris", MOST)?;
    for address in &list {
        if address.len() > LONGEST_REQUEST_URI {
            return Err(wrong("request_uris", "an address is at most 512 characters"));
        }
        addresses::called("request_uris", address.split('#').next().unwrap_or_default())?;
    }
    Ok(list)
}
