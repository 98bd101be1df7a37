//! Authorization: from a request to a code, a page or a refusal.
//!
//! [`begin`] takes a request as it comes; [`resume`] goes on with one that
//! waited for a person. Both end in the same pure decision.

mod decide;
mod issue;
mod validate;

pub use decide::{Acting, Asked, Decision, Known, decide};
pub use validate::{PageProblem, Refusal, Validated, validate};

use super::{Failure, Origin, Services};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, PositionId};
use crate::crypto::jwt::verify_own;
use crate::model::client::{Client, Departure, Destination};
use crate::model::sign_on::SignOn;
use crate::protocol::acr;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::parameters::Parameters;
use crate::protocol::response_mode::ResponseMode;
use crate::protocol::scope::Scopes;
use crate::service::known::KnownPerson;
use crate::store::position_choices::PositionChoice;
use crate::store::{consents, position_choices};
use crate::transient::pending_requests::{self, LIFETIME_SECONDS, Pending};
use std::sync::Arc;

/// Why there is neither a code nor a page.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizationError {
    /// The address is not proven: nothing may be sent there.
    #[error("the request cannot be answered at the address that it names")]
    Page(PageProblem),
    /// Something failed before the address was proven.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<crate::store::StoreError> for AuthorizationError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<crate::transient::TransientError> for AuthorizationError {
    fn from(error: crate::transient::TransientError) -> Self {
        Self::Failure(error.into())
    }
}

/// The page that a waiting request needs next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Who are you.
    SignIn,
    /// In which position.
    Position,
    /// May this client know.
    Consent,
}

/// Where a request got to.
#[derive(Debug)]
pub enum Outcome {
    /// The answer leaves for the client.
    Depart(Departure),
    /// A person is needed: the waiting request's id, and the page.
    Show(String, Step),
    /// The person came by themselves and is signed on.
    Portal,
}

/// Who asks: a browser, perhaps signed on.
pub struct Visitor<'a> {
    /// Its open sign-on.
    pub sign_on: Option<Arc<SignOn>>,
    /// Its random value.
    pub browser: &'a str,
    /// From where.
    pub origin: &'a Origin,
}

/// Takes an authorization request as it comes.
pub async fn begin(services: &Services, parameters: &Parameters, visitor: &Visitor<'_>) -> Result<Outcome, AuthorizationError> {
    let now = services.clock.now();
    let validated = match validate(services, parameters, now).await? {
        Ok(validated) => validated,
        Err(Refusal::Page(problem)) => return Err(AuthorizationError::Page(problem)),
        Err(Refusal::Redirect(destination, error)) => return Ok(refuse(&destination, &error)),
    };
    let mut pending = Pending {
        request: Some(validated.request),
        destination: Some(validated.destination),
        browser: visitor.browser.to_owned(),
        username: String::new(),
        signed_in: None,
        consented: None,
        position: None,
        expires_at: now.plus_seconds(LIFETIME_SECONDS),
    };
    told(advance(services, &validated.client, &mut pending, None, visitor, now).await, pending.destination.as_ref())
}

/// Once the address is proven, a failure of ours is told there (RFC 6749 §4.1.2.1).
fn told(outcome: Result<Outcome, AuthorizationError>, destination: Option<&Destination>) -> Result<Outcome, AuthorizationError> {
    match (outcome, destination) {
        (Err(AuthorizationError::Failure(failure)), Some(destination)) => {
            tracing::error!(error = %failure, "an authorization request failed");
            let code = if failure.is_passing() { ErrorCode::TemporarilyUnavailable } else { ErrorCode::ServerError };
            Ok(refuse(destination, &OAuthError::new(code, "try again later")))
        }
        (outcome, _) => outcome,
    }
}

