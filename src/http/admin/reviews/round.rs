//! One round: figures, and the units within the reader's bounds. It is the report too, while it goes on and afterwards.

use super::{figures, named, round};
use crate::base::text::fold;
use crate::http::admin::{absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::reviews::{Figures, RoundPage, UnitLine};
use crate::model::authority::ReadReviews;
use crate::protocol::parameters::Parameters;
use crate::service::lifecycle::reviews;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /admin/reviews/{round}`; `state` = `open` shows only units with rights of which nobody said anything.
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.units::<ReadReviews>() else { return absent(&visit) };
    let (review, units) = match reviews::find(&visit.app.services, &proof, &id).await {
        Ok(Some(found)) => found,
        Ok(None) => return absent(&visit),
        Err(failure) => return page::failed(&visit, &failure),
    };
    let open_only = Parameters::decode(query.unwrap_or_default().as_bytes()).get("state") == Some("open");
    let chrome = visit.chrome();
    let t = chrome.t();
    let mut lines: Vec<UnitLine> = units
        .iter()
        .map(|unit| UnitLine { id: unit.unit.0.clone(), name: named(&desk, t, &unit.unit), figures: figures(&unit.sums) })
        .collect();
    let sums = lines.iter().fold(Figures::default(), |sums, line| sums.plus(line.figures));
    lines.retain(|line| !open_only || line.figures.open > 0);
    lines.sort_by_cached_key(|line| (fold(&line.name), line.id.clone()));
    let page = RoundPage { chrome, console: desk.console(Section::Reviews), round: round(&review), sums, lines, open_only };
    visit.page(StatusCode::OK, &page, None)
}
