//! Third step, for people with several positions: which one to act in. A system may ask for it (`prompt=select_account`) with
//! one position too: whoever is signed on may then sign in as somebody else.

use super::consent::proven;
use super::{Waiting, go_on, load, read_form};
use crate::base::date::{shown, vietnam_date};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::position::{ChoosePosition, PositionChoice, PositionKindLine};
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::model::sign_on::SignOn;
use crate::model::unit::Unit;
use crate::protocol::parameters::Parameters;
use crate::service::authorization::{choosable, choose_position};
use crate::service::{Failure, Services};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use time::Date;

/// `GET /signin/position`
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let waiting = match load(&mut visit, &parameters).await {
        Ok(waiting) => waiting,
        Err(response) => return response,
    };
    match proven(&visit, waiting).await {
        Ok((waiting, sign_on)) => show(&visit, &waiting, &sign_on, false).await,
        Err(response) => response,
    }
}

/// `POST /signin/position`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, waiting) = match read_form(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    visit.here = format!("/signin/position?request={}", waiting.id);
    let (mut waiting, sign_on) = match proven(&visit, waiting).await {
        Ok(proven) => proven,
        Err(response) => return response,
    };
    let chosen = form.get("position").unwrap_or_default();
    let remember = form.get("remember").is_some() && !sign_on.manner.shared;
    match choose_position(&visit.app.services, &waiting.id, &mut waiting.pending, &sign_on, chosen, remember).await {
        Ok(true) => go_on(&visit, waiting, Some(sign_on)).await,
        Ok(false) => show(&visit, &waiting, &sign_on, true).await,
        Err(failure) => page::failed(&visit, &failure),
    }
}

async fn show(visit: &Visit, waiting: &Waiting, sign_on: &SignOn, error: bool) -> Response {
    let services = &visit.app.services;
    let now = services.clock.now();
    let known = match services.person(&sign_on.person).await {
        Ok(Some(known)) => known,
        Ok(None) => return visit.see_other(&super::address(crate::service::authorization::Step::SignIn, &waiting.id)),
        Err(failure) => return page::failed(visit, &failure.into()),
    };
    let today = vietnam_date(now);
    let choosable = match choosable(services, &waiting.pending, &known, sign_on, &visit.origin).await {
        Ok(choosable) => choosable,
        Err(failure) => return page::failed(visit, &failure),
    };
    let mut positions = Vec::new();
    for (position, enters) in choosable.posts {
        let delegated_by = match delegator(services, position).await {
            Ok(name) => name,
            Err(failure) => return page::failed(visit, &failure),
        };
        positions.push(PositionChoice { kept_out: !enters, ..choice(position, &known.units, today, delegated_by) });
    }
    if let Some(first) = positions.first_mut() {
        first.chosen = true;
    }
    let selects = waiting.pending.request.as_ref().is_some_and(|request| request.prompt.select_account);
    let page = ChoosePosition {
        chrome: visit.chrome(),
        request: waiting.id.clone(),
        client_name: waiting.client_name.clone(),
        positions,
        other: selects.then(|| known.person.full_name.clone()),
        is_unheld: choosable.is_unheld,
        error,
    };
    let status = if error { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    visit.page(status, &page, waiting.leads_to().as_deref())
}

fn choice(position: &Position, registry: &Registry, today: Date, delegated_by: Option<String>) -> PositionChoice {
    let unit = registry.unit(&position.unit);
    PositionChoice {
        id: position.id.0.clone(),
        title: position.title.clone(),
        department: position.department.clone(),
        unit_name: unit.map(|unit| registry.name_on(unit, today).to_owned()).unwrap_or_default(),
        kind_line: if position.primary {
            PositionKindLine::Primary
        } else {
            PositionKindLine::Concurrent { until: position.valid_to.map(shown) }
        },
        delegated_by,
        kept_out: false,
        former_units: unit.map(|unit| former_units(registry, unit)).unwrap_or_default(),
        chosen: false,
    }
}

/// The name of whoever handed the powers of a post over.
async fn delegator(services: &Services, position: &Position) -> Result<Option<String>, Failure> {
    let Some(person) = &position.delegated_by else { return Ok(None) };
    Ok(services.person(person).await?.map(|known| known.person.full_name.clone()))
}

/// The units that one succeeds, each with what it lay in, since a name such as `Phường 1` says too little, and its last day.
pub(in crate::http) fn former_units(registry: &Registry, unit: &Unit) -> Vec<String> {
    registry
        .predecessors(&unit.id)
        .into_iter()
        .filter(|(_, succession)| succession.relation.is_of_territory())
        .map(|(former, _)| {
            let on = former.span.to.or(former.span.ended_by).unwrap_or(Date::MAX);
            let mut name = registry.name_on(former, on).to_owned();
            if let Some(above) = registry.parent_on(former, on) {
                name = format!("{name}, {}", registry.name_on(above, on));
            }
            match former.span.to {
                Some(last) => format!("{name} ({})", shown(last)),
                None => name,
            }
        })
        .collect()
}