/// Keeps a request for later without looking at it: a cross-site POST brings no
/// cookies, so it is answered by a redirect that does.
pub async fn hold(services: &Services, parameters: &Parameters) -> Result<Result<String, Outcome>, AuthorizationError> {
    let now = services.clock.now();
    let validated = match validate(services, parameters, now).await? {
        Ok(validated) => validated,
        Err(Refusal::Page(problem)) => return Err(AuthorizationError::Page(problem)),
        Err(Refusal::Redirect(destination, error)) => return Ok(Err(refuse(&destination, &error))),
    };
    let pending = Pending {
        request: Some(validated.request),
        destination: Some(validated.destination),
        // Belongs to the first browser that comes for it.
        browser: String::new(),
        username: String::new(),
        signed_in: None,
        consented: None,
        position: None,
        expires_at: now.plus_seconds(LIFETIME_SECONDS),
    };
    let id = services.entropy.token();
    pending_requests::put(&services.transient, &id, &pending, now).await?;
    Ok(Ok(id))
}

/// A waiting request for a person who came by themselves.
pub async fn begin_portal(services: &Services, browser: &str) -> Result<String, Failure> {
    let now = services.clock.now();
    let pending = Pending {
        request: None,
        destination: None,
        browser: browser.to_owned(),
        username: String::new(),
        signed_in: None,
        consented: None,
        position: None,
        expires_at: now.plus_seconds(LIFETIME_SECONDS),
    };
    let id = services.entropy.token();
    pending_requests::put(&services.transient, &id, &pending, now).await?;
    Ok(id)
}

/// Goes on with a request that waited.
pub async fn resume(
    services: &Services,
    id: &str,
    mut pending: Pending,
    visitor: &Visitor<'_>,
) -> Result<Outcome, AuthorizationError> {
    let now = services.clock.now();
    let Some(request) = &pending.request else {
        return Ok(if visitor.sign_on.is_some() && pending.signed_in.is_some() {
            Outcome::Portal
        } else {
            Outcome::Show(id.to_owned(), Step::SignIn)
        });
    };
    let Some(client) = services.known.client(&services.store, &request.client_id, now).await? else {
        return Err(AuthorizationError::Page(PageProblem::UnknownClient));
    };
    // The address may have been taken from the client while the person read a page.
    let still =
        |destination: &Destination| client.destination(destination.redirect_uri(), ResponseMode::Query, None, "").is_some();
    if !pending.destination.as_ref().is_some_and(still) {
        return Err(AuthorizationError::Page(PageProblem::UnregisteredRedirect));
    }
    told(advance(services, &client, &mut pending, Some(id), visitor, now).await, pending.destination.as_ref())
}

/// The person refused (RFC 6749 §4.1.2.1 `access_denied`).
pub async fn cancel(services: &Services, id: &str, pending: &Pending) -> Result<Outcome, Failure> {
    pending_requests::remove(&services.transient, id).await?;
    Ok(pending.destination.as_ref().map_or(Outcome::Portal, |destination| {
        refuse(destination, &OAuthError::new(ErrorCode::AccessDenied, "the person cancelled"))
    }))
}

/// Sends an error to a proven address.
pub fn refuse(destination: &Destination, error: &OAuthError) -> Outcome {
    Outcome::Depart(destination.depart(&[("error", error.code.as_str()), ("error_description", &error.description)]))
}

async fn advance(
    services: &Services,
    client: &Arc<Client>,
    pending: &mut Pending,
    id: Option<&str>,
    visitor: &Visitor<'_>,
    now: Millis,
) -> Result<Outcome, AuthorizationError> {
    let (Some(request), Some(destination)) = (pending.request.clone(), pending.destination.clone()) else {
        return Err(AuthorizationError::Page(PageProblem::Expired));
    };
    let person = match &visitor.sign_on {
        Some(sign_on) => services.known.person(&services.store, &sign_on.person, now).await?,
        None => None,
    };
    let known = gather(services, client, pending, &request, visitor, person.as_deref(), now).await?;
    let decision = decide(&Asked::of(&request), &known);
    let step = match decision {
        Decision::Issue => {
            let (Some(sign_on), Some(person)) = (&visitor.sign_on, &person) else {
                return Err(AuthorizationError::Page(PageProblem::Expired));
            };
            let outcome = issue::code(
                services,
                client,
                &request,
                &destination,
                sign_on,
                person,
                known.position.and_then(|acting| acting.0),
                now,
            )
            .await?;
            if let Some(id) = id {
                pending_requests::remove(&services.transient, id).await?;
            }
            return Ok(outcome);
        }
        Decision::Refuse(code, why) => {
            if let Some(id) = id {
                pending_requests::remove(&services.transient, id).await?;
            }
            return Ok(refuse(&destination, &OAuthError::new(code, why)));
        }
        Decision::ShowSignIn => Step::SignIn,
        Decision::ShowPosition => Step::Position,
        Decision::ShowConsent => Step::Consent,
    };
    let id = id.map_or_else(|| services.entropy.token(), str::to_owned);
    pending_requests::put(&services.transient, &id, pending, now).await?;
    Ok(Outcome::Show(id, step))
}

