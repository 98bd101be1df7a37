//! The step after the password for whoever has a second factor: a code of an app or of the printed sheet.

use super::{Waiting, address, go_on, load, read_form, signed_on};
use crate::base::date::shown_time;
use crate::http::extract::cookies::Cookie;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::second_factor::{CodeError, SecondFactor};
use crate::model::methods::TWO_FACTORS;
use crate::model::sign_on::SignOn;
use crate::protocol::parameters::Parameters;
use crate::service::authorization::Step;
use crate::service::passkeys::are_on;
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
        // It was given already, perhaps in another window.
        Ok(sign_on) if sign_on.level >= TWO_FACTORS => go_on(&visit, waiting, Some(sign_on)).await,
        Ok(sign_on) => show(&visit, &waiting, &sign_on, None).await,
        Err(response) => response,
    }
}

/// `POST /signin/second-factor`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, waiting) = match read_form(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    visit.here = format!("/signin/second-factor?request={}", waiting.id);
    let sign_on = match signed_on(&visit, &waiting).await {
        Ok(sign_on) => sign_on,
        Err(response) => return response,
    };
    if sign_on.level >= TWO_FACTORS {
        return go_on(&visit, waiting, Some(sign_on)).await;
    }
    let Some(cookie) = visit.sign_on_cookie() else { return visit.see_other(&address(Step::SignIn, &waiting.id)) };
    let Some(code) = form.get("code") else { return show(&visit, &waiting, &sign_on, Some(CodeError::Empty)).await };
    let before = Before { sign_on: &sign_on, cookie };
    let tried = second_factor::verify(&visit.app.services, &before, code, &visit.origin).await;
    count(&tried);
    match tried {
        Ok(started) => enter(&visit, waiting, started).await,
        Err(SecondFactorError::Wrong) => show(&visit, &waiting, &sign_on, Some(CodeError::Wrong)).await,
        Err(SecondFactorError::Locked { until }) => {
            show(&visit, &waiting, &sign_on, Some(CodeError::Locked { until: shown_time(until) })).await
        }
        Err(SecondFactorError::Failure(failure)) => page::failed(&visit, &failure),
    }
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

/// Goes on with what waited, under the cookie that finds the sign-on now.
async fn enter(visit: &Visit, waiting: Waiting, started: Started) -> Response {
    let mut response = go_on(visit, waiting, Some(Arc::new(started.sign_on))).await;
    visit.set_cookie(&mut response, Cookie::SignOn, &started.cookie, None);
    response
}

async fn show(visit: &Visit, waiting: &Waiting, sign_on: &SignOn, error: Option<CodeError>) -> Response {
    let services = &visit.app.services;
    let known = match services.person(&sign_on.person).await {
        Ok(Some(known)) => known,
        Ok(None) => return visit.see_other(&address(Step::SignIn, &waiting.id)),
        Err(failure) => return page::failed(visit, &failure.into()),
    };
    let methods = &known.methods;
    let passkey = are_on(services) && methods.passkeys > 0;
    if passkey && error.is_none() && !methods.totp && methods.recovery_codes == 0 {
        // There is no code that they could type.
        return visit.see_other(&format!("/signin/second-factor/passkey?request={}", waiting.id));
    }
    let status = match &error {
        None => StatusCode::OK,
        Some(CodeError::Empty | CodeError::Wrong) => StatusCode::UNPROCESSABLE_ENTITY,
        Some(CodeError::Locked { .. }) => StatusCode::TOO_MANY_REQUESTS,
    };
    let page = SecondFactor {
        chrome: visit.chrome(),
        request: waiting.id.clone(),
        client: waiting.for_client(),
        username: known.person.username.clone(),
        passkey,
        error,
    };
    visit.page(status, &page, waiting.leads_to().as_deref())
}
