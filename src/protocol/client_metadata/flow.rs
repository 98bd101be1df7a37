//! What a client asks and where it is answered.

use super::members::{MOST, Members, wrong};
use super::{Policy, addresses};
use crate::protocol::error::OAuthError;
use crate::protocol::response_type::ResponseType;
use crate::protocol::scope::Scopes;

/// What kind of application it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationType {
    /// Runs on a server, or in a browser.
    #[default]
    Web,
    /// Installed on a device.
    Native,
}

/// What is asked and where it is answered.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Flow {
    /// Kind of application.
    pub application_type: ApplicationType,
    /// Where answers go.
    pub redirect_uris: Vec<String>,
    /// Where a signed-out browser goes.
    pub post_logout_redirect_uris: Vec<String>,
    /// What authorization responses bring.
    pub response_types: Vec<String>,
    /// Grants that it uses.
    pub grant_types: Vec<String>,
    /// Scopes that it may be granted, parted by spaces.
    pub scope: String,
    /// Where a sign-in can be begun from outside.
    pub initiate_login_uri: Option<String>,
    /// Seconds that may have passed since the sign-in.
    pub default_max_age: Option<i64>,
    /// ID tokens tell when the person signed in.
    pub require_auth_time: bool,
    /// Levels that are wished for.
    pub default_acr_values: Vec<String>,
}

impl Flow {
    pub(super) fn read(members: &Members<'_>, policy: &Policy) -> Result<Self, OAuthError> {
        let application_type = match members.word("application_type", &["web", "native"])?.as_deref() {
            Some("native") => ApplicationType::Native,
            Some(_) | None => ApplicationType::Web,
        };
        let redirect_uris = answered(members, "redirect_uris", policy.max_redirect_uris, application_type)?;
        if redirect_uris.is_empty() {
            return Err(wrong("redirect_uris", "at least one is needed"));
        }
        let kinds = response_types(members, policy)?;
        let initiate_login_uri = members.text("initiate_login_uri")?;
        if let Some(address) = &initiate_login_uri {
            addresses::visited("initiate_login_uri", address)?;
        }
        Ok(Self {
            application_type,
            redirect_uris,
            post_logout_redirect_uris: answered(
                members,
                "post_logout_redirect_uris",
                policy.max_redirect_uris,
                application_type,
            )?,
            grant_types: grant_types(members, &kinds)?,
            response_types: kinds.into_iter().map(|kind| kind.as_str().to_owned()).collect(),
            scope: scope(members, policy)?,
            initiate_login_uri,
            default_max_age: members.seconds("default_max_age")?,
            require_auth_time: members.flag("require_auth_time")?,
            default_acr_values: members.list("default_acr_values", MOST)?,
        })
    }
}

fn answered(members: &Members<'_>, name: &str, most: usize, kind: ApplicationType) -> Result<Vec<String>, OAuthError> {
    let list = members.list(name, most)?;
    for address in &list {
        addresses::answered(name, address, kind)?;
    }
    Ok(list)
}

fn response_types(members: &Members<'_>, policy: &Policy) -> Result<Vec<ResponseType>, OAuthError> {
    let mut kinds = Vec::new();
    for named in members.list("response_types", MOST)? {
        let kind = ResponseType::parse(&named).filter(|kind| policy.implicit || !kind.is_implicit());
        let offered = if policy.implicit { "offered are code, id_token and id_token token" } else { "offered is code" };
        let kind = kind.ok_or_else(|| wrong("response_types", offered))?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    if kinds.is_empty() {
        kinds.push(ResponseType::Code);
    }
    Ok(kinds)
}

/// The grants, which must go with the response types (RFC 7591 §2.1); left out, they follow from them.
fn grant_types(members: &Members<'_>, kinds: &[ResponseType]) -> Result<Vec<String>, OAuthError> {
    let asks = |implicit: bool| kinds.iter().any(|kind| kind.is_implicit() == implicit);
    let needed = [("authorization_code", asks(false)), ("implicit", asks(true))];
    let mut named = members.list("grant_types", MOST)?;
    if named.is_empty() {
        return Ok(needed.iter().filter(|(_, needed)| *needed).map(|(grant, _)| (*grant).to_owned()).collect());
    }
    named.sort();
    named.dedup();
    let has = |grant: &str| named.iter().any(|other| other == grant);
    for (grant, needed) in needed {
        if needed && !has(grant) {
            return Err(wrong("grant_types", &format!("the response types need {grant}")));
        }
        if !needed && has(grant) {
            return Err(wrong("grant_types", &format!("no response type goes with {grant}")));
        }
    }
    if named.iter().any(|grant| !["authorization_code", "implicit", "refresh_token"].contains(&grant.as_str())) {
        return Err(wrong("grant_types", "offered are authorization_code, implicit and refresh_token"));
    }
    if has("refresh_token") && !has("authorization_code") {
        return Err(wrong("grant_types", "refresh_token needs authorization_code"));
    }
    Ok(named)
}

/// The scopes; left out, all that the policy allows (RFC 7591 §2).
fn scope(members: &Members<'_>, policy: &Policy) -> Result<String, OAuthError> {
    let Some(text) = members.text("scope")?.filter(|text| !text.trim().is_empty()) else {
        let all: Vec<&str> = policy.scopes.iter().map(String::as_str).filter(|scope| policy.may_have(scope)).collect();
        return Ok(all.join(" "));
    };
    let asked = Scopes::parse(&text).map_err(|reason| wrong("scope", reason))?;
    match asked.iter().find(|scope| !policy.may_have(scope)) {
        Some(other) => Err(wrong("scope", &format!("{other} is not given to a client that registers itself"))),
        None => Ok(asked.to_string()),
    }
}
