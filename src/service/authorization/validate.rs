//! From parameters to a proven address and a well-formed request.
//!
//! First the client, then its address: that yields a `Destination`. Whatever
//! is wrong before it becomes a page, whatever is wrong after it goes there.

use super::source::{self, Sourced};
use crate::base::clock::Millis;
use crate::model::client::{Client, Destination};
use crate::model::resource::Resource;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::parameters::{Fault, Parameters};
use crate::protocol::response_mode::ResponseMode;
use crate::protocol::response_type::ResponseType;
use crate::service::tokens::reach;
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
    /// The request object or the pushed request cannot be used.
    RequestObject,
    /// One network begins too many requests.
    TooMany,
    /// The way back that is asked for is not offered.
    BadResponseMode,
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
    /// The pushed request that it came from.
    pub pushed: Option<String>,
}

/// Proves client and address, then reads the rest.
pub async fn validate(services: &Services, outside: &Parameters, now: Millis) -> Result<Result<Validated, Refusal>, Failure> {
    let Some(client_id) = outside.get("client_id") else { return Ok(Err(Refusal::Page(PageProblem::UnknownClient))) };
    let Some(client) = services.known.client(&services.store, client_id, now).await? else {
        return Ok(Err(Refusal::Page(PageProblem::UnknownClient)));
    };
    match source::find(services, &client, outside, now).await? {
        Ok(sourced) => {
            let resources = services.known.resources(&services.store, now).await?;
            Ok(read(services, &client, sourced, &resources))
        }
        Err(error) => Ok(Err(unsourced(services, &client, outside, error))),
    }
}

/// What was wrong before the parameters were found is told to the address beside them, when it proves to be the client's.
fn unsourced(services: &Services, client: &Client, outside: &Parameters, error: OAuthError) -> Refusal {
    match prove(services, client, outside) {
        // An answer in the clear is none for a client whose answers are signed.
        Ok(destination) if client.signs_messages() && destination.signed_with().is_none() => {
            Refusal::Page(PageProblem::RequestObject)
        }
        Ok(destination) => Refusal::Redirect(destination, error),
        Err(_) => Refusal::Page(PageProblem::RequestObject),
    }
}

/// Where the answer goes, proven.
fn prove(services: &Services, client: &Client, parameters: &Parameters) -> Result<Destination, PageProblem> {
    let asked = parameters.get("redirect_uri").ok_or(PageProblem::UnregisteredRedirect)?;
    let response_type = parameters.get("response_type").and_then(ResponseType::parse).unwrap_or_default();
    // Without a mode there is no way to answer (Core §3.1.2.6, errata set 2).
    let mode = ResponseMode::parse(parameters.get("response_mode"), response_type).map_err(|_| PageProblem::BadResponseMode)?;
    // A repeated state is dropped, so that what comes back is not a guess.
    let state = parameters.owned("state");
    let destination = client.destination(asked, mode, state, &services.settings.issuer);
    destination.ok_or(PageProblem::UnregisteredRedirect)
}

/// Proves the address, and reads what was asked, wherever it stood.
#[expect(clippy::result_large_err, reason = "a refusal is the answer, made once a request")]
pub fn read(services: &Services, client: &Arc<Client>, sourced: Sourced, resources: &[Resource]) -> Result<Validated, Refusal> {
    let parameters = &sourced.parameters;
    let destination = prove(services, client, parameters).map_err(Refusal::Page)?;
    // What waits for a person takes memory before anyone has signed in.
    let heavy = parameters.size() > MOST_BYTES;
    if heavy || matches!(parameters.fault(), Some(Fault::NotText | Fault::TooLarge)) {
        return Err(Refusal::Page(PageProblem::BadRequest));
    }
    let asked = AuthorizationRequest::read(&client.id, parameters).and_then(|mut request| {
        bind(&mut request, sourced.key.as_ref())?;
        complete(&mut request, client);
        check_flow(services, client, &request, &destination)?;
        check_reach(services, client, &request, resources)?;
        Ok(request)
    });
    match asked {
        Ok(request) => Ok(Validated { client: client.clone(), destination, request, pushed: sourced.pushed }),
        Err(error) => Err(Refusal::Redirect(destination, error)),
    }
}

