//! Authorization: from a request to a code, a page or a refusal.
//!
//! [`begin`] takes a request as it comes; [`resume`] goes on with one that
//! waited for a person. Both end in the same pure decision.

mod answers;
pub mod check;
mod decide;
pub mod entry;
mod gather;
mod issue;
pub mod offered;
mod posts;
pub mod push;
mod respond;
mod source;
mod validate;
pub mod waiting;

pub use answers::{agree, choose_position};
pub use decide::{Acting, Asked, Decision, Known, Level, OldAccount, Wanted, decide};
pub use gather::{demanded_level, hinted_subject};
pub use posts::{Choosable, choosable};
pub use respond::refuse;
pub use validate::{PageProblem, Refusal, Validated, validate};
pub use waiting::Pending;

use super::{Failure, Origin, Services, old_accounts, policies};
use crate::base::clock::Millis;
use crate::model::client::{Client, Departure, Destination};
use crate::model::methods::Missing;
use crate::model::sign_on::SignOn;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::parameters::Parameters;
use crate::protocol::response_mode::ResponseMode;
use crate::transient::pushed_requests;
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
    /// The factor that is missing.
    SecondFactor,
    /// The same where nothing but a passkey will do.
    Passkey,
    /// A password of the person's own.
    NewPassword,
    /// A second factor of the person's own.
    Enrolment,
    /// Who the system believes the owner of an old account is.
    Confirm,
    /// A way to sign in of the person's own, in place of an old account.
    OwnWay,
    /// In which position.
    Position,
    /// That this client does not let them in, and whom to ask.
    Refused,
    /// May this client know.
    Consent,
}

impl Step {
    /// The page that asks for what a sign-on lacks.
    pub fn of(missing: Missing) -> Self {
        match missing {
            Missing::SecondFactor => Self::SecondFactor,
            Missing::Passkey => Self::Passkey,
            Missing::NewPassword => Self::NewPassword,
            Missing::Enrolment => Self::Enrolment,
        }
    }
}

/// Where a request got to.
#[derive(Debug)]
pub enum Outcome {
    /// The answer leaves for the client.
    Depart(Departure),
    /// A person is needed: the waiting request's id, and the page.
    Show(String, Step),
    /// The person came by themselves and is signed on: to a page of ours, or the first one.
    Portal(Option<String>),
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
        Err(Refusal::Redirect(destination, error)) => return Ok(refuse(services, &destination, &error)?),
    };
    let mut pending = Pending::new(visitor.browser, Some((validated.request, validated.destination)), now);
    pending.pushed = validated.pushed;
    told(services, advance(services, &validated.client, &mut pending, None, visitor, now).await, pending.destination.as_ref())
}

/// Once the address is proven, a failure of ours is told there (RFC 6749 §4.1.2.1).
fn told(
    services: &Services,
    outcome: Result<Outcome, AuthorizationError>,
    destination: Option<&Destination>,
) -> Result<Outcome, AuthorizationError> {
    match (outcome, destination) {
        (Err(AuthorizationError::Failure(failure)), Some(destination)) => {
            tracing::error!(error = %failure, "an authorization request failed");
            let code = if failure.is_passing() { ErrorCode::TemporarilyUnavailable } else { ErrorCode::ServerError };
            Ok(refuse(services, destination, &OAuthError::new(code, "try again later"))?)
        }
        (outcome, _) => outcome,
    }
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
        return to_portal(services, id, &pending, visitor).await;
    };
    let Some(client) = services.known.client(&services.store, &request.client_id, now).await? else {
        return Err(AuthorizationError::Page(PageProblem::UnknownClient));
    };
    // The address may have been taken from the client while the person read a page.
    // That of a check was never registered: it is our own.
    let still = |destination: &Destination| {
        destination.is_for_check() || client.destination(destination.redirect_uri(), ResponseMode::default(), None, "").is_some()
    };
    if !pending.destination.as_ref().is_some_and(still) {
        return Err(AuthorizationError::Page(PageProblem::UnregisteredRedirect));
    }
    // So may the flow, or what it reaches.
    let resources = services.known.resources(&services.store, now).await?;
    if let (Some(destination), Err(error)) =
        (&pending.destination, validate::still_allowed(services, &client, request, pending.destination.as_ref(), &resources))
    {
        waiting::end(services, id).await?;
        return Ok(refuse(services, destination, &error)?);
    }
    told(services, advance(services, &client, &mut pending, Some(id), visitor, now).await, pending.destination.as_ref())
}

