//! Before a file is taken back: what that does and what it leaves alone.

use super::keeper;
use crate::base::date::shown_moment;
use crate::http::admin::absent;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::import_columns::UndoPage;
use crate::model::import::ImportKind;
use crate::service::provisioning::imports::look;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /admin/imports/{id}/undo`
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    let (desk, proof) = match keeper(&visit).await {
        Ok(keeper) => keeper,
        Err(response) => return response,
    };
    let services = &visit.app.services;
    let import = match look::file(services, &proof, &id).await {
        Ok(Some(import)) => import,
        Ok(None) => return absent(&visit),
        Err(failure) => return page::failed(&visit, &failure),
    };
    let Some(until) = look::undo_until(&import, services.clock.now()) else { return absent(&visit) };
    let page = UndoPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Imports),
        id: import.id,
        name: import.file_name,
        kind: import.kind,
        applied_at: import.applied_at.map(shown_moment).unwrap_or_default(),
        until: shown_moment(until),
        is_empty: import.change_set.is_none() && import.kind != ImportKind::Grants,
    };
    visit.page(StatusCode::OK, &page, None)
}
