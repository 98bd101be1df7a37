//! Where somebody signs in: a computer that is shared, a device that is known or
//! trusted. Read from the forms, asked of the capability, kept in the browser.

use super::Waiting;
use crate::http::extract::cookies::Cookie;
use crate::http::extract::visit::Visit;
use crate::model::methods::TWO_FACTORS;
use crate::model::sign_in_policy::Demands;
use crate::model::sign_on::{Manner, SignOn};
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::devices::{self, KEPT_SECONDS, Noting, Place};
use crate::service::known::KnownPerson;
use crate::service::legacy::home;
use crate::service::policies::{self, Asked};
use crate::service::sign_on::Proof;
use axum::response::Response;

pub(super) use crate::http::reject::page::with_wait;

/// True when the person says that others use this computer too.
pub(super) fn is_shared(form: &Parameters) -> bool {
    form.get("shared").is_some()
}

/// True when the person wishes that this device stands for the second factor.
pub(super) fn is_to_remember(form: &Parameters) -> bool {
    form.get("remember").is_some()
}

/// What the rules ask of whoever signs in here, for the system that waits.
pub(super) async fn demands(visit: &Visit, waiting: &Waiting, known: Option<&KnownPerson>) -> Result<Demands, Failure> {
    let client = waiting.pending.request.as_ref().map(|request| request.client_id.as_str());
    let asked = Asked { person: known, client, address: &visit.origin.address };
    let demands = policies::demands(&visit.app.services, &asked).await?;
    Ok(Demands { email_codes: demands.email_codes && !waiting.pending.strong, ..demands })
}

/// True when a sign-on has the second factor that is asked for here: perhaps it was given in another window.
pub(super) async fn is_given(visit: &Visit, waiting: &Waiting, sign_on: &SignOn) -> Result<bool, Failure> {
    let known = visit.app.services.person(&sign_on.person).await?;
    let demands = demands(visit, waiting, known.as_deref()).await?;
    Ok(policies::reached(sign_on, &demands) >= TWO_FACTORS)
}

/// In which manner a sign-on begins here.
pub(super) async fn manner(visit: &Visit, waiting: &Waiting, proof: &Proof) -> Result<Manner, Failure> {
    let services = &visit.app.services;
    // Whoever was locked meanwhile gets no sign-on: what comes next sees to it.
    let Some(known) = services.person(&proof.person).await? else { return Ok(Manner::default()) };
    let demands = demands(visit, waiting, Some(&known)).await?;
    let place = Place { known_by: visit.device_cookie(), shared: waiting.pending.shared };
    devices::manner(services, &known, place, &demands).await
}

/// For how many days this device may stand for the second factor; 0 where it may not.
pub(super) fn remember_days(sign_on: &SignOn, demands: &Demands) -> i64 {
    if sign_on.manner.shared || sign_on.is_by_mail() || sign_on.legacy.is_some() { 0 } else { demands.remember_days }
}

/// Notes the device of a sign-on; answers what the browser is to keep. Nobody is kept out when that fails.
pub(super) async fn note(visit: &Visit, sign_on: &SignOn, remember_days: i64) -> Option<String> {
    let noting = Noting { sign_on, known_by: visit.device_cookie(), remember_days, origin: &visit.origin };
    devices::note(&visit.app.services, noting).await.unwrap_or_else(|failure| {
        tracing::warn!(request.id = %visit.origin.request_id, error = %failure, "the device of a sign-in was not noted");
        None
    })
}

/// Lets the browser keep where names that are typed in it are from; nothing where others use it too, or where there is
/// one place only.
pub(super) async fn keep_home(visit: &Visit, response: &mut Response, home: &str, shared: bool) {
    if shared || visit.place_cookie() == Some(home) {
        return;
    }
    // Nobody is kept out when that cannot be read.
    if matches!(home::places(&visit.app.services).await, Ok(places) if !places.is_empty()) {
        visit.set_cookie(response, Cookie::Place, home, Some(KEPT_SECONDS));
    }
}

/// Lets the browser keep what its device is known by.
pub(super) fn keep(visit: &Visit, response: &mut Response, known_by: Option<String>) {
    if let Some(value) = known_by {
        visit.set_cookie(response, Cookie::Device, &value, Some(KEPT_SECONDS));
    }
}
