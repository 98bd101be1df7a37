//! Where whoever came through an old account reads that a page or system asks for a way to sign in of their own, and
//! how they get one.

use super::recover;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::http::view::old_accounts::OwnWay;
use crate::model::sign_on::SignOn;
use crate::protocol::parameters::Parameters;
use crate::service::authorization::waiting;
use crate::service::old_accounts::{self, EnrolProof};
use crate::service::sign_on::source_of;
use crate::service::{Failure, recovery};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::sync::Arc;

const PATH: &str = "/signin/own-way";
/// Links of a network are counted by the hour.
const AGAIN_SECONDS: i64 = 3_600;

/// `GET /signin/own-way`, with the request that waits, or for a page of the account.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let request = recover::request_of(&parameters);
    match limited(&visit, &request).await {
        Ok(sign_on) => match view(&visit, &sign_on, request).await {
            Ok(page) => visit.page(StatusCode::OK, &page, None),
            Err(failure) => page::failed(&visit, &failure),
        },
        Err(response) => response,
    }
}

/// `POST /signin/own-way`: a link to the official mailbox of whoever is signed on.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    PATH.clone_into(&mut visit.here);
    let form = match recover::read(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let request = recover::request_of(&form);
    let sign_on = match limited(&visit, &request).await {
        Ok(sign_on) => sign_on,
        Err(response) => return response,
    };
    let services = &visit.app.services;
    match recovery::admit(services, &visit.origin).await {
        Ok(true) => {}
        Ok(false) => {
            let response = page::show(&visit, ErrorWords::TooMany, None, "too many links are asked for from this network");
            return page::with_wait(response, Some(AGAIN_SECONDS));
        }
        Err(failure) => return page::failed(&visit, &failure),
    }
    let known = match services.person(&sign_on.person).await {
        Ok(Some(known)) => known,
        Ok(None) => return visit.see_other("/signin"),
        Err(error) => return page::failed(&visit, &error.into()),
    };
    match recovery::send(services, &known.person.username, &visit.origin).await {
        Ok(()) => visit.see_other(&recover::with_request("/signin/recover?sent=1", &request)),
        Err(failure) => page::failed(&visit, &failure),
    }
}

/// The sign-on of whoever came through an old account that changes nothing here; others have no business here.
async fn limited(visit: &Visit, request: &str) -> Result<Arc<SignOn>, Response> {
    let found = visit.sign_on().await.map_err(|failure| page::failed(visit, &failure))?;
    let Some(sign_on) = found else { return Err(visit.see_other(&recover::with_request("/signin", request))) };
    match old_accounts::wants_own_way(&visit.app.services, &sign_on).await {
        Ok(true) => Ok(sign_on),
        Ok(false) if request.is_empty() => Err(visit.see_other("/")),
        Ok(false) => Err(visit.see_other(&recover::with_request("/signin/continue", request))),
        Err(failure) => Err(page::failed(visit, &failure)),
    }
}

async fn view(visit: &Visit, sign_on: &SignOn, request: String) -> Result<OwnWay, Failure> {
    let services = &visit.app.services;
    let proof = old_accounts::may_enrol(services, sign_on).await?;
    let source = source_of(services, sign_on).await?.map(|source| source.name).unwrap_or_default();
    let pending = waiting::find(services, &request, visit.browser()).await?;
    let client_name = match pending.and_then(|pending| pending.request) {
        Some(request) => services.client(&request.client_id).await?.map(|client| client.name.clone()).unwrap_or_default(),
        None => String::new(),
    };
    Ok(OwnWay {
        chrome: visit.chrome(),
        request,
        client_name,
        source,
        enough: proof == EnrolProof::Enough,
        mail: proof == EnrolProof::More { mail: true },
    })
}