/// Holds a request that waited against the registration as it is now.
pub(super) fn still_allowed(
    services: &Services,
    client: &Client,
    request: &AuthorizationRequest,
    destination: Option<&Destination>,
    resources: &[Resource],
) -> Result<(), OAuthError> {
    if let Some(destination) = destination {
        check_flow(services, client, request, destination)?;
    }
    check_reach(services, client, request, resources)
}

/// The key that was proven while pushing binds the code (RFC 9449 §10.1).
fn bind(request: &mut AuthorizationRequest, key: Option<&String>) -> Result<(), OAuthError> {
    match (&request.dpop_jkt, key) {
        (Some(named), Some(proven)) if named != proven => {
            Err(OAuthError::new(ErrorCode::InvalidDpopProof, "dpop_jkt is not the key of the DPoP proof"))
        }
        (None, Some(proven)) => {
            request.dpop_jkt = Some(proven.clone());
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What the registration says where the request says nothing (OpenID Connect Registration §2).
pub(super) fn complete(request: &mut AuthorizationRequest, client: &Client) {
    request.max_age = request.max_age.or(client.settings.default_max_age);
    if request.acr_values.is_empty() && request.claims.wanted_acr().is_none() {
        request.acr_values.clone_from(&client.settings.default_acr_values);
    }
}

/// Which flow this client may use, and with what protection.
fn check_flow(
    services: &Services,
    client: &Client,
    request: &AuthorizationRequest,
    destination: &Destination,
) -> Result<(), OAuthError> {
    let unauthorized = |reason| Err(OAuthError::new(ErrorCode::UnauthorizedClient, reason));
    if request.response_type.is_implicit() && !services.settings.implicit_flow {
        return Err(OAuthError::new(ErrorCode::UnsupportedResponseType, "the implicit flow is switched off here"));
    }
    if request.response_type == ResponseType::Code && !client.may_use("authorization_code") {
        return unauthorized("the client is not registered for the code flow");
    }
    if !client.may_receive(request.response_type) {
        return unauthorized("the client is not registered for this response_type");
    }
    if request.response_type.is_implicit() && request.nonce.is_none() {
        return Err(OAuthError::invalid_request(
            "nonce is missing: it binds an ID token from this endpoint (Core section 3.2.2.1)",
        ));
    }
    if request.response_type == ResponseType::IdTokenToken && client.demands_bound_tokens() {
        // A token from this endpoint is bound to nobody (RFC 9449 §11.10).
        return unauthorized("tokens of this client are bound to their sender: use the code flow");
    }
    if request.response_type == ResponseType::Code && client.demands_pkce() && request.challenge.is_none() {
        return Err(OAuthError::invalid_request("code_challenge is required (S256)"));
    }
    if client.signs_messages() && destination.signed_with().is_none() {
        return Err(OAuthError::invalid_request("answers to this client are signed: use response_mode=jwt"));
    }
    Ok(())
}

/// What the client may ask for.
fn check_reach(
    services: &Services,
    client: &Client,
    request: &AuthorizationRequest,
    resources: &[Resource],
) -> Result<(), OAuthError> {
    // The provider itself is everybody's: userinfo.
    let others: Vec<String> = request.resources.iter().filter(|asked| **asked != services.settings.issuer).cloned().collect();
    reach::resources(client, resources, &others)?;
    reach::details(client, resources, &request.details)?;
    let granted = client.grantable(&request.scopes);
    if request.response_type.is_implicit() && !granted.contains("openid") {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "an ID token is asked for by the scope openid"));
    }
    if granted.is_empty() && request.details.is_empty() {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "none of the scopes may be granted to this client"));
    }
    Ok(())
}
