//! The step for names that do not tell where they are from: the city's own account, or which old system.
//!
//! The page is the same for every name, whether anybody has it or not.

use super::{Waiting, load, read_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::old_accounts::{ChoosePlace, PlaceChoice};
use crate::model::legacy_source::{LegacySource, Settings, SourceKind};
use crate::protocol::parameters::Parameters;
use crate::protocol::redirect_uri::origin_or_scheme;
use crate::service::authorization::waiting;
use crate::service::legacy::home::{self, CITY, Home};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// Where a name goes on.
pub(super) fn next(home: &Home, request: &str) -> String {
    match home {
        Home::City => format!("/signin/password?request={request}"),
        Home::Source(source) => match source.kind {
            SourceKind::Ldap | SourceKind::Hashes => format!("/signin/password?request={request}"),
            SourceKind::Oidc => format!("/signin/federation/{}?request={request}", source.id),
        },
        Home::Ask => format!("/signin/place?request={request}"),
    }
}

/// Where a form may end up from which people may be led on to an upstream provider: browsers look at every redirect that
/// follows a form.
pub(super) fn leads_to(waiting: &Waiting, places: &[LegacySource]) -> Option<String> {
    let mut origins: Vec<String> = waiting.leads_to().into_iter().collect();
    for place in places {
        if let Settings::Oidc(settings) = &place.settings {
            origins.push(origin_or_scheme(&settings.issuer));
            origins.extend(settings.authorization_endpoint.as_deref().map(origin_or_scheme));
        }
    }
    origins.sort();
    origins.dedup();
    (!origins.is_empty()).then(|| origins.join(" "))
}

/// `GET /signin/place`
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    match load(&mut visit, &parameters).await {
        Ok(waiting) if waiting.pending.username.is_empty() => visit.see_other(&format!("/signin?request={}", waiting.id)),
        Ok(waiting) => show(&visit, &waiting, false).await,
        Err(response) => response,
    }
}

/// `POST /signin/place`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, mut waiting) = match read_form(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    visit.here = format!("/signin/place?request={}", waiting.id);
    if waiting.pending.username.is_empty() {
        return visit.see_other(&format!("/signin?request={}", waiting.id));
    }
    let services = &visit.app.services;
    let home = match form.get("place") {
        Some(CITY) => Home::City,
        Some(id) => match home::place(services, id).await {
            Ok(Some(source)) => Home::Source(Box::new(source)),
            Ok(None) => Home::Ask,
            Err(failure) => return page::failed(&visit, &failure),
        },
        None => Home::Ask,
    };
    let place = match &home {
        Home::City => String::new(),
        Home::Source(source) => source.id.clone(),
        // Nothing was chosen, or what has been closed since.
        Home::Ask => return show(&visit, &waiting, true).await,
    };
    let username = waiting.pending.username.clone();
    match waiting::name(services, &waiting.id, &mut waiting.pending, (username, Some(place))).await {
        Ok(()) => visit.see_other(&next(&home, &waiting.id)),
        Err(failure) => page::failed(&visit, &failure),
    }
}

async fn show(visit: &Visit, waiting: &Waiting, error: bool) -> Response {
    let places = match home::places(&visit.app.services).await {
        Ok(places) => places,
        Err(failure) => return page::failed(visit, &failure),
    };
    // What was chosen for this request, or what the device remembers, or the city's own.
    let before = match waiting.pending.place.as_deref() {
        Some("") => CITY,
        Some(id) => id,
        None => visit.place_cookie().unwrap_or(CITY),
    };
    let form_action = leads_to(waiting, &places);
    let page = ChoosePlace {
        chrome: visit.chrome(),
        request: waiting.id.clone(),
        client: waiting.for_client(),
        username: waiting.pending.username.clone(),
        city_chosen: !places.iter().any(|place| place.id == before),
        places: places.iter().map(|place| choice(place, before)).collect(),
        error,
    };
    let status = if error { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    visit.page(status, &page, form_action.as_deref())
}

fn choice(place: &LegacySource, before: &str) -> PlaceChoice {
    PlaceChoice {
        id: place.id.clone(),
        name: place.name.clone(),
        there: place.kind == SourceKind::Oidc,
        chosen: place.id == before,
    }
}
