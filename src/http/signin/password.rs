//! Second step: the password.

use super::{Waiting, go_on, load, read_form};
use crate::base::date::shown_time;
use crate::http::extract::cookies::Cookie;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::password::{Password, PasswordError};
use crate::protocol::parameters::Parameters;
use crate::service::authorization::waiting;
use crate::service::login::{self, LoginError};
use crate::service::sign_on::{self, Before, Proof};
use crate::service::{Failure, logout};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::sync::Arc;

/// `GET /signin/password`
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    match load(&mut visit, &parameters).await {
        Ok(waiting) if waiting.pending.username.is_empty() => visit.see_other(&format!("/signin?request={}", waiting.id)),
        Ok(waiting) => show(&visit, &waiting, None),
        Err(response) => response,
    }
}

/// `POST /signin/password`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, waiting) = match read_form(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    visit.here = format!("/signin/password?request={}", waiting.id);
    let Some(password) = form.owned("password") else { return show(&visit, &waiting, Some(PasswordError::Empty)) };
    let services = &visit.app.services;
    let tried = login::password(services, &waiting.pending.username, password.into(), &visit.origin).await;
    count(&tried);
    match tried {
        Ok(proof) => enter(&visit, waiting, proof).await,
        Err(LoginError::Wrong) => show(&visit, &waiting, Some(PasswordError::Wrong)),
        Err(LoginError::Locked { until }) => show(&visit, &waiting, Some(PasswordError::Locked { until: shown_time(until) })),
        Err(LoginError::Busy { seconds }) => show(&visit, &waiting, Some(PasswordError::Busy { seconds })),
        Err(LoginError::Failure(failure)) => page::failed(&visit, &failure),
    }
}

fn count(tried: &Result<Proof, LoginError>) {
    let outcome = match tried {
        Ok(_) => "ok",
        Err(LoginError::Wrong) => "wrong",
        Err(LoginError::Locked { .. }) => "throttled",
        Err(LoginError::Busy { .. }) => "busy",
        Err(LoginError::Failure(_)) => "failed",
    };
    metrics::counter!("motlan_sign_ins_total", "outcome" => outcome).increment(1);
}

/// Begins the sign-on and goes on with what waited.
pub(super) async fn enter(visit: &Visit, mut waiting: Waiting, proof: Proof) -> Response {
    let started = match begin(visit, proof).await {
        Ok(started) => started,
        Err(failure) => return page::failed(visit, &failure),
    };
    let made = started.sign_on.id.clone();
    if let Err(failure) = waiting::signed_in(&visit.app.services, &waiting.id, &mut waiting.pending, made).await {
        return page::failed(visit, &failure);
    }
    let mut response = go_on(visit, waiting, Some(Arc::new(started.sign_on))).await;
    visit.set_cookie(&mut response, Cookie::SignOn, &started.cookie, None);
    response
}

/// Someone else who was signed on in this browser is signed out everywhere first.
async fn begin(visit: &Visit, proof: Proof) -> Result<sign_on::Started, Failure> {
    let services = &visit.app.services;
    let present = visit.sign_on().await?;
    if let Some(other) = present.as_ref().filter(|present| present.person != proof.person) {
        logout::end(services, other, &proof.person.0, &visit.origin).await?;
    }
    let before = match (&present, visit.sign_on_cookie()) {
        (Some(sign_on), Some(cookie)) => Some(Before { sign_on, cookie }),
        _ => None,
    };
    sign_on::start(services, proof, before.as_ref(), &visit.origin).await
}

fn show(visit: &Visit, waiting: &Waiting, error: Option<PasswordError>) -> Response {
    let status = match &error {
        None => StatusCode::OK,
        Some(PasswordError::Empty | PasswordError::Wrong) => StatusCode::UNPROCESSABLE_ENTITY,
        Some(PasswordError::Locked { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(PasswordError::Busy { .. }) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let wait = match &error {
        Some(PasswordError::Busy { seconds }) => Some(*seconds),
        _ => None,
    };
    let page = Password {
        chrome: visit.chrome(),
        request: waiting.id.clone(),
        client: waiting.for_client(),
        username: waiting.pending.username.clone(),
        error,
    };
    let mut response = visit.page(status, &page, waiting.leads_to().as_deref());
    if let Some(seconds) = wait {
        response.headers_mut().insert(axum::http::header::RETRY_AFTER, seconds.into());
    }
    response
}
