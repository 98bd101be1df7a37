//! The second factor by passkey, for somebody who is signed on below the level that the request needs.

use super::passkey::answer_options;
use super::place;
use super::second_factor::enter;
use super::{Waiting, address, go_on, load, read_form, signed_on};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::passkey::{PasskeyProblem, PasskeyStep};
use crate::model::sign_on::SignOn;
use crate::protocol::parameters::Parameters;
use crate::service::authorization::Step;
use crate::service::passkeys::are_on;
use crate::service::passkeys::sign_in::{self, Answer, SignInError};
use crate::service::second_factor::email;
use crate::service::sign_on::{Before, Started};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /signin/second-factor/passkey`
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

/// `POST /signin/second-factor/passkey/options`
pub async fn options(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (_, waiting) = match read_form(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let sign_on = match signed_on(&visit, &waiting).await {
        Ok(sign_on) => sign_on,
        Err(response) => return response,
    };
    let begun = sign_in::begin_second(&visit.app.services, &sign_on, visit.browser(), &visit.origin).await;
    answer_options(&visit, begun)
}

/// `POST /signin/second-factor/passkey`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, waiting) = match read_form(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    visit.here = format!("/signin/second-factor/passkey?request={}", waiting.id);
    let sign_on = match signed_on(&visit, &waiting).await {
        Ok(sign_on) => sign_on,
        Err(response) => return response,
    };
    match place::is_given(&visit, &waiting, &sign_on).await {
        Ok(true) => return go_on(&visit, waiting, Some(sign_on)).await,
        Ok(false) => {}
        Err(failure) => return page::failed(&visit, &failure),
    }
    let Some(cookie) = visit.sign_on_cookie() else { return visit.see_other(&address(Step::SignIn, &waiting.id)) };
    let credential = form.get("credential").unwrap_or_default();
    let answer = Answer { credential, browser: visit.browser(), origin: &visit.origin };
    let before = Before { sign_on: &sign_on, cookie };
    let tried = sign_in::second_factor(&visit.app.services, &before, &answer).await;
    count(&tried);
    let problem = match tried {
        Ok(started) => return enter(&visit, waiting, started, &form).await,
        Err(SignInError::Failure(failure)) => return page::failed(&visit, &failure),
        Err(SignInError::Refused | SignInError::Off) => PasskeyProblem::Refused,
    };
    show(&visit, &waiting, &sign_on, Some(problem)).await
}

fn count(tried: &Result<Started, SignInError>) {
    let outcome = match tried {
        Ok(_) => "ok",
        Err(SignInError::Refused | SignInError::Off) => "wrong",
        Err(SignInError::Failure(_)) => "failed",
    };
    metrics::counter!("motlan_second_factors_total", "outcome" => outcome).increment(1);
}

async fn show(visit: &Visit, waiting: &Waiting, sign_on: &SignOn, problem: Option<PasskeyProblem>) -> Response {
    let services = &visit.app.services;
    let known = match services.person(&sign_on.person).await {
        Ok(known) => known,
        Err(error) => return page::failed(visit, &error.into()),
    };
    let demands = match place::demands(visit, waiting, known.as_deref()).await {
        Ok(demands) => demands,
        Err(failure) => return page::failed(visit, &failure),
    };
    let methods = known.as_ref().map(|known| &known.methods);
    let by_mail = known.as_ref().is_some_and(|known| email::address(services, known, &demands).is_some());
    let can = are_on(services) && methods.is_some_and(|methods| methods.passkeys > 0);
    if problem.is_none() && !can {
        return visit.see_other(&format!("/signin/second-factor?request={}", waiting.id));
    }
    let page = PasskeyStep {
        chrome: visit.chrome(),
        request: waiting.id.clone(),
        client: waiting.for_client(),
        other: by_mail || methods.is_some_and(|methods| methods.totp || methods.recovery_codes > 0),
        remember_days: place::remember_days(sign_on, &demands),
        problem,
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    visit.page(status, &page, waiting.leads_to().as_deref())
}