/// Everything that the decision needs to know.
#[expect(clippy::too_many_arguments, reason = "everything that a decision rests on, gathered in one place")]
async fn gather(
    services: &Services,
    client: &Client,
    pending: &Pending,
    request: &AuthorizationRequest,
    visitor: &Visitor<'_>,
    person: Option<&KnownPerson>,
    now: Millis,
) -> Result<Known, Failure> {
    let reachable = services_level(services, request);
    let (Some(sign_on), Some(person)) = (&visitor.sign_on, person) else {
        let hint = request.id_token_hint.as_deref();
        let hint_usable = hint.is_none_or(|hint| hinted_subject(services, client, hint, now).is_some());
        return Ok(Known { hint_usable, level_reachable: reachable, ..Known::nobody() });
    };
    let position = choose(client, pending, request, sign_on, person, now);
    let granted = client.grantable(&request.scopes);
    // The city's own clients, and what they may be registered with, are the
    // city's decision: also offline access (Core §11 leaves that open).
    let agreed = pending.consented.as_ref() == Some(&sign_on.id);
    let consented = agreed || !client.settings.third_party || has_agreed(services, client, &person.person.id, &granted).await?;
    let expected = expected_subject(services, client, request, &person.person.id, now).await?;
    Ok(Known {
        signed_on: true,
        authenticated_for_this: pending.signed_in.as_ref() == Some(&sign_on.id),
        // Zero is the same as `prompt=login` (Core §3.1.2.1).
        fresh_enough: request.max_age.is_none_or(|seconds| seconds > 0 && sign_on.authenticated_within(seconds, now)),
        expected_person: expected != Expected::Another,
        hint_usable: expected != Expected::Unreadable,
        level_reachable: reachable,
        position,
        scopes_granted: consented,
        consented_to_this: agreed,
    })
}

/// The position that the person acts in: asked for, chosen for this request,
/// remembered, or the only one.
fn choose(
    client: &Client,
    pending: &Pending,
    request: &AuthorizationRequest,
    sign_on: &SignOn,
    known: &KnownPerson,
    now: Millis,
) -> Option<Acting> {
    let held = known.person.positions_on(vietnam_date(now));
    let holds = |id: &PositionId| held.iter().any(|position| position.id == *id);
    if held.as_slice().is_empty() {
        return Some(Acting(None));
    }
    if let [only] = held.as_slice() {
        return Some(Acting(Some(only.id.clone())));
    }
    let asked = request.position.clone().map(PositionId).filter(holds);
    let remembered = || {
        let choice = known.choices.iter().find(|choice| choice.client_id == client.id)?;
        let counts = choice.sign_on.as_ref().is_none_or(|until| *until == sign_on.id);
        (counts && holds(&choice.position)).then(|| choice.position.clone())
    };
    pending.position.clone().filter(holds).or(asked).or_else(remembered).map(|chosen| Acting(Some(chosen)))
}

async fn has_agreed(services: &Services, client: &Client, person: &PersonId, granted: &Scopes) -> Result<bool, Failure> {
    let agreed = consents::find(&mut services.store.read().await?, person, &client.id).await?;
    Ok(agreed.is_some_and(|agreed| granted.is_within(&Scopes::from(agreed))))
}

/// Whether the signed-on person is who the client expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// Nobody was named, or this very person.
    Fine,
    /// Somebody else was named.
    Another,
    /// The hint is not an ID token of ours for this client.
    Unreadable,
}

