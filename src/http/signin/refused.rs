//! Where whoever may not enter a system reads why, and whom they can ask.

use super::consent::proven;
use super::{address, go_on, load, read_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::refused::{Helper, Lack, RefusedPage};
use crate::protocol::parameters::Parameters;
use crate::service::authorization::Step;
use crate::service::authorization::entry;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /signin/refused`: whoever has got a role meanwhile goes on.
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let waiting = match load(&mut visit, &parameters).await {
        Ok(waiting) => waiting,
        Err(response) => return response,
    };
    let (waiting, sign_on) = match proven(&visit, waiting).await {
        Ok(proven) => proven,
        Err(response) => return response,
    };
    let refused = match entry::look(&visit.app.services, &waiting.pending, &sign_on, &visit.origin).await {
        Ok(Some(refused)) => refused,
        Ok(None) => return go_on(&visit, waiting, Some(sign_on)).await,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let (post, unit_name) = refused.post.unzip();
    let page = RefusedPage {
        chrome: visit.chrome(),
        request: waiting.id.clone(),
        client_name: waiting.client_name.clone(),
        post: post.map(|post| (post.title, post.department)),
        unit_name: unit_name.unwrap_or_default(),
        lacks: refused.lacks.into_iter().map(|lack| Lack { level: lack.level, office: lack.office }).collect(),
        by_factor: refused.by_factor,
        contacts: refused.contacts,
        helpers: refused.helpers.into_iter().map(|helper| Helper { name: helper.name, email: helper.email }).collect(),
        several: refused.several,
    };
    visit.page(StatusCode::OK, &page, waiting.leads_to().as_deref())
}

/// `POST /signin/refused`: `act` = `raise` goes on to a second factor; back to the system goes as from every step.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, waiting) = match read_form(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    visit.here = address(Step::Refused, &waiting.id);
    let (mut waiting, sign_on) = match proven(&visit, waiting).await {
        Ok(proven) => proven,
        Err(response) => return response,
    };
    if form.get("act") != Some("raise") {
        return visit.see_other(&visit.here);
    }
    match entry::raise(&visit.app.services, &waiting.id, &mut waiting.pending).await {
        Ok(()) => go_on(&visit, waiting, Some(sign_on)).await,
        Err(failure) => page::failed(&visit, &failure),
    }
}
