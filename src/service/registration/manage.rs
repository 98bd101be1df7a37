//! Looking after a registration (RFC 7592 §2): reading, replacing, removing.

use super::{Information, RegistrationError, end_of, fetch, issue_secret, policy, settings};
use crate::base::clock::Millis;
use crate::base::digest::{same, sha256};
use crate::model::client::{Client, is_client_id};
use crate::protocol::client_metadata::{ClientMetadata, wrong};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::service::audit::{self, Event};
use crate::service::{Origin, Services, forget};
use crate::store::changes::Kind;
use crate::store::client_registrations::{self, Registration};
use crate::store::{StoreError, Tx, client_logos, clients};
use serde_json::{Map, Value, json};

/// A client that proved that a registration is its own.
pub struct Own {
    client: Client,
    /// Of the client as it was read.
    version: i64,
    registration: Registration,
    token: String,
}

/// What only the server says about a registration (RFC 7592 §2.2).
const NOT_FOR_CLIENTS: [&str; 4] =
    ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];

/// Checks the token of a registration. A client that is unknown, was removed
/// or was switched off is refused with the same words as a wrong token.
pub async fn enter(services: &Services, client_id: &str, token: &str) -> Result<Own, RegistrationError> {
    let presented = sha256(token.as_bytes());
    let mut conn = services.store.read().await?;
    let found = if is_client_id(client_id) { client_registrations::find(&mut conn, client_id).await? } else { None };
    let nobody = [0_u8; 32];
    let right = same(found.as_ref().map_or(nobody.as_slice(), |found| found.token_digest.as_slice()), &presented);
    let registration = found.filter(|_| right).ok_or(RegistrationError::BadToken)?;
    let found = clients::find_versioned(&mut conn, client_id).await?.filter(|(client, _)| client.disabled_at.is_none());
    let (client, version) = found.ok_or(RegistrationError::BadToken)?;
    Ok(Own { client, version, registration, token: token.to_owned() })
}

/// What is registered. The client secret is not among it: only its digest is kept.
pub fn read(services: &Services, own: &Own) -> Value {
    let settings = &own.client.settings;
    // These may have been changed by the city since.
    let mut metadata = own.registration.metadata.clone();
    let current = [
        ("redirect_uris", json!(settings.redirect_uris)),
        ("grant_types", json!(settings.grant_types)),
        ("response_types", json!(settings.response_types)),
        ("scope", json!(settings.scopes.join(" "))),
        ("token_endpoint_auth_method", json!(settings.auth_method.as_str())),
        ("id_token_signed_response_alg", json!(settings.id_token_alg)),
    ];
    metadata.extend(current.map(|(member, value)| (member.to_owned(), value)));
    let has_secret = settings.auth_method.uses_secret();
    let last = own.client.secrets.iter().map(|secret| secret.expires_at).max_by_key(|end| end.map_or(i64::MAX, |end| end.0));
    let information = Information {
        client_id: &own.client.id,
        metadata: &metadata,
        registered_at: own.registration.registered_at,
        token: &own.token,
        secret: None,
        secret_expires_at: last.filter(|_| has_secret).map(end_of),
    };
    information.document(&services.settings.issuer)
}

