//! Refreshing (RFC 6749 §6, RFC 9700 §4.14.2).
//!
//! Public clients rotate: a token is replaced when used; for ten seconds it may
//! yield another successor, until one successor is used; any later use ends the
//! family. Confidential clients keep their token, which is worth nothing
//! without their authentication. Either way what is issued is on record before
//! it is answered: with the rotation, or in a commit that is shared with
//! whatever else waits.

use super::{GrantError, TokenWish};
use crate::base::clock::Millis;
use crate::base::digest::sha256;
use crate::model::client::Client;
use crate::model::confirmation::Confirmation;
use crate::model::grant::Grant;
use crate::protocol::scope::Scopes;
use crate::service::audit::{self, Event};
use crate::service::sender::Sender;
use crate::service::tokens::issue::{Issue, TokenResponse, sign};
use crate::service::tokens::target::{self, Wish};
use crate::service::tokens::{bind, circumstances, identities};
use crate::service::{Failure, Origin, Services, forget, old_accounts, old_subjects};
use crate::store::changes::Kind;
use crate::store::refresh_tokens::{self, NewRefreshToken, StoredRefreshToken};
use crate::store::{Tx, grants, sign_ons};
use serde_json::json;
use std::sync::Arc;

/// A use is noted at most this often.
const NOTED_EVERY_MS: i64 = 60_000;

/// The parameters of this grant.
pub struct RefreshRequest {
    /// `refresh_token`.
    pub refresh_token: String,
    /// `scope`: the same or fewer.
    pub scope: Option<String>,
    /// What the tokens are to be for.
    pub wish: TokenWish,
}

/// Turns a refresh token into fresh tokens.
pub async fn refresh(
    services: &Services,
    client: &Client,
    request: &RefreshRequest,
    sender: &Sender,
    origin: &Origin,
) -> Result<TokenResponse, GrantError> {
    let now = services.clock.now();
    if !client.may_use("refresh_token") {
        return Err(GrantError::NotAllowed);
    }
    let digest = sha256(request.refresh_token.as_bytes());
    let stored = refresh_tokens::find(&mut services.store.read().await?, &digest).await?;
    let stored = stored.ok_or(GrantError::UnusableRefreshToken)?;
    let grant = usable_grant(services, client, &stored, now).await?;
    if !bind::shows(sender, stored.confirmation.as_ref()) {
        return Err(GrantError::WrongSender);
    }
    let confirmation = bind::confirmation(client, sender)?;
    // What was taken from the client since is not renewed.
    let scopes = client.grantable(&narrowed(&grant, request.scope.as_deref())?);
    let person = services.known.person(&services.store, &grant.person, now).await?.ok_or(GrantError::UnusableRefreshToken)?;
    // It does not outlive the position that it was given for, nor what lets its owner into the client.
    if !circumstances::still_counts(services, &grant, &person, client) {
        return Err(GrantError::UnusableRefreshToken);
    }
    let mut details = request.wish.details_of(&grant.extent.details)?;
    details.retain(|detail| client.settings.authorization_details_types.iter().any(|kind| kind == detail.kind()));
    if scopes.is_empty() && details.is_empty() {
        return Err(GrantError::UnusableRefreshToken);
    }
    let wish = Wish { asked: &request.wish.resources, granted: &grant.extent.resources, scopes: &scopes, details: &details };
    let target = target::of(services, client, &wish, now).await??;
    let asked = (&scopes, &grant.claims);
    let of_old = identities::for_id_token(services, client, &person, asked, false, now).await?;
    let issue = Issue {
        client,
        grant: &grant,
        scopes: &scopes,
        target: &target,
        confirmation: confirmation.as_ref(),
        person: &person,
        identities: &of_old,
        nonce: None,
    };
    let mut response = sign(services, &issue, now)?;
    old_subjects::note_again(services, client, &grant).await?;
    let event = Event {
        event: "token.refreshed",
        actor: client.id.clone(),
        person: Some(&grant.person),
        client: Some(&client.id),
        origin,
        detail: json!({ "grant": grant.id, "scope": scopes.to_string() }),
    };
    if client.is_public() {
        response.refresh_token = Some(rotate(services, &grant, &stored, &digest, confirmation, event).await?);
    } else {
        services.writer.record(audit::row(services, event)).await?;
    }
    Ok(response)
}

