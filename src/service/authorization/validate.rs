//! From parameters to a proven address and a well-formed request.
//!
//! First the client, then its address: that yields a `Destination`. Whatever
//! is wrong before it becomes a page, whatever is wrong after it goes there.

use crate::base::clock::Millis;
use crate::model::client::{Client, Destination};
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::parameters::{Fault, Parameters};
use crate::protocol::response_mode::ResponseMode;
use crate::service::{Failure, Services};
use std::sync::Arc;

/// The parameters of an honest request fit many times over.
const MOST_BYTES: usize = 16 * 1024;

/// What is shown to the person when nothing may be sent to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageProblem {
    /// No such client, or it was switched off.
    UnknownClient,
    /// The address is missing or not registered.
    UnregisteredRedirect,
    /// The parameters cannot be read.
    BadRequest,
    /// The waiting request is over.
    Expired,
}

/// A request that is not granted.
#[derive(Debug)]
pub enum Refusal {
    /// Shown to the person.
    Page(PageProblem),
    /// Sent to the client.
    Redirect(Destination, OAuthError),
}

/// A request in order.
#[derive(Debug)]
pub struct Validated {
    /// Who asks.
    pub client: Arc<Client>,
    /// Where the answer goes.
    pub destination: Destination,
    /// What was asked.
    pub request: AuthorizationRequest,
}

/// Proves client and address, then reads the rest.
pub async fn validate(services: &Services, parameters: &Parameters, now: Millis) -> Result<Result<Validated, Refusal>, Failure> {
    let page = |problem| Ok(Err(Refusal::Page(problem)));
    let Some(client_id) = parameters.get("client_id") else { return page(PageProblem::UnknownClient) };
    let Some(client) = services.known.client(&services.store, client_id, now).await? else {
        return page(PageProblem::UnknownClient);
    };
    let Some(asked) = parameters.get("redirect_uri") else { return page(PageProblem::UnregisteredRedirect) };
    let mode = ResponseMode::parse(parameters.get("response_mode"));
    // A repeated state is dropped, so that what comes back is not a guess.
    let state = parameters.owned("state");
    let destination = client.destination(asked, mode.unwrap_or_default(), state, &services.settings.issuer);
    let Some(destination) = destination else { return page(PageProblem::UnregisteredRedirect) };
    if matches!(parameters.fault(), Some(Fault::NotText | Fault::TooLarge)) {
        return page(PageProblem::BadRequest);
    }
    let refused = |error| Ok(Err(Refusal::Redirect(destination.clone(), error)));
    if parameters.size() > MOST_BYTES {
        // What waits for a person takes memory before anyone has signed in.
        return page(PageProblem::BadRequest);
    }
    if let Err(reason) = mode {
        return refused(OAuthError::invalid_request(reason));
    }
    let request = match AuthorizationRequest::read(client_id, parameters) {
        Ok(request) => request,
        Err(error) => return refused(error),
    };
    if let Err(error) = check_against_client(&client, &request) {
        return refused(error);
    }
    Ok(Ok(Validated { client, destination, request }))
}

/// What the request asks, against what this client may.
fn check_against_client(client: &Client, request: &AuthorizationRequest) -> Result<(), OAuthError> {
    if !client.may_use("authorization_code") {
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, "the client is not registered for the code flow"));
    }
    if client.demands_pkce() && request.challenge.is_none() {
        return Err(OAuthError::invalid_request("code_challenge is required (S256)"));
    }
    if client.grantable(&request.scopes).is_empty() {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "none of the scopes may be granted to this client"));
    }
    Ok(())
}
