//! Registering (RFC 7591 §3).

use super::{Information, RegistrationError, fetch, issue_secret, policy, settings};
use crate::base::digest::sha256;
use crate::base::id::uuid_v7;
use crate::model::client::{Client, ClientSettings};
use crate::protocol::client_metadata::ClientMetadata;
use crate::service::audit::{self, Event};
use crate::service::{Origin, Services, forget};
use crate::store::changes::Kind;
use crate::store::client_registrations::{self, Registration};
use crate::store::{client_logos, clients, initial_access_tokens};
use serde_json::{Map, Value, json};

/// A caller whose initial access token could be used a moment ago.
pub struct Admitted {
    digest: [u8; 32],
}

/// Looks whether a token could be used. Strangers end here: before their
/// metadata are read, and before anything is fetched for them.
pub async fn admit(services: &Services, token: &str) -> Result<Admitted, RegistrationError> {
    if !services.settings.registration.enabled {
        return Err(RegistrationError::Off);
    }
    let digest = sha256(token.as_bytes());
    let mut conn = services.store.read().await?;
    let usable = initial_access_tokens::find_usable(&mut conn, &digest, services.clock.now()).await?;
    usable.map(|_| Admitted { digest }).ok_or(RegistrationError::BadToken)
}

/// Registers a client and takes one use of the token, or neither; answers what the client is told.
pub async fn register(
    services: &Services,
    admitted: &Admitted,
    document: &Map<String, Value>,
    origin: &Origin,
) -> Result<Value, RegistrationError> {
    let policy = policy(services);
    let metadata = ClientMetadata::read(document, &policy)?;
    settings::check_keys(&metadata)?;
    fetch::check_sector(services, &metadata).await?;
    let logo = fetch::logo(services, &metadata).await?;

    let now = services.clock.now();
    let mut chosen = ClientSettings { require_pkce: policy.require_pkce, ..ClientSettings::default() };
    settings::apply(&metadata, &mut chosen)?;
    settings::reach(services, &mut chosen, now).await?;
    let client = Client {
        id: uuid_v7(now, services.entropy.as_ref()),
        name: settings::name(&metadata),
        settings: chosen,
        secrets: Vec::new(),
        disabled_at: None,
    };
    let token = services.entropy.token();
    let registration = Registration {
        client_id: client.id.clone(),
        token_digest: sha256(token.as_bytes()).to_vec(),
        metadata: metadata.document(),
        registered_at: now,
    };

    let mut tx = services.store.write().await?;
    let invitation = initial_access_tokens::take_use(&mut tx, &admitted.digest, now).await?;
    let invitation = invitation.ok_or(RegistrationError::BadToken)?;
    clients::add(&mut tx, &client, now).await?;
    let secret = if client.settings.auth_method.uses_secret() {
        Some(issue_secret(services, &mut tx, &client.id, now).await?)
    } else {
        None
    };
    client_registrations::add(&mut tx, &registration).await?;
    if let Some(logo) = &logo {
        client_logos::replace(&mut tx, &client.id, logo.raster.content_type(), &logo.image, now).await?;
    }
    let detail = json!({ "name": client.name, "redirect_uris": client.settings.redirect_uris, "invitation": invitation });
    let event =
        Event { event: "client.registered", actor: client.id.clone(), person: None, client: Some(&client.id), origin, detail };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, Kind::Client, &client.id).await?;
    tx.commit().await?;
    services.known.forget(Kind::Client, &client.id, now);

    let information = Information {
        client_id: &client.id,
        metadata: &registration.metadata,
        registered_at: now,
        token: &token,
        secret: secret.as_ref().map(|secret| secret.value.as_str()),
        secret_expires_at: secret.as_ref().map(|secret| secret.expires_at),
    };
    Ok(information.document(&services.settings.issuer))
}
