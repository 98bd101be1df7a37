//! Whom an access token is for, and what it may do there (RFC 8707 §2.2, RFC 9068 §3).

use super::reach;
use crate::base::clock::Millis;
use crate::model::client::{AccessTokenFormat, Client};
use crate::model::resource::Resource;
use crate::protocol::authorization_details::Detail;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::scope::{self, Scopes};
use crate::service::{Failure, Services};
use std::sync::Arc;

/// Whom an access token is for.
#[derive(Debug, Clone)]
pub struct Target {
    /// Identifiers: the issuer itself for userinfo, resources by theirs.
    pub audience: Vec<String>,
    /// What the token may do there.
    pub scopes: Scopes,
    /// The same in more words: what concerns those whom the token is for (RFC 9396 §9.1).
    pub details: Vec<Detail>,
    /// How it looks.
    pub format: AccessTokenFormat,
    /// The client whose roles it tells.
    pub roles_of: Option<Arc<Client>>,
}

/// What a token request asks, against what was granted.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Resources of this request.
    pub asked: &'a [String],
    /// Resources of the grant; none named: all that the client may reach.
    pub granted: &'a [String],
    /// Scopes of this request.
    pub scopes: &'a Scopes,
    /// Authorization details of this request.
    pub details: &'a [Detail],
}

/// Finds the target of a token.
pub async fn of(
    services: &Services,
    client: &Client,
    wish: &Wish<'_>,
    now: Millis,
) -> Result<Result<Target, OAuthError>, Failure> {
    let issuer = &services.settings.issuer;
    let own = || Target {
        audience: vec![issuer.clone()],
        scopes: wish.scopes.within(|scope| scope::ALL.contains(&scope)),
        details: Vec::new(),
        format: client.settings.access_token,
        roles_of: None,
    };
    // Most clients know no resources: nothing is looked up for them.
    if client.settings.resources.is_empty() && wish.asked.is_empty() {
        return Ok(Ok(own()));
    }
    let all = services.known.resources(&services.store, now).await?;
    let (for_issuer, reached) = match named(client, wish, issuer, &all) {
        Ok(named) => named,
        Err(error) => return Ok(Err(error)),
    };
    if reached.is_empty() {
        return Ok(Ok(own()));
    }
    let means = |scope: &str| {
        (for_issuer && scope::ALL.contains(&scope))
            || reached.iter().any(|resource| resource.scopes.iter().any(|known| known == scope))
    };
    let mut audience: Vec<String> = reached.iter().map(|resource| resource.identifier.clone()).collect();
    if for_issuer {
        audience.insert(0, issuer.clone());
    }
    let roles_of = match reached.as_slice() {
        [only] => only.roles_of.as_deref(),
        _ => None,
    };
    Ok(Ok(Target {
        audience,
        scopes: wish.scopes.within(means),
        details: wish.details.iter().filter(|detail| defines(&reached, detail)).cloned().collect(),
        format: reached.iter().find_map(|resource| resource.token_format).unwrap_or(client.settings.access_token),
        roles_of: match roles_of {
            Some(id) => services.known.client(&services.store, id, now).await?,
            None => None,
        },
    }))
}

fn defines(resources: &[&Resource], detail: &Detail) -> bool {
    resources.iter().any(|resource| resource.details.contains_key(detail.kind()))
}

/// Whether the issuer itself is meant, and which resources are.
fn named<'r>(
    client: &Client,
    wish: &Wish<'_>,
    issuer: &str,
    all: &'r [Resource],
) -> Result<(bool, Vec<&'r Resource>), OAuthError> {
    let inferred = |resource: &&Resource| {
        let by_scope = resource.scopes.iter().any(|scope| wish.scopes.contains(scope) && client.may_have(scope));
        let by_details = wish.details.iter().any(|detail| resource.details.contains_key(detail.kind()));
        client.may_reach(&resource.identifier) && (by_scope || by_details)
    };
    if wish.asked.is_empty() {
        let granted: Vec<String> = wish.granted.iter().filter(|granted| *granted != issuer).cloned().collect();
        let reached = if wish.granted.is_empty() {
            // Nobody named a resource: the scopes say which (RFC 9068 §3).
            all.iter().filter(inferred).collect()
        } else {
            reach::resources(client, all, &granted)?
        };
        let own = wish.scopes.iter().any(|scope| scope::ALL.contains(&scope));
        let meant = wish.granted.is_empty() || granted.len() < wish.granted.len();
        return Ok((own && meant, reached));
    }
    let asked: Vec<String> = wish.asked.iter().filter(|asked| *asked != issuer).cloned().collect();
    if !wish.granted.is_empty() && asked.iter().any(|asked| !wish.granted.contains(asked)) {
        return Err(OAuthError::new(ErrorCode::InvalidTarget, "the resource was not granted"));
    }
    Ok((asked.len() < wish.asked.len(), reach::resources(client, all, &asked)?))
}
