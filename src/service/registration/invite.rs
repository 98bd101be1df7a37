//! Initial access tokens: who may register a client.

use crate::base::digest::sha256;
use crate::base::id::uuid_v7;
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services};
use crate::store::initial_access_tokens::{self, NewInitialAccessToken};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

/// No invitation is good for more clients.
pub const MOST_USES: i64 = 1_000;
/// No invitation lasts longer: a year.
pub const MOST_HOURS: i64 = 8_760;

/// An initial access token for some clients and some hours, brought within
/// bounds; it is given out here and kept nowhere.
pub async fn invite(services: &Services, uses: i64, hours: i64, actor: &str) -> Result<SecretString, Failure> {
    let now = services.clock.now();
    let secret = SecretString::from(services.entropy.token());
    let token = NewInitialAccessToken {
        id: uuid_v7(now, services.entropy.as_ref()),
        digest: sha256(secret.expose_secret().as_bytes()).to_vec(),
        uses: uses.clamp(1, MOST_USES),
        issued_at: now,
        issued_by: actor.to_owned(),
        expires_at: now.plus_seconds(hours.clamp(1, MOST_HOURS) * 3_600),
    };
    let mut tx = services.store.write().await?;
    initial_access_tokens::add(&mut tx, &token).await?;
    let origin = Origin::command_line();
    let event = Event {
        event: "initial_access_token.issued",
        actor: actor.to_owned(),
        person: None,
        client: None,
        origin: &origin,
        detail: json!({ "id": token.id, "uses": token.uses, "expires_at": token.expires_at.0 }),
    };
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    Ok(secret)
}
