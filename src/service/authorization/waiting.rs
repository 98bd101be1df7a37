//! Requests that wait for a person, from the first page to the last.

use super::validate::{Refusal, validate};
use super::{AuthorizationError, Outcome, PageProblem, refuse};
use crate::base::clock::Millis;
use crate::base::id::SignOnId;
use crate::model::sign_on::SignOn;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::parameters::Parameters;
use crate::service::audit::network_of;
use crate::service::{Failure, Origin, Services};
use crate::transient::{attempts, pending_requests, pushed_requests};

pub use crate::transient::pending_requests::Pending;

/// Requests that one network may begin in a minute: thousands of people come from one office address.
const MOST_OF_ONE_NETWORK: i64 = 3_000;
const MINUTE_MS: i64 = 60_000;
/// Bytes of a page's address that are kept for a stranger who asks for it.
const LONGEST_BACK: usize = 512;

/// Keeps a request for later without looking at it: a cross-site POST brings no
/// cookies, so it is answered by a redirect that does.
pub async fn hold(
    services: &Services,
    parameters: &Parameters,
    origin: &Origin,
) -> Result<Result<String, Outcome>, AuthorizationError> {
    let now = services.clock.now();
    let validated = match validate(services, parameters, now).await? {
        Ok(validated) => validated,
        Err(Refusal::Page(problem)) => return Err(AuthorizationError::Page(problem)),
        Err(Refusal::Redirect(destination, error)) => return Ok(Err(refuse(services, &destination, &error)?)),
    };
    // Belongs to the first browser that comes for it.
    let mut pending = Pending::new("", Some((validated.request, validated.destination)), now);
    pending.pushed = validated.pushed;
    if !admit(services, origin, now).await? {
        return Err(AuthorizationError::Page(PageProblem::TooMany));
    }
    let id = services.entropy.token();
    keep(services, &id, &pending, now).await?;
    Ok(Ok(id))
}

/// A waiting request for a person who came by themselves; none where too many come from.
pub async fn begin_portal(services: &Services, browser: &str, origin: &Origin) -> Result<Option<String>, Failure> {
    let pending = Pending::new(browser, None, services.clock.now());
    begin(services, &pending, origin).await
}

/// A waiting request for a person on a page of our own that wants a sign-in, or more of one, first; none where too many
/// come from.
pub async fn begin_own(
    services: &Services,
    browser: &str,
    sign_on: Option<&SignOn>,
    back: &str,
    origin: &Origin,
) -> Result<Option<String>, Failure> {
    let mut pending = Pending::new(browser, None, services.clock.now());
    pending.signed_in = sign_on.map(|sign_on| sign_on.id.clone());
    // Only one slash: two would name another host.
    pending.back =
        Some(back.to_owned()).filter(|back| back.starts_with('/') && !back.starts_with("//") && back.len() <= LONGEST_BACK);
    begin(services, &pending, origin).await
}

async fn begin(services: &Services, pending: &Pending, origin: &Origin) -> Result<Option<String>, Failure> {
    let now = services.clock.now();
    if !admit(services, origin, now).await? {
        return Ok(None);
    }
    let id = services.entropy.token();
    keep(services, &id, pending, now).await?;
    Ok(Some(id))
}

/// From here on, a code that came by e-mail is no second factor for this request.
pub async fn want_strong(services: &Services, id: &str, browser: &str) -> Result<(), Failure> {
    match find(services, id, browser).await? {
        Some(mut pending) => {
            pending.strong = true;
            keep(services, id, &pending, services.clock.now()).await
        }
        None => Ok(()),
    }
}

/// A request that still waits, if this browser began it.
pub async fn find(services: &Services, id: &str, browser: &str) -> Result<Option<Pending>, Failure> {
    Ok(pending_requests::find(&services.transient, id, browser, services.clock.now()).await?)
}

/// Gives a request that nobody's browser holds yet to this one (see [`hold`]).
pub async fn adopt(services: &Services, id: &str, browser: &str) -> Result<(), Failure> {
    Ok(pending_requests::adopt(&services.transient, id, browser, services.clock.now()).await?)
}

/// The person told who they are, and the name or the device where that is; nobody has checked it yet.
pub async fn name(
    services: &Services,
    id: &str,
    pending: &mut Pending,
    (username, place): (String, Option<String>),
) -> Result<(), Failure> {
    pending.username = username;
    pending.place = place;
    keep(services, id, pending, services.clock.now()).await
}

/// A sign-on was made for this very request.
pub async fn signed_in(services: &Services, id: &str, pending: &mut Pending, sign_on: SignOnId) -> Result<(), Failure> {
    pending.signed_in = Some(sign_on);
    keep(services, id, pending, services.clock.now()).await
}

/// The person refused (RFC 6749 §4.1.2.1 `access_denied`).
pub async fn cancel(services: &Services, id: &str, pending: &Pending) -> Result<Outcome, Failure> {
    end(services, id).await?;
    if let Some(reference) = &pending.pushed {
        // It was answered: with a refusal (RFC 9126 §7.3).
        pushed_requests::use_up(&services.transient, reference, services.clock.now()).await?;
    }
    match &pending.destination {
        Some(destination) => refuse(services, destination, &OAuthError::new(ErrorCode::AccessDenied, "the person cancelled")),
        None => Ok(Outcome::Portal(None)),
    }
}

/// Makes room for one more: a stranger's requests must not push out those of people who type their passwords.
pub(super) async fn admit(services: &Services, origin: &Origin, now: Millis) -> Result<bool, Failure> {
    let network = network_of(&origin.address);
    let (begun, _) = attempts::add(&services.transient, "waiting", &network, MINUTE_MS, now).await?;
    Ok(begun <= MOST_OF_ONE_NETWORK)
}

pub(super) async fn keep(services: &Services, id: &str, pending: &Pending, now: Millis) -> Result<(), Failure> {
    Ok(pending_requests::put(&services.transient, id, pending, now).await?)
}

pub(super) async fn end(services: &Services, id: &str) -> Result<(), Failure> {
    Ok(pending_requests::remove(&services.transient, id).await?)
}
