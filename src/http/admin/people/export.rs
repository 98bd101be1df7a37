//! The list as a file, by the same filter.

use super::filter::Filter;
use super::{HERE, units};
use crate::base::csv;
use crate::base::date::{iso, vietnam_date};
use crate::base::id::UnitId;
use crate::base::words::Words;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::people::{PersonLine, factor_name, kind_name, state_name};
use crate::model::authority::ExportPeople;
use crate::protocol::parameters::Parameters;
use crate::service::audit::{self, Event};
use crate::service::directory::{self, Listed};
use axum::extract::RawQuery;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

/// The most people of one file: more than a city has, and what a node has room for.
const MOST: usize = 250_000;

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
    let failed = |failure| errors::failed(visit, &failure);
    let query = directory::Query { place: None, ..filter.query() };
    let (people, more) = directory::export(services, &proof, &query, MOST).await.map_err(failed)?;
    // What was typed may be a name: only which parts narrowed the list is kept.
    let detail = json!({
        "people": people.len(),
        "cut_off": more,
        "words": query.words.len(),
        "unit": query.unit,
        "kind": filter.kind,
        "state": filter.state,
        "factor": filter.factor,
    });
    audit::looked(services, Event::by(&proof.by, "people.exported", None, None, detail)).await.map_err(failed)?;
    let t = visit.chrome().t();
    let mut text = String::from(csv::BOM);
    text.push_str(&csv::line(&PersonLine::header(t)));
    for listed in &people {
        text.push_str(&row(t, &desk, listed));
    }
    let name = format!("attachment; filename=\"can-bo-{}.csv\"", iso(vietnam_date(services.clock.now())));
    let mut response = ([(CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response();
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

fn row(t: &'static Words, desk: &Desk, listed: &Listed) -> String {
    let unit = |unit: Option<&UnitId>| unit.map(|unit| units::name(t, desk, unit)).unwrap_or_default();
    csv::line(&[
        &listed.full_name,
        &listed.username,
        &listed.title,
        listed.kind.map(|kind| kind_name(t, kind)).unwrap_or_default(),
        &unit(listed.unit.as_ref()),
        &unit(listed.former.as_ref()),
        state_name(t, listed.state),
        factor_name(t, listed.factor),
        &listed.posts.to_string(),
    ])
}
