//! Issuing a code (RFC 6749 §4.1.2): data that wait a minute, and the address they leave for.

use super::{AuthorizationError, Outcome};
use crate::base::clock::Millis;
use crate::base::id::PositionId;
use crate::model::client::{Client, Destination};
use crate::model::sign_on::SignOn;
use crate::protocol::acr;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::service::Services;
use crate::service::known::KnownPerson;
use crate::transient::authorization_codes::{self, CodeData, LIFETIME_SECONDS};

#[expect(clippy::too_many_arguments, reason = "everything that a code stands for, gathered by its one caller")]
pub(super) async fn code(
    services: &Services,
    client: &Client,
    request: &AuthorizationRequest,
    destination: &Destination,
    sign_on: &SignOn,
    person: &KnownPerson,
    acting: Option<PositionId>,
    now: Millis,
) -> Result<Outcome, AuthorizationError> {
    let code = services.entropy.token();
    let data = CodeData {
        client_id: client.id.clone(),
        redirect_uri: destination.redirect_uri().to_owned(),
        person: person.person.id.clone(),
        sign_on: sign_on.id.clone(),
        position: acting,
        scopes: client.grantable(&request.scopes),
        claims: request.claims.clone(),
        nonce: request.nonce.clone(),
        challenge: request.challenge.clone(),
        authenticated_at: sign_on.authenticated_at,
        acr: acr::answer(sign_on.level, &request.asked_acr(), &services.settings.issuer),
        methods: sign_on.methods.clone(),
        expires_at: now.plus_seconds(LIFETIME_SECONDS),
    };
    authorization_codes::put(&services.transient, &code, &data, now).await?;
    Ok(Outcome::Depart(destination.depart(&[("code", &code)])))
}
