//! Issuing: an access token and, for `openid`, an ID token over one grant.

use super::access;
use super::circumstances;
use super::claims::{Facts, OfOld};
use super::identities;
use super::target::Target;
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::digest::base64url;
use crate::crypto::keyring::TokenType;
use crate::model::client::{AccessTokenFormat, Client};
use crate::model::confirmation::Confirmation;
use crate::model::grant::Grant;
use crate::protocol::access_token::{AccessTokenClaims, Audience, WITHOUT_GRANT};
use crate::protocol::authorization_details::Detail;
use crate::protocol::id_token::{IdTokenClaims, at_hash, at_hash_ed25519};
use crate::protocol::jws::Algorithm;
use crate::protocol::scope::{self, Scopes};
use crate::service::known::KnownPerson;
use crate::service::{Failure, Services};
use serde_json::{Map, Value};

/// A successful token response (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
#[derive(Debug, serde::Serialize)]
pub struct TokenResponse {
    /// JWT (RFC 9068), or opaque.
    pub access_token: String,
    /// `Bearer`, or `DPoP` when it is bound to a key.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: i64,
    /// What was granted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// For `openid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// When there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// What was granted in more words (RFC 9396 §7).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<Detail>,
}

/// What is issued, for whom.
pub struct Issue<'a> {
    /// The client.
    pub client: &'a Client,
    /// The grant.
    pub grant: &'a Grant,
    /// The scopes of this response: the grant's, or fewer on a refresh.
    pub scopes: &'a Scopes,
    /// Whom the access token is for.
    pub target: &'a Target,
    /// What the access token is bound to.
    pub confirmation: Option<&'a Confirmation>,
    /// The person, with the registry that they were read beside: what is told of their units is told by no other.
    pub person: &'a KnownPerson,
    /// What old systems know of them that the client may be told ([`identities::for_id_token`]).
    pub identities: &'a OfOld,
    /// The authorization request's nonce.
    pub nonce: Option<&'a str>,
}

/// Signs the tokens. Writes nothing: the grant is recorded by the caller, before.
pub fn sign(services: &Services, issue: &Issue<'_>, now: Millis) -> Result<TokenResponse, Failure> {
    let access_token = access_token(services, issue, now)?;
    let with_id = issue.scopes.contains("openid");
    let id_token = with_id.then(|| id_token(services, issue, Some(&access_token), now)).transpose()?;
    Ok(TokenResponse {
        access_token,
        token_type: Confirmation::token_type(issue.confirmation),
        expires_in: services.settings.lifetimes.access_token_seconds,
        scope: issue.target.scopes.to_string(),
        id_token,
        refresh_token: None,
        authorization_details: issue.target.details.clone(),
    })
}

/// An access token over a grant.
pub fn access_token(services: &Services, issue: &Issue<'_>, now: Millis) -> Result<String, Failure> {
    let grant = issue.grant;
    let claims = AccessTokenClaims {
        sub: grant.sub.clone(),
        auth_time: Some(grant.authenticated_at.seconds()),
        acr: Some(grant.acr.clone()),
        sid: Some(grant.sign_on.0.clone()),
        authorization_details: issue.target.details.clone(),
        roles: issue.target.roles_of.as_ref().and_then(|of| facts(services, issue, of, now).value("roles")),
        ..plain(services, issue.client, &grant.id.0, issue.target, issue.confirmation, now)
    };
    write(services, issue.client, issue.target, &claims, now)
}

/// An access token of a client that speaks for itself (RFC 6749 §4.4, RFC 9068 §2.2).
pub fn for_client(
    services: &Services,
    client: &Client,
    target: &Target,
    confirmation: Option<&Confirmation>,
    now: Millis,
) -> Result<TokenResponse, Failure> {
    let claims = AccessTokenClaims {
        authorization_details: target.details.clone(),
        ..plain(services, client, WITHOUT_GRANT, target, confirmation, now)
    };
    Ok(TokenResponse {
        access_token: write(services, client, target, &claims, now)?,
        token_type: Confirmation::token_type(confirmation),
        expires_in: services.settings.lifetimes.access_token_seconds,
        scope: target.scopes.to_string(),
        id_token: None,
        refresh_token: None,
        authorization_details: target.details.clone(),
    })
}

