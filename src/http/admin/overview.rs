//! The first page of the console: figures of the whole city, or of the reader's units. Who may read none begins at the
//! first section that is open to them.

use super::{Desk, enter};
use crate::base::date::{shown_moment, vietnam_date};
use crate::base::id::UnitId;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::overview::OverviewPage;
use crate::model::authority::{ReadFigures, ReadPlans};
use crate::protocol::parameters::Parameters;
use crate::service::figures::{self, Overview, Span};
use crate::service::reorganization::{Waiting, waiting};
use crate::service::{Failure, Services};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /admin`; `span` is `today`, `week` or `month`.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let console = desk.console(Section::Overview);
    let Some(proof) = desk.authority.units::<ReadFigures>() else {
        let first = console.open.iter().find(|section| **section != Section::Overview);
        return visit.see_other(first.map_or("/", |section| section.address()));
    };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let span = parameters.get("span").and_then(Span::from_word).unwrap_or_default();
    let services = &visit.app.services;
    let read = match figures::overview(services, &proof, span).await {
        Ok(overview) => look(services, &desk, overview).await,
        Err(failure) => Err(failure),
    };
    match read {
        Ok((Named { overview, units, clients }, waiting)) => {
            let updated = overview.gauges.at.map(shown_moment);
            let page = OverviewPage { chrome: visit.chrome(), console, overview, units, clients, updated, waiting };
            visit.page(StatusCode::OK, &page, None)
        }
        Err(failure) => page::failed(&visit, &failure),
    }
}

/// Figures with their names, and what of plans waits.
async fn look(services: &Services, desk: &Desk, overview: Overview) -> Result<(Named, Vec<Waiting>), Failure> {
    Ok((named(services, overview).await?, plans(services, desk).await?))
}

/// Plans that were due and could not be applied, for whoever reads plans.
async fn plans(services: &Services, desk: &Desk) -> Result<Vec<Waiting>, Failure> {
    if desk.authority.city::<ReadPlans>().is_none() {
        return Ok(Vec::new());
    }
    Ok(waiting(services).await?)
}

/// Figures with the names of what they are of.
struct Named {
    overview: Overview,
    units: Vec<Option<String>>,
    clients: Vec<String>,
}

async fn named(services: &Services, overview: Overview) -> Result<Named, Failure> {
    let today = vietnam_date(services.clock.now());
    let registry = services.known.registry();
    let name = |id: &UnitId| registry.unit(id).map_or_else(|| id.to_string(), |unit| registry.name_on(unit, today).to_owned());
    let units = overview.units.iter().map(|(unit, _)| unit.as_ref().map(name)).collect();
    let mut clients = Vec::with_capacity(overview.clients.len());
    for (id, _) in &overview.clients {
        let client = services.client(id).await?;
        clients.push(client.map_or_else(|| id.clone(), |client| client.name.clone()));
    }
    Ok(Named { overview, units, clients })
}