async fn usable_grant(
    services: &Services,
    client: &Client,
    stored: &StoredRefreshToken,
    now: Millis,
) -> Result<Arc<Grant>, GrantError> {
    let grant = services.known.grant(&services.store, &stored.grant.0, now).await?.ok_or(GrantError::UnusableRefreshToken)?;
    if grant.client_id != client.id || stored.expires_at <= now {
        return Err(GrantError::UnusableRefreshToken);
    }
    if !grant.offline {
        // It dies with the sign-on, whether that was ended or ended by itself.
        let sign_on = sign_ons::find(&mut services.store.read().await?, &grant.sign_on).await?;
        let idle = services.settings.lifetimes.idle_seconds;
        let Some(sign_on) = sign_on.filter(|sign_on| sign_on.is_open(idle, now)) else {
            return Err(GrantError::UnusableRefreshToken);
        };
        // And with the old system that it came through, which is closed one day.
        if !old_accounts::may_enter(services, &sign_on, client).await? {
            return Err(GrantError::UnusableRefreshToken);
        }
        // Refreshing is using: a system that is worked in keeps the sign-on awake.
        if now.since(sign_on.last_seen_at) >= NOTED_EVERY_MS {
            services.writer.seen(sign_on.id, now);
        }
    }
    Ok(grant)
}

fn narrowed(grant: &Grant, asked: Option<&str>) -> Result<Scopes, GrantError> {
    let Some(asked) = asked else { return Ok(grant.scopes.clone()) };
    let asked = Scopes::parse(asked).map_err(|_| GrantError::ScopeExceeded)?;
    if asked.is_empty() || !asked.is_within(&grant.scopes) { Err(GrantError::ScopeExceeded) } else { Ok(asked) }
}

/// Replaces a public client's token and records the event; a replay ends the family.
async fn rotate(
    services: &Services,
    grant: &Grant,
    stored: &StoredRefreshToken,
    digest: &[u8],
    shown: Option<Confirmation>,
    event: Event<'_>,
) -> Result<String, GrantError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let first = refresh_tokens::mark_replaced(&mut tx, digest, now).await?
        && match &stored.parent {
            Some(parent) => refresh_tokens::mark_successor_used(&mut tx, parent, digest).await?,
            None => true,
        };
    if !first {
        end_family(services, tx, grant, event.origin).await?;
        return Err(GrantError::UnusableRefreshToken);
    }
    let token = services.entropy.token();
    let successor = NewRefreshToken {
        digest: sha256(token.as_bytes()).to_vec(),
        grant: grant.id.clone(),
        parent: Some(digest.to_vec()),
        issued_at: now,
        expires_at: now.plus_seconds(services.settings.lifetimes.refresh_token_seconds),
        // Whoever shows a key later is bound to it from then on (RFC 9449 §5).
        confirmation: stored.confirmation.clone().or(shown),
    };
    refresh_tokens::add(&mut tx, &successor).await?;
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    Ok(token)
}

async fn end_family(services: &Services, mut tx: Tx, grant: &Grant, origin: &Origin) -> Result<(), Failure> {
    let now = services.clock.now();
    grants::mark_revoked(&mut tx, &grant.id, now).await?;
    let event = Event {
        event: "refresh_token.reused",
        actor: grant.client_id.clone(),
        person: Some(&grant.person),
        client: Some(&grant.client_id),
        origin,
        detail: json!({ "grant": grant.id }),
    };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, Kind::Grant, &grant.id.0).await?;
    tx.commit().await?;
    services.known.forget(Kind::Grant, &grant.id.0, now);
    Ok(())
}
