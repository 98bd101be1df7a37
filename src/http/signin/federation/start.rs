//! The way to another provider.
//!
//! People come here by a link, or behind a form of ours. Browsers do not let a
//! form's answer lead on to a site that the form's page did not name, so they
//! get a page that leads on by itself; whatever is no browser gets a redirect.

use super::{fits, trouble};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::signin::{Waiting, load, place};
use crate::http::view::error::ErrorWords;
use crate::http::view::federation::Leaving;
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::authorization::waiting;
use crate::service::legacy::federation::{self, Start};
use axum::extract::{Path, RawQuery};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

/// `GET /signin/federation/{source}`
pub async fn get(mut visit: Visit, Path(source): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    if parameters.get("request").is_none() {
        return match waiting::begin_portal(&visit.app.services, visit.browser(), &visit.origin).await {
            Ok(None) => page::show(&visit, ErrorWords::TooMany, None, "too many requests come from there"),
            Ok(Some(id)) => again(&visit, &source, &id),
            Err(failure) => page::failed(&visit, &failure),
        };
    }
    let waiting = match load(&mut visit, &parameters).await {
        Ok(waiting) => waiting,
        Err(response) => return response,
    };
    let fresh = match wants_anew(&visit, &waiting).await {
        Ok(fresh) => fresh,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let start = Start { request: &waiting.id, browser: visit.browser(), username: &waiting.pending.username, fresh };
    let leaving = match federation::begin(&visit.app.services, &source, start, &visit.origin).await {
        Ok(leaving) => leaving,
        Err(error) => return trouble(&visit, &source, error).await,
    };
    let mut response = if is_browser(&headers) {
        let page = Leaving { chrome: visit.chrome(), name: leaving.name, address: leaving.address };
        visit.page(StatusCode::OK, &page, None)
    } else {
        visit.see_other(&leaving.address)
    };
    // Each visit has a state of its own.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether the person is to prove themselves anew, though a session is open there: a system asks for that, or a rule does
/// for it, or a page of their account that led here.
async fn wants_anew(visit: &Visit, waiting: &Waiting) -> Result<bool, Failure> {
    let Some(request) = &waiting.pending.request else { return Ok(waiting.pending.back.is_some()) };
    if request.prompt.login || request.max_age.is_some() {
        return Ok(true);
    }
    let known = match visit.sign_on().await? {
        Some(sign_on) => visit.app.services.person(&sign_on.person).await?,
        None => None,
    };
    Ok(place::demands(visit, waiting, known.as_deref()).await?.max_age_seconds.is_some())
}

/// The same with a request that waits.
fn again(visit: &Visit, source: &str, request: &str) -> Response {
    if !fits(source) {
        return page::show(visit, ErrorWords::NotFound, None, "there is no such way to sign in");
    }
    visit.see_other(&format!("/signin/federation/{source}?request={request}"))
}

/// True for what tells that it goes from page to page.
fn is_browser(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate")
}
