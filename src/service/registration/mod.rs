//! Clients that register themselves (RFC 7591, OpenID Connect Dynamic Client
//! Registration 1.0) and look after their registration (RFC 7592).
//!
//! Nobody registers uninvited: an initial access token is good for some
//! clients and some hours, and one statement in the transaction that adds the
//! client takes its use. What such a client may be is [`Policy`]; it is always
//! asked about, and never told what is the city's alone.

mod fetch;
mod invite;
pub mod logo;
pub mod manage;
mod raster;
pub mod register;
mod settings;

pub use crate::protocol::client_metadata::{Policy, parse};
pub use invite::{MOST_HOURS, MOST_USES, invite};

use super::{Failure, Services};
use crate::base::clock::Millis;
use crate::base::digest::sha256;
use crate::protocol::error::OAuthError;
use crate::store::{StoreError, Tx, clients};
use serde_json::{Map, Value, json};

/// Why a client is not registered, shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// The policy offers no registration.
    #[error("registration is not offered")]
    Off,
    /// The token is unknown, used up or over, or there is no such client: never said which.
    #[error("the token cannot be used")]
    BadToken,
    /// What is wrong with the metadata.
    #[error(transparent)]
    Refused(#[from] OAuthError),
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for RegistrationError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// The policy, with what the provider offers at all.
fn policy(services: &Services) -> Policy {
    Policy { implicit: services.settings.implicit_flow, ..services.settings.registration.clone() }
}

/// A client secret, given out once.
struct NewSecret {
    value: String,
    /// `client_secret_expires_at`.
    expires_at: i64,
}

/// A secret's end as clients read it: in seconds, 0 for never.
fn end_of(expires_at: Option<Millis>) -> i64 {
    expires_at.map_or(0, Millis::seconds)
}

/// Makes a client secret; only its digest is kept.
async fn issue_secret(services: &Services, tx: &mut Tx, client_id: &str, now: Millis) -> Result<NewSecret, StoreError> {
    let value = services.entropy.token();
    clients::add_secret(tx, client_id, &sha256(value.as_bytes()), now).await?;
    let seconds = services.settings.registration.client_secret_seconds;
    let expires_at = (seconds > 0).then(|| now.plus_seconds(seconds));
    if let Some(end) = expires_at {
        clients::expire_secrets(tx, client_id, end).await?;
    }
    Ok(NewSecret { value, expires_at: end_of(expires_at) })
}

/// What a client is answered (RFC 7591 §3.2.1, RFC 7592 §3).
struct Information<'a> {
    client_id: &'a str,
    metadata: &'a Map<String, Value>,
    registered_at: Millis,
    token: &'a str,
    /// The secret, when it was just made: afterwards nobody here knows it.
    secret: Option<&'a str>,
    /// Its end, for a client that has one.
    secret_expires_at: Option<i64>,
}

impl Information<'_> {
    fn document(&self, issuer: &str) -> Value {
        let mut document = self.metadata.clone();
        let mut tell = |name: &str, value: Value| document.insert(name.to_owned(), value);
        tell("client_id", json!(self.client_id));
        tell("client_id_issued_at", json!(self.registered_at.seconds()));
        tell("registration_access_token", json!(self.token));
        tell("registration_client_uri", json!(format!("{issuer}/oauth2/register/{}", self.client_id)));
        if let Some(secret) = self.secret {
            tell("client_secret", json!(secret));
        }
        if let Some(end) = self.secret_expires_at {
            tell("client_secret_expires_at", json!(end));
        }
        Value::Object(document)
    }
}
