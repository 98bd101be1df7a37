//! Consent, for systems that are not the city's own (OpenID Connect Core §3.1.2.4).

use super::{Waiting, go_on, load, place, read_form, signed_on};
use crate::base::date::vietnam_date;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::consent::{Consent, ConsentDetail};
use crate::model::methods::Missing;
use crate::model::sign_on::SignOn;
use crate::protocol::authorization_details::Detail;
use crate::protocol::parameters::Parameters;
use crate::service::authorization::agree;
use crate::service::{Failure, old_accounts, policies};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

/// `GET /signin/consent`
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
    let services = &visit.app.services;
    let known = match services.person(&sign_on.person).await {
        Ok(known) => known,
        Err(error) => return page::failed(&visit, &error.into()),
    };
    let Some(request) = &waiting.pending.request else { return visit.see_other("/") };
    let client = match services.client(&request.client_id).await {
        Ok(Some(client)) => client,
        Ok(None) => return visit.see_other("/"),
        Err(error) => return page::failed(&visit, &error.into()),
    };
    let page = Consent {
        chrome: visit.chrome(),
        request: waiting.id.clone(),
        client_name: waiting.client_name.clone(),
        username_display: known.map(|known| known.person.full_name.clone()).unwrap_or_default(),
        scopes: client.grantable(&request.scopes).iter().map(str::to_owned).collect(),
        details: request.details.iter().map(shown).collect(),
        client_host: waiting.leads_to().unwrap_or_default(),
        client_logo: waiting.client_logo.clone(),
        links: waiting.client_links.clone(),
        unchecked: client.settings.dynamic,
    };
    visit.page(StatusCode::OK, &page, waiting.leads_to().as_deref())
}

/// The sign-on of a step that writes something down about its person: whoever lacks a factor is sent to that first.
pub(super) async fn proven(visit: &Visit, waiting: Waiting) -> Result<(Waiting, Arc<SignOn>), Response> {
    let sign_on = signed_on(visit, &waiting).await?;
    match lacks_factor(visit, &waiting, &sign_on).await {
        Ok(false) => Ok((waiting, sign_on)),
        Ok(true) => Err(go_on(visit, waiting, Some(sign_on)).await),
        Err(failure) => Err(page::failed(visit, &failure)),
    }
}

/// By the rules for the system that waits, as they are asked when the request goes on. Whoever was locked has nothing.
async fn lacks_factor(visit: &Visit, waiting: &Waiting, sign_on: &SignOn) -> Result<bool, Failure> {
    let services = &visit.app.services;
    let Some(known) = services.person(&sign_on.person).await? else { return Ok(true) };
    let demands = place::demands(visit, waiting, Some(&known)).await?;
    // Whether the account is theirs is asked before anything is agreed to in their name.
    if old_accounts::unconfirmed(services, sign_on).await?.is_some() {
        return Ok(true);
    }
    let today = vietnam_date(services.clock.now());
    let duty = policies::duty(&known, sign_on, &demands, today);
    Ok(match known.missing(policies::reached(sign_on, &demands), duty, today) {
        Some(Missing::SecondFactor | Missing::Passkey) => true,
        Some(Missing::NewPassword | Missing::Enrolment) | None => false,
    })
}

/// One of the details as a person can read it.
fn shown(detail: &Detail) -> ConsentDetail {
    let others = detail.fields().iter().filter(|(name, _)| *name != "type");
    ConsentDetail {
        kind: detail.kind().to_owned(),
        fields: others.map(|(name, value)| (name.clone(), in_words(value))).collect(),
    }
}

fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) if !list.iter().any(|entry| entry.is_array() || entry.is_object()) => {
            list.iter().map(in_words).collect::<Vec<_>>().join(", ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// `POST /signin/consent`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, waiting) = match read_form(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let (mut waiting, sign_on) = match proven(&visit, waiting).await {
        Ok(proven) => proven,
        Err(response) => return response,
    };
    if form.get("decision") != Some("allow") {
        return visit.see_other(&super::address(crate::service::authorization::Step::Consent, &waiting.id));
    }
    match agree(&visit.app.services, &waiting.id, &mut waiting.pending, &sign_on, &visit.origin).await {
        Ok(()) => go_on(&visit, waiting, Some(sign_on)).await,
        Err(failure) => page::failed(&visit, &failure),
    }
}
