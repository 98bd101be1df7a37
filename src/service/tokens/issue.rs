//! Issuing: an access token and, for `openid`, an ID token over one grant.

use super::claims::Facts;
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::digest::base64url;
use crate::crypto::keyring::TokenType;
use crate::model::client::Client;
use crate::model::grant::Grant;
use crate::model::person::Person;
use crate::model::signing_key::Algorithm;
use crate::protocol::access_token::AccessTokenClaims;
use crate::protocol::id_token::{IdTokenClaims, at_hash, at_hash_ed25519};
use crate::protocol::scope::{self, Scopes};
use crate::service::{Failure, Services};
use serde_json::{Map, Value};

/// A successful token response (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
#[derive(Debug, serde::Serialize)]
pub struct TokenResponse {
    /// JWT (RFC 9068).
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: i64,
    /// What was granted.
    pub scope: String,
    /// For `openid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// When there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

/// What is issued, for whom.
pub struct Issue<'a> {
    /// The client.
    pub client: &'a Client,
    /// The grant.
    pub grant: &'a Grant,
    /// The scopes of this response: the grant's, or fewer on a refresh.
    pub scopes: &'a Scopes,
    /// The person.
    pub person: &'a Person,
    /// The authorization request's nonce.
    pub nonce: Option<&'a str>,
}

/// Signs the tokens. Writes nothing: the grant is recorded by the caller, before.
pub fn sign(services: &Services, issue: &Issue<'_>, now: Millis) -> Result<TokenResponse, Failure> {
    let access_token = access_token(services, issue, now)?;
    let id_token = issue.scopes.contains("openid").then(|| id_token(services, issue, &access_token, now)).transpose()?;
    Ok(TokenResponse {
        access_token,
        token_type: "Bearer",
        expires_in: services.settings.lifetimes.access_token_seconds,
        scope: issue.scopes.to_string(),
        id_token,
        refresh_token: None,
    })
}

fn access_token(services: &Services, issue: &Issue<'_>, now: Millis) -> Result<String, Failure> {
    let grant = issue.grant;
    let claims = AccessTokenClaims {
        iss: services.settings.issuer.clone(),
        sub: grant.sub.clone(),
        aud: services.settings.issuer.clone(),
        exp: now.seconds() + services.settings.lifetimes.access_token_seconds,
        iat: now.seconds(),
        jti: format!("{}.{}", grant.id, base64url(&services.entropy.bytes32()[..9])),
        client_id: issue.client.id.clone(),
        scope: issue.scopes.to_string(),
        auth_time: grant.authenticated_at.seconds(),
        acr: grant.acr.clone(),
        sid: grant.sign_on.0.clone(),
    };
    let signer = services.keyring.signer(Algorithm::Es256, now)?;
    Ok(signer.sign(TokenType::Access, &serde_json::to_vec(&claims).map_err(crate::store::StoreError::from)?)?)
}

fn id_token(services: &Services, issue: &Issue<'_>, access_token: &str, now: Millis) -> Result<String, Failure> {
    let grant = issue.grant;
    let algorithm = issue.client.settings.id_token_alg;
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
        at_hash: if algorithm == Algorithm::EdDsa { at_hash_ed25519(access_token) } else { at_hash(access_token) },
        further: further_claims(services, issue, now),
    };
    let signer = services.keyring.signer(algorithm, now)?;
    Ok(signer.sign(TokenType::Id, &serde_json::to_vec(&claims).map_err(crate::store::StoreError::from)?)?)
}

/// Claims asked for the ID token one by one, and those that the client's
/// settings put there; of granted scopes only.
fn further_claims(services: &Services, issue: &Issue<'_>, now: Millis) -> Map<String, Value> {
    let asked = &issue.grant.claims.id_token;
    let always = &issue.client.settings.id_token_claims;
    if asked.is_empty() && always.is_empty() {
        return Map::new();
    }
    let registry = services.known.registry();
    let facts = Facts {
        person: issue.person,
        acting: issue.grant.position.as_ref(),
        client: issue.client,
        granted: issue.scopes,
        registry: &registry,
        today: vietnam_date(now),
    };
    let granted =
        always.iter().map(String::as_str).filter(|name| issue.scopes.iter().any(|scope| scope::claims_of(scope).contains(name)));
    let mut further = facts.collect(granted);
    further.extend(facts.asked(asked));
    further
}
