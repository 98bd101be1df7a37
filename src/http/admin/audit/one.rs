//! One entry of the records, with what holds of it.

use super::{names, shown};
use crate::base::clock::Millis;
use crate::base::date::shown_moment;
use crate::http::admin::{absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::Section;
use crate::http::view::console::audit::{EntryPage, PlaceView};
use crate::model::authority::ReadAudit;
use crate::service::trail::lines::time_of;
use crate::service::trail::state::{self, Placed};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /admin/audit/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    answer(&visit, &id).await.unwrap_or_else(|answer| answer)
}

async fn answer(visit: &Visit, id: &str) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.city::<ReadAudit>() else { return Err(absent(visit)) };
    let found = state::read(&visit.app.services, &proof, id).await;
    let Some(seen) = found.map_err(|failure| errors::failed(visit, &failure))? else { return Err(absent(visit)) };
    let names = names(visit, &desk, &[&seen.entry]).await?;
    let view = EntryPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Audit),
        time: time_of(seen.entry.at),
        line: shown(&names, &seen.entry, seen.place.as_ref().map(|place| place.seq)),
        kind: seen.entry.kind.as_str(),
        detail: seen.entry.detail.clone(),
        is_ours: seen.is_ours,
        place: seen.place.as_ref().map(place),
    };
    Ok(visit.page(StatusCode::OK, &view, None))
}

fn place(place: &Placed) -> PlaceView {
    PlaceView {
        seq: place.seq,
        holds: place.holds,
        follows: place.follows,
        sealed: place.sealed.map(|(seq, at, holds)| (seq, shown_moment(Millis(at)), holds)),
    }
}
