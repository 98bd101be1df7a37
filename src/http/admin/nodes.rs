//! The processes that answer.

use super::{absent, enter};
use crate::base::date::shown_moment;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::nodes::{NodeLine, NodesPage};
use crate::model::authority::ReadRuntime;
use crate::service::figures::nodes;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /admin/nodes`
pub async fn get(visit: Visit) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.city::<ReadRuntime>() else { return absent(&visit) };
    let seen = match nodes::list(&visit.app.services, &proof).await {
        Ok(seen) => seen,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let lines = seen.into_iter().map(|node| NodeLine {
        started: shown_moment(node.started_at),
        seen: shown_moment(node.seen_at),
        away: node.away,
        skewed: node.is_skewed(),
        skew_ms: node.skew_ms,
        name: node.name,
        address: node.address,
        version: node.version,
    });
    let page = NodesPage { chrome: visit.chrome(), console: desk.console(Section::Nodes), lines: lines.collect() };
    visit.page(StatusCode::OK, &page, None)
}