/// Goes on with a person who came by themselves.
async fn to_portal(
    services: &Services,
    id: &str,
    pending: &Pending,
    visitor: &Visitor<'_>,
) -> Result<Outcome, AuthorizationError> {
    let Some(sign_on) = visitor.sign_on.as_ref().filter(|_| pending.signed_in.is_some()) else {
        return Ok(Outcome::Show(id.to_owned(), Step::SignIn));
    };
    let known = services.known.person(&services.store, &sign_on.person, services.clock.now()).await?;
    let missing = match known {
        Some(known) => policies::missing(services, &known, sign_on, &visitor.origin.address).await?,
        None => None,
    };
    // A factor that they have comes first, since the question shows who they are. Then the question: nobody is led on in an
    // account of which they have not said that it is theirs.
    let lacks_factor = matches!(missing, Some(Missing::SecondFactor | Missing::Passkey));
    if !lacks_factor && old_accounts::unconfirmed(services, sign_on).await?.is_some() {
        return Ok(Outcome::Show(id.to_owned(), Step::Confirm));
    }
    if let Some(missing) = missing {
        return Ok(Outcome::Show(id.to_owned(), Step::of(missing)));
    }
    waiting::end(services, id).await?;
    Ok(Outcome::Portal(pending.back.clone()))
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
    let known = gather::gather(services, client, pending, &request, visitor, person.as_deref(), now).await?;
    let decision = decide(&Asked::of(&request), &known);
    let step = match decision {
        Decision::Issue => {
            let (Some(sign_on), Some(person)) = (&visitor.sign_on, &person) else {
                return Err(AuthorizationError::Page(PageProblem::Expired));
            };
            if let Some(reference) = &pending.pushed
                && !pushed_requests::use_up(&services.transient, reference, now).await?
            {
                let used = OAuthError::new(ErrorCode::InvalidRequestUri, "the pushed request was answered before");
                return Ok(refuse(services, &destination, &used)?);
            }
            let answer = issue::Answer {
                client,
                request: &request,
                destination: &destination,
                sign_on,
                person,
                acting: known.position.and_then(|acting| acting.0),
                reached: known.reached,
                limited: old_accounts::is_limited(services, sign_on).await?,
                origin: visitor.origin,
            };
            let outcome = issue::answer(services, &answer, now).await?;
            if let Some(id) = id {
                waiting::end(services, id).await?;
            }
            return Ok(outcome);
        }
        Decision::Refuse(code, why) => {
            if let Some(id) = id {
                waiting::end(services, id).await?;
            }
            return Ok(refuse(services, &destination, &OAuthError::new(code, why))?);
        }
        Decision::ShowSignIn => Step::SignIn,
        Decision::ShowSecondFactor if known.wants_passkey => Step::Passkey,
        Decision::ShowSecondFactor => Step::SecondFactor,
        Decision::ShowNewPassword => Step::NewPassword,
        Decision::ShowEnrolment => Step::Enrolment,
        Decision::ShowConfirm => Step::Confirm,
        Decision::ShowOwnWay => Step::OwnWay,
        Decision::ShowPosition => Step::Position,
        Decision::ShowRefused => Step::Refused,
        Decision::ShowConsent => Step::Consent,
    };
    if id.is_none() && !waiting::admit(services, visitor.origin, now).await? {
        let busy = OAuthError::new(ErrorCode::TemporarilyUnavailable, "too many requests come from there: try again in a minute");
        return Ok(refuse(services, &destination, &busy)?);
    }
    if step == Step::Refused {
        entry::note(services, client, pending, visitor, known.position.as_ref()).await?;
    }
    let id = id.map_or_else(|| services.entropy.token(), str::to_owned);
    waiting::keep(services, &id, pending, now).await?;
    Ok(Outcome::Show(id, step))
}
