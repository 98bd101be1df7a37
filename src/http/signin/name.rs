//! First step: who is signing in.

use super::place;
use super::{Waiting, choose_source, load, read_form};
use crate::base::text::{has_control, nfc};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::http::view::signin::{FieldError, SignIn};
use crate::protocol::parameters::Parameters;
use crate::service::authorization::waiting;
use crate::service::legacy::home::{self, Home};
use crate::service::old_accounts::is_lasting;
use crate::service::passkeys::are_on;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const LONGEST: usize = 64;

/// `GET /signin`: without a waiting request, for the portal.
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    if parameters.get("request").is_none() {
        return match waiting::begin_portal(&visit.app.services, visit.browser(), &visit.origin).await {
            Ok(None) => page::show(&visit, ErrorWords::TooMany, None, "too many requests come from there"),
            Ok(Some(id)) => visit.see_other(&format!("/signin?request={id}")),
            Err(failure) => page::failed(&visit, &failure),
        };
    }
    match load(&mut visit, &parameters).await {
        Ok(waiting) => {
            let hint = waiting.pending.request.as_ref().and_then(|request| request.login_hint.clone()).unwrap_or_default();
            let username = if waiting.pending.username.is_empty() { hint } else { waiting.pending.username.clone() };
            show(&visit, &waiting, username, None).await
        }
        Err(response) => response,
    }
}

/// `POST /signin`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, mut waiting) = match read_form(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    visit.here = format!("/signin?request={}", waiting.id);
    waiting.pending.shared = place::is_shared(&form);
    let username = nfc(form.get("username").unwrap_or_default());
    if username.is_empty() {
        return show(&visit, &waiting, username, Some(FieldError::Empty)).await;
    }
    if username.chars().count() > LONGEST || has_control(&username) {
        return show(&visit, &waiting, String::new(), Some(FieldError::TooLong)).await;
    }
    let services = &visit.app.services;
    let home = match home::discover(services, &username, visit.place_cookie()).await {
        Ok(home) => home,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let place = match &home {
        Home::City => Some(String::new()),
        Home::Source(source) => Some(source.id.clone()),
        Home::Ask => None,
    };
    if let Err(failure) = waiting::name(services, &waiting.id, &mut waiting.pending, (username, place)).await {
        return page::failed(&visit, &failure);
    }
    visit.see_other(&choose_source::next(&home, &waiting.id))
}

pub(super) async fn show(visit: &Visit, waiting: &Waiting, username: String, error: Option<FieldError>) -> Response {
    let places = match home::places(&visit.app.services).await {
        Ok(places) => places,
        Err(failure) => return page::failed(visit, &failure),
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = SignIn {
        chrome: visit.chrome(),
        request: waiting.id.clone(),
        client: waiting.for_client(),
        username,
        lasting: places.iter().filter(|place| is_lasting(place)).map(|place| (place.id.clone(), place.name.clone())).collect(),
        passkeys: are_on(&visit.app.services),
        shared: waiting.pending.shared,
        error,
    };
    visit.page(status, &page, choose_source::leads_to(waiting, &places).as_deref())
}
