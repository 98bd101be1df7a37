//! Second step: the password.

use super::place::{self, with_wait};
use super::{Waiting, go_on, load, old_account, read_form};
use crate::http::extract::cookies::Cookie;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::password::{Password, PasswordError};
use crate::http::view::wait::Wait;
use crate::protocol::parameters::Parameters;
use crate::service::authorization::waiting;
use crate::service::legacy::home::{self, CITY};
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
        Ok(waiting) => show(&visit, &waiting, None).await,
        Err(response) => response,
    }
}

/// `POST /signin/password`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, mut waiting) = match read_form(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    visit.here = format!("/signin/password?request={}", waiting.id);
    waiting.pending.shared = place::is_shared(&form);
    let Some(password) = form.owned("password") else { return show(&visit, &waiting, Some(PasswordError::Empty)).await };
    if let Some(source) = waiting.pending.place.clone().filter(|place| !place.is_empty()) {
        return Box::pin(old_account::post(&visit, waiting, &source, password.into())).await;
    }
    let shared = waiting.pending.shared;
    let services = &visit.app.services;
    let username = &waiting.pending.username;
    let tried = login::password(services, username, password.into(), visit.device_cookie(), &visit.origin).await;
    count(&tried);
    match tried {
        Ok(proof) => {
            let mut response = enter(&visit, waiting, proof).await;
            place::keep_home(&visit, &mut response, CITY, shared).await;
            response
        }
        Err(LoginError::Wrong) => show(&visit, &waiting, Some(PasswordError::Wrong)).await,
        Err(LoginError::Locked { limit, until, seconds }) => {
            show(&visit, &waiting, Some(PasswordError::Locked(Wait::new(limit, until, seconds)))).await
        }
        Err(LoginError::Busy { seconds }) => show(&visit, &waiting, Some(PasswordError::Busy { seconds })).await,
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

/// Begins the sign-on as its place allows, and goes on with what waited.
pub(super) async fn enter(visit: &Visit, mut waiting: Waiting, mut proof: Proof) -> Response {
    proof.manner = match place::manner(visit, &waiting, &proof).await {
        Ok(manner) => manner,
        Err(failure) => return page::failed(visit, &failure),
    };
    let started = match begin(visit, proof).await {
        Ok(started) => started,
        Err(failure) => return page::failed(visit, &failure),
    };
    let made = started.sign_on.id.clone();
    if let Err(failure) = waiting::signed_in(&visit.app.services, &waiting.id, &mut waiting.pending, made).await {
        return page::failed(visit, &failure);
    }
    let device = place::note(visit, &started.sign_on, 0).await;
    let mut response = go_on(visit, waiting, Some(Arc::new(started.sign_on))).await;
    visit.set_cookie(&mut response, Cookie::SignOn, &started.cookie, None);
    place::keep(visit, &mut response, device);
    response
}

/// Someone else who was signed on in this browser is signed out everywhere first, and so is the same person who comes
/// through an old system after better proof.
async fn begin(visit: &Visit, proof: Proof) -> Result<sign_on::Started, Failure> {
    let services = &visit.app.services;
    let present = visit.sign_on().await?;
    if let Some(other) = present.as_ref().filter(|present| !sign_on::continues(present, &proof)) {
        logout::end(services, other, &proof.person.0, &visit.origin).await?;
    }
    let before = match (&present, visit.sign_on_cookie()) {
        (Some(sign_on), Some(cookie)) => Some(Before { sign_on, cookie }),
        _ => None,
    };
    sign_on::start(services, proof, before.as_ref(), &visit.origin).await
}

pub(super) async fn show(visit: &Visit, waiting: &Waiting, error: Option<PasswordError>) -> Response {
    let places = match home::places(&visit.app.services).await {
        Ok(places) => places,
        Err(failure) => return page::failed(visit, &failure),
    };
    let chosen = waiting.pending.place.as_deref().unwrap_or_default();
    let (status, wait) = match &error {
        None => (StatusCode::OK, None),
        Some(PasswordError::Empty | PasswordError::Wrong) => (StatusCode::UNPROCESSABLE_ENTITY, None),
        Some(PasswordError::Locked(wait)) => (StatusCode::TOO_MANY_REQUESTS, Some(wait.seconds)),
        Some(PasswordError::Busy { seconds }) => (StatusCode::SERVICE_UNAVAILABLE, Some(i64::from(*seconds))),
        Some(PasswordError::Down) => (StatusCode::SERVICE_UNAVAILABLE, page::usual_wait(StatusCode::SERVICE_UNAVAILABLE)),
    };
    let page = Password {
        chrome: visit.chrome(),
        request: waiting.id.clone(),
        client: waiting.for_client(),
        username: waiting.pending.username.clone(),
        place: places.iter().find(|place| place.id == chosen).map(|place| place.name.clone()),
        elsewhere: !places.is_empty(),
        shared: waiting.pending.shared,
        error,
    };
    with_wait(visit.page(status, &page, waiting.leads_to().as_deref()), wait)
}
