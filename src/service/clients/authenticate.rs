//! Client authentication (RFC 6749 §2.3, OpenID Connect Core §9).

use crate::crypto::jwt::verify_with_jwks;
use crate::model::client::{AuthMethod, Client};
use crate::protocol::client_assertion;
use crate::service::{Failure, Services};
use crate::transient::replay;
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;

/// What a client presented.
pub enum Presented {
    /// Only its id.
    Nothing {
        /// `client_id`.
        client_id: String,
    },
    /// An id and a secret.
    Secret {
        /// `client_id`.
        client_id: String,
        /// `client_secret`.
        secret: SecretString,
        /// By header or by body.
        method: AuthMethod,
    },
    /// A signed assertion.
    Assertion {
        /// `client_id`, when it came beside the assertion.
        client_id: Option<String>,
        /// The JWT.
        assertion: String,
    },
}

/// Why a client is not believed.
#[derive(Debug, thiserror::Error)]
pub enum ClientAuthError {
    /// One sentence that gives nothing away about which part was wrong.
    #[error("client authentication failed")]
    Failed,
    /// What is wrong with an assertion, for its developer.
    #[error("{0}")]
    Assertion(&'static str),
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<crate::store::StoreError> for ClientAuthError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Proves a client by the one method that it is registered with.
pub async fn authenticate(services: &Services, presented: Presented) -> Result<Arc<Client>, ClientAuthError> {
    let now = services.clock.now();
    match presented {
        Presented::Nothing { client_id } => {
            let client = services.known.client(&services.store, &client_id, now).await?.ok_or(ClientAuthError::Failed)?;
            if client.settings.auth_method == AuthMethod::None { Ok(client) } else { Err(ClientAuthError::Failed) }
        }
        Presented::Secret { client_id, secret, method } => {
            let client = services.known.client(&services.store, &client_id, now).await?.ok_or(ClientAuthError::Failed)?;
            let right = client.settings.auth_method == method && client.knows_secret(secret.expose_secret(), now);
            if right { Ok(client) } else { Err(ClientAuthError::Failed) }
        }
        Presented::Assertion { client_id, assertion } => by_assertion(services, client_id, &assertion).await,
    }
}

async fn by_assertion(services: &Services, client_id: Option<String>, assertion: &str) -> Result<Arc<Client>, ClientAuthError> {
    let now = services.clock.now();
    // Who it claims to be, only to know whose keys to try.
    let claimed = crate::crypto::jwt::claimed_subject(assertion).ok_or(ClientAuthError::Failed)?;
    if client_id.is_some_and(|id| id != claimed) {
        return Err(ClientAuthError::Assertion("client_id is not the subject of the assertion"));
    }
    let client = services.known.client(&services.store, &claimed, now).await?.ok_or(ClientAuthError::Failed)?;
    let jwks = client.settings.jwks.as_ref().filter(|_| client.settings.auth_method == AuthMethod::PrivateKeyJwt);
    let verified = verify_with_jwks(jwks.ok_or(ClientAuthError::Failed)?, assertion).map_err(|_| ClientAuthError::Failed)?;
    let issuer = services.settings.issuer.as_str();
    let endpoint = format!("{issuer}/oauth2/token");
    let checked = client_assertion::check(&verified.claims, &client.id, &[issuer, &endpoint], now.seconds())
        .map_err(ClientAuthError::Assertion)?;
    let until = crate::base::clock::Millis(checked.exp.saturating_mul(1_000));
    if !replay::first_use(&services.transient, &client.id, &checked.jti, until, now).await.map_err(Failure::from)? {
        return Err(ClientAuthError::Assertion("the assertion was used before"));
    }
    Ok(client)
}
