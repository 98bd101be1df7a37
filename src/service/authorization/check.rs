//! A sign-in that an administrator runs to see what a client would get.
//!
//! It goes the way of every other request, through the same decision and the
//! same pages, but for its two ends: it begins here and not at the
//! authorization endpoint, and its answer comes back to a page of our own. So
//! nobody can send a person on such a sign-in by a link: the address of the
//! answer is registered for no client, and the endpoint refuses it.

use super::validate::{complete, still_allowed};
use super::{AuthorizationError, Outcome, PageProblem, Pending, Visitor, advance, refuse, told};
use crate::model::authority::EditClients;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::parameters::Parameters;
use crate::service::Services;
use crate::service::authority::OneClient;

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Check<'a> {
    /// Comes back with the answer.
    pub state: &'a str,
    /// Comes back in the ID token.
    pub nonce: &'a str,
    /// What the code is bound to (RFC 7636 §4.3).
    pub challenge: &'a str,
    /// Space-separated.
    pub scopes: &'a str,
    /// The person signs in once more, although they are signed on.
    pub anew: bool,
}

/// Begins a check: with the answer, with a page, or with a refusal on its way to our own page.
pub async fn begin(
    services: &Services,
    proof: &OneClient<EditClients>,
    check: Check<'_>,
    visitor: &Visitor<'_>,
) -> Result<Outcome, AuthorizationError> {
    let now = services.clock.now();
    let Some(client) = services.known.client(&services.store, proof.client(), now).await? else {
        return Err(AuthorizationError::Page(PageProblem::UnknownClient));
    };
    let resources = services.known.resources(&services.store, now).await?;
    let destination = client.check_destination(check.state, &services.settings.issuer);
    let asked = AuthorizationRequest::read(&client.id, &parameters(check)).and_then(|mut request| {
        complete(&mut request, &client);
        still_allowed(services, &client, &request, Some(&destination), &resources)?;
        Ok(request)
    });
    let request = match asked {
        Ok(request) => request,
        Err(error) => return Ok(refuse(services, &destination, &error)?),
    };
    let mut pending = Pending::new(visitor.browser, Some((request, destination)), now);
    told(services, advance(services, &client, &mut pending, None, visitor, now).await, pending.destination.as_ref())
}

fn parameters(check: Check<'_>) -> Parameters {
    let mut pairs = vec![
        ("response_type", "code"),
        ("scope", check.scopes),
        ("nonce", check.nonce),
        ("code_challenge", check.challenge),
        ("code_challenge_method", "S256"),
    ];
    if check.anew {
        pairs.push(("prompt", "login"));
    }
    Parameters::from_pairs(pairs)
}
