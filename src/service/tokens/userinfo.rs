//! Userinfo (OpenID Connect Core §5.3): the claims behind an access token.

use super::claims::Facts;
use super::{access, bind, circumstances, identities, vouched};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::crypto::keyring::TokenType;
use crate::model::client::Client;
use crate::model::confirmation::Confirmation;
use crate::protocol::jws::Algorithm;
use crate::protocol::scope::{self, Scopes};
use crate::service::sender::{self, Sender, SenderError};
use crate::service::{Failure, Services};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum UserinfoError {
    /// Not ours, expired, or revoked.
    #[error("the access token cannot be used")]
    Unusable,
    /// It was not granted `openid`.
    #[error("the access token lacks the scope openid")]
    NoOpenid,
    /// The proof beside it was used before.
    #[error(transparent)]
    Sender(#[from] SenderError),
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<crate::store::StoreError> for UserinfoError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// What userinfo tells, and in what form.
#[derive(Debug)]
pub struct Answer {
    /// The claims.
    pub claims: Value,
    /// The same as a JWT, when the client is registered for that (Core §5.3.2).
    pub signed: Option<String>,
    /// The client that they are for.
    pub client: Arc<Client>,
}

/// The claims that the access token's grant allows. `sender` has proven itself for this very token.
pub async fn answer(services: &Services, access_token: &str, sender: &Sender, by_dpop: bool) -> Result<Answer, UserinfoError> {
    let now = services.clock.now();
    let claims = access::read(services, access_token, now).ok_or(UserinfoError::Unusable)?;
    if !claims.aud.holds(&services.settings.issuer) {
        return Err(UserinfoError::Unusable);
    }
    let bound_to = claims.cnf.as_ref().map(|cnf| Confirmation::from_claim(cnf).ok_or(UserinfoError::Unusable)).transpose()?;
    // A token that is bound to a key is no bearer token, and no other is shown as if it were bound (RFC 9449 §7.2).
    let of_key = matches!(bound_to, Some(Confirmation::Key(_)));
    if of_key != by_dpop || !bind::shows(sender, bound_to.as_ref()) {
        return Err(UserinfoError::Unusable);
    }
    sender::settle(services, sender).await?;
    let scopes = Scopes::from(claims.scope.clone());
    let grant_id = claims.grant_id().ok_or(UserinfoError::NoOpenid)?;
    if !scopes.contains("openid") {
        return Err(UserinfoError::NoOpenid);
    }
    let grant = services.known.grant(&services.store, grant_id, now).await?.ok_or(UserinfoError::Unusable)?;
    if !vouched::is_vouched_for(services, &grant, Millis(claims.iat.saturating_mul(1_000))).await? {
        return Err(UserinfoError::Unusable);
    }
    let person = services.known.person(&services.store, &grant.person, now).await?.ok_or(UserinfoError::Unusable)?;
    let client = services.known.client(&services.store, &claims.client_id, now).await?.ok_or(UserinfoError::Unusable)?;
    if !circumstances::still_counts(services, &grant, &person, &client) {
        return Err(UserinfoError::Unusable);
    }
    let of_old = identities::of(services, &client, &person, (&scopes, &grant.claims), now).await?;
    let facts = Facts {
        person: &person.person,
        acting: grant.position.as_ref(),
        groups: &person.groups,
        circumstances: circumstances::of(services, &grant),
        client: &client,
        granted: &scopes,
        registry: &person.units,
        today: vietnam_date(now),
        identities: &of_old,
    };
    let of_scopes = scopes.iter().flat_map(|scope| scope::claims_of(scope).iter().copied());
    let mut out: Map<String, Value> = facts.collect(of_scopes);
    out.extend(facts.asked(&grant.claims.userinfo));
    identities::note(services, &facts, &out);
    out.insert("sub".to_owned(), json!(grant.sub));
    let signed = client.settings.userinfo_alg.map(|algorithm| sign(services, algorithm, &client, &out, now)).transpose()?;
    Ok(Answer { claims: Value::Object(out), signed, client })
}

/// Signed userinfo says who it is from and for (Core §5.3.2).
fn sign(
    services: &Services,
    algorithm: Algorithm,
    client: &Client,
    claims: &Map<String, Value>,
    now: Millis,
) -> Result<String, Failure> {
    let mut all = claims.clone();
    all.insert("iss".to_owned(), json!(services.settings.issuer));
    all.insert("aud".to_owned(), json!(client.id));
    let signer = services.keyring.signer(algorithm, now)?;
    Ok(signer.sign(TokenType::Id, Value::Object(all).to_string().as_bytes())?)
}