/// What every access token says.
fn plain(
    services: &Services,
    client: &Client,
    grant: &str,
    target: &Target,
    confirmation: Option<&Confirmation>,
    now: Millis,
) -> AccessTokenClaims {
    AccessTokenClaims {
        iss: services.settings.issuer.clone(),
        sub: client.id.clone(),
        aud: Audience::of(target.audience.clone()),
        exp: now.seconds() + services.settings.lifetimes.access_token_seconds,
        iat: now.seconds(),
        jti: format!("{grant}.{}", base64url(&services.entropy.bytes32()[..9])),
        client_id: client.id.clone(),
        scope: target.scopes.to_string(),
        auth_time: None,
        acr: None,
        sid: None,
        cnf: confirmation.map(Confirmation::to_claim),
        authorization_details: Vec::new(),
        roles: None,
    }
}

fn write(
    services: &Services,
    client: &Client,
    target: &Target,
    claims: &AccessTokenClaims,
    now: Millis,
) -> Result<String, Failure> {
    let bytes = serde_json::to_vec(claims).map_err(crate::store::StoreError::from)?;
    match target.format {
        AccessTokenFormat::Opaque => Ok(access::seal(services, &bytes)),
        AccessTokenFormat::Jwt => {
            let signer = services.keyring.signer(client.settings.access_token_alg, now)?;
            Ok(signer.sign(TokenType::Access, &bytes)?)
        }
    }
}

/// What a client is told of: the one that asks, or the one that a resource belongs to.
fn facts<'a>(services: &Services, issue: &Issue<'a>, client: &'a Client, now: Millis) -> Facts<'a> {
    Facts {
        person: &issue.person.person,
        acting: issue.grant.position.as_ref(),
        groups: &issue.person.groups,
        circumstances: circumstances::of(services, issue.grant),
        client,
        granted: issue.scopes,
        registry: &issue.person.units,
        today: vietnam_date(now),
        identities: OfOld::nothing(),
    }
}

/// An ID token; without an access token beside it, it tells what userinfo would have told (Core §5.4).
pub fn id_token(services: &Services, issue: &Issue<'_>, access_token: Option<&str>, now: Millis) -> Result<String, Failure> {
    let grant = issue.grant;
    let algorithm = issue.client.settings.id_token_alg;
    let hash = |token: &str| if algorithm == Algorithm::EdDsa { at_hash_ed25519(token) } else { at_hash(token) };
    let claims = IdTokenClaims {
        iss: &services.settings.issuer,
        sub: &grant.sub,
        aud: &issue.client.id,
        exp: now.seconds() + services.settings.lifetimes.id_token_seconds,
        iat: now.seconds(),
        auth_time: grant.authenticated_at.seconds(),
        nonce: issue.nonce,
        acr: &grant.acr,
        amr: grant.methods.split(' ').collect(),
        sid: &grant.sign_on.0,
        at_hash: access_token.map(hash),
        further: further_claims(services, issue, access_token.is_none(), now),
    };
    let signer = services.keyring.signer(algorithm, now)?;
    Ok(signer.sign(TokenType::Id, &serde_json::to_vec(&claims).map_err(crate::store::StoreError::from)?)?)
}

/// Claims asked for the ID token one by one, and those that the client's
/// settings put there, of granted scopes only; or all of them.
fn further_claims(services: &Services, issue: &Issue<'_>, all: bool, now: Millis) -> Map<String, Value> {
    let asked = &issue.grant.claims.id_token;
    let always = &issue.client.settings.id_token_claims;
    if asked.is_empty() && always.is_empty() && !all {
        return Map::new();
    }
    let facts = Facts { identities: issue.identities, ..facts(services, issue, issue.client, now) };
    let granted = issue.scopes.iter().flat_map(|scope| scope::claims_of(scope).iter().copied());
    let mut further = facts.collect(granted.filter(|name| all || always.iter().any(|always| always == name)));
    further.extend(facts.asked(asked));
    identities::note(services, &facts, &further);
    further
}
