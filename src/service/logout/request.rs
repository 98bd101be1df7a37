//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0 §2 and §3).

use crate::crypto::jwt::verify_own;
use crate::model::client::Client;
use crate::model::sign_on::SignOn;
use crate::protocol::parameters::Parameters;
use crate::protocol::response_mode::with_query;
use crate::service::{Failure, Services};
use std::sync::Arc;

/// Why a logout request is refused: shown on a page, nothing is sent anywhere.
#[derive(Debug, thiserror::Error)]
pub enum LogoutRefusal {
    /// The hint is not an ID token of ours, or names another client.
    #[error("id_token_hint cannot be used")]
    Hint,
    /// The client is unknown.
    #[error("client_id is unknown")]
    UnknownClient,
    /// The address is not registered, or nothing says for whom.
    #[error("post_logout_redirect_uri is not registered")]
    UnregisteredAddress,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<crate::store::StoreError> for LogoutRefusal {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// A request in order.
#[derive(Debug)]
pub struct LogoutRequest {
    /// Who sent the person, when that is known.
    pub client: Option<Arc<Client>>,
    /// Where the person goes afterwards: a registered address, with `state` and nothing else.
    pub return_to: Option<String>,
    /// True when the person must be asked first: no hint proves that they are meant.
    pub confirm: bool,
}

/// Reads a logout request against the browser's own sign-on.
pub async fn read(
    services: &Services,
    parameters: &Parameters,
    sign_on: Option<&SignOn>,
) -> Result<LogoutRequest, LogoutRefusal> {
    let now = services.clock.now();
    // A hint that cannot be verified is as if absent: the person is asked, and
    // sent nowhere on its strength (§2: what failed to validate is not used).
    let verified = parameters.get("id_token_hint").map(|hint| verify_own(&services.keyring, hint, now));
    let hint = match verified {
        Some(Ok(token)) if token.is_id_token_of(&services.settings.issuer) => Some(token.claims),
        Some(_) => return Ok(LogoutRequest { client: None, return_to: None, confirm: sign_on.is_some() }),
        None => None,
    };
    let text = |name: &str| hint.as_ref().and_then(|claims| claims.get(name)).and_then(serde_json::Value::as_str);
    let client_id = match (parameters.get("client_id"), text("aud")) {
        (Some(named), Some(hinted)) if named != hinted => return Err(LogoutRefusal::Hint),
        (named, hinted) => named.or(hinted),
    };
    let client = match client_id {
        None => None,
        Some(id) => Some(services.known.client(&services.store, id, now).await?.ok_or(LogoutRefusal::UnknownClient)?),
    };
    let return_to = match (parameters.get("post_logout_redirect_uri"), &client) {
        (None, _) => None,
        (Some(_), None) => return Err(LogoutRefusal::UnregisteredAddress),
        (Some(asked), Some(client)) => {
            if !client.settings.post_logout_redirect_uris.iter().any(|registered| registered == asked) {
                return Err(LogoutRefusal::UnregisteredAddress);
            }
            let state: Vec<(&str, &str)> = parameters.get("state").map(|state| ("state", state)).into_iter().collect();
            Some(with_query(asked, &state))
        }
    };
    // Only a hint about this very sign-on shows that the person's own system asks.
    let meant = sign_on.is_some_and(|sign_on| text("sid") == Some(sign_on.id.0.as_str()));
    Ok(LogoutRequest { client, return_to, confirm: sign_on.is_some() && !meant })
}