/// Whom the client named, by `id_token_hint` or by the claim `sub` (Core §3.1.2.2, §5.5.1).
async fn expected_subject(
    services: &Services,
    client: &Client,
    request: &AuthorizationRequest,
    person: &PersonId,
    now: Millis,
) -> Result<Expected, Failure> {
    let hinted = request.id_token_hint.as_deref().and_then(|hint| hinted_subject(services, client, hint, now));
    if request.id_token_hint.is_some() && hinted.is_none() {
        return Ok(Expected::Unreadable);
    }
    let wanted: Vec<&str> = hinted.as_deref().into_iter().chain(request.claims.wanted_sub()).collect();
    if wanted.is_empty() {
        return Ok(Expected::Fine);
    }
    let sub = services.known.subject(services, "public", person).await?;
    Ok(if wanted.iter().all(|wanted| **wanted == *sub) { Expected::Fine } else { Expected::Another })
}

/// The subject of an ID token of ours for this client. It may have expired: it is a hint.
pub fn hinted_subject(services: &Services, client: &Client, hint: &str, now: Millis) -> Option<String> {
    let claims = verify_own(&services.keyring, hint, now).ok().filter(|token| token.typ.as_deref() == Some("JWT"))?.claims;
    let for_client = claims.get("aud").and_then(serde_json::Value::as_str) == Some(&client.id);
    let ours = claims.get("iss").and_then(serde_json::Value::as_str) == Some(&services.settings.issuer);
    (for_client && ours).then(|| claims.get("sub").and_then(serde_json::Value::as_str).map(str::to_owned))?
}

/// False when an essential `acr` names only levels that no sign-in here reaches (Core §5.5.1.1).
fn services_level(services: &Services, request: &AuthorizationRequest) -> bool {
    const REACHABLE: i64 = 1;
    match request.claims.wanted_acr() {
        Some((values, true)) if !values.is_empty() => {
            values.iter().any(|value| acr::level_of(value, &services.settings.issuer).is_some_and(|level| level <= REACHABLE))
        }
        _ => true,
    }
}

/// Remembers the position that a person chose: for good, or for this sign-on.
pub async fn choose_position(
    services: &Services,
    id: &str,
    pending: &mut Pending,
    sign_on: &SignOn,
    position: &str,
    remember: bool,
) -> Result<bool, Failure> {
    let now = services.clock.now();
    let Some(known) = services.known.person(&services.store, &sign_on.person, now).await? else { return Ok(false) };
    let held = known.person.positions_on(vietnam_date(now));
    let Some(chosen) = held.iter().find(|held| held.id.0 == position).map(|held| held.id.clone()) else { return Ok(false) };
    if let Some(request) = &pending.request {
        let choice = PositionChoice {
            client_id: request.client_id.clone(),
            position: chosen.clone(),
            sign_on: (!remember).then(|| sign_on.id.clone()),
        };
        let mut tx = services.store.write().await?;
        position_choices::replace(&mut tx, &sign_on.person, &choice, now).await?;
        super::forget(&mut tx, services, crate::store::changes::Kind::Person, &sign_on.person.0).await?;
        tx.commit().await?;
        services.known.forget(crate::store::changes::Kind::Person, &sign_on.person.0, now);
    }
    pending.position = Some(chosen);
    pending_requests::put(&services.transient, id, pending, now).await?;
    Ok(true)
}

/// Remembers that a person agreed.
pub async fn agree(
    services: &Services,
    id: &str,
    pending: &mut Pending,
    sign_on: &SignOn,
    origin: &Origin,
) -> Result<(), Failure> {
    use crate::service::audit::{self, Event};
    let now = services.clock.now();
    let Some(request) = &pending.request else { return Ok(()) };
    let Some(client) = services.known.client(&services.store, &request.client_id, now).await? else { return Ok(()) };
    let granted = client.grantable(&request.scopes);
    let mut tx = services.store.write().await?;
    consents::replace(&mut tx, &sign_on.person, &client.id, &granted.to_string(), now).await?;
    let event = Event {
        event: "consent.given",
        actor: sign_on.person.0.clone(),
        person: Some(&sign_on.person),
        client: Some(&client.id),
        origin,
        detail: serde_json::json!({ "scope": granted.to_string() }),
    };
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    pending.consented = Some(sign_on.id.clone());
    pending_requests::put(&services.transient, id, pending, now).await?;
    Ok(())
}