/// Replaces the whole registration: what is left out goes back to its default.
/// A secret is made only when the client needs one and has none that is valid.
pub async fn replace(
    services: &Services,
    own: &Own,
    document: &Map<String, Value>,
    origin: &Origin,
) -> Result<Value, RegistrationError> {
    check_identity(own, document, services.clock.now())?;
    let metadata = ClientMetadata::read(document, &policy(services))?;
    settings::check_keys(&metadata)?;
    fetch::check_sector(services, &metadata).await?;
    let moved = metadata.about.logo_uri != own.client.settings.logo_uri;
    let logo = if moved { fetch::logo(services, &metadata).await? } else { None };

    let now = services.clock.now();
    let mut client = own.client.clone();
    client.name = settings::name(&metadata);
    settings::apply(&metadata, &mut client.settings)?;
    settings::reach(services, &mut client.settings, now).await?;
    // A profile that the city set is not left by registering anew.
    if let Some(reason) = client.refuse_profile() {
        return Err(OAuthError::new(ErrorCode::InvalidClientMetadata, reason).into());
    }
    let registered = metadata.document();
    let mut tx = services.store.write().await?;
    // Who comes after a removal finds no row, and nothing of this counts.
    if !client_registrations::replace(&mut tx, &client.id, &own.registration.token_digest, &registered, now).await? {
        return Err(RegistrationError::BadToken);
    }
    if !clients::replace(&mut tx, &client, own.version, now).await? {
        return Err(StoreError::Stale.into());
    }
    if moved {
        client_logos::remove(&mut tx, &client.id).await?;
    }
    if let Some(logo) = &logo {
        client_logos::replace(&mut tx, &client.id, logo.raster.content_type(), &logo.image, now).await?;
    }
    let (secret, secret_expires_at) = renew_secret(services, &mut tx, &client, now).await?;
    record(services, &mut tx, "client.changed", &client, origin).await?;
    tx.commit().await?;
    services.known.forget(Kind::Client, &client.id, now);

    let information = Information {
        client_id: &client.id,
        metadata: &registered,
        registered_at: own.registration.registered_at,
        token: &own.token,
        secret: secret.as_deref(),
        secret_expires_at,
    };
    Ok(information.document(&services.settings.issuer))
}

/// Ends the client: it is refused from now on, and whatever it was given with
/// it, since tokens count only while their client does. What it was stays on record.
pub async fn remove(services: &Services, own: &Own, origin: &Origin) -> Result<(), RegistrationError> {
    let now = services.clock.now();
    let client = &own.client;
    let mut tx = services.store.write().await?;
    if !client_registrations::remove(&mut tx, &client.id, &own.registration.token_digest).await? {
        return Err(RegistrationError::BadToken);
    }
    client_logos::remove(&mut tx, &client.id).await?;
    clients::expire_secrets(&mut tx, &client.id, now).await?;
    clients::mark_disabled(&mut tx, &client.id, now).await?;
    record(services, &mut tx, "client.removed", client, origin).await?;
    tx.commit().await?;
    services.known.forget(Kind::Client, &client.id, now);
    Ok(())
}

/// A client says who it is, and says nothing that is the server's to say.
fn check_identity(own: &Own, document: &Map<String, Value>, now: Millis) -> Result<(), OAuthError> {
    if let Some(member) = NOT_FOR_CLIENTS.into_iter().find(|member| document.contains_key(*member)) {
        return Err(wrong(member, "it is not the client's to set"));
    }
    if document.get("client_id").and_then(Value::as_str) != Some(own.client.id.as_str()) {
        return Err(wrong("client_id", "it is the one of this registration"));
    }
    match document.get("client_secret") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(secret)) if own.client.knows_secret(secret, now) => Ok(()),
        Some(_) => Err(wrong("client_secret", "it is not the present one, and a client does not choose its own")),
    }
}

/// The secret that a changed client has: a fresh one, shown this once, or the end of the one before.
async fn renew_secret(
    services: &Services,
    tx: &mut Tx,
    client: &Client,
    now: Millis,
) -> Result<(Option<String>, Option<i64>), StoreError> {
    if !client.settings.auth_method.uses_secret() {
        clients::expire_secrets(tx, &client.id, now).await?;
        return Ok((None, None));
    }
    let valid = client.secrets.iter().map(|secret| secret.expires_at).filter(|end| end.is_none_or(|end| end > now));
    if let Some(end) = valid.max_by_key(|end| end.map_or(i64::MAX, |end| end.0)) {
        return Ok((None, Some(end_of(end))));
    }
    let secret = issue_secret(services, tx, &client.id, now).await?;
    Ok((Some(secret.value), Some(secret.expires_at)))
}

async fn record(
    services: &Services,
    tx: &mut Tx,
    event: &'static str,
    client: &Client,
    origin: &Origin,
) -> Result<(), StoreError> {
    let detail = json!({ "name": client.name, "redirect_uris": client.settings.redirect_uris });
    let event = Event { event, actor: client.id.clone(), person: None, client: Some(&client.id), origin, detail };
    audit::record(tx, services, event).await?;
    forget(tx, services, Kind::Client, &client.id).await
}
