//! Issuing: a code (RFC 6749 §4.1.2), or tokens at once (OpenID Connect Core §3.2.2.5).

use super::respond::respond;
use super::{AuthorizationError, Outcome};
use crate::base::clock::Millis;
use crate::base::id::PositionId;
use crate::model::client::{Client, Destination};
use crate::model::confirmation::Confirmation;
use crate::model::grant::Extent;
use crate::model::sign_on::SignOn;
use crate::protocol::acr;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::response_type::ResponseType;
use crate::service::known::KnownPerson;
use crate::service::tokens::issue::{Issue, access_token, id_token};
use crate::service::tokens::target::{self, Wish};
use crate::service::tokens::{grant, identities};
use crate::service::{Failure, Origin, Services};
use crate::store::group::{Redeemed, Redemption};
use crate::transient::authorization_codes::{self, CodeData, LIFETIME_SECONDS};

/// Everything that an answer stands for.
pub(super) struct Answer<'a> {
    pub client: &'a Client,
    pub request: &'a AuthorizationRequest,
    pub destination: &'a Destination,
    pub sign_on: &'a SignOn,
    pub person: &'a KnownPerson,
    pub acting: Option<PositionId>,
    /// The level of the sign-on, as far as the rules for this client count it.
    pub reached: i64,
    /// It came through an old system: what is given does not outlive it.
    pub limited: bool,
    pub origin: &'a Origin,
}

/// Answers a request that nothing stands against.
pub(super) async fn answer(services: &Services, answer: &Answer<'_>, now: Millis) -> Result<Outcome, AuthorizationError> {
    let data = data(services, answer, now);
    match answer.request.response_type {
        ResponseType::Code => {
            let code = services.entropy.token();
            authorization_codes::put(&services.transient, &code, &data, now).await?;
            Ok(respond(services, answer.destination, &[("code", &code)])?)
        }
        ResponseType::IdToken | ResponseType::IdTokenToken => tokens(services, answer, &data, now).await,
    }
}

fn data(services: &Services, answer: &Answer<'_>, now: Millis) -> CodeData {
    let Answer { client, request, destination, sign_on, person, acting, reached, limited, origin } = answer;
    let issuer = &services.settings.issuer;
    let acr = acr::answer(sign_on.level, &request.asked_acr(), issuer);
    // What the rules do not count here opens no role either, whatever is said of the sign-on.
    let level = Some(*reached).filter(|level| acr::level_of(&acr, issuer) != Some(*level));
    CodeData {
        client_id: client.id.clone(),
        redirect_uri: destination.redirect_uri().to_owned(),
        person: person.person.id.clone(),
        sign_on: sign_on.id.clone(),
        position: acting.clone(),
        scopes: client.grantable(&request.scopes),
        claims: request.claims.clone(),
        extent: Extent {
            resources: request.resources.clone(),
            details: request.details.clone(),
            confirmation: request.dpop_jkt.clone().map(Confirmation::Key),
            from_office: services.settings.offices.holds(&origin.address),
            level,
        },
        nonce: request.nonce.clone(),
        challenge: request.challenge.clone(),
        authenticated_at: sign_on.authenticated_at,
        acr,
        methods: sign_on.methods.clone(),
        limited: *limited,
        expires_at: now.plus_seconds(LIFETIME_SECONDS),
    }
}

/// Tokens from this endpoint. The grant is recorded as a redeemed code's is, under a digest that no code has.
async fn tokens(services: &Services, answer: &Answer<'_>, data: &CodeData, now: Millis) -> Result<Outcome, AuthorizationError> {
    let mut grant = grant::of(services, answer.client, data, now).await?;
    // Nothing can be refreshed, so nothing outlives the sign-on (Core §11).
    grant.offline = false;
    grant.scopes = grant.scopes.without("offline_access");
    let wish = Wish { asked: &[], granted: &grant.extent.resources, scopes: &grant.scopes, details: &grant.extent.details };
    let target = match target::of(services, answer.client, &wish, now).await? {
        Ok(target) => target,
        Err(error) => return Ok(super::refuse(services, answer.destination, &error)?),
    };
    let with_access = answer.request.response_type == ResponseType::IdTokenToken;
    let asked = (&grant.scopes, &grant.claims);
    let of_old = identities::for_id_token(services, answer.client, answer.person, asked, !with_access, now).await?;
    let issue = Issue {
        client: answer.client,
        grant: &grant,
        scopes: &grant.scopes,
        target: &target,
        confirmation: None,
        person: answer.person,
        identities: &of_old,
        nonce: data.nonce.as_deref(),
    };
    let access = with_access.then(|| access_token(services, &issue, now)).transpose()?;
    let id = id_token(services, &issue, access.as_deref(), now)?;
    let redemption = Redemption {
        grant: grant::row_of(services, &grant, &services.entropy.bytes32(), answer.origin).map_err(Failure::from)?,
        refresh_token: None,
    };
    if services.writer.redeem(redemption).await.map_err(Failure::from)? != Redeemed::First {
        let over = OAuthError::new(ErrorCode::LoginRequired, "the sign-on has ended meanwhile");
        return Ok(super::refuse(services, answer.destination, &over)?);
    }
    let lifetime = services.settings.lifetimes.access_token_seconds.to_string();
    let scope = target.scopes.to_string();
    let mut fields: Vec<(&str, &str)> = vec![("id_token", &id)];
    if let Some(access) = &access {
        fields.extend([
            ("access_token", access.as_str()),
            ("token_type", "Bearer"),
            ("expires_in", &lifetime),
            ("scope", &scope),
        ]);
    }
    Ok(respond(services, answer.destination, &fields)?)
}
