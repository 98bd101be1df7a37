//! The portal's first page.

use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::signin::position::former_units;
use crate::http::view::portal::{Portal, PortalPosition, PortalSystem};
use crate::model::person::Person;
use crate::service::{Failure, clients};
use axum::http::StatusCode;
use axum::response::Response;
use time::Date;

/// `GET /`
pub async fn get(visit: Visit) -> Response {
    match view(&visit).await {
        Ok(portal) => visit.page(StatusCode::OK, &portal, None),
        Err(failure) => page::failed(&visit, &failure),
    }
}

async fn view(visit: &Visit) -> Result<Portal, Failure> {
    let services = &visit.app.services;
    let now = services.clock.now();
    let nobody =
        || Portal { chrome: visit.chrome(), full_name: None, positions: Vec::new(), systems: Vec::new(), last_sign_in: None };
    let Some(sign_on) = visit.sign_on().await? else { return Ok(nobody()) };
    let Some(known) = services.person(&sign_on.person).await? else { return Ok(nobody()) };
    // Whoever has not shown everything yet sees no more than a stranger.
    if known.methods.missing(sign_on.level).is_some() {
        return Ok(nobody());
    }
    let systems = clients::register::with_home(services).await?;
    Ok(Portal {
        chrome: visit.chrome(),
        full_name: Some(known.person.full_name.clone()),
        positions: positions(visit, &known.person, vietnam_date(now)),
        systems: systems.into_iter().map(|(name, url, description)| PortalSystem { name, url, description }).collect(),
        last_sign_in: Some(shown_moment(sign_on.authenticated_at)),
    })
}

fn positions(visit: &Visit, person: &Person, today: Date) -> Vec<PortalPosition> {
    let registry = visit.app.services.known.registry();
    let words = crate::http::view::words::words(visit.locale);
    person
        .positions_on(today)
        .into_iter()
        .map(|position| {
            let unit = registry.unit(&position.unit);
            let dated = |code: &str, from: Option<Date>| match from {
                Some(from) => format!("{code} ({} {})", words.portal_code_from, shown(from)),
                None => code.to_owned(),
            };
            let label = |scheme: &str| match scheme {
                "agency" => words.portal_code_agency.clone(),
                "gso" => words.portal_code_gso.clone(),
                other => other.to_owned(),
            };
            PortalPosition {
                title: position.title.clone(),
                department: position.department.clone(),
                unit_name: unit.map(|unit| registry.name_on(unit, today).to_owned()).unwrap_or_default(),
                since: Some(shown(position.valid_from)),
                until: position.valid_to.map(shown),
                primary: position.primary,
                former_units: unit.map(|unit| former_units(&registry, unit)).unwrap_or_default(),
                codes: unit
                    .map(|unit| {
                        registry
                            .codes_on(unit, today)
                            .into_iter()
                            .map(|(scheme, code)| (label(scheme), dated(code, unit.span.from)))
                            .collect()
                    })
                    .unwrap_or_default(),
            }
        })
        .collect()
}
