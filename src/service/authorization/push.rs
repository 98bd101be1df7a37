//! Pushed authorization requests (RFC 9126): what a client wants to ask is
//! checked while the client is there to hear what is wrong.

use super::source::unfold;
use super::validate::{PageProblem, Refusal, read};
use crate::model::client::Client;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::parameters::Parameters;
use crate::service::sender::Sender;
use crate::service::{Failure, Services};
use crate::transient::pushed_requests::{self, LIFETIME_SECONDS, Pushed, request_uri};
use std::sync::Arc;

/// What the client hands to the browser.
#[derive(Debug, serde::Serialize)]
pub struct PushedResponse {
    /// The reference.
    pub request_uri: String,
    /// Seconds.
    pub expires_in: i64,
}

/// Why a request was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// What to mend.
    #[error(transparent)]
    Refused(#[from] OAuthError),
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Takes a request of a client that has proven itself.
pub async fn push(
    services: &Services,
    client: &Arc<Client>,
    parameters: &Parameters,
    sender: &Sender,
) -> Result<PushedResponse, PushError> {
    let now = services.clock.now();
    if parameters.get("request_uri").is_some() {
        return Err(OAuthError::invalid_request("request_uri is not pushed (RFC 9126 section 2.1)").into());
    }
    if sender.key_algorithm.is_some_and(|algorithm| !client.algorithms().contains(&algorithm)) {
        return Err(OAuthError::new(ErrorCode::InvalidDpopProof, "FAPI 2.0 allows PS256, ES256 and EdDSA only").into());
    }
    let mut sourced = unfold(services, client, parameters, true, now).await?;
    sourced.key.clone_from(&sender.key);
    // What it holds is read again when the browser comes: the registration may have changed by then.
    let asked = sourced.parameters.clone();
    if asked.get("client_id").is_none() {
        // Required, also where the client proves itself without it (RFC 9126 §2.1).
        return Err(OAuthError::invalid_request("client_id is missing").into());
    }
    let resources = services.known.resources(&services.store, now).await.map_err(Failure::from)?;
    if let Err(refusal) = read(services, client, sourced, &resources) {
        return Err(told(refusal).into());
    }
    let reference = request_uri(&services.entropy.token());
    let pushed = Pushed::new(&client.id, &asked, sender.key.clone(), now);
    pushed_requests::put(&services.transient, &reference, &pushed, now).await.map_err(Failure::from)?;
    Ok(PushedResponse { request_uri: reference, expires_in: LIFETIME_SECONDS })
}

/// Every refusal is told to the client, which is there (RFC 9126 §2.3).
fn told(refusal: Refusal) -> OAuthError {
    match refusal {
        Refusal::Redirect(_, error) => error,
        Refusal::Page(PageProblem::UnknownClient) => OAuthError::new(ErrorCode::InvalidClient, "the client is unknown"),
        Refusal::Page(PageProblem::UnregisteredRedirect) => {
            OAuthError::invalid_request("redirect_uri is missing or not registered for this client")
        }
        Refusal::Page(PageProblem::BadResponseMode) => OAuthError::invalid_request("response_mode is not offered"),
        Refusal::Page(PageProblem::BadRequest | PageProblem::RequestObject | PageProblem::Expired | PageProblem::TooMany) => {
            OAuthError::invalid_request("a parameter is not valid UTF-8, too long, or there are too many")
        }
    }
}
