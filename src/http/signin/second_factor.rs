//! The step after the password for whoever has a second factor: a code of an app, of the printed sheet, or, where a
//! rule allows it, one that is sent by e-mail.

use super::place::{self, with_wait};
use super::{Waiting, address, go_on, load, read_form, signed_on};
use crate::base::date::shown_time;
use crate::http::extract::cookies::Cookie;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::second_factor::{ByMail, CodeError, SecondFactor};
use crate::http::view::wait::Wait;
use crate::model::sign_in_policy::Demands;
use crate::model::sign_on::SignOn;
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::authorization::Step;
use crate::service::known::KnownPerson;
use crate::service::passkeys::are_on;
use crate::service::second_factor::email::{self, SendError};
use crate::service::second_factor::{self, SecondFactorError};
use crate::service::sign_on::{Before, Started};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::sync::Arc;

/// `GET /signin/second-factor`
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let waiting = match load(&mut visit, &parameters).await {
        Ok(waiting) => waiting,
        Err(response) => return response,
    };
    match signed_on(&visit, &waiting).await {
        Ok(sign_on) => match place::is_given(&visit, &waiting, &sign_on).await {
            Ok(true) => go_on(&visit, waiting, Some(sign_on)).await,
            Ok(false) => show(&visit, &waiting, &sign_on, None).await,
            Err(failure) => page::failed(&visit, &failure),
        },
        Err(response) => response,
    }
}

/// `POST /signin/second-factor`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, waiting, sign_on) = match read(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    match place::is_given(&visit, &waiting, &sign_on).await {
        Ok(true) => return go_on(&visit, waiting, Some(sign_on)).await,
        Ok(false) => {}
        Err(failure) => return page::failed(&visit, &failure),
    }
    let Some(cookie) = visit.sign_on_cookie() else { return visit.see_other(&address(Step::SignIn, &waiting.id)) };
    let Some(code) = form.get("code") else { return show(&visit, &waiting, &sign_on, Some(CodeError::Empty)).await };
    let before = Before { sign_on: &sign_on, cookie };
    let tried = second_factor::verify(&visit.app.services, &before, code, visit.device_cookie(), &visit.origin).await;
    count(&tried);
    match tried {
        Ok(started) => enter(&visit, waiting, started, &form).await,
        Err(SecondFactorError::Wrong) => show(&visit, &waiting, &sign_on, Some(CodeError::Wrong)).await,
        Err(SecondFactorError::Locked { limit, until, seconds }) => {
            show(&visit, &waiting, &sign_on, Some(CodeError::Locked(Wait::new(limit, until, seconds)))).await
        }
        Err(SecondFactorError::Failure(failure)) => page::failed(&visit, &failure),
    }
}

