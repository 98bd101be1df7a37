//! The step after a first sign-in through an old account: who the system believes somebody is, and where they belong now.

use super::position::former_units;
use super::{Waiting, address, go_on, load, read_form, signed_on};
use crate::base::date::vietnam_date;
use crate::base::id::UnitId;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::http::view::old_accounts::{ConfirmOld, ConfirmPost, Disputed};
use crate::model::methods::TWO_FACTORS;
use crate::model::sign_on::SignOn;
use crate::protocol::parameters::Parameters;
use crate::service::authorization::Step;
use crate::service::legacy::confirm::{self, Claimed};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::sync::Arc;

/// After somebody said that it is not them.
const DISPUTED: &str = "disputed";

/// `GET /signin/confirm`
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let waiting = match load(&mut visit, &parameters).await {
        Ok(waiting) => waiting,
        Err(response) => return response,
    };
    if parameters.get("done") == Some(DISPUTED) {
        let page = Disputed { chrome: visit.chrome(), request: waiting.id.clone() };
        return visit.page(StatusCode::OK, &page, waiting.leads_to().as_deref());
    }
    let sign_on = match proven(&visit, &waiting).await {
        Ok(sign_on) => sign_on,
        Err(response) => return response,
    };
    match confirm::look(&visit.app.services, &sign_on).await {
        Ok(Some(claimed)) => show(&visit, &waiting, &sign_on, claimed).await,
        Ok(None) => go_on(&visit, waiting, Some(sign_on)).await,
        Err(failure) => page::failed(&visit, &failure),
    }
}

/// `POST /signin/confirm`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, waiting) = match read_form(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    visit.here = address(Step::Confirm, &waiting.id);
    let sign_on = match proven(&visit, &waiting).await {
        Ok(sign_on) => sign_on,
        Err(response) => return response,
    };
    let services = &visit.app.services;
    match form.get("act") {
        Some("right") => match confirm::confirm(services, &sign_on, form.get("offline") == Some("on"), &visit.origin).await {
            Ok(_) => go_on(&visit, waiting, Some(sign_on)).await,
            Err(failure) => page::failed(&visit, &failure),
        },
        Some("wrong") => match confirm::not_me(services, &sign_on, &visit.origin).await {
            Ok(true) => visit.see_other(&format!("{}&done={DISPUTED}", address(Step::Confirm, &waiting.id))),
            // It was answered in another window.
            Ok(false) => go_on(&visit, waiting, Some(sign_on)).await,
            Err(failure) => page::failed(&visit, &failure),
        },
        Some(_) | None => page::show(&visit, ErrorWords::BadRequest, None, "act is right or wrong"),
    }
}

/// The sign-on of this step: who somebody is, is shown and said once they gave the second factor that they have.
async fn proven(visit: &Visit, waiting: &Waiting) -> Result<Arc<SignOn>, Response> {
    let sign_on = signed_on(visit, waiting).await?;
    let known = visit.app.services.person(&sign_on.person).await.map_err(|error| page::failed(visit, &error.into()))?;
    let is_guarded = known.is_some_and(|known| known.methods.second_factor());
    if is_guarded && sign_on.level < TWO_FACTORS && !sign_on.manner.waived {
        return Err(visit.see_other(&address(Step::SecondFactor, &waiting.id)));
    }
    Ok(sign_on)
}

async fn show(visit: &Visit, waiting: &Waiting, sign_on: &SignOn, claimed: Claimed) -> Response {
    let services = &visit.app.services;
    let known = match services.person(&sign_on.person).await {
        Ok(Some(known)) => known,
        Ok(None) => return visit.see_other(&address(Step::SignIn, &waiting.id)),
        Err(error) => return page::failed(visit, &error.into()),
    };
    let today = vietnam_date(services.clock.now());
    let registry = &known.units;
    let named = |id: &UnitId| registry.unit(id).map(|unit| registry.name_on(unit, today).to_owned());
    let posts: Vec<ConfirmPost> = known
        .person
        .positions_on(today)
        .into_iter()
        .map(|position| ConfirmPost {
            title: position.title.clone(),
            department: position.department.clone(),
            unit_name: named(&position.unit).unwrap_or_default(),
            former_units: registry.unit(&position.unit).map(|unit| former_units(registry, unit)).unwrap_or_default(),
        })
        .collect();
    let page = ConfirmOld {
        chrome: visit.chrome(),
        request: waiting.id.clone(),
        source: claimed.source,
        old_username: claimed.username,
        old_name: claimed.full_name,
        old_unit: claimed.unit,
        full_name: known.person.full_name.clone(),
        asks_offline: claimed.asks_offline,
        new_unit: claimed.now.as_ref().and_then(named),
        posts,
    };
    visit.page(StatusCode::OK, &page, waiting.leads_to().as_deref())
}
