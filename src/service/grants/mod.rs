//! Grants at the token endpoint (RFC 6749 §4.1.3 and §6).

pub mod authorization_code;
pub mod client_credentials;
pub mod refresh_token;

use super::audit::{self, Event};
use super::{Failure, Origin, Services, forget};
use crate::protocol::authorization_details::{self, Detail};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::parameters::Parameters;
use crate::protocol::resource_indicator;
use crate::store::changes::Kind;
use crate::store::{StoreError, grants};
use crate::transient::TransientError;

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The client may not use this grant type.
    #[error("the client may not use this grant type")]
    NotAllowed,
    /// The code is unknown, expired, used, or another client's.
    #[error("the code cannot be used")]
    UnusableCode,
    /// The redirect URI is not the one of the authorization request.
    #[error("redirect_uri does not match")]
    WrongRedirectUri,
    /// The verifier does not fit the challenge, or came without one.
    #[error("code_verifier does not match")]
    WrongVerifier,
    /// The refresh token is unknown, expired, used, revoked, or another client's.
    #[error("the refresh token cannot be used")]
    UnusableRefreshToken,
    /// More was asked than was granted.
    #[error("scope exceeds what was granted")]
    ScopeExceeded,
    /// A parameter is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// The code or refresh token is bound to another key or certificate.
    #[error("the proof is not of the key that this is bound to")]
    WrongSender,
    /// A refusal in the words of its specification: a resource, a detail, a missing proof.
    #[error(transparent)]
    Refused(#[from] OAuthError),
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for GrantError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<TransientError> for GrantError {
    fn from(error: TransientError) -> Self {
        Self::Failure(error.into())
    }
}

/// What any grant may ask of its tokens: for which resources, and with which details.
#[derive(Debug, Clone, Default)]
pub struct TokenWish {
    /// `resource`, each value (RFC 8707 §2.2).
    pub resources: Vec<String>,
    /// `authorization_details` (RFC 9396 §6).
    pub details: Option<Vec<Detail>>,
}

impl TokenWish {
    /// Reads the parameters of a token request.
    pub fn read(parameters: &Parameters) -> Result<Self, OAuthError> {
        let resources = resource_indicator::parse(parameters.all("resource"))
            .map_err(|reason| OAuthError::new(ErrorCode::InvalidTarget, reason))?;
        let asked = parameters.get("authorization_details");
        let details = asked.map(|text| authorization_details::parse(Some(text))).transpose();
        let details = details.map_err(|fault| OAuthError::new(ErrorCode::InvalidAuthorizationDetails, fault.to_string()))?;
        Ok(Self { resources, details })
    }

    /// Of granted details, those that are asked; all of them when nothing is said (RFC 9396 §6).
    fn details_of(&self, granted: &[Detail]) -> Result<Vec<Detail>, OAuthError> {
        match &self.details {
            None => Ok(granted.to_vec()),
            Some(asked) if authorization_details::is_within(asked, granted) => Ok(asked.clone()),
            Some(_) => Err(OAuthError::new(ErrorCode::InvalidAuthorizationDetails, "the details exceed what was granted")),
        }
    }
}

/// A code came a second time: everything that the first one issued is revoked (RFC 6749 §4.1.2).
async fn revoke_reused_code(services: &Services, digest: &[u8], client_id: &str, origin: &Origin) -> Result<(), Failure> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let Some(grant) = grants::revoke_by_code(&mut tx, digest, now).await? else { return Ok(()) };
    let detail = serde_json::json!({ "grant": grant });
    let event =
        Event { event: "code.reused", actor: client_id.to_owned(), person: None, client: Some(client_id), origin, detail };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, Kind::Grant, &grant).await?;
    tx.commit().await?;
    services.known.forget(Kind::Grant, &grant, now);
    Ok(())
}
