//! The list as a file, by the same filter: it is written while it is read, so that its size does not matter here.

use super::filter::Filter;
use super::{HERE, units};
use crate::base::csv;
use crate::base::date::{iso, vietnam_date};
use crate::base::id::UnitId;
use crate::base::words::Words;
use crate::http::admin::pieces::{Pieces, attachment};
use crate::http::admin::{absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::people::{PersonLine, factor_name, kind_name, state_name};
use crate::model::authority::ExportPeople;
use crate::model::registry::Registry;
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::directory::{self, Listed, Taking};
use axum::extract::RawQuery;
use axum::response::Response;
use std::sync::Arc;
use time::Date;

/// `GET /admin/people/export`
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    // Whoever has to sign in first comes back to the page, and not to a file.
    HERE.clone_into(&mut visit.here);
    let filter = Filter::read(&Parameters::decode(query.unwrap_or_default().as_bytes()));
    taken(&visit, &filter).await.unwrap_or_else(|answer| answer)
}

async fn taken(visit: &Visit, filter: &Filter) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.people::<ExportPeople>() else { return Err(absent(visit)) };
    let services = &visit.app.services;
    let query = directory::Query { place: None, ..filter.query() };
    let taking = directory::export(services, &proof, &query).await.map_err(|failure| errors::failed(visit, &failure))?;
    let today = vietnam_date(services.clock.now());
    let lines = Lines { taking, t: visit.chrome().t(), registry: services.known.registry(), today, begun: false };
    Ok(attachment(&format!("can-bo-{}.csv", iso(today)), "text/csv; charset=utf-8", lines))
}

/// The lines of the file.
struct Lines {
    taking: Taking,
    t: &'static Words,
    registry: Arc<Registry>,
    today: Date,
    begun: bool,
}

impl Pieces for Lines {
    async fn next(&mut self) -> Result<Option<String>, Failure> {
        let mut text = String::new();
        if !self.begun {
            self.begun = true;
            text.push_str(csv::BOM);
            text.push_str(&csv::line(&PersonLine::header(self.t)));
        }
        for listed in &self.taking.piece().await?.unwrap_or_default() {
            text.push_str(&self.line(listed));
        }
        Ok((!text.is_empty()).then_some(text))
    }
}

impl Lines {
    fn line(&self, listed: &Listed) -> String {
        let t = self.t;
        let unit = |unit: Option<&UnitId>| unit.map(|unit| units::named(t, (self.registry.as_ref(), self.today), unit));
        csv::line(&[
            &listed.full_name,
            &listed.username,
            &listed.title,
            listed.kind.map(|kind| kind_name(t, kind)).unwrap_or_default(),
            &unit(listed.unit.as_ref()).unwrap_or_default(),
            &unit(listed.former.as_ref()).unwrap_or_default(),
            state_name(t, listed.state),
            factor_name(t, listed.factor),
            &listed.posts.to_string(),
        ])
    }
}
