//! A client that speaks for itself (RFC 6749 §4.4): no person, no ID token, no refresh token.

use super::{GrantError, TokenWish};
use crate::model::client::Client;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::scope::{self, Scopes};
use crate::service::audit::{self, Event};
use crate::service::sender::Sender;
use crate::service::tokens::issue::{TokenResponse, for_client};
use crate::service::tokens::target::{self, Wish};
use crate::service::tokens::{bind, reach};
use crate::service::{Origin, Services};
use serde_json::json;

/// The parameters of this grant.
pub struct ClientCredentialsRequest {
    /// `scope`; absent: everything that the client may have.
    pub scope: Option<String>,
    /// What the token is to be for.
    pub wish: TokenWish,
}

/// Issues a token to a client that has proven itself.
pub async fn issue(
    services: &Services,
    client: &Client,
    request: &ClientCredentialsRequest,
    sender: &Sender,
    origin: &Origin,
) -> Result<TokenResponse, GrantError> {
    let now = services.clock.now();
    if client.is_public() || !client.may_use("client_credentials") {
        return Err(GrantError::NotAllowed);
    }
    let confirmation = bind::confirmation(client, sender)?;
    let scopes = scopes(client, request.scope.as_deref())?;
    let details = request.wish.details.clone().unwrap_or_default();
    let all = services.known.resources(&services.store, now).await?;
    reach::details(client, &all, &details)?;
    let wish = Wish { asked: &request.wish.resources, granted: &[], scopes: &scopes, details: &details };
    let target = target::of(services, client, &wish, now).await??;
    let response = for_client(services, client, &target, confirmation.as_ref(), now)?;
    let event = Event {
        event: "token.issued",
        actor: client.id.clone(),
        person: None,
        client: Some(&client.id),
        origin,
        detail: json!({ "grant_type": "client_credentials", "scope": response.scope, "audience": target.audience }),
    };
    services.writer.record(audit::row(services, event)).await?;
    Ok(response)
}

/// Scopes that mean something without a person: those of resources.
fn scopes(client: &Client, asked: Option<&str>) -> Result<Scopes, GrantError> {
    let about_people = |scope: &str| scope::ALL.contains(&scope);
    let Some(asked) = asked else {
        let all = Scopes::from(client.settings.scopes.join(" "));
        return Ok(all.within(|scope| !about_people(scope)));
    };
    let invalid = |reason: &str| OAuthError::new(ErrorCode::InvalidScope, reason);
    let asked = Scopes::parse(asked).map_err(invalid)?;
    if asked.iter().any(|scope| about_people(scope) || !client.may_have(scope)) {
        return Err(invalid("a scope is about people, or may not be granted to this client").into());
    }
    Ok(asked)
}