/// `POST /signin/second-factor/email`: sends a code.
pub async fn post_email(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (_, waiting, sign_on) = match read(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    match place::is_given(&visit, &waiting, &sign_on).await {
        Ok(true) => return go_on(&visit, waiting, Some(sign_on)).await,
        Ok(false) => {}
        Err(failure) => return page::failed(&visit, &failure),
    }
    let services = &visit.app.services;
    let sent = match about(&visit, &waiting, &sign_on).await {
        Ok(Some((_, demands))) => email::send(services, &sign_on, &demands, &visit.origin).await,
        Ok(None) => return visit.see_other(&address(Step::SignIn, &waiting.id)),
        Err(failure) => return page::failed(&visit, &failure),
    };
    match sent {
        Ok(()) | Err(SendError::Off) => visit.see_other(&address(Step::SecondFactor, &waiting.id)),
        Err(SendError::TooMany { until }) => {
            let seconds = until.since(services.clock.now()).div_euclid(1_000) + 1;
            let problem = CodeError::ManyMails { until: shown_time(until), seconds };
            show(&visit, &waiting, &sign_on, Some(problem)).await
        }
        Err(SendError::Failure(failure)) => page::failed(&visit, &failure),
    }
}

/// Reads a form of this step, and who sent it.
async fn read(visit: &mut Visit, headers: &HeaderMap, body: Body) -> Result<(Parameters, Waiting, Arc<SignOn>), Response> {
    let (form, waiting) = read_form(visit, headers, body).await?;
    visit.here = address(Step::SecondFactor, &waiting.id);
    let sign_on = signed_on(visit, &waiting).await?;
    Ok((form, waiting, sign_on))
}

/// Who is signed on, and what is asked of them here; none when they may not sign in any more.
async fn about(visit: &Visit, waiting: &Waiting, sign_on: &SignOn) -> Result<Option<(Arc<KnownPerson>, Demands)>, Failure> {
    let Some(known) = visit.app.services.person(&sign_on.person).await? else { return Ok(None) };
    let demands = place::demands(visit, waiting, Some(&known)).await?;
    Ok(Some((known, demands)))
}

fn count(tried: &Result<Started, SecondFactorError>) {
    let outcome = match tried {
        Ok(_) => "ok",
        Err(SecondFactorError::Wrong) => "wrong",
        Err(SecondFactorError::Locked { .. }) => "throttled",
        Err(SecondFactorError::Failure(_)) => "failed",
    };
    metrics::counter!("motlan_second_factors_total", "outcome" => outcome).increment(1);
}

/// Goes on with what waited, under the cookie that finds the sign-on now. The device is known from here on, and stands
/// for the second factor where its owner wishes it and a rule allows it.
pub(super) async fn enter(visit: &Visit, waiting: Waiting, started: Started, form: &Parameters) -> Response {
    let mut days = 0;
    if place::is_to_remember(form) {
        match about(visit, &waiting, &started.sign_on).await {
            Ok(Some((_, demands))) => days = place::remember_days(&started.sign_on, &demands),
            Ok(None) => {}
            Err(failure) => {
                tracing::warn!(request.id = %visit.origin.request_id, error = %failure, "a device was not remembered");
            }
        }
    }
    let device = place::note(visit, &started.sign_on, days).await;
    let mut response = go_on(visit, waiting, Some(Arc::new(started.sign_on))).await;
    visit.set_cookie(&mut response, Cookie::SignOn, &started.cookie, None);
    place::keep(visit, &mut response, device);
    response
}

async fn show(visit: &Visit, waiting: &Waiting, sign_on: &SignOn, error: Option<CodeError>) -> Response {
    let services = &visit.app.services;
    let (known, demands) = match about(visit, waiting, sign_on).await {
        Ok(Some(about)) => about,
        Ok(None) => return visit.see_other(&address(Step::SignIn, &waiting.id)),
        Err(failure) => return page::failed(visit, &failure),
    };
    let by_mail = match by_mail(visit, &known, sign_on, &demands).await {
        Ok(by_mail) => by_mail,
        Err(failure) => return page::failed(visit, &failure),
    };
    let methods = &known.methods;
    let own_codes = methods.totp || methods.recovery_codes > 0;
    let passkey = are_on(services) && methods.passkeys > 0;
    if passkey && error.is_none() && !own_codes && by_mail.is_none() {
        // There is no code that they could type.
        return visit.see_other(&format!("/signin/second-factor/passkey?request={}", waiting.id));
    }
    let (status, wait) = match &error {
        None => (StatusCode::OK, None),
        Some(CodeError::Empty | CodeError::Wrong) => (StatusCode::UNPROCESSABLE_ENTITY, None),
        Some(CodeError::Locked(wait)) => (StatusCode::TOO_MANY_REQUESTS, Some(wait.seconds)),
        Some(CodeError::ManyMails { seconds, .. }) => (StatusCode::TOO_MANY_REQUESTS, Some(*seconds)),
    };
    let page = SecondFactor {
        chrome: visit.chrome(),
        request: waiting.id.clone(),
        client: waiting.for_client(),
        username: known.person.username.clone(),
        passkey,
        by_mail,
        remember_days: place::remember_days(sign_on, &demands),
        error,
    };
    with_wait(visit.page(status, &page, waiting.leads_to().as_deref()), wait)
}

/// Whether a code can be sent, where to, and whether one waits to be typed.
async fn by_mail(visit: &Visit, known: &KnownPerson, sign_on: &SignOn, demands: &Demands) -> Result<Option<ByMail>, Failure> {
    let services = &visit.app.services;
    let Some(to) = email::address(services, known, demands) else { return Ok(None) };
    let sent = email::waits(services, sign_on).await?;
    Ok(Some(ByMail { to: ByMail::masked(to), sent, minutes: email::LIFETIME_SECONDS / 60 }))
}
