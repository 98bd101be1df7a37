//! Introspection: what a token is worth now, told to those whom it concerns
//! (RFC 7662), also as a signed JWT (RFC 9701).

use super::{access, circumstances, vouched};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::digest::sha256;
use crate::crypto::keyring::TokenType;
use crate::model::client::Client;
use crate::model::confirmation::Confirmation;
use crate::protocol::access_token::AccessTokenClaims;
use crate::protocol::introspection::Introspection;
use crate::protocol::jws::Algorithm;
use crate::protocol::revocation::TokenKind;
use crate::protocol::scope::Scopes;
use crate::service::{Failure, Services, old_accounts};
use crate::store::{refresh_tokens, sign_ons};
use serde_json::{Value, json};
use std::sync::Arc;

/// What a token is, to a client that has proven itself. What is not for this
/// client looks like a token that never was (RFC 7662 §2.2).
pub async fn introspect(services: &Services, caller: &Client, token: &str, hint: Option<&str>) -> Result<Introspection, Failure> {
    let now = services.clock.now();
    for kind in TokenKind::in_order(hint) {
        let found = match kind {
            TokenKind::Access => of_access_token(services, caller, token, now).await?,
            TokenKind::Refresh => of_refresh_token(services, caller, token, now).await?,
        };
        if let Some(found) = found {
            return Ok(found);
        }
    }
    Ok(Introspection::inactive())
}

async fn of_access_token(
    services: &Services,
    caller: &Client,
    token: &str,
    now: Millis,
) -> Result<Option<Introspection>, Failure> {
    let Some(claims) = access::read(services, token, now) else { return Ok(None) };
    if !concerns(services, caller, &claims, now).await? {
        return Ok(None);
    }
    let Some(client) = services.known.client(&services.store, &claims.client_id, now).await? else { return Ok(None) };
    let (mut username, mut roles) = (None, None);
    if let Some(grant_id) = claims.grant_id() {
        let Some(grant) = services.known.grant(&services.store, grant_id, now).await? else { return Ok(None) };
        if !vouched::is_vouched_for(services, &grant, Millis(claims.iat.saturating_mul(1_000))).await? {
            return Ok(None);
        }
        let Some(person) = services.known.person(&services.store, &grant.person, now).await? else { return Ok(None) };
        if !circumstances::still_counts(services, &grant, &person, &client) {
            return Ok(None);
        }
        // A client learns no more of its own token than it was granted (RFC 7662 §5).
        if claims.client_id != caller.id || Scopes::from(claims.scope.clone()).contains("profile") {
            username = Some(person.person.username.clone());
        }
        // A token says what counted when it was issued; whoever asks learns what counts now.
        if let Some(of) = roles_of(services, &client, &claims, now).await? {
            let holder = person.holder(grant.position.as_ref(), vietnam_date(now));
            let counting = holder.roles(&of, circumstances::of(services, &grant));
            roles = Some(json!(counting)).filter(|_| !counting.is_empty());
        }
    }
    let bound_to = claims.cnf.as_ref().and_then(Confirmation::from_claim);
    Ok(Some(Introspection {
        active: true,
        scope: Some(claims.scope).filter(|scope| !scope.is_empty()),
        client_id: Some(claims.client_id),
        username,
        token_type: Some(Confirmation::token_type(bound_to.as_ref()).to_owned()),
        exp: Some(claims.exp),
        iat: Some(claims.iat),
        nbf: None,
        sub: Some(claims.sub),
        aud: Some(json!(claims.aud)),
        iss: Some(claims.iss),
        jti: Some(claims.jti),
        cnf: claims.cnf,
        acr: claims.acr,
        auth_time: claims.auth_time,
        roles,
        authorization_details: claims.authorization_details,
    }))
}

/// The client whose roles an access token tells: the one that its only resource belongs to; or where it is for no resource, its
/// owner, if that was granted them.
async fn roles_of(
    services: &Services,
    client: &Arc<Client>,
    claims: &AccessTokenClaims,
    now: Millis,
) -> Result<Option<Arc<Client>>, Failure> {
    let resources = services.known.resources(&services.store, now).await?;
    let mut meant = resources.iter().filter(|resource| claims.aud.holds(&resource.identifier));
    match (meant.next(), meant.next()) {
        (None, _) => Ok(Scopes::from(claims.scope.clone()).contains("roles").then(|| client.clone())),
        (Some(only), None) => match &only.roles_of {
            Some(id) => Ok(services.known.client(&services.store, id, now).await?),
            None => Ok(None),
        },
        (Some(_), Some(_)) => Ok(None),
    }
}

/// True for the client that owns a token, and for those that speak for a resource which it is meant for.
async fn concerns(services: &Services, caller: &Client, claims: &AccessTokenClaims, now: Millis) -> Result<bool, Failure> {
    if claims.client_id == caller.id {
        return Ok(true);
    }
    let resources = services.known.resources(&services.store, now).await?;
    Ok(resources.iter().any(|resource| claims.aud.holds(&resource.identifier) && resource.servers.contains(&caller.id)))
}

/// A refresh token concerns its owner alone.
async fn of_refresh_token(
    services: &Services,
    caller: &Client,
    token: &str,
    now: Millis,
) -> Result<Option<Introspection>, Failure> {
    let mut conn = services.store.read().await?;
    let Some(stored) = refresh_tokens::find(&mut conn, &sha256(token.as_bytes())).await? else { return Ok(None) };
    drop(conn);
    let Some(grant) = services.known.grant(&services.store, &stored.grant.0, now).await? else { return Ok(None) };
    if grant.client_id != caller.id || stored.expires_at <= now || stored.replaced_at.is_some() {
        return Ok(None);
    }
    let Some(person) = services.known.person(&services.store, &grant.person, now).await? else { return Ok(None) };
    if !circumstances::still_counts(services, &grant, &person, caller) {
        return Ok(None);
    }
    if !grant.offline {
        let sign_on = sign_ons::find(&mut services.store.read().await?, &grant.sign_on).await?;
        let open = sign_on.filter(|sign_on| sign_on.is_open(services.settings.lifetimes.idle_seconds, now));
        let Some(open) = open else { return Ok(None) };
        if !old_accounts::may_enter(services, &open, caller).await? {
            return Ok(None);
        }
    }
    Ok(Some(Introspection {
        active: true,
        scope: Some(grant.scopes.to_string()),
        client_id: Some(grant.client_id.clone()),
        username: grant.scopes.contains("profile").then(|| person.person.username.clone()),
        exp: Some(stored.expires_at.seconds()),
        iat: Some(grant.issued_at.seconds()),
        sub: Some(grant.sub.clone()),
        iss: Some(services.settings.issuer.clone()),
        authorization_details: grant.extent.details.clone(),
        ..Introspection::default()
    }))
}

/// The same, signed for the one who asked (RFC 9701 §5).
pub fn signed(services: &Services, caller: &Client, answer: &Introspection) -> Result<String, Failure> {
    let now = services.clock.now();
    // RS256 where nothing is registered (RFC 9701 §6), which FAPI 2.0 does not know.
    let usual = if caller.settings.profile.is_fapi2() { Algorithm::Es256 } else { Algorithm::Rs256 };
    let algorithm = caller.settings.introspection_alg.unwrap_or(usual);
    let claims: Value = answer.signed_claims(&services.settings.issuer, &caller.id, now.seconds());
    let signer = services.keyring.signer(algorithm, now)?;
    Ok(signer.sign(TokenType::Introspection, claims.to_string().as_bytes())?)
}
